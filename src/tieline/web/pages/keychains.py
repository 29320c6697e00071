"""Keychains: what HTTP modules sign their requests with."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from tieline.errors import TielineError
from tieline.scenarios import keychains
from tieline.web import session
from tieline.web.context import database, vault
from tieline.web.forms import values_of
from tieline.web.page import go, render

HERE = "/settings/keychains"


async def show(request: Request) -> Response:
    """The list, and a form for each kind."""
    return await _page(request, {}, None)


async def add(request: Request) -> Response:
    """Store a keychain."""
    caller, values = await session.signed_in(request), await values_of(request)
    try:
        made = await database(request).write(
            keychains.create,
            vault(request),
            caller.account_id,
            values.get("name", ""),
            values.get("kind", ""),
            values,
        )
    except TielineError as error:
        return await _page(request, values, error)
    return go(request, HERE, f"“{made.name}” is stored.")


async def remove(request: Request) -> Response:
    """Remove a keychain that nothing uses."""
    caller = await session.signed_in(request)
    try:
        await database(request).write(keychains.remove, caller.account_id, request.path_params["number"])
    except TielineError as error:
        return await _page(request, {}, error)
    return go(request, HERE, "Removed.")


async def _page(request: Request, values: dict[str, str], error: TielineError | None) -> Response:
    caller = await session.signed_in(request)
    found = await database(request).read(keychains.list_keychains, caller.account_id)
    return await render(
        request,
        "keychains.html",
        status=422 if error else 200,
        keychains=found,
        kinds=keychains.KINDS,
        names=keychains.NAMES,
        values=values,
        error=error,
    )
