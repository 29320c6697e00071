"""Keychains and data stores in a browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.web.test_story import sign_up, url

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["url"]


def test_a_keychain_and_a_data_store(page: Page, url: str) -> None:
    sign_up(page, url)
    page.goto(f"{url}/settings/keychains")
    page.click("text=Add: User name and password")
    form = page.locator("form", has=page.locator("input[name=username]"))
    form.locator("input[name=name]").fill("Leads")
    form.locator("input[name=username]").fill("ada")
    form.locator("input[name=password]").fill("s3cret")
    form.locator("button").click()
    page.wait_for_selector(".list >> text=Leads")
    assert "s3cret" not in page.content()

    page.goto(f"{url}/scenarios")
    page.click("text=Data stores")
    page.fill("input[name=name]", "Seen")
    page.click("text=Make it")
    page.wait_for_selector("text=It is empty.")
    page.fill("input[name=key]", "e 1/2")
    page.fill("textarea[name=data]", "not json")
    page.click("text=Save")
    page.wait_for_selector("text=this is not JSON")
    page.fill("textarea[name=data]", '{"n": 1, "at": {"$date": "2026-01-05T12:00:00Z"}}')
    page.click("text=Save")
    page.click(".list >> text=e 1/2")
    assert '"n": 1' in page.input_value("textarea[name=data]")
    page.fill("textarea[name=data]", '{"n": 2}')
    page.click("text=Save")
    page.wait_for_selector('.list >> text="n": 2')
    page.on("dialog", lambda dialog: dialog.accept())
    page.click(".list >> text=e 1/2")
    page.click("text=Delete the record")
    page.wait_for_selector("text=It is empty.")
    page.click("text=Delete the data store")
    page.wait_for_url("**/datastores")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 860})
        for path in ("/settings/keychains", "/datastores"):
            page.goto(url + path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_incomplete_executions_are_mended_and_resumed(page: Page, url: str) -> None:
    sign_up(page, url)
    hook = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}
    parse = {"id": 2, "module": "json:ParseJSON", "parameters": {}, "mapper": {"json": "{{1.text}}"}}
    page.goto(f"{url}/scenarios/import")
    page.fill("textarea[name=text]", json.dumps({"name": "Parse", "flow": [hook, parse], "metadata": {}}))
    page.click("form:has(textarea[name=text]) button")
    page.wait_for_url("**/scenarios/*")
    here = page.url.partition("?")[0]
    for text in ("bad one", "bad two"):
        page.goto(here)
        page.click("summary >> text=Run once")
        page.fill("textarea[name=trigger]", json.dumps({"text": text}))
        page.click(".run-menu button.primary")
        page.wait_for_selector("text=warning")
    page.goto(f"{here}/incomplete")
    assert page.locator(".list li").count() == 2
    page.locator(".list li a").first.click()
    page.wait_for_selector("text=DataError")
    page.fill("textarea[name=bundles]", "{")
    page.click("text=Resume")
    page.wait_for_selector("text=this is not JSON")
    page.fill("textarea[name=bundles]", json.dumps({"1": {"text": "{}"}}))
    page.click("text=Resume")
    page.wait_for_url("**/incomplete")
    page.wait_for_function(
        "() => { if (!document.body.innerText.includes('Completed')) location.reload(); else return true }"
    )
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 860})
        page.goto(f"{here}/incomplete")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("text=Delete")
    page.wait_for_selector("text=Nothing is open")
