"""How a request travels: over HTTP, or inside the process to our own ASGI app. The wire is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec

from tieline.client.errors import ServerUnavailable
from tieline.errors import InvalidInput, PermissionDenied, Unavailable
from tieline.http import Door

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Response(msgspec.Struct, frozen=True):
    """A complete answer. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request to one server. Raises ServerUnavailable."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        """The answer to a request for `path` on the server."""

    async def close(self) -> None:
        """Let connections go."""


class HttpTransport:
    """Over HTTP. With a door, through it: inside the server every outgoing call passes there."""

    def __init__(self, base_url: str, door: Door | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.door = door
        self.session: aiohttp.ClientSession | None = None

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        """The answer to a request for `path` on the server."""
        url = self.base_url + path
        if self.door is not None:
            return await self._through_door(method, url, params, headers, body, timeout)
        if self.session is None:
            self.session = aiohttp.ClientSession()
        try:
            async with self.session.request(
                method,
                url,
                params=params,
                headers=headers,
                data=body,
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
                return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content)
        except aiohttp.InvalidURL as error:
            raise ServerUnavailable(f"{self.base_url} is not a valid address") from error
        except aiohttp.ClientConnectorError as error:
            failure = ServerUnavailable(f"{self.base_url} cannot be reached: {error}")
            failure.sent = False
            raise failure from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ServerUnavailable(f"{self.base_url} did not answer: {error or 'time-out'}") from error

    async def _through_door(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        assert self.door is not None
        try:
            answer = await self.door.request(
                method, url, params=dict(params), headers=headers, data=body, timeout=timeout
            )
        except (Unavailable, PermissionDenied, InvalidInput) as error:
            failure = ServerUnavailable(str(error))
            failure.sent = getattr(error, "reason", "") == "timeout"
            raise failure from error
        return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.body)

    async def close(self) -> None:
        """Let connections go."""
        if self.session is not None:
            await self.session.close()


class AsgiTransport:
    """To an ASGI app in the same process: no socket, the same bytes. As an account; with None, with the request's key."""

    def __init__(self, app: App, account_id: int | None, state: Mapping[str, Any] | None = None) -> None:
        self.app = app
        self.state = {**({} if account_id is None else {"tieline.account": account_id}), **(state or {})}

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        """The answer to a request for `path` of the app."""
        parts = urlsplit(path)
        query = "&".join(part for part in (parts.query, urlencode(params)) if part)
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 0),
            "server": ("tieline", 80),
            "state": {},
            **self.state,
        }
        exchange = _Exchange(body or b"")
        async with asyncio.timeout(timeout):
            await self.app(scope, exchange.receive, exchange.answer)
        return Response(exchange.status, exchange.headers, b"".join(exchange.chunks))

    async def close(self) -> None:
        """Nothing to let go."""


class _Exchange:
    """One request and its answer, as ASGI messages."""

    def __init__(self, body: bytes) -> None:
        self.body: bytes | None = body
        self.status = 500
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        if self.body is None:
            return {"type": "http.disconnect"}
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            self.chunks.append(message.get("body", b""))
