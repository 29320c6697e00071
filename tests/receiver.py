"""A real webhook receiver: an HTTP server on a free port that records deliveries and answers as told.

    receiver.answers(status(500), ok())      the next two answers, in order; then `receiver.default`
    deliveries = receiver.wait(2)            blocks; `await receiver.arrived(2)` on an event loop

It runs in a thread of its own, so that plain and asynchronous tests, and servers in other threads, can use it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Delivery:
    method: str
    path: str
    headers: dict[str, str]  # lower-case names
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ok() -> Respond:
    """The confirmation `OK` as plain text."""
    return text("OK")


def status_ok() -> Respond:
    """The confirmation `{"status": "ok"}`."""
    return text('{"status": "ok"}', content_type="application/json")


def text(
    body: str,
    *,
    status: int = 200,
    content_type: str = "text/plain",
    headers: dict[str, str] | None = None,
) -> Respond:
    async def respond(request: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status,
            body=body.encode(),
            headers={"Content-Type": content_type, **(headers or {})},
        )

    return respond


def status(code: int, body: str = "") -> Respond:
    return text(body, status=code)


def redirect(location: str, code: int = 302) -> Respond:
    return text("", status=code, headers={"Location": location})


def slow(seconds: float, then: Respond | None = None) -> Respond:
    async def respond(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await (then or ok())(request)

    return respond


def hang_up() -> Respond:
    """Close the connection without an answer."""

    async def respond(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    return respond


@dataclass
class Receiver:
    url: str = ""  # http://127.0.0.1:<port>
    default: Respond = field(default_factory=ok)
    deliveries: list[Delivery] = field(default_factory=list)
    by_path: dict[str, Respond] = field(default_factory=dict)  # fixed answers of single paths
    _queue: deque[Respond] = field(default_factory=deque)
    _lock: threading.Condition = field(default_factory=threading.Condition)

    def answers(self, *responses: Respond) -> None:
        """Answer the next requests like this, in order; afterwards `default` applies again."""
        with self._lock:
            self._queue.extend(responses)

    def clear(self) -> None:
        with self._lock:
            self.deliveries.clear()
            self._queue.clear()

    def wait(self, count: int = 1, timeout: float = 60.0) -> list[Delivery]:
        """Block until `count` deliveries have come; raises AssertionError naming what came instead."""
        with self._lock:
            if not self._lock.wait_for(lambda: len(self.deliveries) >= count, timeout):
                raise AssertionError(f"{len(self.deliveries)} of {count} deliveries came: {self.deliveries}")
            return list(self.deliveries)

    async def arrived(self, count: int = 1, timeout: float = 60.0) -> list[Delivery]:
        return await asyncio.to_thread(self.wait, count, timeout)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._lock:
            self.deliveries.append(Delivery(request.method, request.path_qs, headers, body))
            respond = self.by_path.get(request.path) or (
                self._queue.popleft() if self._queue else self.default
            )
            self._lock.notify_all()
        return await respond(request)


def start(receiver: Receiver) -> Callable[[], None]:
    """Serve it on a free port of 127.0.0.1; returns the function that stops it."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    runner = web.AppRunner(_application(receiver), access_log=None, shutdown_timeout=0.1)

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        loop.run_until_complete(site.start())
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        loop.run_forever()
        loop.run_until_complete(_finish(runner))
        loop.close()

    thread = threading.Thread(target=serve, name="receiver", daemon=True)
    thread.start()
    if not ready.wait(30):
        raise RuntimeError("the receiver did not start")

    def stop() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)

    return stop


async def _finish(runner: web.AppRunner) -> None:
    await runner.cleanup()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _application(receiver: Receiver) -> web.Application:
    application = web.Application(client_max_size=50_000_000)
    application.router.add_route("*", "/{path:.*}", receiver.handle)
    return application


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A fresh receiver for one test."""
    made = Receiver()
    stop = start(made)
    yield made
    stop()
