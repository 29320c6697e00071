"""An account with a door, a runner and a receiver: what the tests of subscriptions and deliveries share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.receiver import Receiver
from tieline import clock
from tieline.crm.access import Actor, Caller
from tieline.crm.accounts import caller_by_id, create_account
from tieline.crm.deliveries import attempt, handlers
from tieline.crm.subscriptions import list_subscriptions, notify, resume, subscribe, unsubscribe
from tieline.http import Door
from tieline.jobs import Job, Retry, Runner, create_runner
from tieline.records.codec import plain
from tieline.records.person import Person
from tieline.records.webhook import SubscribeRequest, Subscription, UnsubscribeRequest, Usage
from tieline.settings import Settings
from tieline.store import tables
from tieline.store.database import Database, Row, Transaction
from tieline.vault import Vault

AUDITED = {"stage": {"before": "lead", "after": "current"}}


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Desk:
    database: Database
    settings: Settings
    receiver: Receiver
    door: Door
    runner: Runner
    caller: Caller
    clock: Clock
    queue_runs: bool
    vault: Vault
    _changes: int = field(default=0)

    async def subscribe(self, event: str = "person.audit.change", **fields: Any) -> str:
        target = fields.pop("target_url", f"{self.receiver.url}/hook")
        request = SubscribeRequest(event=event, target_url=target, **fields)
        return await self.database.write(subscribe, self.caller, request, door=self.door)

    async def unsubscribe(self, event: str = "person.audit.change", **fields: Any) -> None:
        await self.database.write(unsubscribe, self.caller, UnsubscribeRequest(event=event, **fields))

    async def subscriptions(self) -> list[Subscription]:
        return await self.database.read(list_subscriptions, self.caller)

    async def subscription(self) -> Subscription:
        [found] = await self.subscriptions()
        return found

    async def usage(self) -> Usage:
        usage = (await self.subscription()).usage
        assert isinstance(usage, Usage)
        return usage

    async def resume(self, uniqueid: str) -> None:
        await self.database.write(resume, self.caller, uniqueid)

    async def change(
        self,
        name: str = "Rosa",
        *,
        audited: dict[str, Any] | None = None,
        actor: Actor | None = None,
        record: Person | None = None,
    ) -> None:
        """Let a write happen that changes a person."""
        self._changes += 1
        person = record or Person(sync_key=name, name=name, stage="current", segment="customer", step="none")

        def write(tx: Transaction) -> None:
            notify(
                tx,
                account_id=self.caller.account_id,
                change_id=self._changes,
                kind="person",
                record=plain(person),
                changes_audited=AUDITED if audited is None else audited,
                actor=actor or Actor("key"),
            )

        await self.database.write(write)

    async def settle(self, seconds: float = 0.0) -> None:
        """Let time pass, then everything happen that is due.

        PostgreSQL's queue goes by the server's clock, which no test moves: there the due deliveries are
        attempted directly, in order.
        """
        self.clock.forward(seconds)
        if self.queue_runs:
            await self.runner.idle(60)
            return
        for row in await self.rows("delivery"):
            if row["state"] == "waiting" and row["next_attempt"] <= clock.now_ms():
                await attempt(self.database, self.door, self.settings, self.vault, row["id"])

    async def sweep(self) -> None:
        """Run the daily look at every subscription now."""
        sweep = handlers(self.database, self.door, self.settings, self.vault)["subscription.sweep"]
        for row in await self.rows("subscription"):
            with suppress(Retry):
                await sweep(Job(0, "subscription.sweep", {"id": row["id"]}, 1))

    async def rows(self, name: str) -> list[Row]:
        table = tables.metadata.tables[name]
        return await self.database.read(lambda tx: tx.all(table.select().order_by(table.c.id)))

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.rows("delivery")]

    async def restart(self) -> None:
        """Stop the runner as a shutdown does, and start a new one on the same database."""
        if not self.queue_runs:
            return
        await self.runner.stop()
        self.runner = create_runner(self.database, self.settings)
        await self.runner.start(handlers(self.database, self.door, self.settings, self.vault))


@asynccontextmanager
async def open_desk(
    database: Database, receiver: Receiver, *, real_time: bool = False, **settings: Any
) -> AsyncIterator[Desk]:
    """An account on this database until the end of the block, with a clock that only the test moves.

    With `real_time` the clock and the queue are the real ones on both databases.
    """
    ticking = Clock()
    if not real_time:
        clock.set_source(ticking)
    chosen = Settings(**{"allow_private_targets": "loopback", "delivery_timeout": 2.0, **settings})
    account = await database.write(create_account, "dana@example.org")
    caller = await database.read(caller_by_id, account.id)
    door = Door(chosen)
    runner = create_runner(database, chosen)
    vault = Vault(Settings(secret_key="only for these tests"))
    queue_runs = database.dialect == "sqlite" or real_time
    if queue_runs:
        await runner.start(handlers(database, door, chosen, vault))
    desk = Desk(database, chosen, receiver, door, runner, caller, ticking, queue_runs, vault)
    try:
        yield desk
    finally:
        if queue_runs:
            await desk.runner.stop(drain=False)
        await door.close()
        clock.set_source(None)
