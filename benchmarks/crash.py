"""Pull the plug: numbered stage changes, `kill -9` at random moments, restart, count.

Every change that was answered with errorcode 0 must be in the database, have exactly one To Do, and its
execution must be complete.

    python -m benchmarks.crash [--changes 500] [--kills 10] [--seed 1]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parent.parent
BLUEPRINT = ROOT / "examples" / "stage-change-todo" / "blueprint.json"
EMAIL = "owner@crash.example"


@dataclass
class Report:
    """What happened. `problems` is empty when every promise was kept."""

    changes: int
    kills: int
    acknowledged: int = 0
    retried: int = 0
    todos: int = 0
    executions: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


class Server:
    """A `tieline serve` process on a data folder of its own, killed and started again at will."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{port}"
        self.environ = {
            **os.environ,
            "TIELINE_DATA_DIR": str(data_dir),
            "TIELINE_PORT": str(port),
            "TIELINE_ALLOW_PRIVATE_TARGETS": "loopback",
            "TIELINE_RATE_LIMIT": "0",
            "TIELINE_LOG_LEVEL": "warning",
            "TIELINE_DELIVERY_RETRIES": "1,2,4",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def cli(self, *arguments: str) -> object:
        """The parsed answer of a `tieline … --json` command."""
        command = [sys.executable, "-m", "tieline.cli", *arguments, "--json"]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"tieline {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        log = (self.data_dir / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tieline.cli", "serve"], env=self.environ, stdout=log, stderr=log
        )
        async with aiohttp.ClientSession() as session:
            for _ in range(300):
                if self.process.poll() is not None:
                    raise RuntimeError((self.data_dir / "server.log").read_text()[-2000:])
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/healthz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
        raise RuntimeError("the server did not start in 15 seconds")

    def kill(self) -> None:
        """Pull the plug."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=30)


class Fire:
    """Sends the numbered changes and repeats those that were not answered."""

    def __init__(self, server: Server, key: str, report: Report) -> None:
        self.server = server
        self.report = report
        self.headers = {"Authorization": f"Bearer {key}"}
        self.up = asyncio.Event()
        self.up.set()

    async def post(
        self, session: aiohttp.ClientSession, path: str, body: dict[str, object]
    ) -> dict[str, object]:
        """The answer to a POST that is repeated until the server gives one."""
        while True:
            await self.up.wait()
            try:
                async with session.post(self.server.url + path, json=body, headers=self.headers) as answer:
                    return await answer.json()  # type: ignore[no-any-return]
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                self.report.retried += 1
                await asyncio.sleep(0.02)

    async def all(
        self, path: str, bodies: list[dict[str, object]], *, senders: int = 8, pause: float = 0.0
    ) -> None:
        """Send every body once to success; an errorcode other than 0 is a problem."""
        waiting = iter(bodies)

        async def sender(session: aiohttp.ClientSession) -> None:
            for body in waiting:
                answer = await self.post(session, path, body)
                if answer.get("errorcode") == 0:
                    self.report.acknowledged += 1
                else:
                    self.report.problems.append(f"{path} {body}: {answer}")
                await asyncio.sleep(pause)

        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            await asyncio.gather(*(sender(session) for _ in range(senders)))


def person(number: int) -> str:
    """The address of the numbered person."""
    return f"person{number}@crash.example"


async def run(changes: int, kills: int, seed: int, folder: Path) -> Report:
    """Do it all in `folder` and report."""
    report = Report(changes, kills)
    rng = random.Random(seed)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(folder, port)
    account = server.cli("account", "create", EMAIL)
    assert isinstance(account, dict)
    await server.start()
    fire = Fire(server, account["api_key"], report)
    try:
        scenario = server.cli("scenario", "import", str(BLUEPRINT), "--connection", "This account")
        assert isinstance(scenario, dict)
        number = str(scenario["id"])
        people = [{"name": f"Person {n}", "emails": [{"value": person(n)}]} for n in range(changes)]
        await fire.all("/v1/people/create", people, senders=32)
        server.cli("scenario", "activate", number)
        report.acknowledged = 0
        began = time.monotonic()
        await burst(server, fire, changes, kills, rng)
        report.seconds = time.monotonic() - began
        await settle(server, fire, report)
        history = server.cli("scenario", "history", number, "--limit", str(changes * 2))
        assert isinstance(history, list)
        count_executions(report, history)
    finally:
        server.stop()
    return report


async def burst(server: Server, fire: Fire, changes: int, kills: int, rng: random.Random) -> None:
    """Fire the changes while the plug is pulled again and again."""
    bodies: list[dict[str, object]] = [
        {"emails": [{"value": person(n)}], "stage": "lead", "headline": f"change {n}"} for n in range(changes)
    ]
    firing = asyncio.create_task(fire.all("/v1/people/update", bodies, senders=8, pause=0.15))
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.05, 0.7))
        server.kill()
        fire.up.clear()
        await server.start()
        fire.up.set()
    await firing


async def settle(server: Server, fire: Fire, report: Report) -> None:
    """Wait until every person has a To Do, then a little longer for those that must not come."""
    deadline = time.monotonic() + 120
    counts: Counter[int] = Counter()
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            counts = await todo_counts(session, fire, report.changes)
            if all(counts[n] for n in range(report.changes)):
                break
            await asyncio.sleep(1)
        await asyncio.sleep(3)
        counts = await todo_counts(session, fire, report.changes)
    report.todos = counts.total()
    missing = [n for n in range(report.changes) if counts[n] == 0]
    double = [n for n in range(report.changes) if counts[n] > 1]
    if missing:
        report.problems.append(f"no To Do for changes {missing[:20]} ({len(missing)} in all)")
    if double:
        report.problems.append(f"more than one To Do for changes {double[:20]} ({len(double)} in all)")


async def todo_counts(session: aiohttp.ClientSession, fire: Fire, changes: int) -> Counter[int]:
    """How many To Dos stand on each numbered person's timeline; a person without the change counts none."""
    counts: Counter[int] = Counter()
    for number in range(changes):
        found = await fire.post(session, "/v1/people/get", {"email": person(number)})
        record = found.get("person")
        assert isinstance(record, dict), found
        if record.get("stage") != "lead" or record.get("headline") != f"change {number}":
            fire.report.problems.append(f"the acknowledged change {number} is not in the database")
            continue
        answer = await fire.post(session, "/v1/people/timeline", {"id": person(number), "filter": ["todo"]})
        messages = answer["messages"]
        assert isinstance(messages, list)
        counts[number] = len(messages)
    return counts


def count_executions(report: Report, history: list[dict[str, object]]) -> None:
    """Every change has one execution, and every execution ended well."""
    report.executions = dict(Counter(str(row["status"]) for row in history))
    if report.executions != {"success": report.changes}:
        report.problems.append(f"executions: {report.executions}, expected {report.changes} × success")
    if report.acknowledged != report.changes:
        report.problems.append(f"{report.acknowledged} of {report.changes} changes were acknowledged")


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tieline-crash-") as folder:
        report = asyncio.run(run(options.changes, options.kills, options.seed, Path(folder)))
    print(
        f"{report.changes} changes, {report.kills} × kill -9, {report.retried} requests repeated, {report.seconds:.1f} s"
    )
    print(f"acknowledged {report.acknowledged} · to-dos {report.todos} · executions {report.executions}")
    for problem in report.problems:
        print(f"PROBLEM {problem}")
    print("nothing lost, nothing repeated" if not report.problems else "promises broken")
    return 1 if report.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
