"""The stored state of scenarios and executions: small functions, each one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update

from tieline import clock, ids, jobs
from tieline.expressions import to_json
from tieline.scenarios import journal, line, retention
from tieline.scenarios.failures import UNCOUNTED
from tieline.scenarios.statuses import ENDED
from tieline.store.database import Row, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import account, execution, scenario
from tieline.store.tables import line as lines
from tieline.trace import Trace

DAY = 86_400_000

FIND = Statement(select(execution).where(execution.c.id == bindparam("wanted")))
CAUSE = Statement(
    select(execution.c.scenario_id, execution.c.trace).where(execution.c.id == bindparam("wanted"))
)
SCENARIO = Statement(select(scenario).where(scenario.c.id == bindparam("wanted")))
TIMEZONE = Statement(select(account.c.timezone).where(account.c.id == bindparam("wanted")))
COLUMNS = (
    "id", "account_id", "scenario_id", "version", "status", "type", "trigger", "dedupe", "trace", "depth", "created",
    "finished", "error", "operations", "lane", "incomplete_id",
)  # fmt: skip
START = upsert(execution, columns=COLUMNS, conflict=("scenario_id", "dedupe"))
SAME = Statement(
    select(execution.c.id).where(
        execution.c.scenario_id == bindparam("scenario_id"), execution.c.dedupe == bindparam("dedupe")
    )
)
FINISH = Statement(
    update(execution)
    .where(execution.c.id == bindparam("wanted"))
    .values(
        status=bindparam("status_"),
        finished=bindparam("now"),
        operations=bindparam("count"),
        error=bindparam("error_"),
        warnings=bindparam("warnings_"),
    )
)
WAIT = Statement(
    update(execution)
    .where(execution.c.id == bindparam("wanted"))
    .values(status="queued", operations=bindparam("count"), error=bindparam("error_"))
)
RESET = Statement(
    update(scenario).where(scenario.c.id == bindparam("wanted"), scenario.c.errors > 0).values(errors=0)
)
COUNT = Statement(
    update(scenario).where(scenario.c.id == bindparam("wanted")).values(errors=scenario.c.errors + 1)
)
PAUSE = Statement(
    update(scenario)
    .where(scenario.c.id == bindparam("wanted"))
    .values(
        active=False,
        paused_reason=bindparam("reason"),
        paused_until=None,
        probes=0,
        next_run=None,
        changed=bindparam("now"),
    )
)
ACTIVATE = Statement(
    update(scenario)
    .where(scenario.c.id == bindparam("wanted"))
    .values(active=True, paused_reason=None, paused_until=None, probes=0, errors=0, changed=bindparam("now"))
)
# One that holds its place in line is still needed.
OLD = Statement(
    delete(execution).where(
        execution.c.finished < bindparam("before"),
        execution.c.id.not_in(select(lines.c.execution_id)),
    )
)


def find(tx: Transaction, execution_id: str) -> Row | None:
    """The row of an execution."""
    return tx.one(FIND, {"wanted": execution_id})


def scenario_row(tx: Transaction, scenario_id: int) -> Row | None:
    """The row of a scenario."""
    return tx.one(SCENARIO, {"wanted": scenario_id})


def timezone(tx: Transaction, account_id: int) -> str:
    """The account's time zone: its scenarios run in it."""
    return str(tx.scalar(TIMEZONE, {"wanted": account_id}))


def start(tx: Transaction, /, account_id: int, scenario_id: int, **how: Any) -> str:
    """Store an execution and what makes it run, whatever there was before; `how`: see `begin`."""
    made = begin(tx, account_id, scenario_id, **how)
    assert made is not None, "an execution with a key may be there already"
    return made


def begin(
    tx: Transaction,
    account_id: int,
    scenario_id: int,
    *,
    kind: str,
    trigger: list[Any] | None = None,
    dedupe: str | None = None,
    trace: Trace | None = None,
    deepest: int = 0,
    again: bool = True,
    lane: str | None = None,
    at: int | None = None,
    waits: bool = False,
    inline: bool = False,
    version: int | None = None,
    incomplete_id: int | None = None,
) -> str | None:
    """Store an execution and what makes it run. The same event again starts nothing: None.

    `lane`: it waits for those before it in the same lane. `at`: not before. `waits`: until a due time lets it through.
    `inline`: whoever stores it runs it. `version`: not the current one. `incomplete_id`: what it completes.
    A chain of scenarios that grows deeper than `deepest` is recorded as an error and not run; one that comes back to
    this scenario is left out, unless it may set itself off `again`.
    """
    row = scenario_row(tx, scenario_id)
    assert row is not None
    depth = trace.depth + 1 if trace is not None else 0
    what: dict[str, Any] = {"kind": kind, "trigger": trigger, "dedupe": dedupe, "trace": trace}
    what |= {"version": version, "incomplete_id": incomplete_id}
    if deepest and depth > deepest:
        error = {
            "name": "RuntimeError",
            "message": f"stopped: {depth} scenarios have set off one another, the limit is {deepest} (TIELINE_TRACE_DEPTH)",
            "module": "",
        }
        return _store(tx, row, status="error", error=error, **what)
    if trace is not None and not again and (by := caused_by(tx, trace, scenario_id)) is not None:
        return leave_out(
            tx,
            row,
            reason=f"the scenario itself caused this event ({by}); it says nowhere that it may set itself off",
            kind=kind,
            trigger=trigger,
            dedupe=dedupe,
            trace=trace,
        )
    held = row["paused_until"] is not None
    if held and kind == "scheduled":
        why = f"the scenario is paused: {row['paused_reason']}"
        return leave_out(tx, row, reason=why, kind=kind, trigger=trigger, dedupe=dedupe, trace=trace)
    made = _store(tx, row, status="waiting" if waits else "queued", lane=lane, **what)
    if made is not None and not waits and not inline and (not held or kind in {"manual", "dry"}):
        line.join(tx, scenario_id, lane, made, at)
    return made


def same(tx: Transaction, scenario_id: int, dedupe: str) -> str:
    """The execution that this event has begun already."""
    return str(tx.scalar(SAME, {"scenario_id": scenario_id, "dedupe": dedupe}))


def caused_by(tx: Transaction, trace: Trace, scenario_id: int) -> str | None:
    """The execution of this scenario that stands in the chain of causes, if any."""
    if trace.scenario == scenario_id:
        return f"execution {trace.execution}"
    found, steps = trace.execution, trace.depth + 1
    while found and steps:
        cause = tx.one(CAUSE, {"wanted": found})
        if cause is None:
            return None
        if cause["scenario_id"] == scenario_id:
            return f"execution {found}"
        found, steps = str(cause["trace"]), steps - 1
    return None


def leave_out(
    tx: Transaction,
    row: Row,
    *,
    kind: str,
    reason: str,
    trigger: list[Any] | None = None,
    dedupe: str | None = None,
    trace: Trace | None = None,
) -> str | None:
    """Keep in the history that something did not run, and why. `row`: the scenario's."""
    error = {"name": "Skipped", "message": reason, "module": ""}
    return _store(
        tx,
        row,
        kind=kind,
        trigger=trigger,
        dedupe=dedupe,
        trace=trace,
        status="skipped",
        error=error,
    )


def _store(
    tx: Transaction,
    row: Row,
    *,
    kind: str,
    trigger: list[Any] | None,
    dedupe: str | None,
    trace: Trace | None,
    status: str,
    error: dict[str, Any] | None = None,
    lane: str | None = None,
    version: int | None = None,
    incomplete_id: int | None = None,
) -> str | None:
    """Insert an execution: its id, None when the same event is there already."""
    now = clock.now_ms()
    execution_id = ids.execution(now)
    values = {
        "id": execution_id,
        "account_id": row["account_id"],
        "scenario_id": row["id"],
        "version": row["version"] if version is None else version,
        "status": status,
        "type": kind,
        "trigger": msgspec.json.encode(to_json(trigger)).decode(),
        "dedupe": dedupe,
        "trace": trace.execution if trace is not None else "",
        "depth": trace.depth + 1 if trace is not None else 0,
        "created": now,
        "finished": now if status in ENDED else None,
        "error": msgspec.json.encode(error).decode() if error is not None else None,
        "operations": 0,
        "lane": lane,
        "incomplete_id": incomplete_id,
    }
    return execution_id if tx.run(START, values) else None


def finish(
    tx: Transaction,
    row: Row,
    status: str,
    error: dict[str, Any] | None,
    operations: int,
    *,
    disable: bool,
    most: int,
    conceal: bool,
    warnings: Sequence[str] = (),
    keeps_place: bool = False,
) -> str | None:
    """The end of an execution; `keeps_place`: those behind it in line have to wait on.

    Returns why the scenario has to be paused, or with `disable` switched off, if it has: never silently (3.11).
    """
    values = {
        "wanted": row["id"],
        "status_": status,
        "now": clock.now_ms(),
        "count": operations,
        "error_": None if error is None else msgspec.json.encode(error).decode(),
        "warnings_": msgspec.json.encode(warnings).decode() if warnings else None,
    }
    tx.run(FINISH, values)
    if row["lane"] is not None and not keeps_place:
        line.leave(tx, str(row["id"]))
    if conceal:
        retention.conceal(tx, str(row["id"]))
    scenario_id = int(row["scenario_id"])
    if row["type"] == "dry":
        return None  # nothing was done, so nothing went wrong
    if error is None:
        tx.run(RESET, {"wanted": scenario_id})
        return None
    if error["name"] in UNCOUNTED:
        return None
    tx.run(COUNT, {"wanted": scenario_id})
    current = scenario_row(tx, scenario_id)
    if current is None or not current["active"] or current["paused_until"] is not None:
        return None
    if disable:
        return f"Switched off after execution {row['id']}: {error['message']}"
    if int(current["errors"]) < most:
        return None
    return (
        f"Paused after execution {row['id']}: {current['errors']} executions in a row ended with an error, "
        f"the last one: {error['message']}"
    )


def wait(tx: Transaction, execution_id: str, path: str, error: dict[str, Any], operations: int) -> None:
    """The execution will be taken up again where it failed."""
    journal.forget(tx, execution_id, path)
    tx.run(WAIT, {"wanted": execution_id, "count": operations, "error_": msgspec.json.encode(error).decode()})


def activate(tx: Transaction, scenario_id: int) -> None:
    """Switch on."""
    tx.run(ACTIVATE, {"wanted": scenario_id, "now": clock.now_ms()})


def deactivate(tx: Transaction, scenario_id: int, reason: str | None) -> None:
    """Switch off; `reason` is shown when it was not a person who did it."""
    tx.run(PAUSE, {"wanted": scenario_id, "reason": reason, "now": clock.now_ms()})


def prune(tx: Transaction, days: int, megabytes: int = 0) -> None:
    """Drop executions older than `days`, and the oldest of an account that has more than `megabytes`; come tomorrow."""
    tx.run(OLD, {"before": clock.now_ms() - days * DAY})
    if megabytes:
        retention.prune_size(tx, megabytes * 1_000_000)
    plan_pruning(tx, clock.now_ms() + DAY)


def plan_pruning(tx: Transaction, at: int | None = None) -> None:
    """Have old executions dropped once a day."""
    jobs.defer(
        tx, "executions.prune", {}, key="executions.prune", at=at if at is not None else clock.now_ms()
    )
