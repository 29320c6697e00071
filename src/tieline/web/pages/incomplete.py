"""Incomplete executions of a scenario: list, one with its bundles to mend, resume and delete."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieline.errors import InvalidInput, TielineError
from tieline.scenarios import incomplete, library
from tieline.scenarios.incomplete import IncompleteView
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database
from tieline.web.forms import lists_of, values_of
from tieline.web.page import go, render


async def listing(request: Request) -> Response:
    """What waits, and what was completed."""
    caller, number = await session.signed_in(request), request.path_params["number"]

    def read(tx: Transaction) -> tuple[library.ScenarioView, list[IncompleteView]]:
        scenario = library.get_scenario(tx, caller.account_id, number)
        return scenario, incomplete.listed(tx, caller.account_id, number, every=True)

    scenario, found = await database(request).read(read)
    return await render(
        request,
        "incomplete.html",
        scenario=scenario,
        open=[one for one in found if one.state != "resolved"],
        resolved=[one for one in reversed(found) if one.state == "resolved"][:20],
    )


async def act(request: Request) -> Response:
    """Resume or delete those that are ticked; none ticked: all that wait."""
    caller, number = await session.signed_in(request), request.path_params["number"]
    values, ticked = await values_of(request), (await lists_of(request)).get("id", [])
    ids = [int(text) for text in ticked if text.isdecimal()] or None
    delete = values.get("act") == "delete"

    def write(tx: Transaction) -> int:
        row = library.find(tx, caller.account_id, number)
        chosen = [
            one for one in incomplete.many(tx, caller.account_id, number, ids) if one.state == "waiting"
        ]
        for one in chosen:
            if delete:
                incomplete.remove(tx, caller.account_id, one.id)
            else:
                version = int(row["version"]) if values.get("current") else None
                incomplete.resume(tx, caller.account_id, one.id, version=version)
        return len(chosen)

    count = await database(request).write(write)
    return go(request, f"/scenarios/{number}/incomplete", f"{count} {'deleted' if delete else 'resumed'}.")


async def show(request: Request) -> Response:
    """One, with its bundles to mend."""
    return await _page(request, None, None)


async def resume(request: Request) -> Response:
    """Try it with the bundles as they stand in the form."""
    caller, values = await session.signed_in(request), await values_of(request)
    number, which = request.path_params["number"], request.path_params["which"]
    text = values.get("bundles", "")

    def write(tx: Transaction) -> None:
        row = library.find(tx, caller.account_id, number)
        version = int(row["version"]) if values.get("current") else None
        incomplete.resume(tx, caller.account_id, which, bundles=_bundles(text), version=version)

    try:
        await database(request).write(write)
    except TielineError as error:
        return await _page(request, text, error)
    return go(request, f"/scenarios/{number}/incomplete", "It is being tried.")


def _bundles(text: str) -> dict[str, object]:
    try:
        found = msgspec.json.decode(text.encode())
    except msgspec.DecodeError as error:
        raise InvalidInput(f"this is not JSON: {error}", field="bundles", remedy="mend it") from None
    if not isinstance(found, dict):
        raise InvalidInput("must be an object", field="bundles", remedy='write {"1": {…}}')
    return found


async def _page(request: Request, text: str | None, error: TielineError | None) -> Response:
    caller, number = await session.signed_in(request), request.path_params["number"]
    which = request.path_params["which"]

    def read(tx: Transaction) -> tuple[library.ScenarioView, IncompleteView]:
        scenario = library.get_scenario(tx, caller.account_id, number)
        return scenario, incomplete.get(tx, caller.account_id, which)

    scenario, found = await database(request).read(read)
    kept = msgspec.json.format(msgspec.json.encode(found.bundles), indent=2).decode()
    return await render(
        request,
        "incomplete_one.html",
        status=422 if error else 200,
        scenario=scenario,
        one=found,
        text=kept if text is None else text,
        error=error,
    )
