"""The client with tokens: renewed early, renewed when refused, once for all who wait, kept where they are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select, update

from tests.oauth import BACK, ThirdParty
from tieline import AsyncCloze, Cloze
from tieline.client import (
    ClozeError,
    Credentials,
    HttpTransport,
    NotAuthorized,
    RenewingTokens,
    ServerUnavailable,
    UnexpectedAnswer,
)
from tieline.client import oauth as client
from tieline.crm import credentials
from tieline.crm.oauth import grants
from tieline.ids import s256
from tieline.store.database import Transaction
from tieline.store.tables import oauth_token

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.receiver import Receiver
    from tests.servers import RunningServer

ALL = "basic read_relation change_relation"


@pytest.fixture
def app(server: RunningServer) -> ThirdParty:
    return ThirdParty.at(server)


def held(app: ThirdParty, **more: str | int) -> Credentials:
    """The credentials of a connected app, as it keeps them."""
    made = app.connect(ALL)
    tokens = {"access_token": made["access_token"], "refresh_token": made["refresh_token"]}
    return Credentials(app.api.url, app.app.client_id, app.secret or "", **{**tokens, **more})  # type: ignore[arg-type]


def tokens_given(app: ThirdParty) -> int:
    """How many access tokens there are."""
    return len(
        app.api.read(lambda tx: tx.all(select(oauth_token.c.id).where(oauth_token.c.kind == "access")))
    )


def end_every_access_token(app: ThirdParty) -> None:
    def act(tx: Transaction) -> None:
        tx.run(update(oauth_token).where(oauth_token.c.kind == "access").values(expires=1))
        credentials.changed(tx)

    app.api.write(act)


@pytest.fixture
async def transport(app: ThirdParty) -> AsyncIterator[HttpTransport]:
    made = HttpTransport(app.api.url)
    yield made
    await made.close()


async def test_from_consent_to_a_call(app: ThirdParty, transport: HttpTransport) -> None:
    address = client.authorization_url(
        app.api.url,
        client_id=app.app.client_id,
        redirect_uri=BACK,
        scope="basic",
        state="s",
        verifier="v" * 50,
    )
    assert address.startswith(f"{app.api.url}/oauth/authorize?")
    given = dict(parse_qsl(urlsplit(address).query))
    assert given["code_challenge"] == s256("v" * 50)
    code = await asyncio.to_thread(lambda: app.consent(**{**given, "redirect_uri": BACK}))
    bare = Credentials(client.server_of(app.api.url), app.app.client_id, app.secret or "")
    credentials = await client.redeem(bare, code, BACK, transport, verifier="v" * 50)
    assert credentials.scope == "basic"
    async with AsyncCloze(tokens=RenewingTokens(credentials), url=app.api.url) as cloze:
        assert (await cloze.user.profile()).email == app.api.email
    with pytest.raises(NotAuthorized, match="used before"):
        await client.redeem(bare, code, BACK, transport, verifier="v" * 50)


def test_where_people_consent() -> None:
    assert client.server_of("https://api.cloze.com/") == "https://www.cloze.com"
    assert client.server_of("http://127.0.0.1:8642/") == "http://127.0.0.1:8642"


def test_a_refused_token_is_renewed_and_the_call_repeated(app: ThirdParty) -> None:
    with Cloze(tokens=RenewingTokens(held(app)), url=app.api.url) as cloze:
        assert cloze.user.profile().email == app.api.email
        end_every_access_token(app)
        cloze.people.create({"name": "Ada", "emails": [{"value": "ada@x.example"}]})  # a write, done once
        assert [person.name for person in cloze.people.iterate()] == ["Ada"]


async def test_those_who_wait_share_one_renewal(app: ThirdParty) -> None:
    kept: list[Credentials] = []

    async def save(credentials: Credentials) -> None:
        kept.append(credentials)

    tokens = RenewingTokens(held(app), save=save)
    end_every_access_token(app)
    async with AsyncCloze(tokens=tokens, url=app.api.url) as cloze:
        found = await asyncio.gather(*(cloze.user.profile() for _ in range(8)))
    assert {profile.email for profile in found} == {app.api.email}
    assert tokens_given(app) == 1  # the ended one is swept away
    assert [credentials.access_token for credentials in kept] == [await tokens.token()]


async def test_a_token_is_renewed_before_it_ends(app: ThirdParty, fake_clock: FakeClock) -> None:
    tokens = RenewingTokens(held(app, expires=int(fake_clock.now * 1000) + 3_600_000))
    first = await tokens.token()
    fake_clock.advance(minutes=58)
    assert await tokens.token() == first
    fake_clock.advance(minutes=1, seconds=1)
    second = await tokens.token()
    assert second != first
    assert tokens.credentials.expires == int(fake_clock.now * 1000) + 3_600_000
    await tokens.close()


async def test_what_another_process_renewed_is_used(app: ThirdParty) -> None:
    stored = held(app)

    async def load() -> Credentials:
        return stored

    tokens = RenewingTokens(stored, load=load)
    first = await tokens.token()
    stored = held(app)
    before = tokens_given(app)
    assert await tokens.after_refusal(first) == stored.access_token
    assert tokens_given(app) == before
    await tokens.close()


async def test_access_that_has_ended_is_said_so(app: ThirdParty) -> None:
    credentials = held(app)
    app.api.write(grants.disconnect, app.api.account_id, app.app.id)
    async with AsyncCloze(tokens=RenewingTokens(credentials), url=app.api.url) as cloze:
        with pytest.raises(NotAuthorized, match="revoked") as refused:
            await cloze.user.profile()
    assert refused.value.status == 401
    alone = RenewingTokens(Credentials(app.api.url, "id", access_token="ended"))
    async with AsyncCloze(tokens=alone, url=app.api.url) as cloze:
        with pytest.raises(NotAuthorized, match="cannot be renewed"):
            await cloze.user.profile()


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (200, "<html>", UnexpectedAnswer),
        (200, "{}", UnexpectedAnswer),
        (502, "<html>", ServerUnavailable),
        (400, '{"error": "invalid_grant"}', NotAuthorized),
        (200, '{"error": "invalid_grant"}', NotAuthorized),
    ],
)
async def test_strange_token_endpoints(
    receiver: Receiver, status: int, body: str, failure: type[ClozeError]
) -> None:
    from tests.receiver import text

    receiver.answers(text(body, status=status, content_type="application/json"))
    tokens = RenewingTokens(Credentials(receiver.url, "id", "secret", "access", "refresh"))
    with pytest.raises(failure):
        await tokens.after_refusal("access")
    await tokens.close()


async def test_a_refresh_token_that_is_not_replaced_is_kept(receiver: Receiver) -> None:
    from tests.receiver import text

    receiver.answers(text('{"access_token": "next"}', content_type="application/json"))
    tokens = RenewingTokens(Credentials(receiver.url, "id", "secret", "access", "refresh"))
    assert await tokens.after_refusal("access") == "next"
    assert tokens.credentials.refresh_token == "refresh"
    sent = dict(parse_qsl(receiver.wait()[0].body.decode()))
    assert sent == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh",
        "client_id": "id",
        "client_secret": "secret",
    }
    await tokens.close()
