"""The story in a browser: first run, sample office, a stage, a scenario, a To Do, its execution."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from tieline.store.tables import account

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import StartServer


@pytest.fixture
def url(start_server: StartServer) -> str:
    """A server that nobody has an account on."""
    server = start_server()
    server.write(lambda tx: tx.run(delete(account)))
    return server.url


def sign_up(page: Page, url: str) -> str:
    """The first run; returns the API key that is shown."""
    page.goto(url)
    page.fill("[name=name]", "Dana Ekwueme")
    page.fill("[name=email]", "dana@office.example")
    page.fill("[name=password]", "three small words")
    page.click("text=Create the account")
    page.wait_for_url("**/welcome")
    return page.inner_text("#api-key")


def test_from_the_first_run_to_a_to_do_by_a_scenario(page: Page, url: str) -> None:
    key = sign_up(page, url)
    assert len(key) == 32
    page.reload()
    assert key not in page.content()  # once

    page.click("text=Move it in")
    page.wait_for_url("**/people")
    assert page.inner_text("#count") == "60"

    with page.expect_response(lambda answer: "q=rosa" in answer.url):
        page.fill(".filters [name=q]", "rosa")
    page.wait_for_function("document.querySelectorAll('#rows li').length < 10")
    assert 0 < page.locator("#rows li").count() < 10
    page.click("#rows li a >> nth=0")
    page.wait_for_selector("#places")
    before = page.input_value("select[name=stage]")
    page.select_option("select[name=stage]", "past" if before != "past" else "future")
    page.click(".toast >> text=Undo")
    page.wait_for_selector("text=Undone.")
    assert page.input_value("select[name=stage]") == before

    page.goto(f"{url}/scenarios")
    page.click("text=Take the example")
    page.click("text=Connect to my own account")
    page.wait_for_selector("text=Connected.")
    page.click(".toolbar [role=switch]")
    page.wait_for_selector(".toolbar [role=switch][aria-checked=true]")

    page.goto(f"{url}/people?stage=current")
    page.click("#rows li a >> nth=0")
    name = page.inner_text("h1").split(" sample")[0].strip()
    page.select_option("select[name=stage]", "lead")
    page.wait_for_selector(".toast")
    for _ in range(80):
        page.wait_for_timeout(250)
        page.reload()
        if page.locator("text=a new lead").count():
            break
    assert page.locator(".side >> text=a new lead").count() == 1

    page.goto(f"{url}/executions")
    page.click("#rows a >> nth=0")
    page.wait_for_selector(".operations")
    text = page.inner_text(".operations")
    assert re.search(r"Watch Person Audit Changed.*Find People.*Create a To Do", text, re.DOTALL)
    assert name in text
    assert '"errorcode": 0' in text
    assert page.locator(".bubble").count() == 3


def test_every_page_at_phone_width_in_the_dark_fits(page: Page, url: str) -> None:
    sign_up(page, url)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (
        "/people", "/companies", "/projects", "/agenda", "/scenarios", "/scenarios/import", "/executions", "/import",
        "/settings", "/settings/webhooks", "/settings/connections", "/settings/apps", "/people/new",
    ):  # fmt: skip
        page.goto(url + path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        unnamed = page.evaluate(
            """[...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(
                (field) => !field.labels?.length && !field.getAttribute("aria-label")).map((field) => field.outerHTML)"""
        )
        assert unnamed == [], path
