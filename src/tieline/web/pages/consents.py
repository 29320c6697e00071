"""Connections by OAuth: out to the other side, where a person consents, and back with a code."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieline import ids
from tieline.client import AsyncCloze, ClozeError, Credentials, HttpTransport, ServerUnavailable
from tieline.client import oauth as client
from tieline.client.asynchronous import CLOZE
from tieline.crm.access import Caller
from tieline.errors import Conflict, InvalidInput, TielineError, Unavailable
from tieline.modules import connections
from tieline.records.vocabulary import SCOPES
from tieline.web import session
from tieline.web.context import database, door, settings, vault
from tieline.web.forms import values_of
from tieline.web.page import go, render
from tieline.web.pages.connections import callback_of, page_of

COOKIE = "tieline_connecting"
PATH = "/settings/connections"
LIFE = 15 * 60  # seconds to consent in


class Pending(msgspec.Struct, frozen=True):
    """A connection that waits for its consent; it travels encrypted in the browser. `connection_id`: made again."""

    account_id: int
    name: str
    url: str
    app: Credentials
    state: str
    verifier: str
    connection_id: int | None = None


async def begin(request: Request) -> Response:
    """To the other side, for a new connection."""
    caller, values = await session.signed_in(request), await values_of(request)
    url = values.get("url") or CLOZE
    try:
        name, address = await database(request).read(
            connections.check, caller.account_id, values.get("name", ""), url
        )
        if not values.get("client_id"):
            raise InvalidInput("is required", field="client_id", remedy="register Tieline at the other side")
        door(request).check(client.server_of(address))
        app = Credentials(client.server_of(address), values["client_id"], values.get("client_secret", ""))
    except TielineError as error:
        return await page_of(request, values, error)
    return await _leave(request, _pending(caller, name, address, app))


async def again(request: Request) -> Response:
    """To the other side, for a connection whose access has ended."""
    caller = await session.signed_in(request)
    row = await database(request).read(connections.find, caller.account_id, request.path_params["number"])
    if row["kind"] != "oauth":
        raise Conflict("The connection has a key.", remedy="replace the key")
    app = connections.opened(vault(request), row)
    pending = _pending(caller, str(row["name"]), str(row["url"]), app)
    return await _leave(request, msgspec.structs.replace(pending, connection_id=int(row["id"])))


async def finish(request: Request) -> Response:
    """Back from the other side."""
    caller = await session.signed_in(request)
    try:
        pending = _read_pending(request, caller)
        identity = await _connect(request, pending)
    except TielineError as error:
        response = await page_of(request, {}, error)
    else:
        response = go(request, PATH, f"Connected as {identity}.")
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _pending(caller: Caller, name: str, url: str, app: Credentials) -> Pending:
    return Pending(caller.account_id, name, url, app, state=ids.secret(), verifier=ids.secret(48))


async def _leave(request: Request, pending: Pending) -> Response:
    """A page that leads away by itself: a form of ours may not be answered by another server."""
    address = client.authorization_url(
        pending.url,
        client_id=pending.app.client_id,
        redirect_uri=callback_of(request),
        scope=" ".join(SCOPES),
        state=pending.state,
        verifier=pending.verifier,
    )
    place = urlsplit(address).netloc
    response = await render(request, "leave.html", bare=True, address=address, place=place)
    response.set_cookie(
        COOKIE,
        vault(request).encrypt(msgspec.json.encode(pending).decode()).decode(),
        max_age=LIFE,
        path=PATH,
        httponly=True,
        samesite="lax",  # it must come along when the other side sends the person back
        secure=settings(request).base_url.startswith("https://"),
    )
    return response


def _read_pending(request: Request, caller: Caller) -> Pending:
    """What was begun in this browser. Raises Conflict when this is not its answer."""
    try:
        pending = msgspec.json.decode(
            vault(request).decrypt(request.cookies.get(COOKIE, "").encode()), type=Pending
        )
    except (Conflict, msgspec.DecodeError):
        raise Conflict("Nothing was begun here, or too long ago.", remedy="connect once more") from None
    state = request.query_params.get("state", "")
    if pending.account_id != caller.account_id or not hmac.compare_digest(
        state.encode(), pending.state.encode()
    ):
        raise Conflict("This is not the answer to what was begun here.", remedy="connect once more")
    return pending


async def _connect(request: Request, pending: Pending) -> str:
    """The account that is connected now. Raises InvalidInput, Conflict, Unavailable."""
    error = request.query_params.get("error")
    if error:
        told = request.query_params.get("error_description") or error
        raise InvalidInput(f"{urlsplit(pending.app.server).netloc} refused: {told[:300]}", field="connection")
    credentials = await _redeem(request, pending)
    transport = HttpTransport(pending.url, door(request))
    async with AsyncCloze(token=credentials.access_token, url=pending.url, transport=transport) as cloze:
        identity = await connections.verify(cloze)
    sealing, owner, number = vault(request), pending.account_id, pending.connection_id
    if number is not None:
        await database(request).write(connections.reconnect, sealing, owner, number, credentials, identity)
    else:
        await database(request).write(
            connections.create_oauth,
            sealing,
            owner,
            pending.name,
            url=pending.url,
            credentials=credentials,
            identity=identity,
        )
    return identity


async def _redeem(request: Request, pending: Pending) -> Credentials:
    transport = HttpTransport(pending.app.server, door(request))
    try:
        return await client.redeem(
            pending.app,
            request.query_params.get("code", ""),
            callback_of(request),
            transport,
            verifier=pending.verifier,
        )
    except ServerUnavailable as error:
        raise Unavailable(error.message, field="url", remedy="try again") from None
    except ClozeError as error:
        raise InvalidInput(
            error.message, field="client_secret", remedy="check the client id and secret"
        ) from None
