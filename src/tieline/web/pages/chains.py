"""Which scenarios set off which."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from tieline.scenarios import chains, ordering
from tieline.web import session
from tieline.web.context import database, settings
from tieline.web.forms import values_of
from tieline.web.page import go, render


async def show(request: Request) -> Response:
    """Causes, effects, loops."""
    caller = await session.signed_in(request)
    found = await database(request).read(chains.chains, caller.account_id)
    names = {edge.cause_id: edge.cause for edge in found.edges} | {e.effect_id: e.effect for e in found.edges}
    return await render(
        request, "chains.html", chains=found, names=names, deepest=settings(request).trace_depth
    )


async def set_order(request: Request) -> Response:
    """Whether executions wait for one another, and whether the scenario may set itself off."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    given = {
        "sequential": values.get("order") == "one",
        "sequence": values.get("sequence", "") if values.get("order") == "key" else "",
        "allow_self_trigger": "self" in values,
    }
    await database(request).write(ordering.set_order, caller.account_id, number, given, caller.email)
    return go(request, f"/scenarios/{number}/schedule", "Saved as a new version.")
