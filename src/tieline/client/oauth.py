"""OAuth 2.0 as an app sees it (contract 1.4): where people consent, and tokens that renew themselves.

address = authorization_url(CLOZE, client_id="…", redirect_uri="…", scope="basic", state=state)
credentials = await redeem(Credentials(server_of(CLOZE), "id", "secret"), code, redirect_uri, transport)
cloze = AsyncCloze(tokens=RenewingTokens(credentials, save=keep))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import msgspec

from tieline import clock, ids
from tieline.client.errors import NotAuthorized, ServerUnavailable, UnexpectedAnswer
from tieline.client.transport import HttpTransport, Response, Transport

# The vendor consents and exchanges at another host than it answers at (1.4).
SERVERS: Final = {"https://api.cloze.com": "https://www.cloze.com"}
EARLY: Final = 60_000  # ms before its end at which a token is renewed
TIMEOUT: Final = 30.0


class Credentials(msgspec.Struct, frozen=True):
    """An app at a server, and the tokens it holds for an account. `expires`: ms; None: unknown."""

    server: str
    client_id: str
    client_secret: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires: int | None = None
    scope: str = ""


Load = Callable[[], Awaitable[Credentials]]
Save = Callable[[Credentials], Awaitable[None]]


class TokenSource(Protocol):
    """Where a client gets its access token from. Raises NotAuthorized, ServerUnavailable."""

    async def token(self) -> str:
        """The token to send."""

    async def after_refusal(self, refused: str) -> str:
        """Another one, the server having refused this one."""

    async def close(self) -> None:
        """Let connections go."""


def server_of(url: str) -> str:
    """Where the accounts of an API consent and exchange."""
    base = url.rstrip("/")
    return SERVERS.get(base, base)


def authorization_url(
    url: str, *, client_id: str, redirect_uri: str, scope: str, state: str, verifier: str = ""
) -> str:
    """The address at which a person consents; with a verifier, the code is good for its owner alone (PKCE)."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
    }
    if verifier:
        asked.update(code_challenge=ids.s256(verifier), code_challenge_method="S256")
    return f"{server_of(url)}/oauth/authorize?{urlencode(asked)}"


async def redeem(
    app: Credentials, code: str, redirect_uri: str, transport: Transport, *, verifier: str = ""
) -> Credentials:
    """The tokens for a code. `transport` leads to `app.server`. Raises NotAuthorized, ServerUnavailable."""
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return await _exchange(app, given | ({"code_verifier": verifier} if verifier else {}), transport)


async def renew(known: Credentials, transport: Transport) -> Credentials:
    """The tokens for a refresh token; one that the server does not replace is kept (1.4)."""
    if not known.refresh_token:
        raise NotAuthorized("The access token has ended and cannot be renewed", status=401)
    return await _exchange(
        known, {"grant_type": "refresh_token", "refresh_token": known.refresh_token}, transport
    )


class RenewingTokens:
    """An access token that is renewed before it ends, and when the server refuses it.

    `load` and `save` keep the credentials where other processes find them; without them they live here.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport | None = None,
        *,
        load: Load | None = None,
        save: Save | None = None,
    ) -> None:
        self.credentials = credentials
        self.transport = transport or HttpTransport(credentials.server)
        self._load = load
        self._save = save
        self._one = asyncio.Lock()

    async def token(self) -> str:
        """The token to send, renewed when it is about to end."""
        known = await self._current()
        if known.expires is not None and clock.now_ms() >= known.expires - EARLY and known.refresh_token:
            known = await self._renewed(known.access_token)
        return known.access_token

    async def after_refusal(self, refused: str) -> str:
        """Another token."""
        return (await self._renewed(refused)).access_token

    async def close(self) -> None:
        """Let connections go."""
        await self.transport.close()

    async def _current(self) -> Credentials:
        if self._load is not None:
            self.credentials = await self._load()
        return self.credentials

    async def _renewed(self, ended: str) -> Credentials:
        async with self._one:
            known = await self._current()
            if known.access_token != ended:  # somebody was quicker
                return known
            self.credentials = await renew(known, self.transport)
            if self._save is not None:
                await self._save(self.credentials)
            return self.credentials


async def _exchange(known: Credentials, given: Mapping[str, str], transport: Transport) -> Credentials:
    sent = {**given, "client_id": known.client_id}
    if known.client_secret:
        sent["client_secret"] = known.client_secret
    try:
        response = await transport.send(
            "POST",
            "/oauth/token",
            params={},
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(sent).encode(),
            timeout=TIMEOUT,
        )
    except TimeoutError as error:
        raise ServerUnavailable(f"No answer within {TIMEOUT:g} s") from error
    answer = _read(response)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise UnexpectedAnswer("The answer has no access_token", status=response.status)
    life = answer.get("expires_in")
    return msgspec.structs.replace(
        known,
        access_token=token,
        refresh_token=str(answer.get("refresh_token") or known.refresh_token),
        expires=clock.now_ms() + int(life) * 1000 if isinstance(life, int | float) else None,
        scope=str(answer.get("scope") or known.scope),
    )


def _read(response: Response) -> dict[str, Any]:
    """The answer of a success. Raises what else it means."""
    try:
        answer = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = None
    if response.status >= 500 or response.status == 429:
        raise ServerUnavailable(f"The server failed with status {response.status}", status=response.status)
    if not isinstance(answer, dict):
        raise UnexpectedAnswer(
            f"The server does not speak OAuth at /oauth/token (status {response.status}): check the URL",
            status=response.status,
        )
    if response.status != 200 or "error" in answer:
        told = answer.get("error_description") or answer.get("message") or answer.get("error")
        raise NotAuthorized(f"The tokens were refused: {told or response.status}", status=401)
    return answer
