"""Incomplete executions, for the command line."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.errors import InvalidInput
from tieline.scenarios import incomplete, library
from tieline.store.database import Transaction


async def listing(context: Context) -> Any:
    """The open ones of a scenario; `all=true`: the resolved ones too."""
    every = context.request.query_params.get("all") == "true"
    account_id = context.account.account_id

    def read(tx: Transaction) -> Any:
        library.find(tx, account_id, context.number)
        return incomplete.listed(tx, account_id, context.number, every=every)

    return await context.database.read(read)


async def show(context: Context) -> Any:
    """One of them with its bundles."""
    return await context.database.read(incomplete.get, context.account.account_id, context.number)


async def resume(context: Context) -> Any:
    """Try some now: `ids`, or all that wait without them. `current`: with the scenario's current version. `bundles`:
    in place of those of the only one that is named."""
    body = await context.body()
    account_id, ids = context.account.account_id, _ids(body)
    bundles = body.get("bundles")
    if bundles is not None and (not isinstance(bundles, dict) or ids is None or len(ids) != 1):
        raise InvalidInput("must be an object, and go with one id", field="bundles")

    def act(tx: Transaction) -> dict[str, Any]:
        row = library.find(tx, account_id, context.number)
        version = int(row["version"]) if body.get("current") else None
        chosen = incomplete.many(tx, account_id, context.number, ids)
        for one in chosen:
            incomplete.resume(tx, account_id, one.id, bundles=bundles, version=version)
        return {"resumed": [one.id for one in chosen]}

    return await context.database.write(act)


async def remove(context: Context) -> Any:
    """Give some up: `ids`, or all that wait without them."""
    account_id, ids = context.account.account_id, _ids(await context.body())

    def act(tx: Transaction) -> dict[str, Any]:
        library.find(tx, account_id, context.number)
        chosen = incomplete.many(tx, account_id, context.number, ids)
        for one in chosen:
            incomplete.remove(tx, account_id, one.id)
        return {"deleted": [one.id for one in chosen]}

    return await context.database.write(act)


def _ids(body: dict[str, Any]) -> list[int] | None:
    found = body.get("ids")
    if found is None:
        return None
    if not isinstance(found, list) or not all(isinstance(number, int) for number in found):
        raise InvalidInput("must be a list of numbers", field="ids")
    return found
