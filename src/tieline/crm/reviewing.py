"""Merges that a person looks at first (an extension): `merge: review` in the account's settings.

A shared family address or office line then glues nobody together: who has another first name becomes a record of
their own, and records that one body names are not joined; the pair waits to be compared. Records that were once said
to be apart stay apart in either mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, func, or_, select, update

from tieline import clock
from tieline.crm.access import Caller
from tieline.crm.matching import Match, different
from tieline.errors import NotFound
from tieline.store.database import Row, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import identifier, merge_review, relation

SHARED: Final = frozenset({"email", "mobile", "phone", "social"})  # what several people may have in common
DOCUMENT = Statement(select(relation.c.document).where(relation.c.id == bindparam("relation_id")))
QUEUE = upsert(
    merge_review,
    columns=("account_id", "kind", "first_id", "second_id", "reason", "state", "created"),
    conflict=("first_id", "second_id"),
)
APART = Statement(
    select(merge_review.c.first_id, merge_review.c.second_id).where(
        merge_review.c.state == "apart",
        or_(
            merge_review.c.first_id == bindparam("relation_id"),
            merge_review.c.second_id == bindparam("relation_id"),
        ),
    )
)
WAITING = Statement(
    select(merge_review)
    .where(merge_review.c.account_id == bindparam("account_id"), merge_review.c.state == "waiting")
    .order_by(merge_review.c.id)
    .limit(bindparam("most"))
)
COUNT = Statement(
    select(func.count())
    .select_from(merge_review)
    .where(merge_review.c.account_id == bindparam("account_id"), merge_review.c.state == "waiting")
)
ONE = Statement(
    select(merge_review).where(
        merge_review.c.account_id == bindparam("account_id"), merge_review.c.id == bindparam("review_id")
    )
)
DECIDE = Statement(
    update(merge_review)
    .where(
        merge_review.c.first_id == bindparam("first"),
        merge_review.c.second_id == bindparam("second"),
    )
    .values(state="apart", decided=bindparam("now"))
)
IDENTIFIERS = Statement(
    select(identifier.c.type, identifier.c.value).where(identifier.c.relation_id == bindparam("relation_id"))
)


PAIRS = Statement(
    select(merge_review.c.id, merge_review.c.first_id, merge_review.c.second_id).where(
        or_(
            merge_review.c.first_id == bindparam("relation_id"),
            merge_review.c.second_id == bindparam("relation_id"),
        )
    )
)
PAIR = Statement(
    select(merge_review.c.id).where(
        merge_review.c.first_id == bindparam("first"), merge_review.c.second_id == bindparam("second")
    )
)
MOVE = Statement(
    update(merge_review)
    .where(merge_review.c.id == bindparam("wanted"))
    .values(first_id=bindparam("first"), second_id=bindparam("second"))
)


class Pair(msgspec.Struct):
    """Two records that wait to be compared, as stored."""

    id: int
    kind: str
    first_id: int
    second_id: int
    reason: list[dict[str, str]]
    created: int


def sorted_out(
    tx: Transaction, kind: str, given: Mapping[str, Any], found: Match, mode: str
) -> tuple[Match, list[int]]:
    """The records a write may touch, and those that look like the same but are left alone.

    `mode`: always or review, from the account's settings.
    """
    kept = list(found.ids)
    aside: list[int] = []
    if mode == "review" and kind == "person":
        aside = [one for one in kept if found.how.get(one) in SHARED and _another(tx, one, given)]
        kept = [one for one in kept if one not in aside]
    if len(kept) > 1:
        stay = set(kept[1:]) if mode == "review" else _apart(tx, kept[0]) & set(kept[1:])
        aside += [one for one in kept if one in stay]
        kept = [one for one in kept if one not in stay]
    if kept == found.ids:
        return found, []
    return Match(kept, found.how.get(kept[0]) if kept else None, found.how), aside


def queue(tx: Transaction, caller: Caller, kind: str, relation_id: int, others: list[int]) -> None:
    """Let the pairs wait for somebody to compare them; a pair that is known already is left as it is."""
    if not others:
        return
    mine = _identifiers(tx, relation_id)
    for other in others:
        if other == relation_id:
            continue
        shared = sorted(mine & _identifiers(tx, other))
        first, second = sorted((relation_id, other))
        tx.run(
            QUEUE,
            {
                "account_id": caller.account_id,
                "kind": kind,
                "first_id": first,
                "second_id": second,
                "reason": msgspec.json.encode([{"type": t, "value": v} for t, v in shared]).decode(),
                "state": "waiting",
                "created": clock.now_ms(),
            },
        )


def joined(tx: Transaction, survivor: int, other: int) -> None:
    """A record was merged into another: its pairs are the survivor's now."""
    for row in tx.all(PAIRS, {"relation_id": other}):
        partner = row["second_id"] if row["first_id"] == other else row["first_id"]
        first, second = sorted((survivor, partner))
        known = tx.one(PAIR, {"first": first, "second": second}) is not None
        if first != second and not known:
            tx.run(MOVE, {"wanted": row["id"], "first": first, "second": second})


def keep_apart(tx: Transaction, caller: Caller, kind: str, one: int, other: int) -> None:
    """These two are not the same, now and later."""
    queue(tx, caller, kind, one, [other])
    first, second = sorted((one, other))
    tx.run(DECIDE, {"first": first, "second": second, "now": clock.now_ms()})


def waiting(tx: Transaction, caller: Caller, *, most: int = 100) -> list[Pair]:
    """Pairs to be compared, the oldest first."""
    return [_pair(row) for row in tx.all(WAITING, {"account_id": caller.account_id, "most": most})]


def count(tx: Transaction, caller: Caller) -> int:
    """How many pairs wait."""
    return int(tx.scalar(COUNT, {"account_id": caller.account_id}))


def get(tx: Transaction, caller: Caller, review_id: int) -> Pair:
    """A pair. Raises NotFound."""
    row = tx.one(ONE, {"account_id": caller.account_id, "review_id": review_id})
    if row is None or row["state"] != "waiting":
        raise NotFound("There is no such pair to compare", field="id")
    return _pair(row)


def _another(tx: Transaction, relation_id: int, given: Mapping[str, Any]) -> bool:
    stored: dict[str, Any] = msgspec.json.decode(str(tx.scalar(DOCUMENT, {"relation_id": relation_id})))
    return different(stored, given)


def _apart(tx: Transaction, relation_id: int) -> set[int]:
    rows = tx.all(APART, {"relation_id": relation_id})
    return {one for row in rows for one in (row["first_id"], row["second_id"])} - {relation_id}


def _identifiers(tx: Transaction, relation_id: int) -> set[tuple[str, str]]:
    rows = tx.all(IDENTIFIERS, {"relation_id": relation_id})
    return {(row["type"], row["value"]) for row in rows if row["type"] != "key"}


def _pair(row: Row) -> Pair:
    values = {name: row[name] for name in ("id", "kind", "first_id", "second_id", "created")}
    return Pair(reason=msgspec.json.decode(row["reason"]), **values)
