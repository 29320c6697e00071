"""Executions: what ran, and everything it did."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm.access import Caller
from tieline.scenarios import history, library
from tieline.scenarios.history import ExecutionView
from tieline.store.database import Transaction
from tieline.web import canvas, session
from tieline.web.context import database, engine
from tieline.web.page import go, is_partial, render

PAGE = 50
STATUSES = ("waiting", "queued", "running", "success", "warning", "error", "skipped")


async def listing(request: Request) -> Response:
    """Executions of every scenario, or of one."""
    caller = await session.signed_in(request)
    asked = request.query_params
    scenario, status, before = asked.get("scenario", ""), asked.get("status", ""), asked.get("before", "")
    rows = await database(request).read(
        history.list_executions,
        caller.account_id,
        int(scenario) if scenario.isdecimal() else None,
        status=status if status in STATUSES else None,
        limit=PAGE,
        before=int(before) if before.isdecimal() and len(before) < 16 else None,
    )
    scenarios = await database(request).read(library.list_scenarios, caller.account_id)
    return await render(
        request,
        "parts/execution_rows.html" if is_partial(request) else "executions.html",
        executions=rows,
        scenarios=scenarios,
        statuses=STATUSES,
        asked={"scenario": scenario, "status": status},
        running=any(row.status in {"queued", "running"} for row in rows),
        older=rows[-1].created if len(rows) == PAGE else None,
    )


async def show(request: Request) -> Response:
    """One execution: canvas with bubbles, and each operation with input, output, duration, error."""
    caller = await session.signed_in(request)
    found, drawn = await database(request).read(_read, caller, request.path_params["execution"])
    context: dict[str, Any] = {
        "found": found,
        "run": found.execution,
        "canvas": drawn,
        "live": found.execution.status in {"queued", "running"},
        "link": "#module-",
        "chosen": None,
    }
    return await render(
        request, "parts/execution_body.html" if is_partial(request) else "execution.html", **context
    )


async def replay(request: Request) -> Response:
    """Run again with the same trigger data."""
    caller = await session.signed_in(request)
    started = await engine(request).replay(caller.account_id, request.path_params["execution"])
    return go(request, f"/executions/{started}", "Started again with the same data.")


def _read(tx: Transaction, caller: Caller, execution_id: str) -> tuple[ExecutionView, canvas.Canvas]:
    found = history.get_execution(tx, caller.account_id, execution_id)
    run = found.execution
    drawn = canvas.draw(library.load_blueprint(tx, caller.account_id, run.scenario_id, run.version))
    canvas.count(drawn, [(operation.module_id, operation.state) for operation in found.operations])
    return found, drawn
