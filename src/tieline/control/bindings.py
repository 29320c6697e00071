"""What a scenario's resources lead to, for the command line."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.errors import InvalidInput, NotFound
from tieline.scenarios import bindings, library
from tieline.store.database import Transaction


async def bind(context: Context) -> Any:
    """Connect one resource of a scenario to one of ours, by name; or a whole table of them."""
    body = await context.body()
    account_id = context.account.account_id
    table = body.get("bindings") or [body]

    def act(tx: Transaction) -> Any:
        apply(tx, account_id, context.number, table)
        return library.bindings(tx, account_id, context.number)

    return await context.database.write(act)


def apply(tx: Transaction, account_id: int, scenario_id: int, table: Any) -> None:
    """Connect what a mapping table says: {kind, foreign_id, name} of each resource. Raises InvalidInput, NotFound.

    A row without a name leaves its resource as it is, so a table that was written out can be filled in bit by bit.
    """
    if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
        raise InvalidInput("must be a list", field="bindings", remedy="send [{kind, foreign_id, name}, …]")
    for row in table:
        kind, foreign, name = (str(row.get(field) or "") for field in ("kind", "foreign_id", "name"))
        if not name and len(table) > 1:
            continue
        if kind not in bindings.HOMES:
            known = ", ".join(bindings.HOMES)
            raise InvalidInput(f"“{kind}” is unknown", field="kind", remedy=f"one of: {known}")
        found = bindings.choices(tx, account_id, kind)
        chosen = next((one for one in found if one.name == name or str(one.id) == name), None)
        if chosen is None:
            known = ", ".join(one.name for one in found) or "none yet"
            raise NotFound(f"There is no {kind} “{name}”.", remedy=f"there are: {known}")
        # “-” stands for what a module needs without naming it.
        library.bind(tx, account_id, scenario_id, kind, "" if foreign == "-" else foreign, chosen.id)
