"""Apps in a browser: registered in the settings, connected as a web app of somebody else does it, disconnected."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.oauth import BACK, ThirdParty
from tests.web.test_sign_in import PASSWORD, Visitor
from tieline.crm import accounts
from tieline.crm.oauth import grants
from tieline.ids import s256
from tieline.records.vocabulary import SCOPE_WORDS, SCOPES
from tieline.web.pages import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.receiver import Receiver
    from tests.servers import RunningServer

STATE = "a b&c=d/é"


@pytest.fixture
def office(server: RunningServer) -> RunningServer:
    """A server whose account has a password."""
    sign_in._guesses.clear()
    server.write(accounts.set_password, server.account_id, PASSWORD)
    return server


def enter(page: Page, server: RunningServer) -> None:
    """Fill in the sign-in form that is shown."""
    page.fill("[name=email]", server.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")


def register(page: Page, server: RunningServer, back: str) -> tuple[str, str]:
    """An app made in the settings; its id and secret as they are shown."""
    page.goto(f"{server.url}/settings/apps")
    enter(page, server)
    page.wait_for_url("**/settings/apps")
    page.fill("[name=name]", "Mail merge")
    page.fill("[name=redirect_uris]", f"https://app.example.org/callback\n{back}")
    page.fill("[name=description]", "Sends the same mail to many people.")
    page.click("button.primary")
    page.wait_for_selector("text=“Mail merge” is registered")
    return page.inner_text("#client-id"), page.inner_text("#client-secret")


def asked(server: RunningServer, client_id: str, back: str, **more: str) -> str:
    """The address that the app sends people to."""
    given = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": back,
        "scope": "basic read_relation",
        "state": STATE,
        **more,
    }
    return f"{server.url}/oauth/authorize?{urlencode(given)}"


def came_back(receiver: Receiver, count: int) -> dict[str, str]:
    """The parameters with which the app's address was called for the last time."""
    with receiver._lock:
        assert receiver._lock.wait_for(lambda: len(_callbacks(receiver)) >= count, 30)
        return dict(parse_qsl(urlsplit(_callbacks(receiver)[-1]).query))


def _callbacks(receiver: Receiver) -> list[str]:
    return [delivery.path for delivery in receiver.deliveries if delivery.path.startswith("/callback")]


def exchange(server: RunningServer, **given: str) -> Any:
    """What the app's own server does with the code."""
    request = urllib.request.Request(f"{server.url}/oauth/token", urlencode(given).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def profile(server: RunningServer, token: str) -> int:
    return server.request("GET", "/v1/user/profile", key=token).status


def test_the_whole_dance(page: Page, browser: Browser, office: RunningServer, receiver: Receiver) -> None:
    back = f"{receiver.url}/callback"
    client_id, secret = register(page, office, back)
    page.goto(f"{office.url}/settings/apps")
    assert secret not in page.content()  # once

    visitor = browser.new_context()  # somebody who is not signed in yet
    tab = visitor.new_page()
    verifier = "v" * 64
    address = asked(office, client_id, back, code_challenge=s256(verifier), code_challenge_method="S256")
    tab.goto(address)
    assert "/sign-in" in tab.url
    enter(tab, office)
    tab.wait_for_selector("text=Allow “Mail merge”?")
    shown = tab.inner_text("main")
    for scope in ("basic", "read_relation"):
        assert SCOPE_WORDS[scope] in shown
    assert SCOPE_WORDS["change_relation"] not in shown
    assert office.email in shown
    assert urlsplit(back).netloc in shown
    tab.click("text=Deny")
    tab.wait_for_url(f"{receiver.url}/**")
    answer = came_back(receiver, 1)
    assert (answer["error"], answer["state"]) == ("access_denied", STATE)

    tab.goto(address)
    tab.click("button:text-is('Allow')")
    tab.wait_for_url(f"{receiver.url}/**")
    answer = came_back(receiver, 2)
    assert answer.keys() == {"code", "state"}
    assert answer["state"] == STATE
    visitor.close()

    app = {"client_id": client_id, "client_secret": secret}
    made = exchange(
        office,
        grant_type="authorization_code",
        code=answer["code"],
        redirect_uri=back,
        code_verifier=verifier,
        **app,
    )
    assert made["scope"] == "basic read_relation"
    newer = exchange(office, grant_type="refresh_token", refresh_token=made["refresh_token"], **app)
    assert profile(office, newer["access_token"]) == 200

    page.goto(f"{office.url}/settings/apps")
    access = page.inner_text("#access")
    assert "Mail merge" in access
    assert "used just now" in access
    assert SCOPE_WORDS["read_relation"] in access
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=Disconnect")
    page.wait_for_selector("text=No app has access.")
    assert profile(office, newer["access_token"]) == 401
    with pytest.raises(urllib.error.HTTPError) as refused:
        exchange(office, grant_type="refresh_token", refresh_token=made["refresh_token"], **app)
    assert json.loads(refused.value.read())["error"] == "invalid_grant"


def test_an_app_is_edited_gets_another_secret_and_is_revoked(
    page: Page, office: RunningServer, receiver: Receiver
) -> None:
    _, secret = register(page, office, f"{receiver.url}/callback")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#own a")
    page.wait_for_selector("h1:text-is('Mail merge')")
    page.fill("[name=name]", "Mail split")
    page.fill("[name=redirect_uris]", "http://app.example.org/callback")
    page.click("text=Save")
    page.wait_for_selector("[role=alert]")
    assert "unencrypted" in page.inner_text("[role=alert]")
    assert page.input_value("[name=name]") == "Mail split"
    page.fill("[name=redirect_uris]", BACK)
    page.click("text=Save")
    page.wait_for_selector("h1:text-is('Mail split')")
    page.click("text=Make another secret")
    assert page.inner_text("#client-secret") != secret
    page.click("text=Revoke the app")
    page.wait_for_selector("text=None. Register the app")


def test_somebody_else_may_sign_in_to_answer(page: Page, office: RunningServer, receiver: Receiver) -> None:
    back = f"{receiver.url}/callback"
    client_id, _ = register(page, office, back)
    other = office.with_account("rosa@example.org", password=PASSWORD)
    page.goto(asked(office, client_id, back))
    page.click("text=Not you?")
    page.wait_for_url("**/sign-in**")
    enter(page, other)
    page.wait_for_selector("text=rosa@example.org")
    page.click("button:text-is('Allow')")
    page.wait_for_url(f"{receiver.url}/**")
    came_back(receiver, 1)
    page.goto(asked(office, client_id, back, scope=" ".join(SCOPES)))
    for looks in ({"width": 390, "height": 844}, {"width": 1280, "height": 860}):
        page.set_viewport_size(looks)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0


# Without a browser


@pytest.fixture
def visitor(office: RunningServer) -> Visitor:
    return Visitor(office)


def test_nobody_is_sent_where_the_app_has_not_said(visitor: Visitor) -> None:
    app = ThirdParty.at(visitor.server)
    for given in ({"client_id": "nobody"}, {"client_id": ""}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": f"{BACK}/"}):  # fmt: skip
        for signed_in in (False, True):
            if signed_in:
                visitor.sign_in()
            asking = {"response_type": "code", "client_id": app.app.client_id, "redirect_uri": BACK, **given}
            status, location, _ = visitor.get(f"/oauth/authorize?{urlencode(asking)}")
            assert (status, location) == (400, "")


def test_a_faulty_request_is_told_to_the_app_once_somebody_is_there(visitor: Visitor) -> None:
    app = ThirdParty.at(visitor.server)
    asking = {"response_type": "token", "client_id": app.app.client_id, "state": STATE}
    path = f"/oauth/authorize?{urlencode(asking)}"
    status, location, page = visitor.get(path)
    assert (status, location) == (400, "")
    assert "error=unsupported_response_type" in page
    visitor.sign_in()
    status, location, _ = visitor.get(path)
    assert status == 302
    told = dict(parse_qsl(urlsplit(location).query))
    assert location.startswith(f"{BACK}?")
    assert (told["error"], told["state"]) == ("unsupported_response_type", STATE)


def test_the_way_through_sign_in_keeps_the_request_to_the_letter(visitor: Visitor) -> None:
    app = ThirdParty.at(visitor.server)
    path = urlsplit(asked(visitor.server, app.app.client_id, BACK)).path
    query = urlsplit(asked(visitor.server, app.app.client_id, BACK)).query
    status, location, _ = visitor.get(f"{path}?{query}")
    assert (status, location) == (303, f"/sign-in?{urlencode({'next': f'{path}?{query}'})}")
    assert visitor.sign_in(next=f"{path}?{query}")[:2] == (303, f"{path}?{query}")


def test_only_our_own_form_consents(visitor: Visitor) -> None:
    app = ThirdParty.at(visitor.server)
    visitor.sign_in()
    given = {"response_type": "code", "client_id": app.app.client_id, "decision": "allow"}
    assert visitor.post("/oauth/authorize", csrf="0" * 64, **given)[0] == 403
    page = f"/oauth/authorize?{urlencode(given)}"
    status, location, _ = visitor.post(
        "/oauth/authorize", page, **{**given, "redirect_uri": "https://evil.example"}
    )
    assert (status, location) == (400, "")
    status, location, _ = visitor.post("/oauth/authorize", page, **given)
    assert (status, location.partition("=")[0]) == (303, f"{BACK}?code")
    visitor.server.write(accounts.end_other_sessions, visitor.server.account_id, "")
    status, location, _ = visitor.post("/oauth/authorize", "/sign-in", **given)
    assert status == 303
    assert location.startswith("/oauth/authorize?response_type=code")


def test_hostile_apps_are_only_names(visitor: Visitor) -> None:
    visitor.sign_in()
    fields = {
        "name": "<script>alert(1)</script>",
        "redirect_uris": "https://x.example/'onmouseover=alert(1)//",
        "description": "<img src=x onerror=alert(1)>",
        "logo_url": "https://x.example/'onerror=alert(1)//",
    }
    status, _, page = visitor.post("/settings/apps", page="/settings/apps", **fields)
    assert status == 200
    (app,) = visitor.server.read(grants_and_apps, visitor.server.account_id)
    asking = {"response_type": "code", "client_id": app.client_id, "state": '"><script>alert(2)</script>'}
    for found in (
        page,
        visitor.get(f"/oauth/authorize?{urlencode(asking)}")[2],
        visitor.get(f"/settings/apps/{app.id}")[2],
    ):
        assert "<script>alert" not in found
        assert "<img src=x" not in found


def grants_and_apps(tx: Any, account_id: int) -> Any:
    from tieline.crm.oauth import apps

    assert grants.list_access(tx, account_id) == []
    return apps.list_apps(tx, account_id)


def test_apps_of_others_are_not_there(visitor: Visitor) -> None:
    other = visitor.server.with_account("rosa@example.org")
    app = ThirdParty.at(other)
    visitor.sign_in()
    assert visitor.get(f"/settings/apps/{app.app.id}")[0] == 404
    for action in ("", "/secret", "/revoke", "/disconnect"):
        path = f"/settings/apps/{app.app.id}{action}"
        status, _, _ = visitor.post(path, page="/settings/apps", name="x", redirect_uris=BACK)
        assert status == 404, action
