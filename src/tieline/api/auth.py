"""Who asks (contract 1.1–1.5): an API key in three forms, an access token, and calls from inside the process.

Both are looked up by their SHA-256, so that the time a look-up takes says nothing about the secret. What was found is
kept in memory until a key or grant is revoked or a profile changes, in whichever process: see `crm.credentials`.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tieline import clock
from tieline.api.envelope import UNKNOWN_BEARER, UNKNOWN_KEY, Answer
from tieline.crm import accounts, credentials
from tieline.crm.access import Actor, Caller, Trace
from tieline.crm.oauth import grants, tokens
from tieline.errors import Unavailable
from tieline.store.database import Database, Transaction

log = logging.getLogger("tieline.api")

MOST_KNOWN = 10_000


class Known(msgspec.Struct):
    """What is remembered of a credential. `expires`: an access token's end; None: an API key."""

    caller: Caller
    last_used: int
    expires: int | None
    note_use: Callable[[Transaction, int, int], None]  # with `noted`, the row that remembers the last use
    noted: int


class Refused(Exception):
    """The answer to somebody who could not be identified."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Authenticator:
    """Turns credentials into callers, for one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.known: OrderedDict[str, Known] = OrderedDict()
        self.version: object = None

    async def caller(self, authorization: str, query: Mapping[str, str], trace: str) -> tuple[Caller, str]:
        """The caller, and what identifies their credential. Raises Refused with the right one of the two 401s."""
        bearer = bearer_of(authorization)
        plain = bearer or query.get("api_key", "").strip()
        if not plain:
            raise Refused(UNKNOWN_KEY)
        digest = accounts.digest(plain)
        if self.database.dialect == "sqlite":
            version = credentials.counted(self.database)
        else:
            version = await credentials.version(self.database)
        known = self._remembered(digest, version) or await self._read(plain, digest, version)
        # An access token is good as a bearer only: an address is written down in too many places (RFC 9700, 4.3.2).
        if known is None or (known.expires is not None and not bearer):
            raise Refused(UNKNOWN_BEARER if bearer else UNKNOWN_KEY)
        # A bearer stands for itself; beside an api_key, `user` must be its owner (1.2).
        user = "" if bearer else query.get("user", "").strip().lower()
        if user and user not in known.caller.addresses:
            raise Refused(UNKNOWN_KEY)
        now = clock.now_ms()
        if abs(now - known.last_used) >= accounts.KEY_USE_INTERVAL:
            await self._note_use(known, now)
        return traced(known.caller, trace) if trace else known.caller, digest

    def _remembered(self, digest: str, version: object) -> Known | None:
        if version != self.version:
            self.known.clear()
            self.version = version
        known = self.known.get(digest)
        if known is None or (known.expires is not None and known.expires <= clock.now_ms()):
            return None
        self.known.move_to_end(digest)
        return known

    async def _read(self, plain: str, digest: str, version: object) -> Known | None:
        # Read after the version: what is kept is never older than it.
        known = await self.database.read(known_by, plain)
        if known is not None and version == self.version:
            self.known[digest] = known
            if len(self.known) > MOST_KNOWN:
                self.known.popitem(last=False)
        return known

    async def _note_use(self, known: Known, now: int) -> None:
        known.last_used = now
        try:
            await self.database.write(known.note_use, known.noted, now)
        except Unavailable as error:  # a full disk must not keep anybody from reading
            log.warning("the last use of a key was not noted: %s", error)


def known_by(tx: Transaction, plain: str) -> Known | None:
    """What a credential stands for: an API key for its account, an access token for what was consented to."""
    found = accounts.caller_by_key(tx, plain)
    if found is not None:
        caller, row = found
        return Known(caller, row["last_used"] or 0, None, accounts.key_used, row["key_id"])
    found = tokens.caller_by_token(tx, plain)
    if found is not None:
        caller, row = found
        return Known(caller, row["last_used"] or 0, row["expires"], grants.used, row["grant_id"])
    return None


async def caller_inside(database: Database, account_id: int, actor: Any, trace: str) -> Caller:
    """The caller of a request from inside this process: `scope["tieline.account"]`, which no network client can set.

    `actor` is an Actor, or the name of the scenario that asks. Raises NotFound when the account is gone.
    """
    caller = await database.read(accounts.caller_by_id, account_id)
    if not isinstance(actor, Actor):
        actor = Actor("scenario", str(actor or ""), caller.email)
    return traced(caller.acting(actor), trace)


def bearer_of(authorization: str) -> str:
    """The token of an `Authorization: Bearer …` header; empty for anything else."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def traced(caller: Caller, header: str) -> Caller:
    """The caller, whose changes belong to the chain that the `X-Tieline-Trace` header names."""
    trace = Trace.parse(header.strip()) if header else None
    if trace is None:
        return caller
    return caller.acting(msgspec.structs.replace(caller.actor, trace=trace))
