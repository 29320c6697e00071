"""Reading the timeline: pages of references for the API, messages and bodies, views for pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import ColumnElement, Select, bindparam, case, func, select

from tieline import clock
from tieline.crm import auditing, relations
from tieline.crm.access import Caller, reading, sees, team_caller
from tieline.crm.bodies import safe_html, safe_link
from tieline.crm.dates import SOMEDAY
from tieline.crm.entries import COLUMNS, find, find_many, message_of, stored
from tieline.crm.inputs import given, text_of
from tieline.errors import InvalidInput
from tieline.records.timeline import Message, MessageRef, TimelineQuery
from tieline.records.vocabulary import TIMELINE_FILTERS
from tieline.store import tables
from tieline.store.database import Row, Statement, Transaction

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 1000
BODY_IN_LIST: Final = 20_000  # characters of a body that a list of views carries; cleaning HTML takes time
BODY_IN_VIEW: Final = 500_000
_MIME_TYPES: Final = {"html": "text/html", "text": "text/plain"}

_entry = tables.entry.c
_link = tables.entry_link.c
_relation = tables.relation.c
_REFERENCE: Final = (_entry.key, _entry.changed, _entry.date)
SHOWN: Final = (*COLUMNS, func.substr(_entry.body, 1, BODY_IN_LIST + 1).label("body"))


class TimelinePage(msgspec.Struct, omit_defaults=True):
    """Newest first. `stamp` leads to older entries and is absent when there are none."""

    messages: list[MessageRef]
    stamp: int | UnsetType = UNSET


class MessageBody(msgspec.Struct, rename="camel"):
    """A body exactly as it was sent."""

    body: str
    mime_type: str


class Participant(msgspec.Struct, frozen=True):
    """A relation that an entry is connected with."""

    relation_id: int
    kind: str
    sync_key: str
    name: str
    role: str  # from | to | cc | bcc | reference | participant


class EntryView(msgspec.Struct, kw_only=True):
    """An entry as pages show it. `body_html` is safe to include; links are safe to follow.

    Only the beginning of a long body is there when `truncated`: `body` has all of it.
    """

    key: str
    noun: str
    style: str
    filter: str
    date: int
    changed: int
    subject: str
    preview: str
    body_html: str
    truncated: bool
    due: int | None  # 1: someday
    done: int | None
    assigner: str
    assignee: str
    direction: str
    outcome: str
    duration: int | float | None
    location: str
    source: str
    sender: str  # name or address of who it comes from
    links: list[tuple[str, str]]  # (address, title)
    participants: list[Participant]


def timeline(tx: Transaction, caller: Caller, kind: str, query: TimelineQuery) -> TimelinePage:
    """One page of a record's entries (2.8). Entries of one instant are not split, so `limit` is approximate.

    Raises NoIdentifier, NotFound, InvalidInput.
    """
    limit = _limit(query.limit)
    before = _stamp(query.stamp)
    conditions = _conditions(query)
    caller = reading(caller, team=bool(given(query.shared) or given(query.team)))
    row = relations.find_row(tx, caller, kind, text_of(query.id) or text_of(query.uniqueid))
    audited = auditing.FILTERS & set(_names(query))
    if given(query.reminders_only) or given(query.documents_only):
        audited = frozenset()  # a change is neither

    def some(when: auditing.When, most: int | None = None) -> list[Row]:
        """Entries, and changes if they are asked for, newest first."""
        entries = tx.all(_references([_link.relation_id == row["id"], *conditions, *when(_link.date)], most))
        if not audited:
            return entries
        told = auditing.references(tx, caller, row["id"], audited, when, most)
        return sorted([*entries, *told], key=lambda one: one["date"], reverse=True)[:most]

    found = some(lambda date: () if before is None else (date < before,), limit + 1)
    if len(found) <= limit:
        return TimelinePage(_refs(found))
    boundary = found[limit - 1]["date"]
    page = [entry for entry in found[:limit] if entry["date"] > boundary]
    page += some(lambda date: (date == boundary,))
    more = some(lambda date: (date < boundary,), 1)
    return TimelinePage(_refs(page), stamp=boundary if more else UNSET)


def messages(
    tx: Transaction, caller: Caller, refs: Sequence[MessageRef], *, strict: bool = False
) -> list[Message]:
    """Entries by key, in the order asked; unknown keys are left out. `strict`: the vendor's spellings."""
    keys = [text_of(ref.key) for ref in refs]
    if not all(keys):
        raise InvalidInput("is required", field=f"messages[{keys.index('')}].key")
    if len(keys) > MAX_LIMIT:
        raise InvalidInput(f"at most {MAX_LIMIT} messages at once", field="messages")
    found = find_many(tx, caller.account_id, keys)
    if caller.team is not None and not caller.on_team_copy and len(found) < len(set(keys)):
        found |= _shared(tx, team_caller(caller), [key for key in keys if key not in found])
    made: dict[str, Message] = {key: message_of(row, strict=strict) for key, row in found.items()}
    made |= auditing.messages(tx, caller, keys)
    return [made[key] for key in dict.fromkeys(keys) if key in made]


def body(tx: Transaction, caller: Caller, key: str) -> MessageBody:
    """The full body of an entry, as sent: one's own, or one the team shares. Raises NotFound."""
    if caller.team is not None and _shared(tx, team_caller(caller), [key]):
        caller = team_caller(caller)
    if told := auditing.messages(tx, caller, [key]):
        return MessageBody(text_of(told[key].subject), _MIME_TYPES["text"])
    row = find(tx, caller.account_id, key)
    bodytype = text_of(stored(row).bodytype) or "text"
    return MessageBody(row["body"] or "", _MIME_TYPES[bodytype])


def _shared(tx: Transaction, caller: Caller, keys: Sequence[str]) -> dict[str, Row]:
    """The team's entries of these keys that concern a record the caller sees."""
    found = find_many(tx, caller.account_id, keys)
    return {
        key: row
        for key, row in found.items()
        if any(sees(caller, relation) for relation in tx.all(_CONCERNED, {"entry": row["id"]}))
    }


_CONCERNED = Statement(
    select(_relation.node, _relation.assignee)
    .join_from(tables.entry_link, tables.relation, _relation.id == _link.relation_id)
    .where(_link.entry_id == bindparam("entry"))
)


def view(tx: Transaction, caller: Caller, key: str) -> EntryView:
    """One entry for pages. Raises NotFound."""
    return views_of(tx, [find(tx, caller.account_id, key)], BODY_IN_VIEW)[0]


def entries_of(
    tx: Transaction,
    caller: Caller,
    relation_id: int,
    *,
    limit: int = DEFAULT_LIMIT,
    before: int | None = None,
    filters: Sequence[str] = (),
) -> list[EntryView]:
    """Entries of a relation for pages, newest first; `before` continues from the date of the last one shown."""
    wanted: list[ColumnElement[bool]] = [
        _link.relation_id == relation_id,
        _entry.account_id == caller.account_id,
    ]
    if before is not None:
        wanted.append(_link.date < before)
    if filters:
        wanted.append(_entry.filter.in_(filters))
    return views_of(tx, tx.all(_references(wanted, limit, SHOWN)))


def entries_between(
    tx: Transaction,
    caller: Caller,
    styles: Sequence[str],
    begins: int,
    ends: int,
    *,
    done: bool = False,
    limit: int = DEFAULT_LIMIT,
) -> list[EntryView]:
    """What happened from then to before then, newest first; `done`: what was completed then."""
    at = _entry.done if done else _entry.date
    statement = (
        select(*SHOWN)
        .where(
            _entry.account_id == caller.account_id,
            _entry.style.in_(styles),
            at >= begins,
            at < min(ends, clock.now_ms() + 1),
        )
        .order_by(at.desc(), _entry.id.desc())
        .limit(limit)
    )
    return views_of(tx, tx.all(statement))


_OPEN: Final = (
    _entry.account_id == bindparam("account_id"),
    _entry.due.is_not(None),
    _entry.done.is_(None),
)
BY_DUE: Final = (case((_entry.due == SOMEDAY, 1), else_=0), _entry.due, _entry.id)
_AGENDA = Statement(select(*SHOWN).where(*_OPEN).order_by(*BY_DUE).limit(bindparam("most")))
_NEXT_STEPS = Statement(
    select(*SHOWN)
    .where(*_OPEN, _entry.id.in_(select(_link.entry_id).where(_link.relation_id == bindparam("of_relation"))))
    .order_by(*BY_DUE)
    .limit(bindparam("most"))
)


def agenda(tx: Transaction, caller: Caller, *, limit: int = 100) -> list[EntryView]:
    """Open to-dos and reminders of the account: by date, overdue first, "someday" last."""
    return views_of(tx, tx.all(_AGENDA, {"account_id": caller.account_id, "most": limit}))


def next_steps(tx: Transaction, caller: Caller, relation_id: int, *, limit: int = 100) -> list[EntryView]:
    """Open to-dos and reminders of one relation, in the order of `agenda`."""
    values = {"account_id": caller.account_id, "of_relation": relation_id, "most": limit}
    return views_of(tx, tx.all(_NEXT_STEPS, values))


def _references(
    conditions: Sequence[ColumnElement[bool]], limit: int | None = None, columns: Sequence[Any] = _REFERENCE
) -> Select[Any]:
    """Entries linked to a relation, each once whatever its roles, newest first.

    The inner statement walks the links' index in order and reads no more rows than it needs.
    """
    picked = (
        select(_link.entry_id, _link.date)
        .join_from(tables.entry_link, tables.entry, _entry.id == _link.entry_id)
        .where(*conditions)
        .group_by(_link.date, _link.entry_id)
        .order_by(_link.date.desc(), _link.entry_id.desc())
        .limit(limit)
        .subquery()
    )
    return (
        select(*columns)
        .join_from(picked, tables.entry, _entry.id == picked.c.entry_id)
        .order_by(picked.c.date.desc(), picked.c.entry_id.desc())
    )


def _refs(rows: Iterable[Row]) -> list[MessageRef]:
    return [MessageRef(key=row["key"], changed=row["changed"]) for row in rows]


def _conditions(query: TimelineQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    names = _names(query)
    if names:
        conditions.append(_entry.filter.in_(sorted(set(names))))
    if given(query.reminders_only):
        conditions += [_entry.due.is_not(None), _entry.done.is_(None)]
    if given(query.documents_only):
        conditions.append(_entry.attached.is_(True))
    return conditions


def _names(query: TimelineQuery) -> list[str]:
    """The filters that are asked for. Raises InvalidInput."""
    asked = given(query.filter)
    names = [name.strip().lower() for name in (asked.split(",") if isinstance(asked, str) else asked or ())]
    for name in names:
        if name not in TIMELINE_FILTERS:
            raise InvalidInput(f"must be some of {', '.join(TIMELINE_FILTERS)}", field="filter")
    return names


def _limit(value: Any) -> int:
    found = given(value)
    if found is None or found == "":
        return DEFAULT_LIMIT
    try:
        limit = int(found)
    except (TypeError, ValueError):
        raise InvalidInput("must be a whole number", field="limit") from None
    return min(max(limit, 1), MAX_LIMIT)


def _stamp(value: Any) -> int | None:
    found = given(value)
    if found is None or found == "":
        return None
    try:
        stamp = int(found)
    except (TypeError, ValueError):
        stamp = -(2**63)
    if not -(2**62) < stamp < 2**62:
        raise InvalidInput("must be the stamp of an earlier answer", field="stamp")
    return stamp


_PARTICIPANTS = Statement(
    select(_link.entry_id, _link.role, _link.relation_id, _relation.kind, _relation.sync_key, _relation.name)
    .join_from(tables.entry_link, tables.relation, _relation.id == _link.relation_id)
    .where(_link.entry_id.in_(bindparam("entries", expanding=True)))
    .order_by(_relation.name_key, _relation.id)
)


def views_of(tx: Transaction, rows: Sequence[Row], most: int = BODY_IN_LIST) -> list[EntryView]:
    """Rows of entries (columns SHOWN) as pages show them."""
    if not rows:
        return []
    people: dict[int, list[Participant]] = {}
    for row in tx.all(_PARTICIPANTS, {"entries": [row["id"] for row in rows]}):
        people.setdefault(row["entry_id"], []).append(
            Participant(row["relation_id"], row["kind"], row["sync_key"], row["name"], row["role"])
        )
    return [_view(row, people.get(row["id"], []), most) for row in rows]


def _view(row: Row, participants: list[Participant], most: int) -> EntryView:
    message = message_of(row)
    sender = message.from_ if isinstance(message.from_, dict) else {}
    duration = given(message.duration)
    text = row["body"] or ""
    return EntryView(
        key=row["key"],
        noun=row["noun"],
        style=row["style"],
        filter=row["filter"],
        date=row["date"],
        changed=row["changed"],
        subject=row["subject"],
        preview=text_of(message.preview),
        body_html=safe_html(text[:most], text_of(message.bodytype)),
        truncated=len(text) > most,
        due=row["due"],
        done=row["done"],
        assigner=text_of(message.assigner),
        assignee=row["assignee"] or "",
        direction=text_of(message.direction),
        outcome=text_of(message.outcome),
        duration=duration if isinstance(duration, (int, float)) else None,
        location=text_of(message.location),
        source=text_of(message.source),
        sender=text_of(sender.get("name")) or text_of(sender.get("value")),
        links=[
            (href, text_of(link.title) or href)
            for link in given(message.links) or ()
            if (href := safe_link(text_of(link.value)))
        ],
        participants=participants,
    )
