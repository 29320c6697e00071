"""Data stores: list, records, a record to edit."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieline.errors import InvalidInput, TielineError
from tieline.expressions import DataError, from_json
from tieline.scenarios import datastores
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database
from tieline.web.forms import values_of
from tieline.web.page import go, render

PAGE = 50


async def listing(request: Request) -> Response:
    """Every data store, and the form for a new one."""
    return await _list(request, {}, None)


async def create(request: Request) -> Response:
    """A new data store."""
    caller, values = await session.signed_in(request), await values_of(request)
    megabytes = values.get("megabytes", "")
    try:
        made = await database(request).write(
            datastores.create,
            caller.account_id,
            values.get("name", ""),
            int(megabytes) if megabytes.isdecimal() and len(megabytes) < 6 else 0,
        )
    except TielineError as error:
        return await _list(request, values, error)
    return go(request, f"/datastores/{made.id}", f"“{made.name}” is made.")


async def show(request: Request) -> Response:
    """A page of records, and one of them to edit."""
    return await _store(request, {}, None)


async def save(request: Request) -> Response:
    """Write a record."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]

    def write(tx: Transaction) -> None:
        row = datastores.locked(tx, caller.account_id, number)
        datastores.put(tx, row, values.get("key", ""), _data(values.get("data", "")))

    try:
        await database(request).write(write)
    except TielineError as error:
        return await _store(request, values, error)
    return go(request, f"/datastores/{number}", f"“{values['key']}” is saved.")


async def remove_record(request: Request) -> Response:
    """Delete a record."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]

    def act(tx: Transaction) -> None:
        datastores.locked(tx, caller.account_id, number)
        datastores.remove(tx, number, values.get("key", ""))

    await database(request).write(act)
    return go(request, f"/datastores/{number}", "Deleted.")


async def remove(request: Request) -> Response:
    """Delete a data store that no scenario uses."""
    caller = await session.signed_in(request)
    try:
        await database(request).write(
            datastores.remove_store, caller.account_id, request.path_params["number"]
        )
    except TielineError as error:
        return await _store(request, {}, error)
    return go(request, "/datastores", "Deleted.")


def _data(text: str) -> dict[str, object]:
    try:
        value = from_json(msgspec.json.decode(text.encode()))
    except (msgspec.DecodeError, DataError) as error:
        raise InvalidInput(f"this is not JSON: {error}", field="data", remedy="write {…}") from None
    if not isinstance(value, dict):
        raise InvalidInput("a record is an object", field="data", remedy="write {…}")
    return value


async def _list(request: Request, values: dict[str, str], error: TielineError | None) -> Response:
    caller = await session.signed_in(request)
    found = await database(request).read(datastores.list_stores, caller.account_id)
    return await render(
        request, "datastores.html", status=422 if error else 200, stores=found, values=values, error=error
    )


async def _store(request: Request, values: dict[str, str], error: TielineError | None) -> Response:
    caller = await session.signed_in(request)
    number, asked = request.path_params["number"], request.query_params
    after, key = asked.get("after", ""), values.get("key") or asked.get("key", "")

    def read(tx: Transaction) -> tuple[datastores.StoreView, list[datastores.RecordView], str]:
        store = datastores.get_store(tx, caller.account_id, number)
        chosen = datastores.read(tx, number, key) if key else None
        text = msgspec.json.format(msgspec.json.encode(chosen.data), indent=2).decode() if chosen else ""
        return store, datastores.page(tx, number, after, PAGE), text

    store, records, text = await database(request).read(read)
    return await render(
        request,
        "datastore.html",
        status=422 if error else 200,
        store=store,
        records=records,
        next=records[-1].key if len(records) == PAGE else None,
        key=key,
        data=values.get("data") or text,
        error=error,
    )
