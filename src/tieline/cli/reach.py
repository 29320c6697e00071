"""How a command reaches the server: over HTTP when it runs, else inside this process on the same data."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import msgspec

from tieline import ids
from tieline.errors import TielineError
from tieline.settings import Settings

RUN_FILE = "run.json"
TIMEOUT = 120.0
T = TypeVar("T")


class Refused(TielineError):
    """The server answered with an error, which is shown as it is."""


def run_file(settings: Settings) -> Path:
    """Where a running server says how to reach it."""
    return Path(settings.data_dir) / RUN_FILE


@contextlib.contextmanager
def announced(settings: Settings, token: str) -> Iterator[None]:
    """Say how to reach this server while it runs; readable by its owner alone."""
    path = run_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::", ""} else settings.host
    with os.fdopen(handle, "w") as file:
        json.dump({"url": f"http://{host}:{settings.port}", "pid": os.getpid(), "token": token}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


class Remote:
    """A server that runs."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def call(
        self, method: str, path: str, body: Any, query: dict[str, Any], account: str | None
    ) -> tuple[int, bytes]:
        """Status and body of the answer."""
        target = f"{self.url}/control{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if account:
            headers["X-Tieline-Account"] = account
        data = None if body is None else msgspec.json.encode(body)
        request = Request(target, data=data, headers=headers, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT) as answer:
                return answer.status, answer.read()
        except OSError as error:
            if hasattr(error, "code"):
                return int(error.code), error.read()  # type: ignore[attr-defined]
            raise Refused(
                f"The server at {self.url} did not answer: {error}", remedy="is it still running?"
            ) from None

    async def acall(
        self, method: str, path: str, body: Any, query: dict[str, Any], account: str | None
    ) -> tuple[int, bytes]:
        """The same, while others run."""
        return await asyncio.to_thread(self.call, method, path, body, query, account)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that uses `acall`."""
        return asyncio.run(work)

    def close(self) -> None:
        """Nothing to close."""


class Inside:
    """The application in this process, with its jobs; what a command causes is done before the command ends."""

    def __init__(self, settings: Settings) -> None:
        from tieline.app import create_app
        from tieline.store.lock import ProcessLock

        self.lock = ProcessLock(settings.data_dir) if settings.database_url.startswith("sqlite") else None
        if self.lock is not None:
            self.lock.acquire({"pid": os.getpid()})
        self.token = ids.secret()
        self.app = create_app(settings)
        self.app.state.owner_token = self.token
        self.runner = asyncio.Runner()
        self.lifespan = self.app.router.lifespan_context(self.app)
        try:
            self.runner.run(self.lifespan.__aenter__())
        except BaseException:
            self._release()
            raise

    def call(
        self, method: str, path: str, body: Any, query: dict[str, Any], account: str | None
    ) -> tuple[int, bytes]:
        """Status and body of the answer, once the jobs it caused are done."""
        return self.runner.run(self.acall(method, path, body, query, account))

    async def acall(
        self, method: str, path: str, body: Any, query: dict[str, Any], account: str | None
    ) -> tuple[int, bytes]:
        """The same, while others run."""
        from tieline.client import AsgiTransport

        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if account:
            headers["X-Tieline-Account"] = account
        data = None if body is None else msgspec.json.encode(body)
        params = {name: str(value) for name, value in query.items()}
        answer = await AsgiTransport(self.app, 0).send(
            method, f"/control{path}", params=params, headers=headers, body=data, timeout=TIMEOUT
        )
        if method != "GET":
            with contextlib.suppress(TimeoutError):
                await self.app.state.jobs.idle(TIMEOUT)
        return answer.status, answer.body

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that uses `acall`."""
        return self.runner.run(work)

    def close(self) -> None:
        """Leave the data as it should be left."""
        try:
            self.runner.run(self.lifespan.__aexit__(None, None, None))
        finally:
            self._release()

    def _release(self) -> None:
        self.runner.close()
        if self.lock is not None:
            self.lock.release()


class Server:
    """Whichever of the two there is."""

    def __init__(self, settings: Settings, account: str | None) -> None:
        self.account = account
        self.way: Remote | Inside = _running(settings) or Inside(settings)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The decoded answer. Raises Refused with the server's own words."""
        given = {name: value for name, value in query.items() if value is not None}
        return _read(*self.way.call(method, path, body, given, self.account))

    async def acall(self, method: str, path: str, body: Any = None) -> Any:
        """The same inside `run`."""
        return _read(*await self.way.acall(method, path, body, {}, self.account))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that uses `acall`."""
        return self.way.run(work)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.way.close()


def _read(status: int, data: bytes) -> Any:
    value = msgspec.json.decode(data)
    if status >= 400:
        raise Refused(str(value.get("error", {}).get("message") or f"HTTP status {status}"))
    return value


def is_running(settings: Settings) -> bool:
    """True when a server works on this data."""
    return _running(settings) is not None


def _running(settings: Settings) -> Remote | None:
    try:
        found = json.loads(run_file(settings).read_text())
        with urlopen(f"{found['url']}/healthz", timeout=2) as answer:
            if answer.status == 200:
                return Remote(str(found["url"]), str(found["token"]))
    except (OSError, ValueError, KeyError):
        return None
    return None
