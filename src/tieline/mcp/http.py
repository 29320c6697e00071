"""The endpoint /mcp: streamable HTTP without sessions. The API key is the bearer token."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from tieline.client import AsgiTransport, AsyncCloze
from tieline.crm import accounts
from tieline.errors import AuthenticationFailed, InvalidInput, PermissionDenied, TielineError
from tieline.mcp import grants
from tieline.mcp.visit import Visit

GRANTS_HEADER = "tieline-grants"
VISIT = "tieline.visit"
STATUS: dict[type[TielineError], int] = {
    AuthenticationFailed: 401,
    PermissionDenied: 403,
    InvalidInput: 400,
}
OURSELVES = frozenset({"localhost", "127.0.0.1", "::1"})


class Assistants:
    """What serves /mcp in one application. The protocol's package is loaded by the first request."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self._manager: asyncio.Future[Any] | None = None
        self._end = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def manager(self) -> Any:
        """The protocol's session manager, started when it is first asked for."""
        if self._manager is None:
            self._manager = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._keep(self._manager))
        return await asyncio.shield(self._manager)

    async def _keep(self, ready: asyncio.Future[Any]) -> None:
        """Hold the manager open in a task of its own: what it starts must end in the task that began it."""
        try:
            server = await asyncio.to_thread(importlib.import_module, "tieline.mcp.server")
            http = await asyncio.to_thread(importlib.import_module, "mcp.server.streamable_http_manager")
            manager = http.StreamableHTTPSessionManager(
                server.create_server(_visit_of),
                json_response=True,
                stateless=True,
                max_request_body_size=self.app.state.settings.body_limit,
            )
            async with manager.run():
                ready.set_result(manager)
                await self._end.wait()
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def close(self) -> None:
        """End what was started."""
        self._end.set()
        if self._task is not None:
            await self._task


async def _visit_of(context: Any) -> Visit:
    return cast(Visit, context.request.scope[VISIT])


class Endpoint:
    """The ASGI application behind /mcp."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            _check_origin(request)
            scope[VISIT] = await _visit(request)
        except TielineError as error:
            await _refused(error)(scope, receive, send)
            return
        manager = await request.app.state.assistants.manager()
        await manager.handle_request(scope, receive, send)


def _check_origin(request: Request) -> None:
    """Raises PermissionDenied for a page of another site, as the protocol asks for."""
    origin = request.headers.get("origin")
    if not origin:
        return
    own = {urlsplit(request.app.state.settings.base_url).hostname, *OURSELVES}
    if urlsplit(origin).hostname not in own:
        raise PermissionDenied("Pages of other sites may not call this.", remedy="call it from a program")


async def _visit(request: Request) -> Visit:
    """Whom the request acts for. Raises AuthenticationFailed, InvalidInput."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise AuthenticationFailed("This needs an API key.", remedy="send Authorization: Bearer KEY")
    found = await request.app.state.database.read(accounts.caller_by_key, key)
    if found is None:
        raise AuthenticationFailed(
            "The API key is unknown or revoked.", remedy="make one in the settings and send it as bearer"
        )
    asked = request.headers.get(GRANTS_HEADER) or request.query_params.get("grants")
    # Through the API itself, with the key: its limits, scopes and history are those of any other client.
    cloze = AsyncCloze(
        api_key=key, url="http://tieline", transport=AsgiTransport(request.app, None), retries=0
    )
    return Visit(cloze, grants.parse(asked) if asked else grants.USUAL, found[0].timezone)


def _refused(error: TielineError) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": str(error)}}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def routes() -> list[BaseRoute]:
    """The endpoint."""
    return [Route("/mcp", Endpoint())]
