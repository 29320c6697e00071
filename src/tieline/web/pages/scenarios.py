"""Scenarios: list, import, one scenario with its canvas, switching, running, connecting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from tieline.crm.access import Caller
from tieline.errors import InvalidInput, NotFound, TielineError
from tieline.modules import connections, find_module
from tieline.scenarios import bindings, due, history, library, pausing, placeholders
from tieline.scenarios.blueprint import Blueprint, parse
from tieline.scenarios.polling import POLLING, module_of
from tieline.store.database import Transaction
from tieline.web import canvas, session, tokens
from tieline.web.context import database, engine
from tieline.web.forms import values_of
from tieline.web.page import go, render

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


async def listing(request: Request) -> Response:
    """Every scenario."""
    caller = await session.signed_in(request)
    found = await database(request).read(library.list_scenarios, caller.account_id)
    recent = await database(request).read(history.list_executions, caller.account_id, limit=200)
    last: dict[int, Any] = {}
    for row in recent:
        last.setdefault(row.scenario_id, row)
    return await render(request, "scenarios.html", scenarios=found, last=last)


async def import_form(request: Request) -> Response:
    """Where a blueprint comes in."""
    return await _import_page(request, "", None)


async def import_blueprint(request: Request) -> Response:
    """Take a blueprint in."""
    caller, values = await session.signed_in(request), await values_of(request)
    form = await request.form()
    upload = form.get("file")
    text: str | bytes = values.get("text", "")
    if isinstance(upload, UploadFile) and upload.filename:
        text = await upload.read()
    elif values.get("example"):
        text = _example(values["example"])
    if not text:
        return await _import_page(
            request, "", InvalidInput("choose a file or paste the blueprint", field="blueprint")
        )
    try:
        made = await database(request).write(
            library.import_blueprint, caller.account_id, text, author=caller.email
        )
    except TielineError as error:
        return await _import_page(request, values.get("text", ""), error)
    return go(request, f"/scenarios/{made.id}", f"“{made.name}” has come in.")


async def show(request: Request) -> Response:
    """One scenario: canvas, module panel, findings, connections, executions."""
    return await _page(request, None)


async def connect(request: Request) -> Response:
    """Connect everything, or one resource, to an account."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]

    def write(tx: Transaction) -> None:
        chosen, kind = values.get("connection", ""), values.get("kind", "")
        local = int(chosen) if chosen.isdecimal() else None
        if kind:
            library.bind(tx, caller.account_id, number, kind, values.get("foreign", ""), local)
        else:
            own = connections.this_account(tx, caller.account_id).id
            library.bind_all(tx, caller.account_id, number, own if local is None else local)

    await database(request).write(write)
    return go(request, f"/scenarios/{number}", "Connected.")


async def switch(request: Request) -> Response:
    """On or off."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    try:
        if values.get("on"):
            await engine(request).activate(caller.account_id, number)
            return go(request, f"/scenarios/{number}", "The scenario is on.")
        await engine(request).deactivate(caller.account_id, number)
    except InvalidInput as error:
        return await _page(request, error)
    return go(request, f"/scenarios/{number}", "The scenario is off.")


async def probe(request: Request) -> Response:
    """Try a paused scenario now."""
    caller, number = await session.signed_in(request), request.path_params["number"]

    def act(tx: Transaction) -> None:
        row = library.find(tx, caller.account_id, number)
        if row["paused_until"] is not None:
            pausing.probe_now(tx, row)

    await database(request).write(act)
    return go(request, f"/scenarios/{number}", "It is being tried.")


async def catch_all(request: Request) -> Response:
    """Let this scenario take every unhandled failure, or none any more."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    try:
        await engine(request).set_catch_all(caller.account_id, number if values.get("on") else None)
    except InvalidInput as error:
        return await _page(request, error)
    return go(request, f"/scenarios/{number}", "Saved.")


async def run(request: Request) -> Response:
    """Run once: with pasted data, the data of an earlier execution, or the sample."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    try:
        started = await engine(request).run_once(
            caller.account_id, number, _trigger(values.get("trigger", ""))
        )
    except InvalidInput as error:
        return await _page(request, error)
    return go(request, f"/executions/{started}")


async def rename(request: Request) -> Response:
    """Another name."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    await database(request).write(library.rename, caller.account_id, number, values.get("name", ""))
    return go(request, f"/scenarios/{number}", "Renamed.")


async def remove(request: Request) -> Response:
    """Delete a scenario that is off."""
    caller = await session.signed_in(request)
    await database(request).write(library.remove, caller.account_id, request.path_params["number"])
    return go(request, "/scenarios", "The scenario is deleted.")


async def export(request: Request) -> Response:
    """The blueprint as a file."""
    caller = await session.signed_in(request)
    number = request.path_params["number"]
    version = request.query_params.get("version", "")
    text = await database(request).read(
        library.export_blueprint,
        caller.account_id,
        number,
        int(version) if version.isdecimal() else None,
        for_make=request.query_params.get("for") == "make",
    )
    headers = {"Content-Disposition": f'attachment; filename="scenario-{number}.blueprint.json"'}
    return Response(text, media_type="application/json", headers=headers)


def examples() -> list[tuple[str, str]]:
    """(name, title) of the blueprints that come along."""
    return [(path.stem, parse(path.read_bytes()).name) for path in sorted(EXAMPLES.glob("*.json"))]


def _example(name: str) -> bytes:
    path = EXAMPLES / f"{name}.json"
    if name not in {found for found, _ in examples()}:
        raise NotFound("There is no such example.")
    return path.read_bytes()


def _trigger(text: str) -> list[dict[str, Any]] | None:
    if not text.strip():
        return None
    try:
        value = msgspec.json.decode(text.encode())
    except msgspec.DecodeError as error:
        raise InvalidInput(
            f"this is not JSON: {error}", field="trigger", remedy="paste a bundle: {…}"
        ) from None
    bundles = value if isinstance(value, list) else [value]
    if not all(isinstance(bundle, dict) for bundle in bundles):
        raise InvalidInput("a bundle is an object", field="trigger", remedy="paste {…} or [{…}, …]")
    return bundles


async def _import_page(request: Request, text: str, error: TielineError | None) -> Response:
    return await render(
        request,
        "scenario_import.html",
        status=422 if error else 200,
        text=text,
        error=error,
        examples=examples(),
    )


async def _page(request: Request, error: TielineError | None) -> Response:
    caller = await session.signed_in(request)
    number = request.path_params["number"]
    read = await database(request).read(_read, caller, number)
    blueprint: Blueprint = read["blueprint"]
    drawn = canvas.draw(blueprint)
    chosen = request.query_params.get("module", "")
    panel = _panel(blueprint, int(chosen)) if chosen.isdecimal() else None
    scenario: library.ScenarioView = read["scenario"]
    coming = due.coming(scenario.scheduling, scenario.next_run, caller.timezone, 3)
    first = find_module(str(blueprint.flow[0].get("module")))
    return await render(
        request,
        "scenario.html",
        status=422 if error else 200,
        error=error,
        canvas=drawn,
        panel=panel,
        coming=coming,
        instant=drawn.discs[0].badge == "bolt" if drawn.discs else False,
        sample=first.sample if first is not None and first.kind == "instant_trigger" else None,
        chosen=int(chosen) if chosen.isdecimal() else None,
        link=f"/scenarios/{number}?module=",
        **read,
    )


def _read(tx: Transaction, caller: Caller, number: int) -> dict[str, Any]:
    account_id = caller.account_id
    return {
        "scenario": library.get_scenario(tx, account_id, number),
        "blueprint": library.load_blueprint(tx, account_id, number),
        "findings": library.findings(tx, account_id, number),
        "losses": placeholders.losses(library.load_blueprint(tx, account_id, number)),
        "bindings": library.bindings(tx, account_id, number),
        "connections": connections.list_connections(tx, account_id),
        "catch_all": pausing.catch_all_of(tx, account_id),
        "choices": {kind: bindings.choices(tx, account_id, kind) for kind in bindings.HOMES},
        "versions": library.versions(tx, account_id, number),
        "executions": history.list_executions(tx, account_id, number, limit=12),
    }


def _panel(blueprint: Blueprint, number: int) -> dict[str, Any] | None:
    """The fields of a module with what is mapped into them."""
    labels = {step.id: canvas.own_label(step.raw) or _label(step.module) for step in blueprint.walk()}
    for step in blueprint.walk():
        if step.id != number:
            continue
        module = module_of(step.module)
        given = {**(step.raw.get("parameters") or {}), **(step.raw.get("mapper") or {})}
        names = {found.name: found for found in module.fields} if module else {}
        rows = [
            (
                names[name].label if name in names else name,
                bool(name in names and names[name].required),
                tokens.shown(value, labels),
            )
            for name, value in given.items()
            if not name.startswith("__")
        ]
        found = step.raw.get("filter")
        return {
            "id": number,
            "label": labels[number],
            "name": step.module,
            "description": module.description if module else "",
            "rows": rows,
            "filter": tokens.shown(canvas.filter_words(found), labels) if isinstance(found, dict) else None,
            "filter_name": found.get("name") if isinstance(found, dict) else None,
            "known": module is not None,
            "placeholder": next(
                (p for p in placeholders.placeholders(blueprint) if p.module_id == number), None
            ),
        }
    return None


def _label(name: str) -> str:
    module = POLLING.get(name) or find_module(name)
    return module.label if module else name.rpartition(":")[2]
