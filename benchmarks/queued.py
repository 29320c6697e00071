"""Pull the plug on a full queue: 10,000 events are accepted, then the server is killed at ten moments.

Every event that was answered 200 must end well, and its call must have been made: once in the history, and at least once
at the sink. A call that the plug cut off in the middle comes to the sink twice with the same body, as a PUT may; the
history has each operation once. (Calls to a Tieline account carry an Idempotency-Key and are done once:
benchmarks/crash.py counts that.)

    python -m benchmarks.queued [--events 10000] [--kills 10] [--seed 1]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._events import Sink, blueprint, prepare, send, statuses, unfinished
from benchmarks.api import free_port, wait_for


@dataclass
class Report:
    """What happened. `twice`: calls that were cut off and made again; `problems` is empty when every promise was kept."""

    events: int
    accepted: int = 0
    queued: int = 0
    twice: int = 0
    executions: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


async def start(port: int, folder: Path, sink: str, *, run_jobs: bool) -> subprocess.Popen[bytes]:
    """A server on the folder; without `run_jobs` it takes events in and does not work on them."""
    arguments = ["--serve", str(port), str(folder), sink, *([] if run_jobs else ["--idle"])]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.queued", *arguments])
    await asyncio.to_thread(wait_for, port, process)
    return process


def serve(port: int, folder: Path, run_jobs: bool) -> None:
    """Tieline, until it is killed."""
    import uvicorn

    uvicorn.run(application(port, folder, run_jobs), port=port, log_level="warning", access_log=False)


def application(port: int, folder: Path, run_jobs: bool = True) -> object:
    """Tieline on the folder."""
    from tieline.app import create_app
    from tieline.settings import load

    return create_app(
        load(data_dir=str(folder), port=port, allow_private_targets="loopback", run_jobs=run_jobs)
    )


async def run(events: int, kills: int, seed: int, folder: Path) -> Report:
    """Do it all in `folder` and report."""
    report, rng = Report(events), random.Random(seed)
    arrived: dict[int, list[float]] = {}
    sink = await asyncio.get_running_loop().create_server(lambda: Sink(arrived), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{sink.sockets[0].getsockname()[1]}"
    port = free_port()
    hook = await prepare(application(port, folder), blueprint(url, method="put"))
    server = await start(port, folder, url, run_jobs=False)
    try:
        report.accepted = await send(hook, port, iter(range(events)), 32)
        report.queued = unfinished(folder)
        began = time.monotonic()
        for number in range(kills):
            server.send_signal(signal.SIGKILL)
            server.wait()
            server = await start(port, folder, url, run_jobs=True)
            await until_done(folder, rng.randrange(events * number // kills, events * (number + 1) // kills))
        while unfinished(folder):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
        report.seconds = time.monotonic() - began
    finally:
        server.terminate()
        server.wait(timeout=30)
        sink.close()
    count(report, folder, arrived)
    return report


async def until_done(folder: Path, wanted: int) -> None:
    """Until about that many executions have ended: the moment of the next kill."""
    while statuses(folder).get("success", 0) < wanted and unfinished(folder):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)


def count(report: Report, folder: Path, arrived: dict[int, list[float]]) -> None:
    """Hold the history and what the sink has seen against what was accepted."""
    report.executions = statuses(folder)
    if report.executions != {"success": report.events} or report.accepted != report.events:
        report.problems.append(f"{report.accepted} accepted, executions {report.executions}")
    lost = [number for number in range(report.events) if number not in arrived]
    if lost:
        report.problems.append(f"{len(lost)} calls were never made: {lost[:10]}")
    report.twice = sum(len(moments) > 1 for moments in arrived.values())
    with contextlib.closing(sqlite3.connect(folder / "tieline.db")) as reader:
        odd = reader.execute(
            "SELECT count(*) FROM (SELECT execution_id FROM operation WHERE state = 'done' AND module_id = 2 "
            "GROUP BY execution_id HAVING count(*) = 1)"
        ).fetchone()[0]
    if odd != report.events:
        report.problems.append(f"{odd} executions have their call once in the history")


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--idle", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(int(options.serve[0]), Path(options.serve[1]), not options.idle)
        return 0
    with tempfile.TemporaryDirectory(prefix="tieline-queued-") as folder:
        report = asyncio.run(run(options.events, options.kills, options.seed, Path(folder)))
    print(f"{report.accepted} events accepted, {report.queued} queued, {options.kills} × kill -9")
    print(
        f"executions {report.executions} after {report.seconds:.0f} s; {report.twice} calls cut off and made again"
    )
    for problem in report.problems:
        print(f"PROBLEM {problem}")
    print("nothing lost, nothing twice in the history" if not report.problems else "promises broken")
    return 1 if report.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
