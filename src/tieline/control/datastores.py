"""Data stores of an account, for the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from tieline.control.frame import Context
from tieline.errors import InvalidInput, NotFound
from tieline.expressions import from_json
from tieline.scenarios import datastores
from tieline.store.database import Transaction

PAGE = 1000


async def create(context: Context) -> Any:
    """A new data store."""
    body = await context.body()
    megabytes = body.get("megabytes", datastores.DEFAULT_MEGABYTES)
    if not isinstance(megabytes, int):
        raise InvalidInput("must be a number", field="megabytes")
    return await context.database.write(
        datastores.create, context.account.account_id, str(body.get("name") or ""), megabytes
    )


async def listing(context: Context) -> Any:
    """The account's data stores."""
    return await context.database.read(datastores.list_stores, context.account.account_id)


async def show(context: Context) -> Any:
    """A data store with a page of its records, those behind `after`."""
    asked = context.request.query_params
    most = asked.get("limit", "")

    def read(tx: Transaction) -> dict[str, Any]:
        store = _store(tx, context)
        limit = min(int(most), PAGE) if most.isdecimal() else 100
        found = datastores.page(tx, store.id, asked.get("after", ""), limit)
        return {**msgspec.to_builtins(store), "list": found}

    return await context.database.read(read)


async def remove(context: Context) -> Any:
    """Delete a data store that no scenario uses."""

    def act(tx: Transaction) -> dict[str, Any]:
        store = _store(tx, context)
        datastores.remove_store(tx, context.account.account_id, store.id)
        return {"removed": store.name}

    return await context.database.write(act)


async def put_record(context: Context) -> Any:
    """Write a record over what was there. The body: `key`, `data`."""
    body = await context.body()
    key, data = str(body.get("key") or ""), body.get("data")
    if not isinstance(data, dict):
        raise InvalidInput("must be an object", field="data")

    def act(tx: Transaction) -> Any:
        row = datastores.locked(tx, context.account.account_id, _store(tx, context).id)
        datastores.put(tx, row, key, from_json(data))
        return datastores.read(tx, int(row["id"]), key)

    return await context.database.write(act)


async def remove_record(context: Context) -> Any:
    """Delete a record. The body: `key`."""
    key = str((await context.body()).get("key") or "")

    def act(tx: Transaction) -> dict[str, Any]:
        row = datastores.locked(tx, context.account.account_id, _store(tx, context).id)
        if not datastores.remove(tx, int(row["id"]), key):
            raise NotFound(f"There is no record “{key}”.")
        return {"removed": key}

    return await context.database.write(act)


def _store(tx: Transaction, context: Context) -> datastores.StoreView:
    return datastores.find_by_name(tx, context.account.account_id, context.request.path_params["name"])
