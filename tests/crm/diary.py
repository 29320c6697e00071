"""An account with a timeline: what the tests of entries and touches share. The clock moves only when told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from tests.crm.webhooks import Clock
from tieline import clock
from tieline.crm import relations, timeline
from tieline.crm.access import Caller
from tieline.crm.accounts import caller_by_id, create_account, update_profile
from tieline.records.codec import convert, plain
from tieline.records.kinds import KINDS
from tieline.records.timeline import Communication, Content, MessageRef, TimelineQuery, ToDo
from tieline.store import tables
from tieline.store.database import Database, Row, Transaction

P = ParamSpec("P")
T = TypeVar("T")

NOW = 1_800_000_000_000  # Friday, 15 January 2027, 08:00 UTC
DAY = 86_400_000


@dataclass
class Diary:
    database: Database
    caller: Caller
    clock: Clock

    async def do(
        self, fn: Callable[Concatenate[Transaction, Caller, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """A write on behalf of the caller."""
        return await self.database.write(fn, self.caller, *args, **kwargs)

    async def ask(
        self, fn: Callable[Concatenate[Transaction, Caller, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """A read on behalf of the caller."""
        return await self.database.read(fn, self.caller, *args, **kwargs)

    async def communication(self, **fields: Any) -> str:
        """Create one from wire fields (`from`, `recipients`, …)."""
        sent = convert(Communication, {"style": "email", **fields})
        return await self.do(timeline.create_communication, sent)

    async def content(self, **fields: Any) -> str:
        sent = convert(Content, {"style": "note", "source": "notes.example", **fields})
        return await self.do(timeline.create_content, sent)

    async def todo(self, **fields: Any) -> str:
        return await self.do(timeline.create_todo, convert(ToDo, {"subject": "Call back", **fields}))

    async def add(self, kind: str = "person", **fields: Any) -> str:
        """Create a relation; its syncKey."""
        body = convert(KINDS[kind].type, fields)
        written = await self.do(relations.upsert, kind, body, mode="create")
        assert written.sync_key
        return written.sync_key

    async def message(self, key: str, *, strict: bool = False) -> dict[str, Any]:
        """One message as messages/get answers it."""
        [found] = await self.ask(timeline.messages, [MessageRef(key=key)], strict=strict)
        made: dict[str, Any] = plain(found)
        return made

    async def page(
        self, identifier: str, kind: str = "person", **fields: Any
    ) -> tuple[list[str], int | None]:
        """Keys of one page of a timeline, and its stamp."""
        query = convert(TimelineQuery, {"id": identifier, **fields})
        found = plain(await self.ask(timeline.timeline, kind, query))
        return [ref["key"] for ref in found["messages"]], found.get("stamp")

    async def row(self, identifier: str, kind: str = "person") -> Row | None:
        """The row of a relation; None when there is none."""
        return await self.database.read(
            relations.get_row, self.caller.account_id, kind, identifier, self.caller.country
        )

    async def known(self, identifier: str, kind: str = "person") -> Row:
        found = await self.row(identifier, kind)
        assert found is not None, identifier
        return found

    async def count(self, name: str) -> int:
        table = tables.metadata.tables[name]
        return len(await self.database.read(lambda tx: tx.all(table.select())))


@asynccontextmanager
async def open_diary(database: Database, *, timezone: str = "UTC") -> AsyncIterator[Diary]:
    ticking = Clock(NOW / 1000)
    clock.set_source(ticking)
    account = await database.write(create_account, "dana@example.org")
    caller = await database.read(caller_by_id, account.id)
    await database.write(
        update_profile, caller, name="Dana", country="US", timezone=timezone, aka=["dana@home.example"]
    )
    caller = await database.read(caller_by_id, account.id)
    try:
        yield Diary(database, caller, ticking)
    finally:
        clock.set_source(None)
