"""What sets scenarios off, on the pages: schedules, webhooks, where to start, chains."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.scenarios.test_due import timed
from tests.scenarios.test_engine import activate, executions, load
from tests.scenarios.test_hooks import HOOKED
from tests.scenarios.test_loops import ADA, renaming
from tests.scenarios.test_polling import people, watching
from tieline.scenarios import library

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.receiver import Receiver
    from tests.servers import RunningServer


def sign_in(page: Page, server: RunningServer) -> None:
    page.goto(f"{server.url}/sign-in")
    page.fill("[name=email]", server.email)
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def test_a_schedule_is_seen_before_it_is_saved(page: Page, server: RunningServer) -> None:
    number = load(server, timed(type="daily", time="09:00"))
    sign_in(page, server)
    page.goto(f"{server.url}/scenarios/{number}")
    page.click("[title='When it runs']")
    assert page.locator("aside li").count() == 10
    page.select_option("[name=type]", "weekly")
    page.wait_for_selector("[name=weekday]")
    page.check("[name=weekday][value='2']")
    page.wait_for_selector("aside li:has-text('Tue')")
    assert page.locator("aside li:has-text('Tue')").count() == 10
    page.fill("[name=timezone]", "Middle Earth")
    page.press("[name=timezone]", "Tab")
    page.wait_for_selector("[role=alert]:has-text('time zone')")
    page.fill("[name=timezone]", "Asia/Tokyo")
    page.press("[name=timezone]", "Tab")
    page.wait_for_selector("aside small:has-text('Asia/Tokyo')")
    page.click("text=Only at certain times")
    page.fill("[name='r0.start']", "08:00")
    page.press("[name='r0.start']", "Tab")
    page.wait_for_selector("aside li:has-text('09:00')")
    page.select_option("[name=missed]", "skip")
    page.click("text=Save the schedule")
    page.wait_for_selector("text=Schedule saved.")
    saved = server.read(library.get_scenario, server.account_id, number).scheduling
    assert saved == {
        "type": "weekly", "time": "09:00", "days": [2], "restrict": [{"time": ["08:00", "24:00"]}],
        "timezone": "Asia/Tokyo", "missed": "skip",
    }  # fmt: skip


def test_a_webhook_gets_its_address_a_secret_and_a_structure(page: Page, server: RunningServer) -> None:
    number = load(server, json.dumps({**HOOKED, "scheduling": {"type": "daily", "time": "13:00"}}))
    sign_in(page, server)
    page.goto(f"{server.url}/scenarios/{number}")
    page.click("a:has-text('Webhook')")
    page.click("text=Make its address")
    path = urlsplit(page.inner_text("#address")).path
    page.click("text=Learn from the next event")
    page.wait_for_selector("text=Waiting for an event")
    assert server.request("POST", path, json_body={"word": "x", "deep": {"inner": 1}}, key=None).status == 200
    page.reload()
    assert page.inner_text(".tree >> nth=0").split() == [
        "word",
        "text",
        "deep",
        "collection",
        "inner",
        "number",
    ]
    page.select_option("[name=check]", "header")
    page.check("[name=make]")
    page.fill("[name=networks]", "127.0.0.1, ::1")
    page.click("form >> button:has-text('Save')")
    secret = page.inner_text("section.notice pre")
    activate(server, number)
    sent = {"X-Webhook-Secret": secret}
    for word in ("one", "two"):
        assert server.request("POST", path, json_body={"word": word}, key=None, headers=sent).status == 200
    assert server.request("POST", path, json_body={}, key=None).status == 401
    page.goto(f"{server.url}/scenarios/{number}/webhook")
    assert secret not in page.content()
    assert page.locator("#queue li").count() == 2
    page.click("#queue summary >> nth=0")
    page.click("#queue button:has-text('Take out') >> nth=0")
    page.wait_for_selector("text=Taken out")
    page.click("#queue summary >> nth=0")
    page.click("#queue button:has-text('Run now')")
    page.wait_for_selector("text=On its way.")
    assert sorted(row.status for row in executions(server)) == ["skipped", "success"]
    page.reload()
    page.wait_for_selector("text=Nothing waits.")


def test_where_a_polling_trigger_starts(page: Page, server: RunningServer, receiver: Receiver) -> None:
    people(server, "ada", "bo")
    number = load(server, watching(receiver))
    sign_in(page, server)
    page.goto(f"{server.url}/scenarios/{number}/schedule")
    page.click("text=Show the newest items")
    page.wait_for_selector("#start [name=id]")
    page.select_option("#start [name=id]", index=1)
    page.click("text=Start there")
    page.wait_for_selector("text=The next run starts there.")
    server.run(server.app.state.engine.run_once(server.account_id, number))
    assert [row.status for row in executions(server)] == ["success"]
    assert [delivery.path for delivery in receiver.deliveries] == ["/ada", "/bo"]


def test_who_caused_what_is_shown(page: Page, server: RunningServer) -> None:
    server.post("/v1/people/create", {"name": "Ada", "stage": "lead", **ADA})
    number = load(server, renaming())
    activate(server, number)
    server.post("/v1/people/update", {"stage": "future", **ADA})
    last = executions(server)[0]
    sign_in(page, server)
    page.goto(f"{server.url}/executions/{last.id}")
    page.click("nav.chain a")
    page.wait_for_selector("nav.chain strong:has-text('this')")
    page.goto(f"{server.url}/scenarios/chains")
    assert "A loop" in page.inner_text(".notice")
    page.click("td a >> nth=0")
    page.click("[title='When it runs']")
    page.check("[name=self]")
    page.select_option("[name=order]", "key")
    page.fill("[name=sequence]", "{{1.person.syncKey}}")
    page.click("text=Save as a new version")
    page.wait_for_selector("text=Saved as a new version.")
    assert page.input_value("[name=sequence]") == "{{1.person.syncKey}}"


def test_a_webhook_without_a_schedule_waits_for_events(page: Page, server: RunningServer) -> None:
    number = load(server, json.dumps(HOOKED))
    sign_in(page, server)
    page.goto(f"{server.url}/scenarios/{number}")
    assert page.inner_text("[title='When it runs']") == "Immediately, as events come"
