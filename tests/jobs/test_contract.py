"""What both runners promise: one suite, run on either."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tieline import clock
from tieline.jobs import Job, Retry, Runner, create_runner, defer
from tieline.settings import Settings
from tieline.store.database import Database, Transaction, open_database

Record = list[tuple[Any, int]]
Start = Callable[..., Awaitable[tuple[Runner, Record]]]


@pytest.fixture
async def start(database: Database) -> AsyncIterator[Start]:
    """Starts a runner whose handler records (payload's n, attempt) and then does what it is given."""
    runners: list[Runner] = []

    async def make(act: Callable[[Job], Awaitable[None]] | None = None) -> tuple[Runner, Record]:
        record: Record = []

        async def handle(job: Job) -> None:
            record.append((job.payload["n"], job.attempt))
            if act is not None:
                await act(job)

        runner = create_runner(database, Settings(job_concurrency=4))
        await runner.start({"test": handle})
        runners.append(runner)
        return runner, record

    yield make
    for runner in runners:
        await runner.stop()


async def add(database: Database, *numbers: int, **options: Any) -> None:
    for number in numbers:
        await database.write(defer, "test", {"n": number}, **options)


async def test_a_committed_job_runs_once(database: Database, start: Start) -> None:
    runner, record = await start()
    await add(database, 1, 2, 3)
    await runner.idle(30)
    assert sorted(record) == [(1, 1), (2, 1), (3, 1)]


async def test_a_rolled_back_write_defers_nothing(database: Database, start: Start) -> None:
    runner, record = await start()

    def fails(tx: Transaction) -> None:
        defer(tx, "test", {"n": 1})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(fails)
    await add(database, 2)
    await runner.idle(30)
    assert record == [(2, 1)]


async def test_jobs_deferred_before_the_start_run(database: Database, start: Start) -> None:
    await add(database, 1, 2)
    runner, record = await start()
    await runner.idle(30)
    assert sorted(record) == [(1, 1), (2, 1)]


async def test_jobs_of_one_lock_run_one_after_the_other_in_order(database: Database, start: Start) -> None:
    running = 0

    async def alone(job: Job) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.02)
        running -= 1

    await add(database, *range(6), lock="one")
    runner, record = await start(alone)
    await runner.idle(30)
    assert record == [(n, 1) for n in range(6)]


async def test_a_key_waits_only_once(database: Database, start: Start) -> None:
    await add(database, 1, 2, 3, key="k")
    runner, record = await start()
    await runner.idle(30)
    assert record == [(1, 1)]
    await add(database, 4, key="k")
    await runner.idle(30)
    assert record == [(1, 1), (4, 1)]


async def until(fits: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not fits():  # noqa: ASYNC110 - what it asks has no event
            await asyncio.sleep(0.05)


async def test_a_later_job_waits_for_its_time(database: Database, start: Start) -> None:
    runner, record = await start()
    await add(database, 1, at=clock.now_ms() + 3_600_000)
    await add(database, 2)
    await runner.idle(30)
    assert record == [(2, 1)]


async def test_a_later_job_runs_at_its_time(database: Database, start: Start) -> None:
    ran: list[int] = []

    async def look(_: Job) -> None:
        ran.append(clock.now_ms())

    await start(look)
    due = clock.now_ms() + 500
    await add(database, 1, at=due)
    await until(lambda: len(ran) == 1)
    assert ran[0] >= due


async def test_a_retry_comes_again_without_holding_up_its_lock(database: Database, start: Start) -> None:
    async def once(job: Job) -> None:
        if job.payload["n"] == 1 and job.attempt == 1:
            raise Retry(clock.now_ms() + 2_000)

    _, record = await start(once)
    await database.write(lambda tx: [defer(tx, "test", {"n": number}, lock="one") for number in (1, 2)])
    await until(lambda: len(record) == 3)
    assert record == [(1, 1), (2, 1), (1, 2)]


async def test_an_unexpected_failure_is_tried_again(database: Database, start: Start) -> None:
    async def once(job: Job) -> None:
        if job.attempt == 1:
            raise RuntimeError("the first time")

    _, record = await start(once)
    await add(database, 1)
    await until(lambda: len(record) == 2)
    assert record == [(1, 1), (1, 2)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_was_not_finished_is_run_after_a_restart(database_url: str) -> None:
    """On PostgreSQL another worker takes over: test_two_workers."""
    database = await open_database(database_url, migrate=False)
    stuck = asyncio.Event()

    async def hangs(job: Job) -> None:
        stuck.set()
        await asyncio.sleep(600)

    first = create_runner(database, Settings())
    await first.start({"test": hangs})
    await add(database, 1)
    await stuck.wait()
    await first.stop(drain=False)
    seen: list[int] = []

    async def works(job: Job) -> None:
        seen.append(job.payload["n"])

    second = create_runner(database, Settings())
    await second.start({"test": works})
    await second.idle(30)
    assert seen == [1]
    await second.stop()
    await database.close()
