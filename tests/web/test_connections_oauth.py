"""One Tieline connected to another by OAuth, in a browser; the tokens stay fresh while scenarios and commands run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from sqlalchemy import select, update

from tests.conftest import StartServer
from tests.web.test_apps import enter
from tests.web.test_sign_in import PASSWORD, Visitor
from tieline.crm import accounts, credentials
from tieline.crm.oauth import apps, grants
from tieline.crm.oauth.apps import App, AppDraft
from tieline.modules import connections
from tieline.store.database import Transaction
from tieline.store.tables import connection, oauth_token
from tieline.web.pages import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.servers import RunningServer

CALLBACK = "/settings/connections/callback"


class Pair:
    """`here` connects to `there`. Browsers keep one jar of cookies for a host, so there has another name."""

    def __init__(self, here: RunningServer, there: RunningServer) -> None:
        self.here, self.there = here, there
        self.url = there.url.replace("127.0.0.1", "localhost")
        self.app: App
        draft = AppDraft("Tieline of Dana", [f"{here.url}{CALLBACK}"])
        self.app, self.secret = there.write(apps.register, there.account_id, draft)

    def row(self) -> Any:
        return self.here.read(lambda tx: tx.one(select(connection).where(connection.c.kind == "oauth")))

    def run_module(self) -> Any:
        body = {"connection": "Office", "input": {"name": "Ada", "emails": [{"value": "ada@x.example"}]}}
        return self.here.request(
            "POST", "/control/modules/Create a Person/run".replace(" ", "%20"), json_body=body
        )

    def end_every_access_token(self) -> None:
        def act(tx: Transaction) -> None:
            tx.run(update(oauth_token).where(oauth_token.c.kind == "access").values(expires=1))
            credentials.changed(tx)

        self.there.write(act)


@pytest.fixture
def pair(start_server: StartServer, tmp_path: Path) -> Pair:
    sign_in._guesses.clear()
    found = Pair(start_server(), start_server(data_dir=str(tmp_path / "there")))
    for server in (found.here, found.there):
        server.write(accounts.set_password, server.account_id, PASSWORD)
    return found


def begin(page: Page, pair: Pair) -> None:
    page.goto(f"{pair.here.url}/settings/connections")
    enter(page, pair.here)
    page.wait_for_url("**/settings/connections")
    page.click("text=Connect with OAuth instead of a key")
    form = page.locator("form[action='/settings/connections/oauth']")
    form.locator("[name=name]").fill("Office")
    form.locator("[name=client_id]").fill(pair.app.client_id)
    form.locator("[name=client_secret]").fill(pair.secret or "")
    form.locator("[name=url]").fill(pair.url)
    form.locator("button:has-text('connect')").click()


def test_out_and_back_and_fresh_ever_after(page: Page, pair: Pair) -> None:
    begin(page, pair)
    page.wait_for_url(f"{pair.url}/sign-in**")
    enter(page, pair.there)
    page.click("button:text-is('Allow')")
    page.wait_for_url(f"{pair.here.url}/settings/connections")
    page.wait_for_selector(f"text=Connected as {pair.there.email}.")
    assert "by OAuth" in page.inner_text("main")

    row = pair.row()
    credentials = connections.opened(pair.here.app.state.vault, row)
    for secret in (credentials.access_token, credentials.refresh_token, pair.secret or ""):
        assert secret
        assert secret.encode() not in bytes(row["secret"])
    assert pair.run_module().json() == [{"errorcode": 0}]
    pair.end_every_access_token()
    assert pair.run_module().json() == [{"errorcode": 0}]
    newer = connections.opened(pair.here.app.state.vault, pair.row())
    assert newer.access_token != credentials.access_token
    assert pair.there.get("/v1/people/find")["availablecount"] == 1

    pair.there.write(grants.disconnect, pair.there.account_id, pair.app.id)
    refused = pair.run_module()
    assert refused.status == 422
    assert refused.json()["error"]["code"] == "InvalidAccessTokenError"

    page.on("dialog", lambda dialog: dialog.accept())
    page.click("[aria-label='More about Office']")
    page.click("text=Connect again")
    page.wait_for_selector("button:text-is('Allow')")  # it leads there by itself
    page.click("button:text-is('Allow')")
    page.wait_for_url(f"{pair.here.url}/settings/connections")
    assert pair.run_module().json() == [{"errorcode": 0}]
    assert pair.row()["id"] == row["id"]
    page.click("text=Test >> nth=1")
    page.wait_for_selector(f"text=“Office” works, as {pair.there.email}.")


def test_a_no_is_told(page: Page, pair: Pair) -> None:
    begin(page, pair)
    page.wait_for_url(f"{pair.url}/sign-in**")
    enter(page, pair.there)
    page.click("text=Deny")
    page.wait_for_url(f"{pair.here.url}{CALLBACK}**")
    assert "The person said no" in page.inner_text("[role=alert]")
    assert pair.row() is None


# Without a browser


@pytest.fixture
def visitor(pair: Pair) -> Visitor:
    made = Visitor(pair.here)
    made.sign_in()
    return made


def start(visitor: Visitor, pair: Pair, **given: str) -> tuple[int, dict[str, str], str]:
    """Status, what the other side would be asked, and the page."""
    known = {"name": "Office", "url": pair.there.url, "client_id": pair.app.client_id, "client_secret": "x"}
    page = "/settings/connections"
    status, _, text = visitor.post("/settings/connections/oauth", page=page, **{**known, **given})
    _, found, rest = text.partition('content="0; url=')
    address = rest.partition('"')[0].replace("&amp;", "&") if found else ""
    return status, dict(parse_qsl(urlsplit(address).query)), text


def test_answers_that_were_not_asked_for(visitor: Visitor, pair: Pair) -> None:
    for query in ("", "?code=x&state=y"):
        status, _, page = visitor.get(f"{CALLBACK}{query}")
        assert status == 422
        assert "connect once more" in page
    asked = start(visitor, pair)[1]
    assert asked["redirect_uri"] == f"{pair.here.url}{CALLBACK}"
    status, _, page = visitor.get(f"{CALLBACK}?code=x&state={asked['state']}x")
    assert "not the answer to what was begun" in page
    asked = start(visitor, pair)[1]
    status, _, page = visitor.get(f"{CALLBACK}?code=x&state={asked['state']}")
    assert "client_secret is missing or wrong" in page
    assert pair.row() is None


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"name": ""}, "name"),
        ({"name": "This account"}, "already"),
        ({"client_id": ""}, "client_id"),
        ({"url": "ftp://x.example"}, "url"),
        ({"url": "http://10.0.0.1"}, "10.0.0.1"),
    ],
)
def test_what_is_checked_before_anybody_leaves(
    visitor: Visitor, pair: Pair, given: dict[str, str], word: str
) -> None:
    status, _, page = start(visitor, pair, **given)
    assert status == 422
    assert word in page
    assert "Office" in page or "name" in given
    assert 'value="x"' not in page  # the secret is not sent back


def test_a_connection_by_oauth_has_no_key_and_one_by_key_no_consent(visitor: Visitor, pair: Pair) -> None:
    vault = pair.here.app.state.vault
    credentials = connections.Credentials("https://x.example", "id", "secret", "a", "r")
    made = pair.here.write(
        connections.create_oauth,
        vault,
        pair.here.account_id,
        "Office",
        url="https://x.example",
        credentials=credentials,
        identity="a@x.example",
    )
    assert made.kind == "oauth"
    assert msgspec.json.decode(vault.decrypt(pair.row()["secret"]))["refresh_token"] == "r"
    page = "/settings/connections"
    text = visitor.post(f"{page}/{made.id}/rotate", page=page, api_key="k")[2]
    assert "connect it again" in text
    own = pair.here.write(connections.this_account, pair.here.account_id)
    assert visitor.post(f"{page}/{own.id}/again", page=page)[0] == 409
