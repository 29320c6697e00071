"""OAuth in the store: apps, consent, codes, refresh tokens and how each of them ends."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.conftest import FakeClock
from tieline.crm import accounts
from tieline.crm.access import Caller
from tieline.crm.oauth import apps, grants, requests, tokens
from tieline.crm.oauth.apps import App, AppDraft
from tieline.crm.oauth.protocol import Refusal, read_scopes
from tieline.crm.oauth.tokens import Issued
from tieline.errors import InvalidInput, NotFound
from tieline.ids import s256
from tieline.records.vocabulary import SCOPES
from tieline.store.database import Database, Transaction
from tieline.store.tables import oauth_client, oauth_grant, oauth_token

BACK = "https://app.example.org/callback"
VERIFIER = "v" * 64


class Office:
    """An account, its app, and what the app can do."""

    def __init__(self, tx: Transaction, *, public: bool = False) -> None:
        owner = accounts.create_account(tx, "ada@x.example")
        self.caller: Caller = accounts.caller_by_id(tx, owner.id)
        self.app: App
        self.app, self.secret = apps.register(tx, owner.id, AppDraft("Mail merge", [BACK]), public=public)

    def consent(self, tx: Transaction, **given: str) -> str:
        """The code of an approved request."""
        request = {"response_type": "code", "client_id": self.app.client_id, "redirect_uri": BACK, **given}
        sender = requests.sender_of(tx, request)
        return grants.approve(tx, self.caller, requests.asked_of(sender, request))

    def connect(self, tx: Transaction, scope: str = "basic read_relation") -> Issued:
        """The tokens of an approved request, redeemed."""
        if self.app.public:
            code = self.consent(tx, scope=scope, code_challenge=s256(VERIFIER), code_challenge_method="S256")
        else:
            code = self.consent(tx, scope=scope)
        made = tokens.redeem(tx, self.app, code, BACK, VERIFIER if self.app.public else "")
        assert isinstance(made, Issued), made
        return made


def code_of(outcome: Issued | Refusal) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.error


async def test_nothing_secret_is_stored(database: Database) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        code = office.consent(tx)
        made = tokens.redeem(tx, office.app, code, BACK, "")
        assert isinstance(made, Issued)
        rows = [
            dict(row) for table in (oauth_client, oauth_grant, oauth_token) for row in tx.all(select(table))
        ]
        for secret in (office.secret, code, made.access_token, made.refresh_token):
            assert secret
            assert secret not in str(rows)
        assert (made.token_type, made.expires_in, made.scope) == ("Bearer", 3600, "basic")

    await database.write(act)


async def test_a_code_works_once_and_its_return_ends_what_it_gave(database: Database) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        code = office.consent(tx)
        made = tokens.redeem(tx, office.app, code, BACK, "")
        assert isinstance(made, Issued)
        assert tokens.caller_by_token(tx, made.access_token) is not None
        other = office.connect(tx)
        assert code_of(tokens.redeem(tx, office.app, code, BACK, "")) == "invalid_grant"
        assert tokens.caller_by_token(tx, made.access_token) is None
        assert code_of(tokens.refresh(tx, office.app, made.refresh_token, "")) == "invalid_grant"
        assert tokens.caller_by_token(tx, other.access_token) is not None

    await database.write(act)


async def test_a_code_is_for_one_app_one_address_and_five_minutes(
    database: Database, fake_clock: FakeClock
) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        stranger, _ = apps.register(tx, office.caller.account_id, AppDraft("Stranger", [BACK]))
        code = office.consent(tx)
        assert code_of(tokens.redeem(tx, stranger, code, BACK, "")) == "invalid_grant"
        for address in ("", "https://app.example.org/callback/", "https://evil.example"):
            assert code_of(tokens.redeem(tx, office.app, code, address, "")) == "invalid_grant"
        assert isinstance(tokens.redeem(tx, office.app, code, BACK, ""), Issued)
        code = office.consent(tx)
        fake_clock.advance(minutes=5)
        assert code_of(tokens.redeem(tx, office.app, code, BACK, "")) == "invalid_grant"
        # Not named in the request, it need not be named here.
        code = office.consent(tx, redirect_uri="")
        assert isinstance(tokens.redeem(tx, office.app, code, "", ""), Issued)

    await database.write(act)


@pytest.mark.parametrize("method", ["S256", "plain"])
async def test_a_challenge_must_be_met(database: Database, method: str) -> None:
    challenge = s256(VERIFIER) if method == "S256" else VERIFIER

    def act(tx: Transaction) -> None:
        office = Office(tx)
        code = office.consent(tx, code_challenge=challenge, code_challenge_method=method)
        for verifier in ("", "w" * 64, "short", challenge if method == "S256" else s256(VERIFIER)):
            assert code_of(tokens.redeem(tx, office.app, code, BACK, verifier)) == "invalid_grant"
        assert isinstance(tokens.redeem(tx, office.app, code, BACK, VERIFIER), Issued)
        code = office.consent(tx)
        assert code_of(tokens.redeem(tx, office.app, code, BACK, VERIFIER)) == "invalid_grant"

    await database.write(act)


async def test_an_app_with_a_secret_keeps_its_refresh_token(
    database: Database, fake_clock: FakeClock
) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        first = office.connect(tx)
        for _ in range(3):
            fake_clock.advance(days=100)
            made = tokens.refresh(tx, office.app, first.refresh_token, "")
            assert isinstance(made, Issued)
            assert made.refresh_token == first.refresh_token
            assert tokens.caller_by_token(tx, made.access_token) is not None
        fake_clock.advance(days=181)
        assert code_of(tokens.refresh(tx, office.app, first.refresh_token, "")) == "invalid_grant"
        assert grants.list_access(tx, office.caller.account_id) == []

    await database.write(act)


async def test_a_public_app_gets_a_new_refresh_token_and_may_ask_again(
    database: Database, fake_clock: FakeClock
) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx, public=True)
        assert office.secret is None
        first = office.connect(tx)
        second = tokens.refresh(tx, office.app, first.refresh_token, "")
        assert isinstance(second, Issued)
        assert second.refresh_token != first.refresh_token
        fake_clock.advance(50)  # the answer was lost
        again = tokens.refresh(tx, office.app, first.refresh_token, "")
        assert isinstance(again, Issued)
        third = tokens.refresh(tx, office.app, again.refresh_token, "")
        assert isinstance(third, Issued)
        fake_clock.advance(days=2)  # somebody has a copy
        assert code_of(tokens.refresh(tx, office.app, first.refresh_token, "")) == "invalid_grant"
        assert code_of(tokens.refresh(tx, office.app, third.refresh_token, "")) == "invalid_grant"

    await database.write(act)


async def test_a_refresh_may_ask_for_less_but_not_for_more(database: Database) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        first = office.connect(tx, "basic read_relation")
        less = tokens.refresh(tx, office.app, first.refresh_token, "basic")
        assert isinstance(less, Issued)
        found = tokens.caller_by_token(tx, less.access_token)
        assert found is not None
        assert found[0].scopes == {"basic"}
        assert code_of(tokens.refresh(tx, office.app, first.refresh_token, "analytics")) == "invalid_scope"
        assert code_of(tokens.refresh(tx, office.app, first.refresh_token, "nonsense")) == "invalid_scope"
        whole = tokens.refresh(tx, office.app, less.refresh_token, "")
        assert isinstance(whole, Issued)
        assert whole.scope == "basic read_relation"
        assert code_of(tokens.refresh(tx, office.app, first.access_token, "")) == "invalid_grant"

    await database.write(act)


async def test_access_ends_with_the_hour_the_consent_and_the_app(
    database: Database, fake_clock: FakeClock
) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        owner = office.caller.account_id
        made = office.connect(tx)
        fake_clock.advance(hours=1)
        assert tokens.caller_by_token(tx, made.access_token) is None
        made, other = office.connect(tx), office.connect(tx, "analytics")
        (shown,) = grants.list_access(tx, owner)
        assert (shown.name, shown.scopes) == ("Mail merge", ("basic", "read_relation", "analytics"))
        grants.disconnect(tx, owner, office.app.id)
        assert tokens.caller_by_token(tx, made.access_token) is None
        assert tokens.caller_by_token(tx, other.access_token) is None
        assert grants.list_access(tx, owner) == []
        with pytest.raises(NotFound):
            grants.disconnect(tx, owner, office.app.id)
        made = office.connect(tx)
        apps.revoke(tx, owner, office.app.id)
        assert tokens.caller_by_token(tx, made.access_token) is None
        assert grants.list_access(tx, owner) == []
        assert apps.list_apps(tx, owner) == []
        with pytest.raises(Refusal):
            apps.authenticate(tx, office.app.client_id, office.secret)

    await database.write(act)


async def test_an_app_that_gives_its_token_back(database: Database) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        made = office.connect(tx)
        stranger, _ = apps.register(tx, office.caller.account_id, AppDraft("Stranger", [BACK]))
        tokens.revoke(tx, stranger, made.refresh_token)
        assert tokens.caller_by_token(tx, made.access_token) is not None
        tokens.revoke(tx, office.app, made.refresh_token)
        tokens.revoke(tx, office.app, "unknown")
        assert tokens.caller_by_token(tx, made.access_token) is None

    await database.write(act)


async def test_a_secret_is_checked_and_can_be_replaced(database: Database) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        app, owner = office.app, office.caller.account_id
        assert apps.authenticate(tx, app.client_id, office.secret) == app
        for client_id, secret in ((app.client_id, "wrong"), (app.client_id, None), ("nobody", office.secret)):
            with pytest.raises(Refusal) as refused:
                apps.authenticate(tx, client_id, secret)
            assert refused.value.error == "invalid_client"
        newer = apps.new_secret(tx, owner, app.id)
        with pytest.raises(Refusal):
            apps.authenticate(tx, app.client_id, office.secret)
        assert apps.authenticate(tx, app.client_id, newer) == app
        stranger = accounts.create_account(tx, "eve@x.example")
        for act_on in (apps.new_secret, apps.revoke, apps.find):
            with pytest.raises(NotFound):
                act_on(tx, stranger.id, app.id)

    await database.write(act)


@pytest.mark.parametrize(
    "address",
    [
        "http://app.example.org/callback",
        "https://app.example.org/#part",
        "https://user@app.example.org/",
        "https:///path",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp:/callback",
        "/callback",
        "https://app.example.org/a b",
        "https://app.example.org/\\evil",
        "https://app.example.org:port/",
        "https://ex\N{CYRILLIC SMALL LETTER A}mple.org/",
        "https://app.example.org/" + "x" * 2000,
    ],
)
async def test_addresses_nobody_is_sent_to(database: Database, address: str) -> None:
    def act(tx: Transaction) -> None:
        owner = accounts.create_account(tx, "ada@x.example")
        with pytest.raises(InvalidInput) as refused:
            apps.register(tx, owner.id, AppDraft("App", [address]))
        assert refused.value.field == "redirect_uris"
        assert refused.value.remedy

    await database.write(act)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://app.example.org/cb?tenant=1", "app.example.org"),
        ("http://localhost:5000/cb", "localhost:5000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000/", "[::1]:8000"),
        ("com.example.app:/callback", "com.example.app:"),
    ],
)
async def test_addresses_people_are_sent_to(database: Database, address: str, place: str) -> None:
    def act(tx: Transaction) -> None:
        owner = accounts.create_account(tx, "ada@x.example")
        app, _ = apps.register(tx, owner.id, AppDraft("App", [address]))
        assert app.redirect_uris == [address]
        assert apps.place_of(address) == place
        sender = requests.sender_of(tx, {"client_id": app.client_id, "state": "a b&c"})
        joint = "&" if "?" in address else "?"
        assert sender.back(code="1") == f"{address}{joint}code=1&state=a+b%26c"

    await database.write(act)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (AppDraft("", [BACK]), "name"),
        (AppDraft("x" * 81, [BACK]), "name"),
        (AppDraft("App", []), "redirect_uris"),
        (AppDraft("App", [f"https://x.example/{n}" for n in range(21)]), "redirect_uris"),
        (AppDraft("App", [BACK], logo_url="http://x.example/logo.png"), "logo_url"),
        (AppDraft("App", [BACK], description="x" * 501), "description"),
    ],
)
async def test_what_an_app_may_be_called(database: Database, draft: AppDraft, field: str) -> None:
    def act(tx: Transaction) -> None:
        owner = accounts.create_account(tx, "ada@x.example")
        with pytest.raises(InvalidInput) as refused:
            apps.register(tx, owner.id, draft)
        assert refused.value.field == field

    await database.write(act)


REQUEST: dict[str, Any] = {"response_type": "code", "redirect_uri": BACK}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": VERIFIER, "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": VERIFIER, "code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_requests_the_app_is_told_about(database: Database, given: dict[str, str], error: str) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        request = {**REQUEST, "client_id": office.app.client_id, **given}
        sender = requests.sender_of(tx, request)
        with pytest.raises(Refusal) as refused:
            requests.asked_of(sender, request)
        assert refused.value.error == error
        assert sender.refused(refused.value).startswith(f"{BACK}?error={error}&error_description=")

    await database.write(act)


async def test_a_public_app_must_send_a_challenge(database: Database) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx, public=True)
        with pytest.raises(Refusal, match="code_challenge is required"):
            office.consent(tx)
        with pytest.raises(InvalidInput, match="public"):
            apps.new_secret(tx, office.caller.account_id, office.app.id)

    await database.write(act)


async def test_two_addresses_must_be_told_apart(database: Database) -> None:
    def act(tx: Transaction) -> None:
        office = Office(tx)
        draft = AppDraft("Mail merge", [BACK, "https://app.example.org/other", BACK])
        app = apps.change(tx, office.caller.account_id, office.app.id, draft)
        assert len(app.redirect_uris) == 2
        with pytest.raises(InvalidInput, match="several"):
            requests.sender_of(tx, {"client_id": app.client_id})
        with pytest.raises(InvalidInput, match="not registered"):
            requests.sender_of(tx, {"client_id": app.client_id, "redirect_uri": BACK + "/"})

    await database.write(act)


def test_scopes_are_read_in_the_order_of_the_contract() -> None:
    assert read_scopes("") == ("basic",)
    assert read_scopes(" analytics  basic,read_content ") == ("basic", "read_content", "analytics")
    assert read_scopes(" ".join(reversed(SCOPES))) == SCOPES
