"""Dry runs: reads go out as ever, writes are noted in the history and go nowhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from tieline.client import Transport
from tieline.client.transport import Response
from tieline.http import MAX_SIZE, TIMEOUT, Answer, Door
from tieline.scenarios.journal import Entry, Journal
from tieline.scenarios.shared import Shared
from tieline.store.database import Transaction

KIND: Final = "dry"
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
NOTE: Final = "not sent: this is a dry run"
ANSWER: Final = msgspec.json.encode({"errorcode": 0, "message": NOTE})
JSON: Final = {"content-type": "application/json"}


class DryDoor(Door):
    """Lets reads through to the real door."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def check(self, url: str) -> None:
        """As the real door does. Raises InvalidInput, PermissionDenied."""
        self.door.check(url)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        data: bytes | None = None,
        timeout: float = TIMEOUT,
        max_size: int = MAX_SIZE,
        redirects: int = 0,
        credentials: Collection[str] = (),
    ) -> Answer:
        """The answer to a read; a note instead of the answer to a write."""
        if method.upper() not in READS:
            self.check(url)
            return Answer(200, JSON, ANSWER, url)
        return await self.door.request(
            method, url, headers=headers, params=params, data=data, timeout=timeout, max_size=max_size,
            redirects=redirects, credentials=credentials,
        )  # fmt: skip

    async def close(self) -> None:
        """The real door stays open: it belongs to others."""


class DryTransport:
    """The same for an account of this server."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        """The answer to a read; a note instead of the answer to a write."""
        if method.upper() not in READS:
            return Response(200, dict(JSON), ANSWER)
        return await self.transport.send(
            method, path, params=params, headers=headers, body=body, timeout=timeout
        )

    async def close(self) -> None:
        """Let the real one go."""
        await self.transport.close()


def dry(shared: Shared) -> Shared:
    """The same services with the ways out closed to writes; compiled versions are shared."""
    made = Shared(
        database=shared.database,
        settings=shared.settings,
        door=DryDoor(shared.door),
        vault=shared.vault,
        local=lambda account, name: DryTransport(shared.local(account, name)),
    )
    made.plans = shared.plans
    return made


class _TakenBack(Exception):
    """Ends a transaction whose outcome is known, and not wanted."""


class DryJournal(Journal):
    """What works on this database is done, seen, and taken back."""

    async def transact(
        self, entry: Entry, act: Callable[[Transaction], list[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """The bundles that the work would give."""
        given: list[dict[str, Any]] = []

        def both(tx: Transaction) -> None:
            given.extend(act(tx))
            raise _TakenBack

        try:
            await self.database.write(both)
        except _TakenBack:
            entry.output = given
            self.record(entry)
        return given
