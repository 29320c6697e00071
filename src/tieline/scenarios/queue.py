"""Events that wait: in line, for a window, or for the due time of their scenario (3.6). Seen, run, taken out."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update

from tieline import clock
from tieline.errors import Conflict, NotFound
from tieline.scenarios import line
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import execution

TIMED_LANE = "timed"  # events of one due time run one after the other

WAITING = Statement(
    select(execution.c.id, execution.c.lane)
    .where(execution.c.scenario_id == bindparam("scenario_id"), execution.c.status == "waiting")
    .order_by(execution.c.created, execution.c.id)
    .limit(bindparam("count"))
)
COUNT = Statement(
    select(func.count())
    .select_from(execution)
    .where(execution.c.scenario_id == bindparam("scenario_id"), execution.c.status == "waiting")
)
LIST = Statement(
    select(
        execution.c.id,
        execution.c.created,
        execution.c.status,
        execution.c.started,
        execution.c.lane,
        execution.c.error,
        execution.c.trigger,
        func.length(execution.c.trigger).label("size"),
    )
    .where(
        execution.c.scenario_id == bindparam("scenario_id"),
        execution.c.account_id == bindparam("account_id"),
        execution.c.status.in_(("waiting", "queued")),
    )
    .order_by(execution.c.created, execution.c.id)
    .limit(bindparam("count"))
)
ONE = Statement(
    select(execution).where(
        execution.c.id == bindparam("wanted"),
        execution.c.scenario_id == bindparam("scenario_id"),
        execution.c.account_id == bindparam("account_id"),
    )
)
QUEUED = Statement(
    update(execution)
    .where(execution.c.id == bindparam("wanted"), execution.c.status == "waiting")
    .values(status="queued", lane=bindparam("lane_"))
)
TAKEN_OUT = Statement(
    update(execution)
    .where(execution.c.id == bindparam("wanted"), execution.c.status.in_(("waiting", "queued")))
    .values(status="skipped", finished=bindparam("now"), error=bindparam("reason"))
)


class Waiting(msgspec.Struct):
    """An event in the queue. `why`: what it waits for; `size`: bytes of its data; times in UTC milliseconds."""

    id: str
    created: int
    why: str
    size: int
    lane: str | None
    trigger: Any


def queue_of(tx: Transaction, account_id: int, scenario_id: int, limit: int = 100) -> list[Waiting]:
    """What waits, oldest first."""
    rows = tx.all(LIST, {"account_id": account_id, "scenario_id": scenario_id, "count": limit})
    return [
        Waiting(
            str(row["id"]),
            int(row["created"]),
            _why(row),
            int(row["size"] or 0),
            row["lane"],
            msgspec.json.decode(row["trigger"]),
        )
        for row in rows
    ]


def _why(row: Row) -> str:
    if row["status"] == "waiting":
        return "the due time"
    if row["error"] is not None:
        return "another attempt"
    return "its turn" if row["lane"] is not None else "a free worker"


def count(tx: Transaction, scenario_id: int) -> int:
    """How many wait for the due time."""
    return int(tx.scalar(COUNT, {"scenario_id": scenario_id}))


def release(tx: Transaction, scenario_id: int, most: int) -> list[str]:
    """Let the oldest events that wait for a due time run, one after the other."""
    rows = tx.all(WAITING, {"scenario_id": scenario_id, "count": most})
    for row in rows:
        _let_run(tx, scenario_id, str(row["id"]), row["lane"] or TIMED_LANE)
    return [str(row["id"]) for row in rows]


def run_now(tx: Transaction, account_id: int, scenario_id: int, execution_id: str) -> None:
    """Let one event run before its due time. Raises NotFound, Conflict."""
    row = _find(tx, account_id, scenario_id, execution_id)
    if row["status"] != "waiting":
        raise Conflict("The event does not wait for a due time.", remedy="look at its execution")
    _let_run(tx, scenario_id, execution_id, row["lane"])


def take_out(tx: Transaction, account_id: int, scenario_id: int, execution_id: str, who: str) -> None:
    """Take an event out of the queue; the history keeps it. Raises NotFound, Conflict."""
    _find(tx, account_id, scenario_id, execution_id)
    error = {"name": "Skipped", "message": f"taken out of the queue by {who}", "module": ""}
    reason = msgspec.json.encode(error).decode()
    if not tx.run(TAKEN_OUT, {"wanted": execution_id, "now": clock.now_ms(), "reason": reason}):
        raise Conflict("The event is not in the queue any more.", remedy="look at its execution")
    line.leave(tx, execution_id)


def _let_run(tx: Transaction, scenario_id: int, execution_id: str, lane: str | None) -> None:
    if tx.run(QUEUED, {"wanted": execution_id, "lane_": lane}):
        line.join(tx, scenario_id, lane, execution_id)


def _find(tx: Transaction, account_id: int, scenario_id: int, execution_id: str) -> Row:
    row = tx.one(ONE, {"wanted": execution_id, "account_id": account_id, "scenario_id": scenario_id})
    if row is None:
        raise NotFound("There is no such event.")
    return row
