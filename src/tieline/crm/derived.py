"""Derived values of relations (contract 6.2): first met, last talked, went quiet, due next, score.

They are columns beside the document, computed from the timeline:

- `talks`, `first_met`, `last_talked`: number, earliest and latest of the past e-mails, calls, texts, meetings and
  messages; for companies and projects those of the linked people too. `first_met` without a talk is unset and
  reads as `first_seen`.
- `went_quiet`: `last_talked` + 30 days when there were at least three talks. It counts once it is past.
- `due_next`: the earliest date among open reminders and to-dos; "someday" does not count.
- `score`: 0–100, see `score_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from tieline import clock
from tieline.crm.dates import SOMEDAY
from tieline.store import tables
from tieline.store.database import Row, Statement, Transaction

DAY: Final = 86_400_000
TALKS: Final = ("email", "call", "text", "meeting", "message")  # styles that count as talking
QUIET_AFTER: Final = 30 * DAY
QUIET_TALKS: Final = 3
FULL_FREQUENCY: Final = 20  # talks that earn the whole first half of a score
FORGOTTEN_AFTER: Final = 180 * DAY  # without a talk, the second half of a score is used up

_entry = tables.entry.c
_entry_link = tables.entry_link.c
_link = tables.link.c
_relation = tables.relation.c

_ROWS = Statement(
    select(_relation.id, _relation.kind, _relation.first_met, _relation.last_talked, _relation.talks).where(
        _relation.id.in_(bindparam("wanted", expanding=True))
    )
)
_SET_TALKS = Statement(
    update(tables.relation)
    .where(_relation.id == bindparam("wanted"))
    .values(
        first_met=bindparam("met"),
        last_talked=bindparam("talked"),
        talks=bindparam("count"),
        went_quiet=bindparam("quiet"),
        score=bindparam("points"),
    )
)
_SET_DUE = Statement(
    update(tables.relation).where(_relation.id == bindparam("wanted")).values(due_next=bindparam("due"))
)
_COUNT_TALKS = Statement(
    select(
        func.count(_entry.id.distinct()).label("talks"),
        func.min(_entry.date).label("first"),
        func.max(_entry.date).label("last"),
    )
    .join_from(tables.entry_link, tables.entry, _entry.id == _entry_link.entry_id)
    .where(
        _entry_link.relation_id.in_(bindparam("sources", expanding=True)),
        _entry.style.in_(TALKS),
        _entry.date <= bindparam("now"),
    )
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


def score_of(talks: int, last_talked: int | None, now: int) -> int:
    """Relationship score, 0–100: half for how often (20 talks), half for how recently (fading over 180 days)."""
    if not talks or last_talked is None:
        return 0
    frequency = min(talks, FULL_FREQUENCY) / FULL_FREQUENCY
    age = min(max(now - last_talked, 0), FORGOTTEN_AFTER)
    return round(50 * frequency + 50 * (1 - age / FORGOTTEN_AFTER))


def talked(tx: Transaction, relation_ids: Iterable[int], at: int) -> None:
    """One talk more with these relations, and with the companies and projects linked to them."""
    wanted = list(dict.fromkeys(relation_ids))
    everyone = dict.fromkeys([*wanted, *_organisations(tx, wanted)])
    for row in _rows(tx, everyone):
        first, last = row["first_met"], row["last_talked"]
        _store_talks(
            tx,
            row["id"],
            row["talks"] + 1,
            at if first is None else min(first, at),
            at if last is None else max(last, at),
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
    now = clock.now_ms()
    for row in _rows(tx, dict.fromkeys([*wanted, *_organisations(tx, wanted)])):
        sources = [row["id"]]
        if row["kind"] != "person":
            sources += [other["id"] for other in _linked(tx, [row["id"]]) if other["kind"] == "person"]
        counted = tx.one(_COUNT_TALKS, {"sources": sources, "now": now})
        if counted is not None:
            _store_talks(tx, row["id"], counted["talks"], counted["first"], counted["last"])


def _organisations(tx: Transaction, relation_ids: list[int]) -> list[int]:
    """Companies and projects that people among `relation_ids` are linked with."""
    people = [row["id"] for row in _rows(tx, relation_ids) if row["kind"] == "person"]
    return [row["id"] for row in _linked(tx, people) if row["kind"] != "person"]


def _rows(tx: Transaction, relation_ids: Iterable[int]) -> list[Row]:
    wanted = list(relation_ids)
    return tx.all(_ROWS, {"wanted": wanted}) if wanted else []


def _linked(tx: Transaction, relation_ids: list[int]) -> list[Row]:
    return tx.all(_LINKED, {"wanted": relation_ids}) if relation_ids else []


def _store_talks(tx: Transaction, relation_id: int, count: int, first: int | None, last: int | None) -> None:
    quiet = last + QUIET_AFTER if last is not None and count >= QUIET_TALKS else None
    values: Mapping[str, Any] = {
        "wanted": relation_id,
        "met": first,
        "talked": last,
        "count": count,
        "quiet": quiet,
        "points": score_of(count, last, clock.now_ms()),
    }
    tx.run(_SET_TALKS, values)
