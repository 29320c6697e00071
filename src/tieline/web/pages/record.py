"""One person, company or project: header, fields, timeline, next steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import changes, relations, timeline_reading
from tieline.crm.access import Caller
from tieline.crm.changes import ChangeView
from tieline.crm.links import inner_records
from tieline.crm.settings import AccountSettings, load_settings
from tieline.crm.timeline_reading import EntryView
from tieline.errors import InvalidInput, NotFound, TielineError
from tieline.records.codec import convert
from tieline.records.kinds import KINDS, Kind
from tieline.store.database import Row, Transaction
from tieline.web import record_form, session
from tieline.web.context import database
from tieline.web.forms import lists_of, values_of
from tieline.web.page import go, is_partial, render, toast
from tieline.web.pages.lists import kind_of
from tieline.web.templating import date as day_text

ENTRIES = 40
TABS = {
    "all": ("All", ()),
    "mail": ("Mail", ("mail",)),
    "calls": ("Calls", ("call", "meeting", "sms", "message", "inapp")),
    "notes": ("Notes", ("note", "external")),
    "todos": ("To-dos", ("todo", "nextstep")),
    "changes": ("Changes", ()),
}


class Item(NamedTuple):
    """One line of the timeline: an entry or a change."""

    at: int
    entry: EntryView | None
    change: ChangeView | None


class Shown(NamedTuple):
    """What the page shows, read in one snapshot."""

    row: Row
    settings: AccountSettings
    items: list[Item]
    more: int | None
    todos: list[EntryView]
    linked: dict[str, list[dict[str, Any]]]


async def show(request: Request) -> Response:
    """The page of a record."""
    kind, caller = kind_of(request), await session.signed_in(request)
    tab = request.query_params.get("show", "all")
    shown = await database(request).read(_read, caller, kind, request.path_params["key"], tab, None)
    return await render(request, "record.html", **_context(kind, caller, shown, tab))


async def timeline(request: Request) -> Response:
    """Older lines, or the lines of another tab (for htmx)."""
    kind, caller = kind_of(request), await session.signed_in(request)
    tab = request.query_params.get("show", "all")
    before = request.query_params.get("before", "")
    stamp = int(before) if before.isdecimal() and len(before) < 16 else None
    shown = await database(request).read(_read, caller, kind, request.path_params["key"], tab, stamp)
    return await render(request, "parts/timeline.html", **_context(kind, caller, shown, tab))


async def place(request: Request) -> Response:
    """Set segment, stage, step or assignee, with a way back."""
    kind, caller = kind_of(request), await session.signed_in(request)
    values = await values_of(request)
    field = next((name for name in ("segment", "stage", "step", "assignTo") if name in values), None)
    if field is None:
        raise InvalidInput("nothing to change", remedy="choose a segment, stage or step")
    key = request.path_params["key"]
    written = await database(request).write(_place, caller, kind, key, field, values[field])
    shown = await database(request).read(_read, caller, kind, key, "all", None)
    context = _context(kind, caller, shown, "all")
    label = {"segment": "Segment", "stage": "Stage", "step": "Step", "assignTo": "Assignee"}[field]
    text = f"{label} changed." if written.changed else "Nothing changed."
    undo = f"/changes/{written.change_id}/undo" if written.change_id else None
    if not is_partial(request):
        return go(request, f"/{kind.plural}/{key}", text, undo=undo)
    return await render(request, "parts/places.html", headers=toast(text, undo=undo), **context)


async def undo(request: Request) -> Response:
    """Put back what a change replaced."""
    caller = await session.signed_in(request)
    written = await database(request).write(relations.revert, caller, request.path_params["change_id"])
    row = await database(request).read(_row_of, caller, written.relation_id or 0)
    return go(request, f"/{KINDS[row['kind']].plural}/{row['sync_key']}", written.message or "Undone.")


async def new(request: Request) -> Response:
    """The form for a new record."""
    kind, caller = kind_of(request), await session.signed_in(request)
    settings = await database(request).read(load_settings, caller.account_id)
    return await _form(request, kind, settings, {}, None, None)


async def create(request: Request) -> Response:
    """Store a new record, or enhance the one that it turns out to be."""
    kind, caller = kind_of(request), await session.signed_in(request)
    settings = await database(request).read(load_settings, caller.account_id)
    wire = record_form.read(kind, await lists_of(request), settings)
    try:
        body = convert(kind.type, {name: value for name, value in wire.items() if value not in ("", [])})
        written = await database(request).write(relations.upsert, caller, kind.name, body, mode="create")
    except TielineError as error:
        if error.code == "no-identifier":
            error.message = (
                "Give an e-mail address, a mobile phone, or a name with another way to reach them."
            )
        return await _form(request, kind, settings, wire, None, error)
    text = (
        f"{kind.label} added."
        if written.created
        else f"There was such a {kind.label.lower()} already: the two are one now."
    )
    return go(request, f"/{kind.plural}/{written.sync_key}", text)


async def edit(request: Request) -> Response:
    """The form of a record."""
    kind, caller = kind_of(request), await session.signed_in(request)
    row, settings = await database(request).read(_row_and_settings, caller, kind, request.path_params["key"])
    return await _form(request, kind, settings, relations.record_of(row), row["sync_key"], None)


async def save(request: Request) -> Response:
    """Store the form of a record."""
    kind, caller = kind_of(request), await session.signed_in(request)
    row, settings = await database(request).read(_row_and_settings, caller, kind, request.path_params["key"])
    wire = record_form.read(kind, await lists_of(request), settings)
    try:
        body = convert(kind.type, wire)
        written = await database(request).write(relations.rewrite, caller, kind.name, row["id"], body)
    except TielineError as error:
        return await _form(request, kind, settings, wire, row["sync_key"], error)
    undo_path = f"/changes/{written.change_id}/undo" if written.change_id else None
    return go(
        request,
        f"/{kind.plural}/{row['sync_key']}",
        "Saved." if written.changed else "Nothing changed.",
        undo=undo_path,
    )


async def delete(request: Request) -> Response:
    """Remove a record."""
    kind, caller = kind_of(request), await session.signed_in(request)
    await database(request).write(relations.delete_relation, caller, kind.name, request.path_params["key"])
    return go(request, f"/{kind.plural}", f"{kind.label} deleted. Its timeline entries are kept.")


async def _form(
    request: Request,
    kind: Kind,
    settings: AccountSettings,
    wire: dict[str, Any],
    key: str | None,
    error: TielineError | None,
) -> Response:
    return await render(
        request,
        "record_form.html",
        status=422 if error else 200,
        kind=kind,
        key=key,
        name=wire.get("name", ""),
        groups=record_form.groups(kind, wire, settings),
        error=error,
    )


def _read(tx: Transaction, caller: Caller, kind: Kind, key: str, tab: str, before: int | None) -> Shown:
    row = relations.find_row(tx, caller, kind.name, key)
    items, more = _items(tx, caller, row["id"], tab, before)
    return Shown(
        row,
        load_settings(tx, caller.account_id),
        items,
        more,
        timeline_reading.next_steps(tx, caller, row["id"], limit=20),
        inner_records(tx, row["id"]) if kind.name == "project" else {},
    )


def _items(
    tx: Transaction, caller: Caller, relation_id: int, tab: str, before: int | None
) -> tuple[list[Item], int | None]:
    """The lines older than `before`, newest first, and where the next page begins."""
    items: list[Item] = []
    if tab != "changes":
        filters = TABS.get(tab, TABS["all"])[1]
        found = timeline_reading.entries_of(
            tx, caller, relation_id, limit=ENTRIES, before=before, filters=filters
        )
        items += [Item(entry.date, entry, None) for entry in found]
    if tab in {"all", "changes"}:
        recent = changes.history(tx, caller, relation_id, limit=ENTRIES * 3)
        items += [Item(change.at, None, change) for change in recent if before is None or change.at < before]
    items.sort(key=lambda item: item.at, reverse=True)
    return items[:ENTRIES], items[ENTRIES - 1].at if len(items) > ENTRIES else None


def _place(
    tx: Transaction, caller: Caller, kind: Kind, key: str, field: str, value: str
) -> relations.Written:
    row = relations.find_row(tx, caller, kind.name, key)
    body = convert(
        kind.type, {"syncKey": row["sync_key"], field: value or "none" if field != "assignTo" else value}
    )
    return relations.upsert(tx, caller, kind.name, body, mode="update")


def _row_and_settings(tx: Transaction, caller: Caller, kind: Kind, key: str) -> tuple[Row, AccountSettings]:
    return relations.find_row(tx, caller, kind.name, key), load_settings(tx, caller.account_id)


def _row_of(tx: Transaction, caller: Caller, relation_id: int) -> Row:
    row = relations.by_id(tx, caller.account_id, relation_id)
    if row is None:
        raise NotFound("The record is gone.")
    return row


def _context(kind: Kind, caller: Caller, shown: Shown, tab: str) -> dict[str, Any]:
    record = relations.record_of(shown.row)
    settings = shown.settings
    segment, stage = shown.row["segment"], shown.row["stage"]
    return {
        "kind": kind,
        "record": record,
        "row": shown.row,
        "key": record["syncKey"],
        "segments": settings.segments(kind.name),
        "stages": settings.shown_stages(kind.name),
        "steps": settings.steps_of(segment, stage),
        "facts": list(record_form.facts(kind, record, settings)),
        "days": list(_days(shown.items, caller.timezone)),
        "more": shown.more,
        "todos": shown.todos,
        "linked": shown.linked,
        "tab": tab if tab in TABS else "all",
        "tabs": {name: label for name, (label, _) in TABS.items()},
        "names": record_form.labels(kind, settings),
        "readable": lambda value: record_form.readable(kind, value, settings),
    }


def _days(items: list[Item], timezone: str) -> Iterator[tuple[str, list[Item]]]:
    """Lines under their day."""
    day: str = ""
    lines: list[Item] = []
    for item in items:
        name = day_text(item.at, timezone)
        if name != day and lines:
            yield day, lines
            lines = []
        day = name
        lines.append(item)
    if lines:
        yield day, lines


__all__ = ["create", "delete", "edit", "new", "place", "save", "show", "timeline", "undo"]
