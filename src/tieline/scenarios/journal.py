"""What an execution has already done, operation by operation: its history and its checkpoint, written once.

A row is `started` before a call that writes, with the input that was evaluated, and `done`, `failed` or `filtered`
after it. Rows that nothing depends on are written without waiting, those of one moment together: the store keeps their
order, so a row that is durable has every earlier row of its execution before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import bindparam, delete, or_, select, update

from tieline import clock
from tieline.expressions import from_json, to_json
from tieline.modules.errors import ModuleError
from tieline.observing import metrics
from tieline.store.database import Database, Row, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import execution, operation

T = TypeVar("T")

COLUMNS = (
    "execution_id", "path", "seq", "module_id", "module", "state", "started", "duration", "attempt", "input", "output",
    "error", "exchange",
)  # fmt: skip
RECORD = upsert(
    operation,
    columns=COLUMNS,
    conflict=("execution_id", "path"),
    update=("state", "duration", "attempt", "input", "output", "error", "exchange"),
)
ROWS = Statement(
    select(operation).where(operation.c.execution_id == bindparam("wanted")).order_by(operation.c.seq)
)
FORGET = Statement(
    delete(operation).where(
        operation.c.execution_id == bindparam("wanted"),
        or_(
            operation.c.path == bindparam("gone"),
            operation.c.path.startswith(bindparam("handler"), autoescape=False),
            operation.c.path.startswith(bindparam("repeated"), autoescape=False),
        ),
    )
)
UNDONE = Statement(
    update(operation)
    .where(operation.c.execution_id == bindparam("wanted"), operation.c.path == bindparam("gone"))
    .values(state="undone")
)
RUNNING = Statement(
    update(execution)
    .where(
        execution.c.id == bindparam("wanted"),
        execution.c.started.is_(None),
        execution.c.status == "queued",
    )
    .values(status="running", started=bindparam("now"))
)


class Gone(Exception):
    """The execution must not begin any more: it was taken out of the queue."""


class Entry(msgspec.Struct):
    """One operation as it is journalled."""

    path: str
    module_id: int
    module: str
    state: str
    started: int
    input: Any = None
    output: Any = None
    error: dict[str, Any] | None = None
    exchange: Sequence[Any] = ()
    duration: int | None = None


class Journal:
    """The journal of one execution."""

    def __init__(self, database: Database, execution_id: str, attempt: int, rows: Sequence[Row]) -> None:
        self.database = database
        self.execution_id = execution_id
        self.attempt = attempt
        self.recorded = {str(row["path"]): row for row in rows}
        self.seq = max((int(row["seq"]) for row in rows), default=0)
        self.operations = sum(row["state"] in {"done", "failed"} for row in rows)
        self.opening = False
        self.rows: list[dict[str, Any]] = []
        self.pushed: asyncio.Task[None] | None = None
        self.failure: BaseException | None = None

    def open(self) -> None:
        """The execution begins: said with the first rows that are written, or in a moment if there are none."""
        self.opening = True
        self._soon()

    def state(self, path: str) -> str | None:
        """What is known of the operation at that path."""
        row = self.recorded.get(path)
        return None if row is None or row["state"] == "undone" else str(row["state"])

    def bundles(self, path: str) -> list[dict[str, Any]]:
        """The recorded output."""
        return [from_json(bundle) for bundle in msgspec.json.decode(self.recorded[path]["output"])]

    def input(self, path: str) -> dict[str, Any]:
        """The recorded input."""
        found: dict[str, Any] = from_json(msgspec.json.decode(self.recorded[path]["input"]))
        return found

    def error(self, path: str) -> ModuleError:
        """The recorded failure."""
        found = msgspec.json.decode(self.recorded[path]["error"])
        return ModuleError(
            found["name"],
            found["message"],
            module=found.get("module", ""),
            field=found.get("field"),
            remedy=found.get("remedy"),
            status=found.get("statusCode"),
            retry_after=found.get("retryAfter"),
        )

    async def begin(self, entry: Entry) -> None:
        """Make it durable that a call is about to be made."""
        self.rows.append(self._values(entry))
        await self._written_so_far()
        await self.database.write_short(self._taken())

    async def write(self, fn: Callable[[Transaction], T], *, short: bool = False) -> T:
        """Do something after all that was recorded, in one transaction with what is not written yet.

        `short`: it touches a few rows (see `Database.write_short`).

        Raises what kept an earlier row from being written.
        """
        await self._written_so_far()
        rows = self._taken()

        def both(tx: Transaction) -> T:
            rows(tx)
            return fn(tx)

        return await (self.database.write_short(both) if short else self.database.write(both))

    async def transact(
        self, entry: Entry, act: Callable[[Transaction], list[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """Do something on this database and record its outcome in the same transaction: both happen, or neither."""
        made: list[dict[str, Any]] = []

        def both(tx: Transaction) -> list[dict[str, Any]]:
            bundles = act(tx)
            made.append({**values, "output": _text([to_json(bundle) for bundle in bundles])})
            tx.run(RECORD, made[-1])
            return bundles

        earlier = self.recorded.get(entry.path)
        # Apart, so that what is undone with a failure is this operation alone.
        await self.flush()
        values = self._values(entry)
        try:
            bundles = await self.database.write(both)
        except BaseException:
            self.recorded.pop(entry.path)
            if earlier is not None:
                self.recorded[entry.path] = earlier
            raise
        self.recorded[entry.path] = made[-1]
        self.operations += 1
        metrics.OPERATIONS.labels(entry.module, entry.state).inc()
        return bundles

    def record(self, entry: Entry) -> None:
        """Write what happened, without waiting."""
        metrics.OPERATIONS.labels(entry.module, entry.state).inc()
        if entry.state in {"done", "failed"}:
            self.operations += 1
        self.rows.append(self._values(entry))
        self._soon()

    async def flush(self) -> None:
        """Wait until everything is durable. Raises what kept a row from being written."""
        self._push()
        await self._written_so_far()

    async def _written_so_far(self) -> None:
        while self.pushed is not None:
            await asyncio.wait([self.pushed])
        if self.failure is not None:
            raise self.failure

    def _soon(self) -> None:
        """Write what is there in a moment, unless something that is waited for takes it along before."""
        asyncio.get_running_loop().call_soon(self._push)

    def _push(self) -> None:
        """One write after the other: they keep their order on every database."""
        if self.pushed is None and (self.rows or self.opening):
            self.pushed = asyncio.get_running_loop().create_task(self.database.write_short(self._taken()))
            self.pushed.add_done_callback(self._written)

    def _taken(self) -> Callable[[Transaction], None]:
        """What is not written yet, as a function that writes it."""
        rows, opening = self.rows, self.opening
        self.rows, self.opening = [], False

        def write(tx: Transaction) -> None:
            if opening and not mark_running(tx, self.execution_id):
                raise Gone
            for row in rows:
                tx.run(RECORD, row)

        return write

    def _written(self, task: asyncio.Task[None]) -> None:
        self.pushed = None
        if not task.cancelled() and task.exception() is not None:
            self.failure = self.failure or task.exception()
        self._push()

    def _values(self, entry: Entry) -> dict[str, Any]:
        recorded = self.recorded.get(entry.path)
        if recorded is None:
            self.seq += 1
        seq = self.seq if recorded is None else recorded["seq"]
        values = {
            "execution_id": self.execution_id,
            "path": entry.path,
            "seq": seq,
            "module_id": entry.module_id,
            "module": entry.module,
            "state": entry.state,
            "started": entry.started,
            "duration": entry.duration,
            "attempt": self.attempt,
            "input": _text(to_json(entry.input)),
            "output": None if entry.output is None else _text([to_json(bundle) for bundle in entry.output]),
            "error": None if entry.error is None else _text(entry.error),
            "exchange": _text(list(entry.exchange)) if entry.exchange else None,
        }
        self.recorded[entry.path] = values
        return values


def load(tx: Transaction, execution_id: str) -> list[Row]:
    """The rows of an execution, in order."""
    return tx.all(ROWS, {"wanted": execution_id})


def forget(tx: Transaction, execution_id: str, path: str) -> None:
    """Let an operation be tried again, its handler and its repetitions too."""
    tx.run(FORGET, {"wanted": execution_id, "gone": path, "handler": f"{path}!", "repeated": f"{path}~"})


def undone(tx: Transaction, execution_id: str, path: str) -> None:
    """What the operation did was taken back: it runs again when the execution is taken up again."""
    tx.run(UNDONE, {"wanted": execution_id, "gone": path})


def mark_running(tx: Transaction, execution_id: str) -> bool:
    """The execution has begun; False when it must not begin any more."""
    return bool(tx.run(RUNNING, {"wanted": execution_id, "now": clock.now_ms()}))


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
