"""Keychains and data stores in a browser."""

from __future__ import annotations

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
