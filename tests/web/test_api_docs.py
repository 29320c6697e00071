"""The page that shows our OpenAPI document: seen without signing in, whole, and usable with addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.test_story import url
from tieline.api.openapi import document
from tieline.api.routes import ENDPOINTS

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["url"]


def test_every_operation_and_object(page: Page, url: str) -> None:
    page.goto(f"{url}/docs")
    made = document(ENDPOINTS, url)
    assert page.locator(".api-group:not(#objects) details").count() == sum(map(len, made["paths"].values()))
    assert page.locator("#objects details").count() == len(made["components"]["schemas"])

    page.click("#get_people_find summary")
    assert "read_relation" in page.locator("#get_people_find").inner_text()
    page.click("#get_people_find a:has-text('PersonFindResponse')")
    page.locator("#PersonFindResponse td >> text=availablecount").wait_for()
    page.click("#PersonFindResponse a:has-text('Person') >> nth=0")
    page.locator("#Person td >> text=replaceIdentity").wait_for()

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{url}/docs#post_people_create")
    page.locator("#post_people_create >> text=Idempotency-Key").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
