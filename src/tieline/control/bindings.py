"""What a scenario's resources lead to, for the command line."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.errors import InvalidInput, NotFound
from tieline.scenarios import bindings, library
from tieline.store.database import Transaction


async def bind(context: Context) -> Any:
    """Connect one resource of a scenario to one of ours, by name."""
    body = await context.body()
    account_id = context.account.account_id
    kind, foreign, name = (str(body.get(field) or "") for field in ("kind", "foreign_id", "name"))
    foreign = "" if foreign == "-" else foreign  # what a module needs without naming it

    def act(tx: Transaction) -> Any:
        if kind not in bindings.HOMES:
            known = ", ".join(bindings.HOMES)
            raise InvalidInput(f"“{kind}” is unknown", field="kind", remedy=f"one of: {known}")
        found = bindings.choices(tx, account_id, kind)
        chosen = next((one for one in found if one.name == name or str(one.id) == name), None)
        if chosen is None:
            known = ", ".join(one.name for one in found) or "none yet"
            raise NotFound(f"There is no {kind} “{name}”.", remedy=f"there are: {known}")
        library.bind(tx, account_id, context.number, kind, foreign, chosen.id)
        return library.bindings(tx, account_id, context.number)

    return await context.database.write(act)
