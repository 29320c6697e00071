"""Connections: the accounts that scenarios act for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from tieline.client import AsyncCloze, HttpTransport
from tieline.client.asynchronous import CLOZE
from tieline.errors import TielineError
from tieline.modules import connections
from tieline.web import session
from tieline.web.context import database, door, engine, settings, vault
from tieline.web.forms import values_of
from tieline.web.page import go, render

CALLBACK = "/settings/connections/callback"


async def show(request: Request) -> Response:
    """The list, and the form for a new one."""
    return await page_of(request, {}, None)


async def add(request: Request) -> Response:
    """Check and store a connection."""
    caller, values = await session.signed_in(request), await values_of(request)
    url = values.get("url") or CLOZE
    try:
        key, email = values.get("api_key", ""), values.get("email", "")
        identity = ""
        if key:
            async with AsyncCloze(
                api_key=key, url=url, transport=HttpTransport(url, door(request))
            ) as client:
                identity = await connections.verify(client, email)
        await database(request).write(
            connections.create,
            vault(request),
            caller.account_id,
            values.get("name", ""),
            email=email,
            api_key=key,
            url=url,
            identity=identity,
        )
    except TielineError as error:
        return await page_of(request, values, error)
    return go(request, "/settings/connections", f"Connected as {identity}.")


async def test(request: Request) -> Response:
    """Ask the other side who we are."""
    caller = await session.signed_in(request)
    row = await database(request).read(connections.find, caller.account_id, request.path_params["number"])
    local = engine(request).local
    client = connections.open_client(
        row,
        vault(request),
        lambda owner: local(owner, "connection test"),
        door(request),
        database(request),
    )
    try:
        identity = await connections.verify(client, str(row["email"]))
        await database(request).write(connections.verified, int(row["id"]), identity)
    except TielineError as error:
        return await page_of(request, {}, error)
    finally:
        await client.close()
    return go(request, "/settings/connections", f"“{row['name']}” works, as {identity}.")


async def rotate(request: Request) -> Response:
    """A new key, checked first."""
    caller, values = await session.signed_in(request), await values_of(request)
    row = await database(request).read(connections.find, caller.account_id, request.path_params["number"])
    try:
        identity = await connections.replace_key(
            database(request), vault(request), door(request), row, values.get("api_key", "")
        )
    except TielineError as error:
        return await page_of(request, {}, error)
    return go(request, "/settings/connections", f"“{row['name']}” has its new key, and works as {identity}.")


async def remove(request: Request) -> Response:
    """Remove a connection that nothing uses."""
    caller = await session.signed_in(request)
    await database(request).write(connections.remove, caller.account_id, request.path_params["number"])
    return go(request, "/settings/connections", "Removed.")


async def page_of(request: Request, values: dict[str, str], error: TielineError | None) -> Response:
    """The page, with what was typed and what is wrong with it."""
    caller = await session.signed_in(request)
    await database(request).write(connections.this_account, caller.account_id)
    found = await database(request).read(connections.list_connections, caller.account_id)
    shown = {**values, "api_key": "", "client_secret": ""}
    return await render(
        request,
        "connections.html",
        status=422 if error else 200,
        connections=found,
        values=shown,
        error=error,
        cloze=CLOZE,
        callback=callback_of(request),
    )


def callback_of(request: Request) -> str:
    """Where people come back to who have consented at the other side."""
    return f"{settings(request).base_url}{CALLBACK}"
