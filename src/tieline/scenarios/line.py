"""Executions that run one after the other, in order of arrival: of a scenario, or of a key such as a person (1.3).

Each lane is a line. Only the first of it has a job; when it ends, the next gets one in the same transaction. One that
waits to be taken up again keeps its place, and so the order.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text

from tieline import jobs
from tieline.expressions import ExpressionError, Scope, to_text
from tieline.scenarios.plan import Plan
from tieline.store.database import Statement, Transaction
from tieline.store.tables import line

WHOLE = "all"  # the lane of a scenario whose executions are all in one line
LONGEST = 200

HEAD = Statement(
    select(line.c.execution_id)
    .where(line.c.scenario_id == bindparam("scenario_id"), line.c.lane == bindparam("lane"))
    .order_by(line.c.id)
    .limit(1)
)
PLACE = Statement(select(line).where(line.c.execution_id == bindparam("execution_id")))
LEAVE = Statement(delete(line).where(line.c.execution_id == bindparam("gone")))
LENGTH = Statement(
    select(func.count())
    .select_from(line)
    .where(line.c.scenario_id == bindparam("scenario_id"), line.c.lane == bindparam("lane"))
)
# Two transactions that do not see each other yet must not both find the line empty.
ALONE = Statement(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"))


def lane_of(plan: Plan, bundles: list[dict[str, Any]] | None) -> str | None:
    """The lane of an execution that begins with these bundles; None: it runs beside all others.

    An expression that cannot be evaluated, or gives nothing, shares the lane of those without a key.
    """
    if plan.sequence is not None:
        try:
            key = to_text(plan.sequence.evaluate(Scope({plan.trigger.id: (bundles or [{}])[0]})))
        except (ExpressionError, IndexError):
            key = ""
        if len(key) > LONGEST:
            key = hashlib.sha256(key.encode()).hexdigest()
        return f"key:{key}"
    # Two that read from the same position would give the same items twice.
    return WHOLE if plan.settings.get("sequential") is True or plan.trigger.polling is not None else None


def join(
    tx: Transaction, scenario_id: int, lane: str | None, execution_id: str, at: int | None = None
) -> None:
    """Have the execution run: at once (not before `at`), or when all before it in its lane have ended."""
    if lane is None:
        jobs.defer(tx, "execution.run", {"id": execution_id}, at=at)
        return
    where = {"scenario_id": scenario_id, "lane": lane}
    _alone(tx, scenario_id, lane)
    first = tx.one(HEAD, where) is None
    tx.insert(line, {**where, "execution_id": execution_id})
    if first:
        jobs.defer(tx, "execution.run", {"id": execution_id}, at=at)


def leave(tx: Transaction, execution_id: str) -> None:
    """The execution has ended: the next of its lane gets its turn."""
    place = tx.one(PLACE, {"execution_id": execution_id})
    if place is None:
        return
    where = {"scenario_id": place["scenario_id"], "lane": place["lane"]}
    _alone(tx, int(place["scenario_id"]), str(place["lane"]))
    head = tx.scalar(HEAD, where)
    tx.run(LEAVE, {"gone": execution_id})
    if head == execution_id and (following := tx.scalar(HEAD, where)) is not None:
        jobs.defer(tx, "execution.run", {"id": str(following)})


def _alone(tx: Transaction, scenario_id: int, lane: str) -> None:
    if tx.dialect == "postgresql":
        tx.one(ALONE, {"name": f"line {scenario_id} {lane}"})
