"""Pauses and the catch-all scenario, for the command line."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.errors import Conflict, InvalidInput
from tieline.scenarios import library, pausing
from tieline.store.database import Transaction


async def probe(context: Context) -> Any:
    """Try a paused scenario now."""
    account_id = context.account.account_id

    def act(tx: Transaction) -> dict[str, Any]:
        row = library.find(tx, account_id, context.number)
        if row["paused_until"] is None:
            raise Conflict("The scenario is not paused.")
        pausing.probe_now(tx, row)
        return {"probing": context.number}

    return await context.database.write(act)


async def show_catch_all(context: Context) -> Any:
    """The scenario that takes every unhandled failure."""
    return {"scenario": await context.database.read(pausing.catch_all_of, context.account.account_id)}


async def set_catch_all(context: Context) -> Any:
    """Choose it; null: none."""
    chosen = (await context.body()).get("scenario")
    if chosen is not None and not isinstance(chosen, int):
        raise InvalidInput("must be the number of a scenario, or null", field="scenario")
    await context.engine.set_catch_all(context.account.account_id, chosen)
    return {"scenario": chosen}
