"""Executions as people read them: the journal with labels."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from tieline.errors import InvalidInput, NotFound
from tieline.expressions import from_json
from tieline.modules import ALIASES, find_module
from tieline.scenarios import chains, journal
from tieline.scenarios.chains import Link
from tieline.scenarios.polling import POLLING
from tieline.scenarios.tools import TOOLS
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import execution, operation, scenario

COLUMNS = [column for column in execution.c if column.name not in {"trigger", "reply"}]
OF_EXECUTION = operation.c.execution_id == execution.c.id
SEARCHED = (operation.c.input, operation.c.output, operation.c.error, operation.c.exchange)
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
    text: str | None = None,
    module: str | None = None,
    after: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[ExecutionRow]:
    """Executions, newest first. `after`, `before`: created from that moment on, before that one (UTC milliseconds).

    `text`: words that occur, in any case, in what they began with or in an input, output, error, request or answer.
    `module`: the name or label of a module that ran in them.
    """
    conditions = [execution.c.account_id == account_id]
    if scenario_id is not None:
        conditions.append(execution.c.scenario_id == scenario_id)
    if status:
        conditions.append(execution.c.status == status)
    if before is not None:
        conditions.append(execution.c.created < before)
    if after is not None:
        conditions.append(execution.c.created >= after)
    if module:
        names = module_names(module)
        conditions.append(exists().where(OF_EXECUTION, operation.c.module.in_(names)))
    if text:
        conditions.append(_says(text))
    found = (
        select(*COLUMNS, scenario.c.name.label("scenario_name"))
        .join(scenario, scenario.c.id == execution.c.scenario_id)
        .where(and_(*conditions))
        .order_by(execution.c.created.desc(), execution.c.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in tx.all(found)]


def _says(text: str) -> ColumnElement[bool]:
    """Whether these words occur in an execution. Contents are JSON, so the words are looked for as JSON writes them."""
    wanted = msgspec.json.encode(text.strip().lower()).decode()[1:-1]
    own = (
        func.lower(column).contains(wanted, autoescape=True)
        for column in (execution.c.trigger, execution.c.error)
    )
    inner = (func.lower(column).contains(wanted, autoescape=True) for column in SEARCHED)
    return or_(execution.c.id == text.strip(), *own, exists().where(OF_EXECUTION, or_(*inner)))


def module_names(text: str) -> list[str]:
    """The names that operations have of the modules somebody means: by name or by label."""
    wanted = text.strip().lower()
    found = {tool.name for tool in TOOLS.values() if wanted in {tool.name.lower(), tool.label.lower()}}
    known = find_module(text)
    if known is not None:
        found |= {known.name, *(f"cloze:{alias}" for alias in ALIASES if find_module(alias) is known)}
    return sorted(found | {text.strip()})


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


def moment(text: str | None, zone: str, *, end: bool = False) -> int | None:
    """A day or a moment as somebody wrote it, in UTC milliseconds. `end`: of a day, its end. Raises InvalidInput."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        local = found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise InvalidInput(
            f"“{text}” is no day", field="to" if end else "from", remedy="write it like 2026-01-31"
        ) from None
    if end and len(text) == len("2026-01-31"):
        local += timedelta(days=1)
    return int(local.timestamp() * 1000)
