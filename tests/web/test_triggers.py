"""What sets scenarios off, on the pages: schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scenarios.test_due import timed
from tests.scenarios.test_engine import load
from tieline.scenarios import library

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    page.wait_for_selector("text=Another window")
    page.select_option("[name=missed]", "skip")
    page.click("text=Save the schedule")
    page.wait_for_selector("text=Schedule saved.")
    saved = server.read(library.get_scenario, server.account_id, number).scheduling
    assert saved == {
        "type": "weekly", "time": "09:00", "days": [2], "restrict": [{"time": ["08:00", "24:00"]}],
        "timezone": "Asia/Tokyo", "missed": "skip",
    }  # fmt: skip
