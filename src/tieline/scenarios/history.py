"""Executions as people read them: the journal with labels."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, select

from tieline.errors import NotFound
from tieline.expressions import from_json
from tieline.modules import find_module
from tieline.scenarios import chains, journal
from tieline.scenarios.chains import Link
from tieline.scenarios.polling import POLLING
from tieline.scenarios.tools import TOOLS
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import execution, scenario

COLUMNS = [column for column in execution.c if column.name not in {"trigger", "reply"}]
ONE = Statement(
    select(execution, scenario.c.name.label("scenario_name"))
    .join(scenario, scenario.c.id == execution.c.scenario_id)
    .where(execution.c.id == bindparam("wanted"), execution.c.account_id == bindparam("account_id"))
)


class ExecutionRow(msgspec.Struct):
    """An execution in a list. Times in UTC milliseconds."""

    id: str
    scenario_id: int
    scenario: str
    version: int
    status: str
    type: str
    trace: str
    depth: int
    created: int
    started: int | None
    finished: int | None
    operations: int
    error: dict[str, Any] | None
    warnings: list[str] = []

    @property
    def duration(self) -> int | None:
        """How long it ran, in milliseconds."""
        return (
            self.finished - self.started if self.finished is not None and self.started is not None else None
        )


class OperationView(msgspec.Struct):
    """One operation. `output`: its bundles; `exchange`: requests and answers, secrets masked."""

    seq: int
    path: str
    module_id: int
    module: str
    label: str
    state: str
    started: int
    duration: int | None
    attempt: int
    input: Any
    output: list[Any] | None
    error: dict[str, Any] | None
    exchange: list[dict[str, Any]]


class ExecutionView(msgspec.Struct):
    """An execution with its operations, the bundles it began with, what led to it and what it set off."""

    execution: ExecutionRow
    trigger: list[Any] | None
    operations: list[OperationView]
    causes: list[Link] = []
    effects: list[Link] = []


def list_executions(
    tx: Transaction,
    account_id: int,
    scenario_id: int | None = None,
    *,
    status: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[ExecutionRow]:
    """Executions, newest first. `before`: only those created before that moment."""
    conditions = [execution.c.account_id == account_id]
    if scenario_id is not None:
        conditions.append(execution.c.scenario_id == scenario_id)
    if status:
        conditions.append(execution.c.status == status)
    if before is not None:
        conditions.append(execution.c.created < before)
    found = (
        select(*COLUMNS, scenario.c.name.label("scenario_name"))
        .join(scenario, scenario.c.id == execution.c.scenario_id)
        .where(and_(*conditions))
        .order_by(execution.c.created.desc(), execution.c.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in tx.all(found)]


def get_execution(tx: Transaction, account_id: int, execution_id: str) -> ExecutionView:
    """An execution with everything it did. Raises NotFound."""
    row = tx.one(ONE, {"wanted": execution_id, "account_id": account_id})
    if row is None:
        raise NotFound("There is no such execution.")
    operations = [_operation(found) for found in journal.load(tx, execution_id)]
    return ExecutionView(
        _row(row),
        msgspec.json.decode(row["trigger"]),
        operations,
        chains.causes(tx, account_id, execution_id),
        chains.effects(tx, account_id, execution_id),
    )


def trigger_of(found: ExecutionView) -> list[dict[str, Any]] | None:
    """The bundles that an execution began with: those it was given, or those that its polling trigger read."""
    first = found.operations[0] if found.operations else None
    stored = found.trigger
    if stored is None and first is not None and first.module in POLLING:
        stored = first.output
    made: Any = from_json(stored)
    return made if isinstance(made, list) else None


def _row(row: Row) -> ExecutionRow:
    names = [name for name in ExecutionRow.__struct_fields__ if name not in {"scenario", "error", "warnings"}]
    error = msgspec.json.decode(row["error"]) if row["error"] else None
    return ExecutionRow(
        **{name: row[name] for name in names},
        scenario=row["scenario_name"],
        error=error,
        warnings=_json(row["warnings"]) or [],
    )


def _operation(row: Row) -> OperationView:
    module, tool = find_module(row["module"]), TOOLS.get(row["module"])
    polled = POLLING.get(row["module"])
    label = (
        polled.label
        if polled
        else module.label
        if module
        else tool.label
        if tool
        else str(row["module"]).rpartition(":")[2]
    )
    names = ("seq", "path", "module_id", "module", "state", "started", "duration", "attempt")
    return OperationView(
        **{name: row[name] for name in names},
        label=label,
        input=_json(row["input"]),
        output=_json(row["output"]),
        error=_json(row["error"]),
        exchange=_json(row["exchange"]) or [],
    )


def _json(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
