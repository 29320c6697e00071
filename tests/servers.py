"""A real server for tests: Tieline on uvicorn in a thread, on a free port, with one account."""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

import msgspec
import uvicorn
from starlette.applications import Starlette

from tieline.app import create_app
from tieline.crm import accounts
from tieline.settings import Settings
from tieline.store.database import Transaction

P = ParamSpec("P")
T = TypeVar("T")

EMAIL = "dana@example.org"
NAME = "Dana Whitfield"
UNSENT = object()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def errorcode(self) -> int | None:
        code: int | None = self.json().get("errorcode")
        return code

    @property
    def message(self) -> str:
        return str(self.json()["message"])


@dataclass
class RunningServer:
    """The server as tests see it. `api_key` is the key of the account `email`."""

    app: Starlette
    settings: Settings
    loop: asyncio.AbstractEventLoop
    account_id: int = 0
    email: str = EMAIL
    api_key: str = ""

    @property
    def url(self) -> str:
        return self.settings.base_url

    def with_account(self, email: str = "", **details: Any) -> RunningServer:
        """The same server, seen by another account, made now."""
        address = email or f"{secrets.token_hex(6)}@example.org"

        def make(tx: Transaction) -> tuple[int, str]:
            account_id = accounts.create_account(tx, address, **details).id
            return account_id, accounts.create_key(tx, account_id, "tests")[1]

        account_id, key = self.write(make)
        return replace(self, account_id=account_id, email=address, api_key=key)

    def run(self, awaitable: Awaitable[T], timeout: float = 60) -> T:
        """Run a coroutine on the server's event loop and return its result."""

        async def wait() -> T:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(timeout)

    def write(self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a write in the server's database."""
        return self.run(self.app.state.database.write(fn, *args, **kwargs))

    def read(self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a read in the server's database."""
        return self.run(self.app.state.database.read(fn, *args, **kwargs))

    def idle(self, timeout: float = 60) -> None:
        """Wait until no job is due."""
        self.run(self.app.state.jobs.idle(timeout), timeout + 5)

    def request(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = UNSENT,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = UNSENT,  # type: ignore[assignment]
        **params: Any,
    ) -> Answer:
        """Send one request, with the account's key as bearer unless another (or None) is given."""
        sent = dict(headers or {})
        bearer = self.api_key if key is UNSENT else key
        if bearer is not None:
            sent.setdefault("Authorization", f"Bearer {bearer}")
        if json_body is not UNSENT:
            body = json.dumps(json_body).encode()
            sent.setdefault("Content-Type", "application/json")
        target = f"{path}?{urlencode(params)}" if params else path
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET."""
        return self.request("GET", path, **params).json()

    def post(self, path: str, json_body: Any, **params: Any) -> Any:
        """The JSON of a POST."""
        return self.request("POST", path, json_body=json_body, **params).json()


class Thread:
    """uvicorn in a thread. `stop` ends it as a signal would."""

    def __init__(self, settings: Settings, make: Callable[[Settings], Starlette] = create_app) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", settings.port))
        self.settings = _with_port(settings, self.socket.getsockname()[1])
        self.app = make(self.settings)
        config = uvicorn.Config(self.app, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
        self.server = uvicorn.Server(config)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def start(self) -> RunningServer:
        self.thread.start()
        deadline = time.monotonic() + 60
        while not self.server.started:
            if not self.thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server did not start") from self.failure
            time.sleep(0.005)
        assert self.loop is not None
        running = RunningServer(self.app, self.settings, self.loop)
        running.account_id, running.api_key = running.write(_account)
        return running

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(30)
        self.socket.close()
        assert not self.thread.is_alive(), "the server did not stop"

    def _serve(self) -> None:
        async def main() -> None:
            self.loop = asyncio.get_running_loop()
            await self.server.serve(sockets=[self.socket])

        try:
            with asyncio.Runner(loop_factory=self.server.config.get_loop_factory()) as runner:
                runner.run(main())
        except BaseException as error:
            self.failure = error


def _account(tx: Transaction) -> tuple[int, str]:
    """The account of the tests; there is one already when a server is started again on its data."""
    if accounts.count_accounts(tx):
        account_id = accounts.account_by_email(tx, EMAIL).id
    else:
        account_id = accounts.create_account(tx, EMAIL, name=NAME, password="correct horse battery").id
    return account_id, accounts.create_key(tx, account_id, "tests")[1]


def _with_port(settings: Settings, port: int) -> Settings:
    return msgspec.structs.replace(settings, port=port)
