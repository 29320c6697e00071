"""Lists of to-dos and reminders: open ones by date, finished ones by when they were finished."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, func, select

from tieline.crm import entries, identity
from tieline.crm.access import Caller, member_address
from tieline.crm.dates import SOMEDAY, read_reminder
from tieline.crm.timeline_reading import BY_DUE, SHOWN, EntryView, views_of
from tieline.errors import InvalidInput, NotFound
from tieline.store import tables
from tieline.store.database import Row, Transaction

STATES: Final = ("open", "done", "all")
DEFAULT: Final = 50
MOST: Final = 1000
_entry = tables.entry.c
_link = tables.entry_link.c


class ToDoQuery(msgspec.Struct, kw_only=True):
    """What to-dos are asked for. `about`: an identifier (2.3); `before`, `after`: when they are due."""

    state: str = "open"
    assignee: str | None = None
    about: str | None = None
    before: str | None = None
    after: str | None = None
    pagesize: int | None = None
    pagenumber: int | None = None


class ToDoPage(msgspec.Struct):
    """One page of to-dos, and how many there are."""

    todos: list[EntryView]
    available: int
    pagenumber: int
    pagesize: int


def find(tx: Transaction, caller: Caller, query: ToDoQuery) -> ToDoPage:
    """To-dos and reminders of the account. Raises InvalidInput naming the parameter, NotFound."""
    size = min(query.pagesize, MOST) if query.pagesize and query.pagesize > 0 else DEFAULT
    number = max(query.pagenumber or 1, 1)
    wanted = _conditions(tx, caller, query)
    available = int(tx.scalar(select(func.count()).select_from(tables.entry).where(*wanted)))
    order = (_entry.done.desc(), _entry.id.desc()) if query.state == "done" else BY_DUE
    page = select(*SHOWN).where(*wanted).order_by(*order).limit(size).offset((number - 1) * size)
    return ToDoPage(views_of(tx, tx.all(page)), available, number, size)


def get_todo(tx: Transaction, caller: Caller, key: str) -> Row:
    """The entry of a to-do or reminder. Raises NotFound."""
    row = entries.find(tx, caller.account_id, key)
    if row["due"] is None:
        raise NotFound("The to-do was not found")
    return row


def _conditions(tx: Transaction, caller: Caller, query: ToDoQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [_entry.account_id == caller.account_id, _entry.due.is_not(None)]
    if query.state not in STATES:
        raise InvalidInput(f"“{query.state}” is unknown", field="state", remedy=", ".join(STATES))
    if query.state != "all":
        wanted.append(_entry.done.is_(None) if query.state == "open" else _entry.done.is_not(None))
    if query.assignee:
        wanted.append(
            func.lower(_entry.assignee) == member_address(caller, query.assignee, "assignee").lower()
        )
    if query.about:
        wanted.append(
            _entry.id.in_(
                select(_link.entry_id).where(_link.relation_id == _relation(tx, caller, query.about))
            )
        )
    for name, text in (("before", query.before), ("after", query.after)):
        if text:
            due = read_reminder(text, field=name, timezone=caller.timezone, date_format=None)
            moment = SOMEDAY if due is None else due
            wanted += [
                _entry.due > SOMEDAY,
                _entry.due < moment if name == "before" else _entry.due >= moment,
            ]
    return wanted


def _relation(tx: Transaction, caller: Caller, identifier: str) -> int:
    for kind in ("person", "company", "project"):
        found = identity.resolve(tx, caller.account_id, kind, identifier, caller.country)
        if found is not None:
            return found
    raise NotFound("No person, company or project was found", field="about", remedy="check the identifier")


def wire(view: EntryView) -> dict[str, Any]:
    """A to-do as the list answers it."""
    made: dict[str, Any] = {
        "key": view.key,
        "style": view.style,
        "subject": view.subject,
        "preview": view.preview,
        "due": view.due,
        "done": view.done,
        "changed": view.changed,
        "assigner": view.assigner,
        "assignee": view.assignee,
        "participants": [
            {"type": one.kind, "syncKey": one.sync_key, "name": one.name, "role": one.role}
            for one in view.participants
        ],
    }
    return {name: value for name, value in made.items() if value not in (None, "")}
