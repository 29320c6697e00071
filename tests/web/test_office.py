"""Teams, merging and webhooks on the settings pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.receiver import Receiver
from tests.servers import RunningServer
from tests.web.test_sign_in import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__: list[str] = []


def sign_in(page: Page, server: RunningServer, email: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{server.url}/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector("nav[aria-label]")


def test_a_team_is_made_and_joined(page: Page, server: RunningServer) -> None:
    ada = server.with_account("ada@x.example", name="Ada", password=PASSWORD)
    max_ = server.with_account("max@x.example", name="Max", password=PASSWORD)
    sign_in(page, server, ada.email)
    page.goto(f"{server.url}/settings/team")
    page.fill("[name=name]", "Fjord Office")
    page.click("text=Make a team")
    page.wait_for_selector("h1 >> text=Fjord Office")
    page.fill("form[action$=invite] [name=email]", "nobody@x.example")
    page.click("text=Invite >> nth=-1")
    page.wait_for_selector("text=there is no account for")
    page.fill("form[action$=invite] [name=email]", max_.email)
    page.select_option("form[action$=invite] [name=role]", "manager")
    page.fill("form[action$=invite] [name=node]", "/US")
    page.click("form[action$=invite] button")
    page.wait_for_selector("text=invited by ada@x.example")
    sign_in(page, server, max_.email)
    page.goto(f"{server.url}/settings/team")
    page.click("button[value=accept]")
    page.wait_for_selector("text=Welcome to the team.")
    assert max_.get("/v1/people/find", scope="team")["errorcode"] == 0
    # Who is no administrator sees no buttons, and the settings are the team's.
    assert page.locator("form[action$=change]").count() == 0
    page.goto(f"{server.url}/settings")
    page.check("[name=review]")
    page.click("form[action$=merging] button")
    page.wait_for_selector("text=Only administrators of the team may change the team's settings")


def test_pairs_are_compared(page: Page, server: RunningServer) -> None:
    ada = server.with_account("ada@x.example", name="Ada", password=PASSWORD)
    sign_in(page, server, ada.email)
    page.goto(f"{server.url}/merges")
    page.click("text=Let them wait here instead")
    page.check("[name=review]")
    page.click("form[action$=merging] button")
    page.wait_for_selector("text=Saved.")
    for name in ("Rosa Lind", "Otto Lind", "Ida Lind"):
        ada.post("/v1/people/create", {"emails": [{"value": "lind@x.example"}], "name": name})
    page.goto(f"{server.url}/merges")
    assert "lind@x.example" in page.inner_text("main")
    before = page.locator("section.panel").count()
    assert before >= 2
    page.click("text=They are the same >> nth=0")
    page.wait_for_selector("text=They are one record now.")
    assert ada.get("/v1/people/find", countonly="true")["availablecount"] == 2
    page.click("text=Keep apart >> nth=0")
    page.wait_for_selector("text=They stay apart.")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_webhook_is_tried_and_signed(page: Page, server: RunningServer, receiver: Receiver) -> None:
    ada = server.with_account("ada@x.example", name="Ada", password=PASSWORD)
    ada.post("/v1/webhooks/subscribe", {"event": "person.change", "target_url": receiver.url})
    sign_in(page, server, ada.email)
    page.goto(f"{server.url}/settings/webhooks")
    page.click("text=Send a test")
    page.wait_for_selector("text=A test is on its way.")
    server.idle()
    page.reload()
    page.click("#log summary")
    page.click("text=Send again")
    page.wait_for_selector("text=On its way again.")
    server.idle()
    assert len(receiver.deliveries) == 2
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=New secret")
    page.wait_for_selector("text=whsec_")
