"""Own activity and the team's (2.9): what happened in each period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, literal_column, select

from tieline.crm.access import Caller
from tieline.crm.analytics import streams
from tieline.crm.analytics.periods import Period, periods_of
from tieline.crm.analytics.streams import ACTIVITY, TEAM_ACTIVITY, Stream, whole
from tieline.crm.inputs import given, text_of
from tieline.errors import InvalidInput
from tieline.records.analytics import AnalyticsQuery
from tieline.store import documents
from tieline.store.database import Transaction

Bucket = dict[str, Any]


def activity(tx: Transaction, caller: Caller, query: AnalyticsQuery) -> list[Bucket]:
    """A bucket for each period, oldest first: key, stamp, and every measure. Raises InvalidInput."""
    return _buckets(tx, caller, query, ACTIVITY)


def team_activity(tx: Transaction, caller: Caller, query: AnalyticsQuery) -> list[dict[str, Any]]:
    """The same for each member. The account is its only member, and carries no tags."""
    buckets = _buckets(tx, caller, query, TEAM_ACTIVITY)
    if text_of(query.tag):
        return []
    return [{"user": caller.email, "name": caller.name or caller.email, "buckets": buckets}]


def wanted(names: Any, known: Sequence[str], field: str, *, own: bool = False) -> list[str]:
    """The names asked for, each once; all that are known when none is. Raises InvalidInput for another.

    `own`: also measures of the account's own, whose names start with #.
    """
    asked = [text_of(name) for name in given(names) or ()]
    for name in asked:
        if name not in known and not (own and name.startswith("#") and len(name) > 1):
            raise InvalidInput(
                f"“{name[:60]}” is unknown", field=field, remedy=f"some of: {', '.join(known)}"
            )
    return list(dict.fromkeys(asked)) or list(known)


def bucketed(at: ColumnElement[int], periods: Sequence[Period]) -> ColumnElement[int]:
    """The position of the period that a moment lies in, for moments within them. Few comparisons, however many periods."""

    def part(low: int, high: int) -> ColumnElement[int]:
        if high - low == 1:
            return literal_column(str(low))
        middle = (low + high) // 2
        return case((at < periods[middle].begins, part(low, middle)), else_=part(middle, high))

    return part(0, len(periods))


def per_period(tx: Transaction, account_id: int, stream: Stream, names: Sequence[str], periods: Sequence[Period]) -> list[dict[str, Any]]:  # fmt: skip
    """These measures of a stream for each period that has any: `number` is the period's position."""
    rows = stream.rows(tx.dialect, account_id)
    within = documents.apart(
        tx.dialect,
        select(bucketed(rows.c.at, periods).label("number"), *rows.c).where(
            rows.c.at >= periods[0].begins, rows.c.at < periods[-1].ends
        ),
    ).subquery("within")
    sums = [stream.measures[name](within.c).label(f"measure{n}") for n, name in enumerate(names)]
    found = tx.all(select(within.c.number, *sums).group_by(within.c.number))
    return [
        {"number": row["number"], **{name: whole(row[f"measure{n}"]) for n, name in enumerate(names)}}
        for row in found
    ]


def empty(periods: Sequence[Period]) -> list[Bucket]:
    """Buckets without measures."""
    return [{"key": period.key, "stamp": period.begins} for period in periods]


def _buckets(tx: Transaction, caller: Caller, query: AnalyticsQuery, known: Sequence[str]) -> list[Bucket]:
    names = wanted(query.measures, known, "measures", own=True)
    periods = periods_of(caller, query)
    buckets = [{**bucket, **dict.fromkeys(names, 0)} for bucket in empty(periods)]
    for stream, some in streams.plan(names):
        for row in per_period(tx, caller.account_id, stream, some, periods):
            buckets[row.pop("number")].update(row)
    return buckets
