"""How much of the history is kept: the oldest goes first, and what is confidential leaves only its shape."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from tieline.store.database import Statement, Transaction
from tieline.store.tables import execution, operation

KEPT = (operation.c.input, operation.c.output, operation.c.error, operation.c.exchange)
SIZES = Statement(
    select(
        execution.c.id,
        execution.c.account_id,
        (
            func.length(execution.c.trigger)
            + func.coalesce(func.sum(sum(func.coalesce(func.length(column), 0) for column in KEPT)), 0)
        ).label("size"),
    )
    .outerjoin(operation, operation.c.execution_id == execution.c.id)
    .where(execution.c.finished.is_not(None))
    .group_by(execution.c.id, execution.c.account_id, execution.c.trigger, execution.c.created)
    .order_by(execution.c.created.desc(), execution.c.id.desc())
)
DROP = Statement(delete(execution).where(execution.c.id == bindparam("wanted")))
CONTENTS = Statement(
    select(operation.c.path, operation.c.input, operation.c.output).where(
        operation.c.execution_id == bindparam("wanted")
    )
)
CONCEAL = Statement(
    update(operation)
    .where(operation.c.execution_id == bindparam("wanted"), operation.c.path == bindparam("at"))
    .values(input=bindparam("input_"), output=bindparam("output_"), exchange=None)
)
TRIGGER = Statement(select(execution.c.trigger).where(execution.c.id == bindparam("wanted")))
SET_TRIGGER = Statement(
    update(execution).where(execution.c.id == bindparam("wanted")).values(trigger=bindparam("trigger_"))
)


def prune_size(tx: Transaction, most: int) -> int:
    """Drop the oldest executions that have ended of each account that keeps more than `most` characters.

    The newest is always kept. Answers how many went.
    """
    sums: dict[int, int] = {}
    gone = []
    for row in tx.all(SIZES):
        first = row["account_id"] not in sums
        sums[row["account_id"]] = sums.get(row["account_id"], 0) + int(row["size"])
        if sums[row["account_id"]] > most and not first:
            gone.append({"wanted": row["id"]})
    tx.run_many(DROP, gone)
    return len(gone)


def conceal(tx: Transaction, execution_id: str) -> None:
    """Keep of a confidential execution how long its operations ran and what they handled, not what it said (3.15)."""
    for row in tx.all(CONTENTS, {"wanted": execution_id}):
        values = {"input_": _concealed(row["input"]), "output_": _concealed(row["output"])}
        tx.run(CONCEAL, {"wanted": execution_id, "at": row["path"], **values})
    trigger = tx.scalar(TRIGGER, {"wanted": execution_id})
    tx.run(SET_TRIGGER, {"wanted": execution_id, "trigger_": _concealed(trigger)})


def _concealed(text: str | None) -> str | None:
    return None if text is None else msgspec.json.encode(shape(msgspec.json.decode(text))).decode()


def shape(value: Any) -> Any:
    """The keys and types of a value: of a list those of its first item."""
    match value:
        case {"$date": _}:
            return "date"
        case {"$bin": _}:
            return "buffer"
        case dict():
            return {name: shape(item) for name, item in value.items()}
        case list():
            return [shape(item) for item in value[:1]]
        case bool():
            return "boolean"
        case str():
            return "text"
        case int() | float():
            return "number"
    return None
