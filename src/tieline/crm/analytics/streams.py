"""What is counted, as streams of events: subqueries with the moment `at` and the `entry_id` or `relation_id` it concerns.

A measure is a sum over one stream. The same measures serve periods (`activity`) and groups of records (`funnel`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, cast, func, literal, or_, select
from sqlalchemy.types import BigInteger

from tieline import clock
from tieline.crm.analytics import moves
from tieline.store import documents, tables

Subquery = Any  # FromClause, whose columns are known by name only
Measure = Callable[[Any], ColumnElement[Any]]

_entry = tables.entry.c
_change = tables.change.c
_MESSAGES = ("text", "message", "inapp")
_DROP_INS = ("dropin", "drop-in", "#dropin", "#drop-in")


@dataclass(frozen=True, eq=False)
class Stream:
    """`rows` makes the subquery for a dialect and an account; `measures` are sums over its columns."""

    rows: Callable[[str, int], Subquery]
    measures: dict[str, Measure]


def _happened(dialect: str, account_id: int) -> Subquery:
    """Entries of the timeline, at their date; what is planned has not happened."""

    def found(name: str) -> ColumnElement[str]:
        return documents.text(dialect, _entry.document, name)

    return (
        select(
            _entry.id.label("entry_id"),
            _entry.date.label("at"),
            _entry.noun,
            _entry.style,
            _entry.thread,
            found("direction").label("direction"),
            found("outcome").label("outcome"),
            func.coalesce(documents.number(dialect, _entry.document, "duration"), 0).label("minutes"),
            found("campaignId").label("campaign"),
            func.lower(found("measureas")).label("measureas"),
        )
        .where(_entry.account_id == account_id, _entry.date <= clock.now_ms())
        .subquery("happened")
    )


def _completed(_: str, account_id: int) -> Subquery:
    """To-dos, when they were done."""
    return (
        select(_entry.id.label("entry_id"), _entry.done.label("at"))
        .where(
            _entry.account_id == account_id,
            _entry.due.is_not(None),
            _entry.done.is_not(None),
            _entry.style == "todo",
        )
        .subquery("completed")
    )


def _updated(_: str, account_id: int) -> Subquery:
    """Changes of what a note says."""
    return (
        select(_entry.id.label("entry_id"), _change.at)
        .join_from(tables.change, tables.entry, _entry.key == _change.sync_key)
        .where(
            _change.account_id == account_id,
            _change.kind == "entry",
            _change.action == "update",
            _change.fields.not_like('{"done":%'),  # that its reminder was done
            _entry.account_id == account_id,
            _entry.style == "note",
        )
        .subquery("updated")
    )


def _opened(dialect: str, account_id: int) -> Subquery:
    """Opens of e-mails, each at its moment (2.8)."""
    opener = documents.elements(dialect, _entry.document, "opens", name="opener")
    opening = documents.elements(dialect, opener.c.value, "breakdown", name="opening")
    return (
        select(
            _entry.id.label("entry_id"),
            cast(documents.text(dialect, opening.c.value, "date"), BigInteger).label("at"),
        )
        .select_from(tables.entry)
        .join(opener, literal(True))
        .join(opening, literal(True))
        .where(_entry.account_id == account_id, _entry.style == "email", _entry.document.like('%"opens":[%'))
        .subquery("opened")
    )


def _stepped(dialect: str, account_id: int) -> Subquery:
    """Steps left behind."""
    found = moves.moves(dialect, account_id, "step")
    return select(found.c.relation_id, found.c.at).where(found.c.before != moves.NONE).subquery("stepped")


def _won(dialect: str, account_id: int) -> Subquery:
    """Projects won, with what they are worth."""
    found = moves.moves(dialect, account_id, "stage")
    return (
        select(found.c.relation_id, found.c.at, func.coalesce(tables.relation.c.value, 0).label("value"))
        .join_from(found, tables.relation, tables.relation.c.id == found.c.relation_id)
        .where(found.c.kind == "project", found.c.after == "won")
        .subquery("won")
    )


def first_sent(dialect: str, account_id: int) -> Any:
    """When the first e-mail of each thread went out: thread, first."""
    outgoing = documents.text(dialect, _entry.document, "direction") == "outbound"
    return (
        select(_entry.thread, func.min(_entry.date).label("first"))
        .where(_entry.account_id == account_id, _entry.style == "email", _entry.thread.is_not(None), outgoing)
        .group_by(_entry.thread)
        .subquery("sent")
    )


def _count(test: Callable[[Any], ColumnElement[bool]]) -> Measure:
    return lambda c: func.sum(case((test(c), 1), else_=0))


def _minutes(test: Callable[[Any], ColumnElement[bool]]) -> Measure:
    return lambda c: func.sum(case((test(c), c.minutes), else_=0.0))


def _mails(c: Any, direction: str) -> ColumnElement[bool]:
    return and_(c.style == "email", c.direction == direction)


def _messages(c: Any, direction: str) -> ColumnElement[bool]:
    return and_(c.style.in_(_MESSAGES), c.direction == direction)


def _meetings(c: Any) -> ColumnElement[bool]:
    return and_(c.style == "meeting")


def _calls(
    direction: str, shortest: float = 0, below: float | None = None
) -> Callable[[Any], ColumnElement[bool]]:
    def test(c: Any) -> ColumnElement[bool]:
        parts = [c.style == "call", c.direction == direction, c.minutes >= shortest]
        return and_(*parts, c.minutes < below) if below is not None else and_(*parts)

    return test


def _call_measures() -> dict[str, Measure]:
    """Calls by direction, and by length in minutes: short below 2, medium below 10."""
    made: dict[str, Measure] = {}
    lengths = {"": (0, None), "_short": (0, 2), "_medium": (2, 10), "_long": (10, None)}
    for name, direction in (("inbcall", "inbound"), ("outbcall", "outbound")):
        for length, (shortest, below) in lengths.items():
            test = _calls(direction, shortest, below)
            made[f"{name}s{length}"] = _count(test)
            made[f"{name}s{length}_mins" if length else f"{name}mins"] = _minutes(test)
    return made


def _dropped_in(c: Any) -> ColumnElement[bool]:
    return and_(c.measureas.in_(_DROP_INS))


def inbound(c: Any) -> ColumnElement[bool]:
    """A communication that came in; a meeting goes both ways."""
    return and_(c.noun == "communication", or_(c.direction == "inbound", c.style == "meeting"))


def outbound(c: Any) -> ColumnElement[bool]:
    """A communication that went out; a meeting goes both ways."""
    return and_(c.noun == "communication", or_(c.direction == "outbound", c.style == "meeting"))


def mutual(c: Any) -> ColumnElement[bool]:
    """Both sides were there: a meeting, or a call that somebody answered."""
    answered = or_(c.outcome == "connected", and_(c.outcome.is_(None), c.minutes > 0))
    return and_(c.noun == "communication", or_(c.style == "meeting", and_(c.style == "call", answered)))


ACTIVITY: Final = (
    "sentmails", "rcvdstandard", "rcvdbulk", "meetings", "meetingmins", "inbcalls", "inbcallmins", "outbcalls",
    "outbcallmins", "sentmessages", "rcvdmessages", "creatednotes", "updatednotes", "newtodos", "donetodos", "donesteps",
    "mailopens", *(f"{way}calls_{length}{unit}" for way in ("inb", "outb") for length in ("short", "medium", "long")
                   for unit in ("", "_mins")),
)  # fmt: skip
TEAM_ACTIVITY: Final = (*ACTIVITY, "meta_value")

HAPPENED: Final = Stream(
    _happened,
    {
        "sentmails": _count(lambda c: _mails(c, "outbound")),
        "rcvdstandard": _count(lambda c: and_(_mails(c, "inbound"), c.campaign.is_(None))),
        "rcvdbulk": _count(lambda c: and_(_mails(c, "inbound"), c.campaign.is_not(None))),
        "meetings": _count(_meetings),
        "meetingmins": _minutes(_meetings),
        **_call_measures(),
        "sentmessages": _count(lambda c: _messages(c, "outbound")),
        "rcvdmessages": _count(lambda c: _messages(c, "inbound")),
        "creatednotes": _count(lambda c: c.style == "note"),
        "newtodos": _count(lambda c: c.style == "todo"),
        "dropins": _count(_dropped_in),
        "dropinmins": _minutes(_dropped_in),
        "postalbulk": _count(lambda c: c.style == "postal-bulk"),
        "postalstd": _count(lambda c: c.style == "postal"),
        "touch": _count(outbound),
        "engagement": _count(inbound),
        "interaction": _count(mutual),
        "outreach": _count(lambda c: and_(outbound(c), ~func.coalesce(mutual(c), False))),
    },
)
STREAMS: Final = (
    HAPPENED,
    Stream(_completed, {"donetodos": lambda _: func.count()}),
    Stream(_updated, {"updatednotes": lambda _: func.count()}),
    Stream(_opened, {"mailopens": lambda _: func.count()}),
    Stream(_stepped, {"donesteps": lambda _: func.count()}),
    Stream(_won, {"meta_value": lambda c: func.sum(c.value)}),
)


def configured(name: str) -> Stream:
    """A measure of the account's own: entries that say `measureas` so, with or without the #."""
    word = name.removeprefix("#").lower()
    return Stream(_happened, {name: _count(lambda c: c.measureas.in_((word, f"#{word}")))})


def plan(names: list[str]) -> list[tuple[Stream, list[str]]]:
    """The streams that these measures need, each with its measures among them."""
    own = [(configured(name), [name]) for name in names if name.startswith("#")]
    shared = [(stream, [name for name in names if name in stream.measures]) for stream in STREAMS]
    return [(stream, found) for stream, found in [*shared, *own] if found]


def whole(value: Any) -> int | float:
    """A sum as a number of JSON: whole where it is whole, 0 for nothing."""
    number = float(value or 0)
    return int(number) if number.is_integer() else round(number, 6)
