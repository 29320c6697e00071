"""The engine against a bare ASGI handler: webhook, filter, mapping, HTTP call, with the whole history kept.

One server process (uvicorn, uvloop, httptools) has Tieline and, below /bare, a handler that does one insert into SQLite
(writes that wait share an fsynced commit) and the same HTTP call with the same client. 32 senders and the sink of the
calls are in a second process. Both are measured in turns against the same sink; an execution counts when its history
says that it ended well. Then the time from webhook to sink is taken at five events a second, and with `--flat N` the
memory of the server over N executions.

    python -m benchmarks.engine [--senders 32] [--events 3000] [--rounds 3] [--paced 100] [--flat 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import queue
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from benchmarks._events import (
    Sink,
    blueprint,
    cpu_seconds,
    event,
    prepare,
    resident,
    send,
    statuses,
    unfinished,
)
from benchmarks.api import free_port, wait_for

BARE = "/bare"
GROUP = 256


# --- the server process ----------------------------------------------------------------------------------------------


class Inserts:
    """A thread that inserts rows; those that wait at the same moment share a commit."""

    def __init__(self, path: Path) -> None:
        self.waiting: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self.loop = asyncio.get_running_loop()
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE event (id INTEGER PRIMARY KEY, at REAL, body TEXT)",
        ):
            self.connection.execute(statement)
        threading.Thread(target=self._work, daemon=True).start()

    def insert(self, body: bytes) -> asyncio.Future[None]:
        """Done when the row is durable."""
        future: asyncio.Future[None] = self.loop.create_future()
        self.waiting.put((body, future))
        return future

    def _work(self) -> None:
        while True:
            group = [self.waiting.get()]
            while len(group) < GROUP and not self.waiting.empty():
                group.append(self.waiting.get())
            self.connection.execute("BEGIN IMMEDIATE")
            for body, _ in group:
                self.connection.execute(
                    "INSERT INTO event (at, body) VALUES (?, ?)", (time.time(), body.decode())
                )
            self.connection.execute("COMMIT")
            self.loop.call_soon_threadsafe(
                lambda futures: [f.set_result(None) for f in futures], [f for _, f in group]
            )


def serve(port: int, folder: Path, sink: str) -> None:
    """Tieline, and below /bare a handler that keeps one row and makes one call."""
    import uvicorn

    app = application(port, folder)
    inserts: list[Inserts] = []

    async def bare(receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        if not inserts:
            inserts.append(Inserts(folder / "bare.db"))
        await inserts[0].insert(body)
        answer = await app.state.door.request(
            "POST", f"{sink}/call", headers={"Content-Type": "application/json"}, data=body
        )
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def both(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == BARE:
            await bare(receive, send)
        else:
            await app(scope, receive, send)

    uvicorn.run(both, port=port, log_level="warning", access_log=False, loop="uvloop", http="httptools")


def application(port: int, folder: Path) -> Any:
    """Tieline on the folder."""
    from tieline.app import create_app
    from tieline.settings import load

    return create_app(load(data_dir=str(folder), port=port, allow_private_targets="loopback"))


# --- the senders and the sink ----------------------------------------------------------------------------------------


@dataclass
class Place:
    """Where everything is. `arrived`: number of an event -> moments at which the sink had its call."""

    folder: Path
    port: int
    pid: int
    hook: str
    arrived: dict[int, list[float]]
    next: int = 1

    def numbers(self, count: int) -> range:
        """Numbers that no event has had."""
        self.next += count
        return range(self.next - count, self.next)

    async def ended(self) -> None:
        """Until no execution is left."""
        while unfinished(self.folder):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Rate:
    """Events a second from the first that is sent to the last that is done, and the server's CPU for each, in µs."""

    rate: float
    cpu: float


async def rate(place: Place, path: str, count: int, senders: int) -> Rate:
    """Send the events and wait until all that belongs to them is done."""
    numbers = place.numbers(count)
    used, began = cpu_seconds(place.pid), time.perf_counter()
    await send(path, place.port, iter(numbers), senders)
    if path != BARE:
        await place.ended()
    seconds = time.perf_counter() - began
    missing = [number for number in numbers if len(place.arrived.get(number, ())) != 1]
    if missing:
        raise RuntimeError(f"{len(missing)} events did not arrive exactly once: {missing[:10]}")
    return Rate(count / seconds, 1e6 * (cpu_seconds(place.pid) - used) / count)


async def throughput(place: Place, options: argparse.Namespace) -> None:
    """In turns, and the ratio of the medians."""
    await rate(place, BARE, 200, options.senders)
    await rate(place, place.hook, 200, options.senders)
    ours, bare = [], []
    for _ in range(options.rounds):
        bare.append(await rate(place, BARE, options.events, options.senders))
        ours.append(await rate(place, place.hook, options.events, options.senders))
    us, them = middle(ours), middle(bare)
    print(f"{options.senders} senders, {options.rounds} rounds of {options.events} events, medians\n")
    print(f"{'':34}{'per second':>11}{'CPU µs':>9}")
    print(f"{'bare handler: insert, HTTP call':34}{them.rate:11,.0f}{them.cpu:9,.0f}")
    print(f"{'Tieline: executions with history':34}{us.rate:11,.0f}{us.cpu:9,.0f}")
    print(f"{'ratio':34}{us.rate / them.rate:11.2f}{us.cpu / them.cpu:9.2f}")
    found = statuses(place.folder)
    if set(found) != {"success"}:
        raise RuntimeError(f"not every execution ended well: {found}")


def middle(rounds: list[Rate]) -> Rate:
    """The median of every figure."""
    return Rate(statistics.median(r.rate for r in rounds), statistics.median(r.cpu for r in rounds))


async def latency(place: Place, count: int) -> None:
    """From the moment the webhook is sent to that at which the sink has the call, at five a second."""
    await asyncio.sleep(1)
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    taken = []
    for number in place.numbers(count):
        body = event(number)
        head = f"POST {place.hook} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        began = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        while number not in place.arrived:  # noqa: ASYNC110 - written by the sink's callback
            await asyncio.sleep(0.001)
        taken.append(1000 * (place.arrived[number][0] - began))
        await asyncio.sleep(max(0.0, 0.2 - (time.perf_counter() - began)))
    writer.close()
    taken.sort()
    p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    print(
        f"\nwebhook to sink at 5/s, {count} events: p50 {statistics.median(taken):.1f} ms, p99 {p99:.1f} ms"
    )


async def flatness(place: Place, count: int) -> None:
    """The server's memory along many executions."""
    print(f"\nmemory over {count:,} executions (resident, MB)")
    tenth = count // 10
    for part in range(10):
        numbers = place.numbers(tenth)
        await send(place.hook, place.port, iter(numbers), 32)
        await place.ended()
        for number in numbers:
            place.arrived.pop(number, None)
        print(f"{(part + 1) * tenth:>10,}{resident(place.pid):9.1f}", flush=True)


async def measure(options: argparse.Namespace, folder: Path) -> None:
    """Start the sink here and the server in a process of its own, and measure."""
    arrived: dict[int, list[float]] = {}
    sink = await asyncio.get_running_loop().create_server(lambda: Sink(arrived), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{sink.sockets[0].getsockname()[1]}"
    port = free_port()
    hook = await prepare(application(port, folder), blueprint(url))
    command = [sys.executable, "-m", "benchmarks.engine", "--serve", str(port), str(folder), url]
    server = subprocess.Popen(command)
    try:
        await asyncio.to_thread(wait_for, port, server)
        place = Place(folder, port, server.pid, hook, arrived)
        if options.events:
            await throughput(place, options)
        if options.paced:
            await latency(place, options.paced)
        if options.flat:
            await flatness(place, options.flat)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
        sink.close()


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--senders", type=int, default=32)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--paced", type=int, default=100)
    parser.add_argument("--flat", type=int, default=0)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(int(options.serve[0]), Path(options.serve[1]), options.serve[2])
        return 0
    with tempfile.TemporaryDirectory(prefix="tieline-engine-") as folder:
        uvloop.run(measure(options, Path(folder)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
