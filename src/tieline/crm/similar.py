"""Projects like another (2.13): by shared segment, tags, city, and a value within a quarter."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from tieline.crm.access import Caller, reading, sees
from tieline.crm.relations import get_row, record_of
from tieline.errors import NotFound
from tieline.records import normalize
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import relation

OTHERS = Statement(
    select(relation).where(
        relation.c.account_id == bindparam("account_id"),
        relation.c.kind == "project",
        relation.c.id != bindparam("relation_id"),
        relation.c.archived.is_(False),
        relation.c.hidden.is_(False),
    )
)
SEGMENT, TAG, CITY, VALUE = 3, 2, 2, 2
NEAR = 0.25  # of the value


def similar(
    tx: Transaction, caller: Caller, identifier: str, *, most: int, team: bool = False
) -> tuple[list[dict[str, Any]], int]:
    """The most similar projects, best first, and how many share anything at all. Raises NotFound."""
    caller = reading(caller, team=team)
    row = get_row(tx, caller.account_id, "project", identifier, caller.country)
    row = row if row is not None and sees(caller, row) else None
    if row is None:
        raise NotFound("The project was not found", field="uniqueid", remedy="check the identifier")
    features = _features(row)
    ranked = [
        (points, other)
        for other in tx.all(OTHERS, {"account_id": caller.account_id, "relation_id": row["id"]})
        if sees(caller, other) and (points := _points(features, _features(other)))
    ]
    ranked.sort(key=lambda pair: (-pair[0], -pair[1]["last_changed"]))
    return [record_of(other) for _, other in ranked[:most]], len(ranked)


class _Features(msgspec.Struct):
    segment: str | None
    tags: set[str]
    cities: set[str]
    value: float | None


def _features(row: Row) -> _Features:
    record = msgspec.json.decode(row["document"])
    return _Features(
        row["segment"],
        {normalize.fold(str(word)) for word in record.get("keywords") or ()},
        {
            city
            for entry in record.get("addresses") or ()
            if (city := normalize.fold(str(entry.get("city") or "")))
        },
        row["value"],
    )


def _points(one: _Features, other: _Features) -> int:
    points = SEGMENT if one.segment is not None and one.segment == other.segment else 0
    points += TAG * len(one.tags & other.tags) + CITY * bool(one.cities & other.cities)
    if one.value and other.value and abs(one.value - other.value) <= NEAR * abs(one.value):
        points += VALUE
    return points
