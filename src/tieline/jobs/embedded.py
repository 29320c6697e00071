"""Jobs as rows of the same SQLite file, run in the server process.

One process owns the file, so what is running is known in memory and needs no write: a row stays until its job is
done. After a crash every row that is left is simply run again. Commits wake the runner; nothing polls.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from tieline import clock
from tieline.jobs.jobs import BACK_OFF, Handlers, Job, Retry
from tieline.store.database import Database, Row, Statement, Transaction
from tieline.store.tables import job

log = logging.getLogger(__name__)

COLUMNS = ("kind", "payload", "key", "lock", "run_at", "attempts", "state", "created")
INSERT = Statement(insert(job).values({name: bindparam(name) for name in COLUMNS}).returning(job.c.id))
WAITING = Statement(
    select(job.c.id, job.c.run_at).where(job.c.key == bindparam("key"), job.c.state == "waiting")
)
EARLIER = Statement(update(job).where(job.c.id == bindparam("job_id")).values(run_at=bindparam("at")))
UNFINISHED = Statement(select(job).where(job.c.state == "waiting").order_by(job.c.id))
DONE = Statement(delete(job).where(job.c.id == bindparam("job_id")))
AGAIN = Statement(
    update(job)
    .where(job.c.id == bindparam("job_id"))
    .values(run_at=bindparam("at"), attempts=bindparam("attempts"), error=bindparam("error"))
)
GIVEN_UP = Statement(
    update(job)
    .where(job.c.id == bindparam("job_id"))
    .values(state="failed", attempts=bindparam("attempts"), error=bindparam("error"))
)
# Began means: another job with the same key may wait now.
BEGAN = Statement(update(job).where(job.c.id == bindparam("job_id")).values(key=None))


@dataclass(order=True, slots=True)
class Entry:
    """A waiting job in memory, ordered by when it is due and then by age."""

    run_at: int
    id: int
    kind: str = field(compare=False)
    payload: dict[str, Any] = field(compare=False)
    lock: str | None = field(compare=False)
    key: str | None = field(compare=False)
    attempts: int = field(compare=False)


# The runner of each database file open in this process: a commit wakes the one it belongs to.
_runners: dict[str, EmbeddedRunner] = {}


def defer(
    tx: Transaction, kind: str, payload: dict[str, Any], key: str | None, at: int | None, lock: str | None
) -> None:
    """Add the row, and tell the runner once it is committed."""
    now = clock.now_ms()
    run_at = now if at is None else at
    if key is not None and (waiting := tx.one(WAITING, {"key": key})) is not None:
        if run_at < waiting["run_at"]:
            tx.run(EARLIER, {"job_id": waiting["id"], "at": run_at})
            tx.after_commit(lambda: _sooner(tx.source, int(waiting["id"]), run_at))
        return
    values = {
        "kind": kind,
        "payload": msgspec.json.encode(payload).decode(),
        "key": key,
        "lock": lock,
        "run_at": run_at,
        "attempts": 0,
        "state": "waiting",
        "created": now,
    }
    row = tx.one(INSERT, values)
    assert row is not None
    entry = Entry(run_at, int(row["id"]), kind, payload, lock, key, 0)
    tx.after_commit(lambda: _added(tx.source, entry))


def _added(source: str, entry: Entry) -> None:
    if runner := _runners.get(source):
        runner.add(entry)


def _sooner(source: str, job_id: int, run_at: int) -> None:
    if runner := _runners.get(source):
        runner.sooner(job_id, run_at)


class EmbeddedRunner:
    """Runs the jobs of one SQLite file, up to `concurrency` at a time."""

    def __init__(self, database: Database, concurrency: int) -> None:
        self.database = database
        self.concurrency = concurrency
        self.handlers: Handlers = {}
        self.later: list[Entry] = []
        self.ready: deque[Entry] = deque()
        self.locks: dict[str, deque[Entry]] = {}
        self.running: set[asyncio.Task[None]] = set()
        self.timer: asyncio.TimerHandle | None = None
        self.started = False
        self.changed = asyncio.Event()

    async def start(self, handlers: Handlers) -> None:
        """Begin, with everything that was left unfinished."""
        self.handlers = handlers
        self.started = True
        _runners[self.database.url] = self
        for row in await self.database.read(lambda tx: tx.all(UNFINISHED)):
            heapq.heappush(self.later, _entry(row))
        self.wake()

    async def stop(self, drain: bool = True) -> None:
        """End. Jobs that are not finished stay in the file."""
        self.started = False
        _runners.pop(self.database.url, None)
        if self.timer is not None:
            self.timer.cancel()
        if not drain:
            for task in self.running:
                task.cancel()
        if self.running:
            await asyncio.gather(*self.running, return_exceptions=True)

    async def idle(self, timeout: float = 10.0) -> None:
        """Wait until nothing is due. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while True:
                self.wake()
                if not self.running and not self.ready:
                    return
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.25)

    def add(self, entry: Entry) -> None:
        """A job was committed."""
        heapq.heappush(self.later, entry)
        self.wake()

    def sooner(self, job_id: int, run_at: int) -> None:
        """A waiting job was moved forward."""
        for entry in self.later:
            if entry.id == job_id and run_at < entry.run_at:
                entry.run_at = run_at
                heapq.heapify(self.later)
                break
        self.wake()

    def wake(self) -> None:
        """Start what is due, and sleep until the next."""
        if not self.started:
            return
        now = clock.now_ms()
        while self.later and self.later[0].run_at <= now:
            self._due(heapq.heappop(self.later))
        while self.ready and len(self.running) < self.concurrency:
            task = asyncio.get_running_loop().create_task(self._run(self.ready.popleft()))
            self.running.add(task)
            task.add_done_callback(self._ended)
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.later:
            delay = max((self.later[0].run_at - now) / 1000, 0.001)
            self.timer = asyncio.get_running_loop().call_later(min(delay, 86_400), self.wake)

    def _due(self, entry: Entry) -> None:
        """Ready at once, or in line behind the job that holds its lock."""
        if entry.lock is None:
            self.ready.append(entry)
        elif entry.lock in self.locks:
            self.locks[entry.lock].append(entry)
        else:
            self.locks[entry.lock] = deque()
            self.ready.append(entry)

    def _release(self, entry: Entry) -> None:
        if entry.lock is None:
            return
        line = self.locks[entry.lock]
        if line:
            self.ready.append(line.popleft())
        else:
            del self.locks[entry.lock]

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a job could not be settled", exc_info=error)
        self.changed.set()
        self.wake()

    async def _run(self, entry: Entry) -> None:
        attempt = entry.attempts + 1
        released = settled = False

        def gone() -> None:
            nonlocal settled
            settled = True

        def settle(tx: Transaction) -> None:
            tx.run(DONE, {"job_id": entry.id})
            tx.after_commit(gone)

        try:
            if entry.key is not None:
                await self.database.write_short(lambda tx: tx.run(BEGAN, {"job_id": entry.id}))
            handler = self.handlers.get(entry.kind)
            if handler is None:
                raise LookupError(f"nothing handles {entry.kind!r}")
            await handler(Job(entry.id, entry.kind, entry.payload, attempt, settle))
        except Retry as retry:
            await self._again(entry, attempt, retry.at, "")
        except Exception as error:
            log.exception("job %s %s failed (attempt %s)", entry.kind, entry.id, attempt)
            await self._failed(entry, attempt, error)
        else:
            # The next of the line may begin while the row goes: rows leave in the order in which they are done.
            self._release(entry)
            released = True
            self.wake()
            if not settled:
                await self.database.write_short(lambda tx: tx.run(DONE, {"job_id": entry.id}))
        finally:
            if not released:
                self._release(entry)

    async def _again(self, entry: Entry, attempt: int, at: int, error: str) -> None:
        values = {"job_id": entry.id, "at": at, "attempts": attempt, "error": error}
        await self.database.write_short(lambda tx: tx.run(AGAIN, values))
        heapq.heappush(self.later, Entry(at, entry.id, entry.kind, entry.payload, entry.lock, None, attempt))

    async def _failed(self, entry: Entry, attempt: int, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        if attempt <= len(BACK_OFF):
            await self._again(entry, attempt, clock.now_ms() + int(BACK_OFF[attempt - 1] * 1000), text)
        else:
            values = {"job_id": entry.id, "attempts": attempt, "error": text}
            await self.database.write_short(lambda tx: tx.run(GIVEN_UP, values))


def _entry(row: Row) -> Entry:
    payload = msgspec.json.decode(row["payload"])
    return Entry(row["run_at"], row["id"], row["kind"], payload, row["lock"], row["key"], row["attempts"])
