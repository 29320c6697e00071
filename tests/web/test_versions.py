"""Versions on the pages: compared, restored, joined from a file; a placeholder made into a call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.scenarios.office import Office, module
from tests.scenarios.test_versions import BASE, UNKNOWN, edited, insert, subject
from tests.web.test_triggers import sign_in
from tieline.scenarios import library

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.servers import RunningServer


def test_versions_are_compared_restored_and_joined(page: Page, server: RunningServer, tmp_path: Path) -> None:
    number = server.write(library.import_blueprint, server.account_id, json.dumps(BASE)).id
    for change in (
        edited(subject(2, "Ring {{1.name}}")),
        edited(subject(2, "Ring {{1.name}}"), insert(3, UNKNOWN | {"id": 9})),
    ):
        server.write(
            library.save_version, server.account_id, number, json.dumps(change), author="b@x.example"
        )
    sign_in(page, server)
    page.goto(f"{server.url}/scenarios/{number}")
    page.click("text=Compare and restore")
    page.wait_for_selector("h2:has-text('Version 2 → 3')")
    assert page.locator(".difference").all_inner_texts() != []
    assert "added" in page.inner_text("#module-9")
    page.select_option("[name=from]", "1")
    page.click("button:text-is('Compare')")
    page.wait_for_selector("h2:has-text('Version 1 → 3')")
    assert page.inner_text("#module-2 .was").endswith("Call")
    assert page.locator("#module-2 .now .token").inner_text() == "1. name"
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(edited(subject(3, "mine"))))
    page.set_input_files("[name=file]", str(file))
    page.select_option("[name=based_on]", "1")
    page.click("button:text-is('Save')")
    page.wait_for_selector("text=Version 4 is saved, joined with what was saved meanwhile.")
    file.write_text(json.dumps(edited(subject(2, "late"))))
    page.set_input_files("[name=file]", str(file))
    page.select_option("[name=based_on]", "1")
    page.click("button:text-is('Save')")
    page.wait_for_selector("text=both changed Create a To Do (module 2) /mapper/subject")
    page.click("[aria-label='Restore version 2']")
    page.wait_for_selector("text=Version 5 is version 2 again.")


def test_a_placeholder_becomes_a_call(page: Page, server: RunningServer) -> None:
    flow = edited(insert(1, UNKNOWN | {"id": 9}))
    number = server.write(library.import_blueprint, server.account_id, json.dumps(flow)).id
    sign_in(page, server)
    page.goto(f"{server.url}/scenarios/{number}")
    page.click("section:has(h2:text-is('What will not run')) a")
    page.fill("[name=url]", "https://example.org/hook")
    page.click("text=Make an HTTP call of it")
    page.wait_for_selector("text=It calls that address now.")
    assert page.locator("h2:text-is('What will not run')").count() == 0
    saved = server.read(library.load_blueprint, server.account_id, number).flow[1]
    assert (saved["module"], saved["mapper"]["method"]) == ("http:ActionSendData", "post")


def test_history_is_searched_and_an_execution_is_tried_dry(page: Page, server: RunningServer) -> None:
    office = Office(server)
    person = {"name": "{{1.name}}", "emails": [{"value": "ada@x.example"}]}
    number = office.load(
        module(1, "gateway:CustomWebHook"),
        module(2, "cloze:createAPerson", person, parameters={"__IMTCONN__": 1}),
        name="Intake",
    )
    office.run(number, {"name": "Ada"})
    office.run(number, {"name": "Bob"})
    sign_in(page, server)
    page.goto(f"{server.url}/executions")
    page.fill("[name=text]", "bob")
    page.fill("[name=module]", "Create a Person")
    page.click("button:text-is('Search')")
    page.wait_for_url("**text=bob**")
    assert page.locator("#rows [data-row]").count() == 1
    page.fill("[name=text]", "nobody")
    page.click("button:text-is('Search')")
    page.wait_for_selector("text=Nothing found")
    page.click("text=Show all")
    page.locator("#rows [data-row]").last.click()
    page.click("[aria-label='Run again otherwise']")
    page.click(".sheet button:text-is('Run')")
    page.wait_for_selector("#dry >> text=POST /v1/people/create")
    assert '"name": "Ada"' in page.inner_text("#dry pre")
    page.wait_for_selector("h1 + .chip:text-is('success')")
