"""How much there is of scenarios and their work, for those who watch the server."""

from __future__ import annotations

from sqlalchemy import func, select

from tieline.store.database import Statement, Transaction
from tieline.store.tables import execution, job, scenario

UNFINISHED = ("waiting", "queued", "running")
EXECUTIONS = Statement(
    select(execution.c.status, func.count().label("count"))
    .where(execution.c.status.in_(UNFINISHED))
    .group_by(execution.c.status)
)
ACTIVE = Statement(select(func.count()).select_from(scenario).where(scenario.c.active.is_(True)))
PAUSED = Statement(select(func.count()).select_from(scenario).where(scenario.c.paused_reason.is_not(None)))
GIVEN_UP = Statement(select(func.count()).select_from(job).where(job.c.state == "failed"))


def unfinished(tx: Transaction) -> dict[str, int]:
    """Executions that have not ended, by status."""
    found = {str(row["status"]): int(row["count"]) for row in tx.all(EXECUTIONS)}
    return {status: found.get(status, 0) for status in UNFINISHED}


def scenarios(tx: Transaction) -> dict[str, int]:
    """Scenarios that are switched on, and those that were paused because of errors."""
    return {"active": int(tx.scalar(ACTIVE)), "paused": int(tx.scalar(PAUSED))}


def given_up(tx: Transaction) -> int:
    """Jobs that failed more often than they are tried."""
    return int(tx.scalar(GIVEN_UP))
