"""Derived values of relations (contract 6.2): first met, last talked, went quiet, due next, score.

They are columns beside the document, computed from the timeline:

- `talks`, `first_met`, `last_talked`: number, earliest and latest of the past e-mails, calls, texts, meetings and
  messages; for companies and projects those of the linked people too. `first_met` without a talk is unset and
  reads as `first_seen`.
- `went_quiet`: `last_talked` + 30 days when there were at least three talks. It counts once it is past.
- `due_next`: the earliest date among open reminders and to-dos; "someday" does not count.
- `energy`: what the relationship score is made of, see `scoring`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from tieline import clock
from tieline.crm.dates import SOMEDAY
from tieline.crm.scoring import Touch, added, energy_of, touch_of
from tieline.store import tables
from tieline.store.database import Row, Statement, Transaction

DAY: Final = 86_400_000
TALKS: Final = ("email", "call", "text", "meeting", "message")  # styles that count as talking
QUIET_AFTER: Final = 30 * DAY
QUIET_TALKS: Final = 3

_entry = tables.entry.c
_entry_link = tables.entry_link.c
_link = tables.link.c
_relation = tables.relation.c

_ROWS = Statement(
    select(
        _relation.id,
        _relation.kind,
        _relation.first_met,
        _relation.last_talked,
        _relation.talks,
        _relation.energy,
    ).where(_relation.id.in_(bindparam("wanted", expanding=True)))
)
_SET_TALKS = Statement(
    update(tables.relation)
    .where(_relation.id == bindparam("wanted"))
    .values(
        first_met=bindparam("met"),
        last_talked=bindparam("talked"),
        talks=bindparam("count"),
        went_quiet=bindparam("quiet"),
        energy=bindparam("sum"),
    )
)
_SET_DUE = Statement(
    update(tables.relation).where(_relation.id == bindparam("wanted")).values(due_next=bindparam("due"))
)
_TOUCHES = Statement(
    select(_entry.style, _entry.date, _entry.document)
    .where(
        _entry.id.in_(
            select(_entry_link.entry_id).where(
                _entry_link.relation_id.in_(bindparam("sources", expanding=True))
            )
        ),
        _entry.style.in_(TALKS),
        _entry.date <= bindparam("now"),
    )
    .order_by(_entry.date)
)
_EARLIEST_DUE = Statement(
    select(func.min(_entry.due))
    .join_from(tables.entry_link, tables.entry, _entry.id == _entry_link.entry_id)
    .where(_entry_link.relation_id == bindparam("wanted"), _entry.due > SOMEDAY, _entry.done.is_(None))
)


def _neighbours(here: Any, there: Any) -> Any:
    return (
        select(_relation.id, _relation.kind)
        .join_from(tables.link, tables.relation, _relation.id == there)
        .where(here.in_(bindparam("wanted", expanding=True)))
    )


_LINKED = Statement(_neighbours(_link.from_id, _link.to_id).union(_neighbours(_link.to_id, _link.from_id)))


def talked(tx: Transaction, relation_ids: Iterable[int], touch: Touch) -> None:
    """One talk more with these relations, and with the companies and projects linked to them."""
    wanted = list(dict.fromkeys(relation_ids))
    everyone = dict.fromkeys([*wanted, *_organisations(tx, wanted)])
    for row in _rows(tx, everyone):
        first, last, at = row["first_met"], row["last_talked"], touch.at
        _store_talks(
            tx,
            row["id"],
            row["talks"] + 1,
            at if first is None else min(first, at),
            at if last is None else max(last, at),
            added(row["energy"], touch),
        )


def due(tx: Transaction, relation_ids: Iterable[int]) -> None:
    """Bring `due_next` up to date."""
    for relation_id in dict.fromkeys(relation_ids):
        earliest = tx.scalar(_EARLIEST_DUE, {"wanted": relation_id})
        tx.run(_SET_DUE, {"wanted": relation_id, "due": earliest})


def recompute(tx: Transaction, relation_ids: Iterable[int]) -> None:
    """Compute everything anew from the timeline, also for the companies and projects linked to them.

    For what cannot be added up: entries that changed or were deleted, records that were merged or linked.
    """
    wanted = list(dict.fromkeys(relation_ids))
    due(tx, wanted)
    for row in _rows(tx, dict.fromkeys([*wanted, *_organisations(tx, wanted)])):
        found = touches_of(tx, row["id"], row["kind"])
        first, last = (found[0].at, found[-1].at) if found else (None, None)
        _store_talks(tx, row["id"], len(found), first, last, energy_of(found))


def touches_of(tx: Transaction, relation_id: int, kind: str) -> list[Touch]:
    """Every past touch of a relation, for companies and projects those of their people too; oldest first."""
    sources = [relation_id]
    if kind != "person":
        sources += [other["id"] for other in _linked(tx, [relation_id]) if other["kind"] == "person"]
    rows = tx.all(_TOUCHES, {"sources": sources, "now": clock.now_ms()})
    return [touch_of(row["style"], row["date"], row["document"]) for row in rows]


def _organisations(tx: Transaction, relation_ids: list[int]) -> list[int]:
    """Companies and projects that people among `relation_ids` are linked with."""
    people = [row["id"] for row in _rows(tx, relation_ids) if row["kind"] == "person"]
    return [row["id"] for row in _linked(tx, people) if row["kind"] != "person"]


def _rows(tx: Transaction, relation_ids: Iterable[int]) -> list[Row]:
    wanted = list(relation_ids)
    return tx.all(_ROWS, {"wanted": wanted}) if wanted else []


def _linked(tx: Transaction, relation_ids: list[int]) -> list[Row]:
    return tx.all(_LINKED, {"wanted": relation_ids}) if relation_ids else []


def _store_talks(
    tx: Transaction,
    relation_id: int,
    count: int,
    first: int | None,
    last: int | None,
    energy: float | None,
) -> None:
    quiet = last + QUIET_AFTER if last is not None and count >= QUIET_TALKS else None
    values: Mapping[str, Any] = {
        "wanted": relation_id,
        "met": first,
        "talked": last,
        "count": count,
        "quiet": quiet,
        "sum": energy,
    }
    tx.run(_SET_TALKS, values)
