"""Jobs on Procrastinate: inserted in our own transaction, run by any number of processes on any number of machines.

Procrastinate owns the queue, its locks, its notifications and its heartbeats. Ours is only the translation, and the
rescue of jobs whose worker died. A job that has to wait is deferred anew, without its lock: a waiting job that holds
its place in line would hold up all that come after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import procrastinate
import psycopg
from procrastinate.job_context import JobContext
from sqlalchemy import text

from tieline import clock
from tieline.jobs.jobs import BACK_OFF, Handler, Handlers, Job, Retry
from tieline.store.database import Database, Statement, Transaction
from tieline.store.tables import job as job_table

log = logging.getLogger(__name__)

QUEUE = "tieline"
HEARTBEAT = 1.0  # seconds between signs of life
STALLED = 5.0  # seconds without one after which another worker takes over
RESCUE = 2.0  # seconds between looks for the jobs of the dead

INSERT = Statement(
    text(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :kind, 0, :lock, :key, CAST(:args AS jsonb), "
        "CAST(:at AS timestamptz))::procrastinate_job_to_defer_v1]) AS ids"
    )
)
SOONER = Statement(
    text(
        "UPDATE procrastinate_jobs SET scheduled_at = LEAST(scheduled_at, CAST(:at AS timestamptz)) "
        "WHERE queueing_lock = :key AND status = 'todo'"
    )
)
DUE = Statement(
    text(
        "SELECT count(*) AS due FROM procrastinate_jobs WHERE status = 'doing' "
        "OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))"
    )
)


def defer(
    tx: Transaction,
    kind: str,
    payload: dict[str, Any],
    key: str | None,
    at: int | None,
    lock: str | None,
    attempt: int = 1,
) -> None:
    """Insert the job through Procrastinate's own function."""
    later = at is not None and at > clock.now_ms()
    when = datetime.fromtimestamp(at / 1000, UTC) if at is not None and later else None
    if key is not None and tx.run(SOONER, {"key": key, "at": when or clock.utc_now()}):
        return
    values = {
        "queue": QUEUE,
        "kind": kind,
        "lock": None if later else lock,
        "key": key,
        "args": msgspec.json.encode({"payload": payload, "attempt": attempt, "lock": lock}).decode(),
        "at": when,
    }
    try:
        with tx.savepoint():
            tx.one(INSERT, values)
    except psycopg.errors.UniqueViolation:
        if key is None:
            raise
        # Somebody else's transaction deferred the same key a moment ago: it waits, that is enough.


class DistributedRunner:
    """One worker on the database's queue."""

    def __init__(self, database: Database, concurrency: int) -> None:
        self.database = database
        self.concurrency = concurrency
        connector = procrastinate.PsycopgConnector(conninfo=database.url, min_size=2, max_size=6)
        self.app = procrastinate.App(connector=connector)
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, handlers: Handlers) -> None:
        """Join the workers of this database."""
        for kind, handler in handlers.items():
            self.app.task(name=kind, pass_context=True, queue=QUEUE)(self._runs(kind, handler))
        await self.app.open_async()
        worker = self.app.run_worker_async(
            queues=[QUEUE],
            concurrency=self.concurrency,
            fetch_job_polling_interval=1.0,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED,
            shutdown_graceful_timeout=30.0,
        )
        self.tasks = [asyncio.create_task(worker), asyncio.create_task(self._rescue())]

    async def stop(self, drain: bool = True) -> None:
        """Leave; what runs is finished first."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks = []
        with contextlib.suppress(psycopg.Error):
            await self.app.close_async()

    async def idle(self, timeout: float = 10.0) -> None:
        """Wait until nothing is due on the whole queue. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while await self.database.read(lambda tx: tx.scalar(DUE)):  # noqa: ASYNC110 - others work on it too
                await asyncio.sleep(0.05)

    def _runs(self, kind: str, handler: Handler) -> Any:
        async def run(context: JobContext, payload: dict[str, Any], attempt: int, lock: str | None) -> None:
            job = Job(context.job.id or 0, kind, payload, attempt)
            try:
                await handler(job)
            except Retry as retry:
                await self._again(job, lock, retry.at)
            except Exception:
                log.exception("job %s %s failed (attempt %s)", kind, job.id, attempt)
                if attempt <= len(BACK_OFF):
                    await self._again(job, lock, clock.now_ms() + int(BACK_OFF[attempt - 1] * 1000))
                else:
                    await self.database.write(_given_up, job)

        return run

    async def _again(self, job: Job, lock: str | None, at: int) -> None:
        await self.database.write(defer, job.kind, job.payload, None, at, lock, job.attempt + 1)

    async def _rescue(self) -> None:
        """Give the jobs of workers that fell silent to those that live."""
        while True:
            await asyncio.sleep(RESCUE)
            try:
                for stalled in await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
                    await self.app.job_manager.retry_job(
                        stalled, retry_at=datetime.now(UTC) - timedelta(seconds=1)
                    )
            except (procrastinate.exceptions.ProcrastinateException, psycopg.Error):
                log.warning("looking for stalled jobs failed; trying again", exc_info=True)


def _given_up(tx: Transaction, job: Job) -> None:
    """Keep what could not be done, where a person can see it (the same table as on SQLite)."""
    now = clock.now_ms()
    tx.insert(
        job_table,
        {
            "kind": job.kind,
            "payload": msgspec.json.encode(job.payload).decode(),
            "run_at": now,
            "attempts": job.attempt,
            "state": "failed",
            "created": now,
        },
    )
