"""Due times as they are stored: each planned with the transaction that begins the one before it (1.18)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, or_, select, update

from tieline import clock, jobs
from tieline.errors import InvalidInput
from tieline.scenarios import line, queue, schedule, state
from tieline.scenarios.scheduling import CALENDAR
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import execution, scenario

log = logging.getLogger(__name__)

TIMED = CALENDAR | {"once", "indefinitely"}
DUE = Statement(
    update(scenario).where(scenario.c.id == bindparam("wanted")).values(next_run=bindparam("due"))
)
# One that waits to be taken up again does not keep the next from running.
BUSY = Statement(
    select(execution.c.id)
    .where(
        execution.c.scenario_id == bindparam("scenario_id"),
        execution.c.type == "scheduled",
        or_(
            execution.c.status == "running",
            and_(execution.c.status == "queued", execution.c.error.is_(None)),
        ),
    )
    .limit(1)
)


def first(scheduling: dict[str, Any], zone: str) -> int | None:
    """The first due time of a scenario that is switched on now. Raises InvalidInput when there never is one."""
    if scheduling.get("type") not in TIMED:
        return None
    found = schedule.next_run(scheduling, clock.now_ms(), zone)
    if found is None:
        raise InvalidInput(
            "it never comes: nothing is left of it, or its conditions exclude one another",
            field="scheduling",
            remedy="choose another time",
        )
    return found


def plan(tx: Transaction, scenario_id: int, due: int | None) -> None:
    """Store the next due time, and have it looked at when it comes."""
    tx.run(DUE, {"wanted": scenario_id, "due": due})
    if due is not None:
        jobs.defer(tx, "schedule.tick", {"scenario": scenario_id, "due": due}, at=due)


def tick(
    tx: Transaction, row: Row, due: int, zone: str, *, sequential: bool = False, events: int | None = None
) -> None:
    """Begin what is due and plan the next time, in one transaction.

    While the execution before still runs nothing begins. What was missed follows the scheduling's policy. `events`: a
    scenario that begins with events lets so many of those that wait run.
    """
    scheduling, scenario_id, now = msgspec.json.decode(row["scheduling"]), int(row["id"]), clock.now_ms()
    run, skipped = schedule.to_start(scheduling, due, now, zone)
    if skipped:
        _tell(tx, row, skipped, zone)
    if run and events is not None:
        queue.release(tx, scenario_id, events * len(run))
        run = []
    if run and tx.one(BUSY, {"scenario_id": scenario_id}) is not None:
        log.info("scenario %s still runs: its due time %s is left out", scenario_id, due)
        run = []
    lane = line.WHOLE if sequential or len(run) > 1 else None
    for at in run:
        state.begin(tx, int(row["account_id"]), scenario_id, kind="scheduled", dedupe=f"due:{at}", lane=lane)
    plan(tx, scenario_id, schedule.next_run(scheduling, max(due, now), zone))


def _tell(tx: Transaction, row: Row, skipped: list[int], zone: str) -> None:
    """Missed times that are not made up for stay visible."""
    scheduling = msgspec.json.decode(row["scheduling"])
    local = schedule.zone_of(scheduling, zone)
    first_, last = (
        f"{datetime.fromtimestamp(at / 1000, local):%Y-%m-%d %H:%M}" for at in (skipped[0], skipped[-1])
    )
    if scheduling.get("missed") == "all":
        reason = (
            f"more than {schedule.MOST_MISSED:,} due times were missed; those from {first_} on are left out"
        )
    elif len(skipped) == 1:
        reason = f"the due time {first_} passed while the server was off; the schedule says to skip what was missed"
    else:
        count = f"{'at least ' if len(skipped) >= schedule.MOST_MISSED - 1 else ''}{len(skipped):,}"
        reason = (
            f"{count} due times from {first_} to {last} passed while the server was off; "
            "the schedule says to skip what was missed"
        )
    state.leave_out(tx, row, kind="scheduled", dedupe=f"due:{skipped[0]}", reason=reason)


class DueTime(msgspec.Struct, frozen=True):
    """A due time: UTC milliseconds, and as the clock of the scenario's zone shows it."""

    at: int
    local: str


def coming(scheduling: dict[str, Any], stored: int | None, zone: str, count: int = 10) -> list[DueTime]:
    """The next due times. `stored`: the one that is planned, None for a scenario that is off."""
    local = schedule.zone_of(scheduling, zone)
    return [
        DueTime(at, datetime.fromtimestamp(at / 1000, local).isoformat())
        for at in schedule.preview(scheduling, stored, clock.now_ms(), zone, count)
    ]
