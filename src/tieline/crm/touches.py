"""What an entry does to the relations it concerns (contract 2.8, 5.4): derived values, `lastChanged`, webhooks."""

from __future__ import annotations

from collections.abc import Iterable

from tieline import clock
from tieline.crm import derived, entries, relations
from tieline.crm.access import Caller
from tieline.crm.derived import TALKS
from tieline.crm.scoring import Touch, touch_of
from tieline.jobs import Handler, Job, defer
from tieline.store.database import Database, Transaction


def touch(
    tx: Transaction,
    caller: Caller,
    relation_ids: Iterable[int],
    *,
    talk: Touch | None = None,
    due: int | None = None,
) -> None:
    """A new entry concerns these relations: count the talk, if it was one, and the reminder, if it has one.

    Each relation's `lastChanged` moves, and `*.change` subscribers are told. Companies and projects linked to
    the people only get their derived values.
    """
    wanted = list(dict.fromkeys(relation_ids))
    if talk is not None:
        derived.talked(tx, wanted, talk)
    if due is not None:
        derived.due(tx, wanted)
    announce(tx, caller, wanted)


def changed(tx: Transaction, caller: Caller, relation_ids: Iterable[int]) -> None:
    """An entry of these relations changed or went away: compute derived values anew, and tell of it."""
    wanted = list(dict.fromkeys(relation_ids))
    derived.recompute(tx, wanted)
    announce(tx, caller, wanted)


def announce(tx: Transaction, caller: Caller, relation_ids: Iterable[int]) -> None:
    """Move `lastChanged` and tell the subscribers, without any change of values."""
    for relation_id in dict.fromkeys(relation_ids):
        relations.touched(tx, caller, relation_id)


def talk_of(style: str, date: int, document: str) -> Touch | None:
    """The talk that an entry is; None when it is none, or not yet."""
    return touch_of(style, date, document) if style in TALKS and date <= clock.now_ms() else None


def expect(tx: Transaction, entry_id: int, style: str, date: int) -> None:
    """A talk planned for the future becomes one when its time comes."""
    if style in TALKS and date > clock.now_ms():
        defer(tx, "timeline.happened", {"entry": entry_id}, at=date)


def handlers(database: Database) -> dict[str, Handler]:
    """The job of this room: `timeline.happened`, when the time of a planned talk has come."""

    async def happened(job: Job) -> None:
        await database.write(_happened, int(job.payload["entry"]))

    return {"timeline.happened": happened}


def _happened(tx: Transaction, entry_id: int) -> None:
    derived.recompute(tx, entries.linked(tx, entry_id))
