"""Versions of a scenario: who saved what and when, what is different, back to an earlier one, a new one from a file."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from tieline.crm.access import Caller
from tieline.errors import InvalidInput, TielineError
from tieline.scenarios import library, placeholders
from tieline.scenarios.blueprint import Blueprint
from tieline.scenarios.diff import Change, diff
from tieline.store.database import Transaction
from tieline.web import canvas, session, tokens
from tieline.web.context import database
from tieline.web.forms import values_of
from tieline.web.page import go, render

SHOWN = 2_000


async def show(request: Request) -> Response:
    """The versions, and what is different between two of them."""
    return await _page(request, None)


async def restore(request: Request) -> Response:
    """Make an earlier version the current one again."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    version = _number(values.get("version", "")) or 0
    try:
        made = await database(request).write(
            library.restore, caller.account_id, number, version, author=caller.email
        )
    except TielineError as error:
        return await _page(request, error)
    return go(request, f"/scenarios/{number}/versions", f"Version {made.version} is version {version} again.")


async def save(request: Request) -> Response:
    """A changed blueprint from a file, as a new version."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    upload = (await request.form()).get("file")
    text = await upload.read() if isinstance(upload, UploadFile) and upload.filename else b""
    try:
        if not text:
            raise InvalidInput(
                "choose a file", field="file", remedy="export the scenario, change it, choose it"
            )
        based_on = _number(values.get("based_on", ""))
        made = await database(request).write(
            library.save_version, caller.account_id, number, text, author=caller.email, based_on=based_on
        )
    except TielineError as error:
        return await _page(request, error)
    joined = ", joined with what was saved meanwhile" if made.merged else ""
    return go(request, f"/scenarios/{number}/versions", f"Version {made.version} is saved{joined}.")


async def repoint(request: Request) -> Response:
    """Make an HTTP call of a module that this server does not have."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    module = _number(values.get("module", "")) or 0

    def act(tx: Transaction) -> library.Imported:
        found = library.load_blueprint(tx, caller.account_id, number)
        made = placeholders.repoint(found, module, values.get("url", ""), values.get("method", "post"))
        return library.save_version(tx, caller.account_id, number, made.raw, author=caller.email)

    await database(request).write(act)
    return go(request, f"/scenarios/{number}?module={module}", "It calls that address now.")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


async def _page(request: Request, error: TielineError | None) -> Response:
    caller = await session.signed_in(request)
    asked = request.query_params
    read = await database(request).read(
        _read,
        caller,
        request.path_params["number"],
        _number(asked.get("from", "")),
        _number(asked.get("to", "")),
    )
    return await render(request, "versions.html", status=422 if error else 200, error=error, **read)


def _read(
    tx: Transaction, caller: Caller, number: int, before: int | None, after: int | None
) -> dict[str, Any]:
    account_id = caller.account_id
    scenario = library.get_scenario(tx, account_id, number)
    to = after if after is not None else scenario.version
    start = before if before is not None else max(1, to - 1)
    old = library.load_blueprint(tx, account_id, number, start)
    new = library.load_blueprint(tx, account_id, number, to)
    changes = diff(old, new)
    drawn = canvas.draw(new)
    touched = {change.module_id for change in changes if change.kind != "layout"}
    for disc in drawn.discs:
        disc.dimmed = disc.id not in touched
    return {
        "scenario": scenario,
        "versions": library.versions(tx, account_id, number),
        "before": start,
        "after": to,
        "groups": _groups(changes, old, new),
        "canvas": drawn,
        "link": "#module-",
        "chosen": None,
    }


def _groups(changes: list[Change], old: Blueprint, new: Blueprint) -> list[dict[str, Any]]:
    """The changes of each module together, with before and after as people read them."""
    labels = {
        step.id: canvas.own_label(step.raw) or step.module.rpartition(":")[2]
        for step in [*old.walk(), *new.walk()]
    }
    made = []
    for (number, called), rows in groupby(changes, key=lambda change: (change.module_id, change.label)):
        shown = [
            {
                "words": change.words,
                "kind": change.kind,
                "field": change.field.removeprefix("/mapper/").removeprefix("/parameters/").strip("/"),
                "before": _shown(change.before, labels),
                "after": _shown(change.after, labels),
            }
            for change in rows
        ]
        made.append({"id": number, "label": called, "rows": shown})
    return made


def _shown(value: Any, labels: dict[Any, str]) -> Any:
    if value is None:
        return None
    if isinstance(value, dict) and "conditions" in value:
        return tokens.shown(canvas.filter_words(value), labels)
    if isinstance(value, str):
        return tokens.shown(value[:SHOWN], labels)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return msgspec.json.format(msgspec.json.encode(value)).decode()[:SHOWN]
