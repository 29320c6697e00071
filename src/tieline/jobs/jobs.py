"""What a job is, how it is deferred, and what a runner promises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from tieline.settings import Settings
from tieline.store.database import Database, Transaction

# Seconds before a job that failed unexpectedly is run again; after the last of them it is given up and kept.
BACK_OFF = (1.0, 5.0, 30.0, 300.0, 1800.0)


def _later(tx: Transaction) -> None:
    """The runner takes the job off by itself once its handler has returned."""


class Job(msgspec.Struct, frozen=True):
    """One piece of work. `attempt` counts from 1.

    `settle` may be called in the last transaction of the work: where the job is a row of the same database, it goes in
    that very transaction. A job that is not settled is when its handler returns.
    """

    id: int
    kind: str
    payload: dict[str, Any]
    attempt: int
    settle: Callable[[Transaction], None] = _later


Handler = Callable[[Job], Awaitable[None]]
Handlers = Mapping[str, Handler]


class Retry(Exception):
    """Raised by a handler that wants its job run again at `at` (UTC milliseconds), without holding its lock."""

    def __init__(self, at: int) -> None:
        super().__init__(f"again at {at}")
        self.at = at


class Runner(Protocol):
    """Runs jobs until stopped. A job that was deferred and committed is run at least once."""

    async def start(self, handlers: Handlers) -> None:
        """Begin, with everything that was left unfinished."""

    async def stop(self, drain: bool = True) -> None:
        """End; `drain` waits for the jobs that are running."""

    async def idle(self, timeout: float = 10.0) -> None:
        """Wait until nothing is due. Raises TimeoutError."""


def defer(
    tx: Transaction,
    kind: str,
    payload: dict[str, Any],
    *,
    key: str | None = None,
    at: int | None = None,
    lock: str | None = None,
) -> None:
    """Have this done, if and only if the transaction commits.

    `key`: at most one waiting job has it (a second is not added). `at`: not before, in UTC milliseconds. `lock`: jobs
    with the same lock run one after the other, in the order in which they were deferred.
    """
    if tx.dialect == "sqlite":
        from tieline.jobs import embedded

        embedded.defer(tx, kind, payload, key, at, lock)
    else:
        from tieline.jobs import distributed

        distributed.defer(tx, kind, payload, key, at, lock)


def create_runner(database: Database, settings: Settings) -> Runner:
    """The runner that goes with the database."""
    if database.dialect == "sqlite":
        from tieline.jobs.embedded import EmbeddedRunner

        return EmbeddedRunner(database, settings.job_concurrency)
    from tieline.jobs.distributed import DistributedRunner

    return DistributedRunner(database, settings.job_concurrency)
