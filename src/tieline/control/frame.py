"""What every control handler shares: who asks, for which account, and how errors are told."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import accounts
from tieline.crm.access import Actor, Caller
from tieline.errors import (
    AuthenticationFailed,
    Conflict,
    InternalError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    TielineError,
    Unavailable,
)
from tieline.http import Door
from tieline.modules.errors import ModuleError
from tieline.scenarios.engine import Engine
from tieline.settings import Settings
from tieline.store.database import Database
from tieline.vault import Vault

ACCOUNT = "x-tieline-account"
STATUS: tuple[tuple[type[TielineError], int], ...] = (
    (InvalidInput, 422),
    (AuthenticationFailed, 401),
    (PermissionDenied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Unavailable, 502),
    (InternalError, 500),
)


@dataclass
class Context:
    """A request of the owner or of an account. `caller` is None only for what concerns the whole server."""

    request: Request
    caller: Caller | None

    @property
    def account(self) -> Caller:
        """The account that the request acts for. Raises InvalidInput when it is open which."""
        if self.caller is None:
            raise InvalidInput(
                "there are several accounts, or none", field="account", remedy="say which: --account EMAIL"
            )
        return self.caller

    @property
    def database(self) -> Database:
        return cast(Database, self.request.app.state.database)

    @property
    def settings(self) -> Settings:
        return cast(Settings, self.request.app.state.settings)

    @property
    def engine(self) -> Engine:
        return cast(Engine, self.request.app.state.engine)

    @property
    def vault(self) -> Vault:
        return cast(Vault, self.request.app.state.vault)

    @property
    def door(self) -> Door:
        return cast(Door, self.request.app.state.door)

    @property
    def number(self) -> int:
        """The id in the path."""
        return int(self.request.path_params["number"])

    async def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises InvalidInput."""
        data = await self.request.body()
        if not data.strip():
            return {}
        try:
            value = msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise InvalidInput(f"the body is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise InvalidInput("the body must be an object")
        return value


Handler = Callable[[Context], Awaitable[Any]]


def control(handler: Handler, *, owner: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """A handler whose result is answered as JSON. `owner`: only with the local owner token."""

    async def framed(request: Request) -> Response:
        try:
            context = await _context(request, owner)
            return _answer(200, await handler(context))
        except TielineError as error:
            status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
            return _answer(
                status, {"error": {"code": error.code, "message": str(error), "field": error.field}}
            )
        except ModuleError as error:
            return _answer(422, {"error": {"code": error.kind, "message": str(error), "field": error.field}})

    return framed


async def _context(request: Request, owner: bool) -> Context:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise AuthenticationFailed("This needs an API key.", remedy="send Authorization: Bearer KEY")
    database = cast(Database, request.app.state.database)
    local = getattr(request.app.state, "owner_token", None)
    if local and hmac.compare_digest(local.encode(), token.encode()):
        return Context(request, await _chosen(database, request.headers.get(ACCOUNT, "")))
    found = await database.read(accounts.caller_by_key, token)
    if found is None:
        raise AuthenticationFailed("The API key was not found.", remedy="make one in the settings")
    if owner:
        raise PermissionDenied(
            "Only the owner of the server may do this.", remedy="use the command line on its machine"
        )
    return Context(request, found[0])


async def _chosen(database: Database, email: str) -> Caller | None:
    """The account the owner acts for: the named one, else the only one."""
    actor = Actor("user", "command line")
    if email:
        found = await database.read(accounts.account_by_email, email)
        return await database.read(lambda tx: accounts.caller_by_id(tx, found.id, actor=actor))
    every = await database.read(accounts.list_accounts)
    if len(every) != 1:
        return None
    only = every[0].id
    return await database.read(lambda tx: accounts.caller_by_id(tx, only, actor=actor))


def _answer(status: int, value: Any) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
