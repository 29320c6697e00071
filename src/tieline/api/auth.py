"""Who asks (contract 1.1–1.3): three forms of the same key, and calls from inside the process.

Keys are looked up by their SHA-256, so that the time a look-up takes says nothing about the key. What was found is
kept in memory until a key is revoked or a profile changes. Only SQLite allows that: there this process is the only
one; on PostgreSQL another process may revoke the key, so it is looked up every time.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec

from tieline import clock
from tieline.api.envelope import UNKNOWN_BEARER, UNKNOWN_KEY, Answer
from tieline.crm import accounts, credentials
from tieline.crm.access import Actor, Caller, Trace
from tieline.errors import Unavailable
from tieline.store.database import Database

log = logging.getLogger("tieline.api")

MOST_KNOWN = 10_000


class Known(msgspec.Struct):
    """What is remembered of a credential."""

    caller: Caller
    key_id: int
    last_used: int


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
        self.version = 0

    async def caller(self, authorization: str, query: Mapping[str, str], trace: str) -> tuple[Caller, str]:
        """The caller, and what identifies their credential. Raises Refused with the right one of the two 401s."""
        bearer = bearer_of(authorization)
        plain = bearer or query.get("api_key", "").strip()
        if not plain:
            raise Refused(UNKNOWN_KEY)
        digest = accounts.digest(plain)
        known = await self._look_up(plain, digest)
        if known is None:
            raise Refused(UNKNOWN_BEARER if bearer else UNKNOWN_KEY)
        # A bearer stands for itself; beside an api_key, `user` must be its owner (1.2).
        user = "" if bearer else query.get("user", "").strip().lower()
        if user and user not in known.caller.addresses:
            raise Refused(UNKNOWN_KEY)
        await self._note_use(known)
        return traced(known.caller, trace), digest

    async def _look_up(self, plain: str, digest: str) -> Known | None:
        if self.database.dialect != "sqlite":
            return await self._read(plain)
        version = credentials.version(self.database.url)
        if version != self.version:
            self.known.clear()
            self.version = version
        known = self.known.get(digest)
        if known is not None:
            self.known.move_to_end(digest)
            return known
        known = await self._read(plain)
        if known is not None and version == credentials.version(self.database.url):
            self.known[digest] = known
            if len(self.known) > MOST_KNOWN:
                self.known.popitem(last=False)
        return known

    async def _read(self, plain: str) -> Known | None:
        found = await self.database.read(accounts.caller_by_key, plain)
        if found is None:
            return None
        caller, row = found
        return Known(caller, row["key_id"], row["last_used"] or 0)

    async def _note_use(self, known: Known) -> None:
        now = clock.now_ms()
        if abs(now - known.last_used) < accounts.KEY_USE_INTERVAL:
            return
        known.last_used = now
        try:
            await self.database.write(accounts.key_used, known.key_id, now)
        except Unavailable as error:  # a full disk must not keep anybody from reading
            log.warning("the last use of a key was not noted: %s", error)


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
