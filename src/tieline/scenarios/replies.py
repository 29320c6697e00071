"""Answers that executions give, and those who wait for them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from tieline.scenarios.statuses import ENDED
from tieline.store.database import Database, Statement, Transaction
from tieline.store.tables import execution

LOOK = 0.25  # seconds between looks while another process may be the one that runs it

STORE = Statement(
    update(execution)
    .where(execution.c.id == bindparam("wanted"), execution.c.reply.is_(None))
    .values(reply=bindparam("text_"))
)
REPLACE = Statement(
    update(execution).where(execution.c.id == bindparam("wanted")).values(reply=bindparam("text_"))
)
FIND = Statement(select(execution.c.status, execution.c.reply).where(execution.c.id == bindparam("wanted")))

# Who waits in this process: the events of each execution, for every database that is open.
_waiting: dict[tuple[str, str], set[asyncio.Event]] = {}


class Reply(msgspec.Struct, frozen=True):
    """What the sender of a webhook is answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def store(tx: Transaction, execution_id: str, reply: Reply) -> bool:
    """Answer; False when it has been answered already."""
    text = msgspec.json.encode(reply).decode()
    if not tx.run(STORE, {"wanted": execution_id, "text_": text}):
        return False
    wake(tx, execution_id)
    return True


def store_outputs(tx: Transaction, execution_id: str, outputs: Any) -> None:
    """Keep the outputs of an execution, in place of earlier ones."""
    tx.run(REPLACE, {"wanted": execution_id, "text_": msgspec.json.encode({"outputs": outputs}).decode()})


def wake(tx: Transaction, execution_id: str) -> None:
    """Once this is durable, let those look who wait for the execution."""
    key = (tx.source, execution_id)

    def now() -> None:
        for event in _waiting.get(key, ()):
            event.set()

    tx.after_commit(now)


async def wait(database: Database, execution_id: str, seconds: float) -> Reply | None:
    """The answer of an execution; None when it ended without one, or took longer."""
    event = asyncio.Event()
    key = (database.url, execution_id)
    waiters = _waiting.setdefault(key, set())
    waiters.add(event)
    try:
        async with asyncio.timeout(seconds):
            while True:
                event.clear()
                row = await database.read(lambda tx: tx.one(FIND, {"wanted": execution_id}))
                if row is None or row["reply"] is not None:
                    return None if row is None else msgspec.json.decode(row["reply"], type=Reply)
                if (
                    row["status"] in ENDED or row["status"] == "waiting"
                ):  # for a due time: nobody waits for that
                    return None
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), LOOK)
    except TimeoutError:
        return None
    finally:
        waiters.discard(event)
        if not waiters:
            _waiting.pop(key, None)


def outputs_of(tx: Transaction, execution_id: str) -> Any:
    """The outputs of an execution in the encoding of 2.13; empty when it returned none."""
    row = tx.one(FIND, {"wanted": execution_id})
    found = msgspec.json.decode(row["reply"]) if row is not None and row["reply"] else {}
    return found.get("outputs") or {}
