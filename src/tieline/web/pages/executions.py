"""Executions: what ran, and everything it did."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm.access import Caller
from tieline.errors import Conflict, InvalidInput
from tieline.modules import MODULES
from tieline.scenarios import dry, history, library
from tieline.scenarios.history import ExecutionView, OperationView
from tieline.scenarios.tools import TOOLS
from tieline.store.database import Transaction
from tieline.web import canvas, session
from tieline.web.context import database, engine
from tieline.web.forms import values_of
from tieline.web.page import go, is_partial, render

PAGE = 50
LONGEST = 200
ASKED = ("scenario", "status", "text", "module", "from", "to")
STATUSES = ("waiting", "queued", "running", "success", "warning", "error", "skipped")


async def listing(request: Request) -> Response:
    """Executions of every scenario, or of one: by status, words, module and day."""
    caller = await session.signed_in(request)
    asked = {name: request.query_params.get(name, "").strip()[:LONGEST] for name in ASKED}
    before = request.query_params.get("before", "")
    error = None
    try:
        after, until = (
            history.moment(asked["from"], caller.timezone),
            history.moment(asked["to"], caller.timezone, end=True),
        )
    except InvalidInput as wrong:
        error, after, until = wrong, None, None
    if before.isdecimal() and len(before) < 16:
        until = min(int(before), until or int(before))
    rows = await database(request).read_slow(
        history.list_executions,
        caller.account_id,
        int(asked["scenario"]) if asked["scenario"].isdecimal() else None,
        status=asked["status"] if asked["status"] in STATUSES else None,
        text=asked["text"] or None,
        module=asked["module"] or None,
        after=after,
        before=until,
        limit=PAGE,
    )
    scenarios = await database(request).read(library.list_scenarios, caller.account_id)
    return await render(
        request,
        "parts/execution_rows.html" if is_partial(request) else "executions.html",
        executions=rows,
        scenarios=scenarios,
        statuses=STATUSES,
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        modules=sorted(
            {module.label for module in MODULES.values()} | {tool.label for tool in TOOLS.values()}
        ),
        error=error,
        running=any(row.status in {"queued", "running"} for row in rows),
        older=rows[-1].created if len(rows) == PAGE else None,
    )


async def show(request: Request) -> Response:
    """One execution: canvas with bubbles, and each operation with input, output, duration, error."""
    caller = await session.signed_in(request)
    found, drawn, versions = await database(request).read(_read, caller, request.path_params["execution"])
    context: dict[str, Any] = {
        "found": found,
        "run": found.execution,
        "canvas": drawn,
        "live": found.execution.status in {"queued", "running"},
        "link": "#module-",
        "chosen": None,
        "versions": versions,
        "sent": _writes(found) if found.execution.type == dry.KIND else None,
    }
    return await render(
        request, "parts/execution_body.html" if is_partial(request) else "execution.html", **context
    )


async def replay(request: Request) -> Response:
    """Run again with the same trigger data: any version, dry or real."""
    caller, values = await session.signed_in(request), await values_of(request)
    execution, version = request.path_params["execution"], values.get("version", "")
    dry_run = bool(values.get("dry"))
    try:
        started = await engine(request).replay(
            caller.account_id, execution, int(version) if version.isdecimal() else None, dry_run=dry_run
        )
    except (InvalidInput, Conflict) as error:
        return go(request, f"/executions/{execution}", str(error))
    told = "Started dry: nothing is sent." if dry_run else "Started again with the same data."
    return go(request, f"/executions/{started}", told)


def _read(
    tx: Transaction, caller: Caller, execution_id: str
) -> tuple[ExecutionView, canvas.Canvas, list[int]]:
    found = history.get_execution(tx, caller.account_id, execution_id)
    run = found.execution
    drawn = canvas.draw(library.load_blueprint(tx, caller.account_id, run.scenario_id, run.version))
    canvas.count(drawn, [(operation.module_id, operation.state) for operation in found.operations])
    versions = [int(row["version"]) for row in library.versions(tx, caller.account_id, run.scenario_id)]
    return found, drawn, versions


def _writes(found: ExecutionView) -> list[tuple[OperationView, dict[str, Any] | None]]:
    """What a dry run would have sent: each operation with its request, or alone where there is none."""
    made: list[tuple[OperationView, dict[str, Any] | None]] = []
    for operation in found.operations:
        requests = [x for x in operation.exchange if str(x.get("method")).upper() not in dry.READS]
        made += [(operation, x) for x in requests]
        tool = TOOLS.get(operation.module)
        if (
            tool is not None
            and not requests
            and operation.state == "done"
            and (tool.act or tool.writes(operation.input or {}))
        ):
            made.append((operation, None))
    return made
