"""Two worker processes on one PostgreSQL share the work; when one is killed, the other finishes it within 15 s."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.databases import new_postgres
from tieline.jobs import defer
from tieline.store.database import Database, open_database
from tieline.store.tables import setting


def start(url: str, name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.worker", url, name], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


async def names(database: Database) -> set[str]:
    return {row["name"] for row in await database.read(lambda tx: tx.all(select(setting.c.name)))}


async def until(database: Database, fits: Callable[[set[str]], bool], seconds: float) -> set[str]:
    deadline = time.monotonic() + seconds
    while not fits(found := await names(database)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found


async def defer_all(database: Database, numbers: range, seconds: float) -> None:
    for number in numbers:
        await database.write(defer, "test.work", {"n": number, "seconds": seconds})


@pytest.mark.timeout(180)
async def test_workers_share_jobs_and_take_over_from_a_dead_one() -> None:
    with new_postgres() as url:
        database = await open_database(url)
        first, second = start(url, "first"), start(url, "second")
        try:
            await defer_all(database, range(24), 0.2)
            done = await until(database, lambda found: sum(n.startswith("done:") for n in found) == 24, 40)
            workers = {name.split(":")[2] for name in done if name.startswith("done:")}
            assert workers == {"first", "second"}

            await defer_all(database, range(500, 504), 2.5)
            began = await until(
                database, lambda found: any(n.startswith("began:50") and ":first:" in n for n in found), 30
            )
            held = {n.split(":")[1] for n in began if n.startswith("began:50") and ":first:" in n}
            first.kill()
            first.wait()
            died = time.monotonic()
            found = await until(
                database, lambda found: all(f"done:{n}:second" in found for n in range(500, 504)), 15
            )
            assert time.monotonic() - died < 15
            # What the dead one held was run by the other.
            assert held
            assert all(f"done:{number}:second" in found for number in held)
        finally:
            for process in (first, second):
                process.kill()
                process.wait()
            await database.close()
