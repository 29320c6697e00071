"""Pausing instead of switching off (3.11): events wait, an alarm says why, and a probe finds out when it works again.

A paused scenario stays on. Its executions are stored and wait. When the pause is over, one of them is tried: does it
go through, all others follow; does it fail, the pause begins anew, longer.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from tieline import clock, jobs
from tieline.scenarios import line, state
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import account, execution, scenario
from tieline.store.tables import line as lines
from tieline.trace import Trace

PROBES = (
    5,
    15,
    60,
    180,
    720,
    1440,
)  # minutes before each probe; after the last one the scenario is switched off
MINUTE = 60_000
BY_HAND = frozenset({"manual", "dry", "called", "resumed"})  # a pause does not hold these back

UNTIL = Statement(select(scenario.c.paused_until).where(scenario.c.id == bindparam("wanted")))
SET = Statement(
    update(scenario)
    .where(scenario.c.id == bindparam("wanted"))
    .values(
        paused_until=bindparam("until_"),
        probes=bindparam("probes_"),
        paused_reason=bindparam("reason_"),
        errors=bindparam("errors_"),
        changed=bindparam("now"),
    )
)
WAITING = Statement(
    select(execution.c.id, execution.c.lane)
    .where(
        execution.c.scenario_id == bindparam("scenario_id"),
        execution.c.status == "queued",
        execution.c.started.is_(None),
        execution.c.type.not_in(BY_HAND),
    )
    .order_by(execution.c.created, execution.c.id)
)
IN_LINE = Statement(select(lines.c.id).where(lines.c.execution_id == bindparam("execution_id")))
OWNER = Statement(select(account.c.email, account.c.catch_all_id).where(account.c.id == bindparam("wanted")))


def paused_until(tx: Transaction, scenario_id: int) -> int | None:
    """The end of a scenario's pause; None: it is not paused."""
    found = tx.scalar(UNTIL, {"wanted": scenario_id})
    return None if found is None else int(found)


def pause(tx: Transaction, row: Row, reason: str, probes: int = 0) -> None:
    """Hold a scenario back until its next probe; after the last one, switch it off. `row`: the scenario's."""
    number = int(row["id"])
    if probes >= len(PROBES):
        state.deactivate(tx, number, f"{reason} Switched off: {probes} probes failed too.")
        return
    until = clock.now_ms() + PROBES[probes] * MINUTE
    _set(tx, number, until=until, probes=probes, reason=reason, errors=int(row["errors"]))
    _plan(tx, number, until)


def probe_now(tx: Transaction, row: Row) -> None:
    """Do not wait for the end of the pause."""
    now = clock.now_ms()
    _set(
        tx,
        int(row["id"]),
        until=now,
        probes=int(row["probes"]),
        reason=row["paused_reason"],
        errors=row["errors"],
    )
    _plan(tx, int(row["id"]), now)


def _plan(tx: Transaction, scenario_id: int, until: int) -> None:
    jobs.defer(tx, "scenario.probe", {"id": scenario_id, "until": until}, at=until)


def release(tx: Transaction, scenario_id: int) -> None:
    """It works again: everything that waited runs."""
    _set(tx, scenario_id, until=None, probes=0, reason=None, errors=0)
    for row in tx.all(WAITING, {"scenario_id": scenario_id}):
        found, lane = str(row["id"]), row["lane"]
        if lane is None or tx.one(IN_LINE, {"execution_id": found}) is None:
            line.join(tx, scenario_id, lane, found)
        elif tx.scalar(line.HEAD, {"scenario_id": scenario_id, "lane": lane}) == found:
            jobs.defer(tx, "execution.run", {"id": found})


def _set(
    tx: Transaction, scenario_id: int, *, until: int | None, probes: int, reason: Any, errors: int
) -> None:
    values = {"until_": until, "probes_": probes, "reason_": reason, "errors_": errors, "now": clock.now_ms()}
    tx.run(SET, {"wanted": scenario_id, **values})


def candidate(tx: Transaction, scenario_id: int, *, events: bool) -> str | None:
    """The execution that a probe tries: the oldest that waits, or a new one of a scenario that needs no `events`."""
    for row in tx.all(WAITING, {"scenario_id": scenario_id}):
        if row["lane"] is None or tx.scalar(line.HEAD, {"scenario_id": scenario_id, "lane": row["lane"]}) in {
            None,
            row["id"],
        }:
            return str(row["id"])
    if events:
        return None
    found = state.scenario_row(tx, scenario_id)
    assert found is not None
    return state.start(tx, int(found["account_id"]), scenario_id, kind="probe", inline=True)


# Telling


def alarm(tx: Transaction, row: Row, reason: str) -> None:
    """Have the account's owner told by e-mail. `row`: the scenario's."""
    found = tx.one(OWNER, {"wanted": row["account_id"]})
    if found is not None:
        payload = {
            "to": found["email"],
            "name": row["name"],
            "id": row["id"],
            "reason": reason,
            "at": clock.now_ms(),
        }
        jobs.defer(tx, "scenario.alarm", payload)


def tell_catch_all(
    tx: Transaction, run: Row, error: dict[str, Any], *, deepest: int, kept: bool, paused: str | None = None
) -> None:
    """Give an unhandled failure to the scenario that takes them all, if there is one. `run`: the execution's row."""
    found = tx.one(OWNER, {"wanted": run["account_id"]})
    number = None if found is None else found["catch_all_id"]
    if number is None or number == run["scenario_id"]:
        return
    catcher, failed = state.scenario_row(tx, int(number)), state.scenario_row(tx, int(run["scenario_id"]))
    if catcher is None or failed is None:
        return
    trigger = msgspec.json.decode(run["trigger"])
    bundle = {
        "scenario": {"id": failed["id"], "name": failed["name"]},
        "execution": {"id": run["id"], "type": run["type"], "created": run["created"]},
        "error": error,
        "kept": kept,
        "paused": paused,
        "trigger": trigger[0] if isinstance(trigger, list) and trigger else None,
    }
    state.begin(
        tx,
        int(run["account_id"]),
        int(number),
        kind="failure",
        trigger=[bundle],
        trace=Trace(str(run["id"]), int(run["depth"]), int(run["scenario_id"])),
        deepest=deepest,
    )


def catch_all_of(tx: Transaction, account_id: int) -> int | None:
    """The scenario that takes every unhandled failure of the account."""
    found = tx.one(OWNER, {"wanted": account_id})
    return None if found is None else found["catch_all_id"]


def set_catch_all(tx: Transaction, account_id: int, scenario_id: int | None) -> None:
    """Say which scenario takes every unhandled failure; None: none does."""
    tx.run(update(account).where(account.c.id == account_id).values(catch_all_id=scenario_id))
