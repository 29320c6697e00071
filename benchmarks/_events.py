"""What benchmarks of the engine share: a scenario, a sink for its calls, senders of events, a server to aim at."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from starlette.applications import Starlette

from tieline.crm import accounts
from tieline.scenarios import library, triggers

NUMBER = re.compile(rb'"n": ?"?(\d+)')
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"errorcode":0}'
# webhook -> filter -> mapping with functions -> HTTP call
MAPPING = (
    '{"n": {{1.n}}, "name": "{{upper(trim(1.name))}}", "mail": "{{lower(1.email)}}", '
    '"text": "{{if(contains(1.email; "@"); "write to " + 1.email; "call")}}"}'
)


def blueprint(sink: str, method: str = "post") -> str:
    """The scenario that is measured, calling the sink."""
    call = {
        "url": f"{sink}/call",
        "method": method,
        "bodyType": "raw",
        "contentType": "application/json",
        "parseResponse": True,
        "data": MAPPING,
    }
    wanted = [[{"a": "{{1.stage}}", "o": "text:equal", "b": "lead"}]]
    return json.dumps({
        "name": "measured",
        "metadata": {},
        "flow": [
            {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}},
            {
                "id": 2,
                "module": "http:ActionSendData",
                "parameters": {"handleErrors": True},
                "filter": {"name": "leads", "conditions": wanted},
                "mapper": call,
            },
        ],
    })  # fmt: skip


def event(number: int) -> bytes:
    """The numbered event, as its sender writes it."""
    body = {
        "n": number,
        "stage": "lead",
        "name": f"  Person {number} ",
        "email": f"Person{number}@Example.org",
    }
    return json.dumps(body).encode()


async def prepare(app: Starlette, source: str) -> str:
    """An account with the scenario of this blueprint switched on. Returns the path of its webhook."""
    async with app.router.lifespan_context(app):
        database, engine = app.state.database, app.state.engine
        account = await database.write(accounts.create_account, f"{secrets.token_hex(4)}@bench.example")
        made = await database.write(library.import_blueprint, account.id, source)
        await engine.activate(account.id, made.id)
        hook = await database.read(triggers.hook_of, made.id)
        return f"/hooks/{hook['token']}"


class Sink(asyncio.Protocol):
    """Takes every call of every connection and answers at once. `arrived`: number of the event -> moments."""

    def __init__(self, arrived: dict[int, list[float]]) -> None:
        self.arrived = arrived
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            found = NUMBER.search(rest[:length])
            if found:
                self.arrived.setdefault(int(found[1]), []).append(time.perf_counter())
            self.answer()

    def answer(self) -> None:
        """The answer to one call."""
        self.transport.write(ANSWER)


class Sender(asyncio.Protocol):
    """Posts one event after the other, each as soon as the last is answered."""

    def __init__(self, path: str, port: int, numbers: Iterator[int]) -> None:
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n".encode()
        )
        self.numbers = numbers
        self.buffer = b""
        self.answered = 0
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator or len(rest) < int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(f"{head!r} {rest[:300]!r}"))
            self.transport.close()
            return
        self.buffer = b""
        self.answered += 1
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _next(self) -> None:
        number = next(self.numbers, None)
        if number is None:
            self.transport.close()
            self.done.set_result(self.answered)
            return
        body = event(number)
        self.transport.write(self.head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def send(path: str, port: int, numbers: Iterator[int], senders: int) -> int:
    """Send the events of these numbers. Returns how many were answered 200; another answer raises RuntimeError."""
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Sender(path, port, numbers), "127.0.0.1", port))[1]
        for _ in range(senders)
    ]
    return sum(await asyncio.gather(*(one.done for one in made)))


def statuses(folder: Path) -> dict[str, int]:
    """How many executions there are of each status, by a look into the file."""
    with closing(sqlite3.connect(f"file:{folder}/tieline.db?mode=ro", uri=True)) as reader:
        return dict(reader.execute("SELECT status, count(*) FROM execution GROUP BY status").fetchall())


def unfinished(folder: Path) -> int:
    """How many jobs are left, by a look into the file."""
    with closing(sqlite3.connect(f"file:{folder}/tieline.db?mode=ro", uri=True)) as reader:
        found: Any = reader.execute(
            "SELECT count(*) FROM execution WHERE status IN ('queued', 'running')"
        ).fetchone()
        return int(found[0])


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """The memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"process {pid} has ended")
