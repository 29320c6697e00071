"""Facts about the records that a funnel follows: each is one statement, computed when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, func, literal_column, or_, select

from tieline.crm.analytics import streams
from tieline.crm.analytics.followed import Followed
from tieline.crm.analytics.moves import FORWARD, NONE, is_goal, rank, stays
from tieline.crm.analytics.streams import Stream, whole
from tieline.store import documents
from tieline.store.database import Row, Transaction
from tieline.store.tables import entry_link

Place = tuple[str, str]  # key of the row, stage


class Facts:
    """Facts by key of the row, or by key and stage."""

    def __init__(self, tx: Transaction, followed: Followed) -> None:
        self.tx, self.followed = tx, followed
        self._sums: dict[Stream, dict[str, dict[str, int | float]]] = {}
        self._steps: dict[str, dict[str, Row]] = {}
        self._step_times: dict[str, dict[str, Row]] = {}

    def keys(self) -> list[str]:
        """Every row that has a record."""
        found = self.followed.records(self.tx.dialect)
        return [row["key"] for row in self.tx.all(select(found.c.key).distinct().order_by(found.c.key))]

    @cached_property
    def entered(self) -> dict[Place, Row]:
        """Records that came to a stage: `inside` the period, `advanced` or `reached` the goal since then; those that
        are there now (`here`), and those of them that came inside the period (`kept`).
        """
        stay, record = self._stays("stage")
        c, inside = stay.c, self.followed.inside(stay.c.at)
        tests = {
            "inside": inside,
            "advanced": and_(inside, c.best > rank(c.after)),
            "reached": and_(inside, is_goal(c)),
            "here": c.left_at.is_(None),
            "kept": and_(inside, c.left_at.is_(None)),
        }
        counts = [
            func.count(distinct(case((test, c.relation_id)))).label(name) for name, test in tests.items()
        ]
        statement = (
            select(record.c.key, c.after.label("stage"), *counts)
            .join_from(stay, record, record.c.relation_id == c.relation_id)
            .where(self.followed.follows(c.kind, c.after))
            .group_by(record.c.key, c.after)
        )
        return {(row["key"], row["stage"]): row for row in self.tx.all(statement)}

    @cached_property
    def moved(self) -> dict[tuple[str, str, str], Row]:
        """Records that went from one stage straight to another: `ever`, and `inside` the period."""
        stay, record = self._stays("stage")
        c = stay.c
        inside = case((self.followed.inside(c.at), c.relation_id))
        statement = (
            select(
                record.c.key, c.before, c.after,
                func.count(distinct(c.relation_id)).label("ever"), func.count(distinct(inside)).label("inside"),
            )
            .join_from(stay, record, record.c.relation_id == c.relation_id)
            .where(c.before.in_(list(FORWARD)), self.followed.follows(c.kind, c.before))
            .group_by(record.c.key, c.before, c.after)
        )  # fmt: skip
        return {(row["key"], row["before"], row["after"]): row for row in self.tx.all(statement)}

    @cached_property
    def times(self) -> dict[Place, float]:
        """Median milliseconds of the stays in a stage that ended in the period."""
        stay, record = self._stays("stage")
        c = stay.c
        spent = (
            select(record.c.key, c.after.label("stage"), (c.left_at - c.at).label("spent"))
            .join_from(stay, record, record.c.relation_id == c.relation_id)
            .where(self.followed.inside(c.left_at), self.followed.follows(c.kind, c.after))
            .subquery("spent")
        )
        return {
            (row["key"], row["stage"]): float(row["median"])
            for row in self.tx.all(medians(spent, "key", "stage"))
        }

    def steps(self, variant: str) -> dict[str, Row]:
        """Counts of records at steps; `variant`: ever, period, or cumulative (before the end of the period)."""
        if variant not in self._steps:
            self._steps[variant] = self._count_steps(variant)
        return self._steps[variant]

    def step_times(self, variant: str) -> dict[str, Row]:
        """`average` and `median` milliseconds of the stays at steps that ended."""
        if variant not in self._step_times:
            self._step_times[variant] = self._time_steps(variant)
        return self._step_times[variant]

    def _count_steps(self, variant: str) -> dict[str, Row]:
        stay, record = self._stays("step")
        ends = self._stays("stage")[0]
        c, key = stay.c, self._step_key(stay, record)
        won, lost = and_(ends.c.after == "won"), and_(ends.c.after == "lost")
        from_another = c.before != NONE
        came, left, ended = (self._limited(at, variant) for at in (c.at, c.left_at, ends.c.at))
        tests = {
            "stepcount": came,
            "stepwoncount": and_(won, ended),
            "steplostcount": and_(lost, ended),
            "stepnextcount": and_(c.next.is_not(None), c.next != NONE, left),
            "stepintocount": and_(from_another, came),
            "stepintolostcount": and_(from_another, lost, ended),
            "advanced": and_(came, or_(won, and_(c.next.is_not(None), c.next != NONE))),
            "reached": and_(came, won),
        }
        counts = [
            func.count(distinct(case((test, c.relation_id)))).label(name) for name, test in tests.items()
        ]
        during = and_(
            ends.c.relation_id == c.relation_id,
            ends.c.after.in_(("won", "lost")),
            ends.c.at >= c.at,
            or_(c.left_at.is_(None), ends.c.at <= c.left_at),
        )
        statement = (
            select(key.label("key"), *counts)
            .join_from(stay, record, record.c.relation_id == c.relation_id)
            .join(ends, during, isouter=True)
            .where(c.after != NONE)
            .group_by(key)
        )
        return {row["key"]: row for row in self.tx.all(statement)}

    def _time_steps(self, variant: str) -> dict[str, Row]:
        stay, record = self._stays("step")
        c = stay.c
        spent = (
            select(self._step_key(stay, record).label("key"), (c.left_at - c.at).label("spent"))
            .join_from(stay, record, record.c.relation_id == c.relation_id)
            .where(c.after != NONE, c.left_at.is_not(None), self._limited(c.left_at, variant))
            .subquery("spent")
        )
        return {row["key"]: row for row in self.tx.all(medians(spent, "key"))}

    def sums(self, stream: Stream) -> dict[str, dict[str, int | float]]:
        """The measures of a stream in the period, for each row."""
        if stream not in self._sums:
            self._sums[stream] = self._sum(stream)
        return self._sums[stream]

    def _sum(self, stream: Stream) -> dict[str, dict[str, int | float]]:
        rows, record = stream.rows(self.tx.dialect, self.followed.account_id), self._concerned(stream)
        by = "entry_id" if "entry_id" in rows.c else "relation_id"
        within = documents.apart(
            self.tx.dialect,
            select(record.c.key, *rows.c)
            .join_from(rows, record, rows.c[by] == record.c[by])
            .where(self.followed.inside(rows.c.at)),
        ).subquery("within")
        measures = [measure(within.c).label(name) for name, measure in stream.measures.items()]
        statement = select(within.c.key, *measures).group_by(within.c.key)
        return {
            row["key"]: {name: whole(row[name]) for name in stream.measures} for row in self.tx.all(statement)
        }

    @cached_property
    def touched(self) -> dict[str, int]:
        """How many records of a row somebody wrote to, called or met in the period."""
        rows, record = self._entries()
        statement = (
            select(record.c.key, func.count(distinct(record.c.relation_id)).label("records"))
            .join_from(rows, record, record.c.entry_id == rows.c.entry_id)
            .where(self.followed.inside(rows.c.at), streams.outbound(rows.c))
            .group_by(record.c.key)
        )
        return {row["key"]: row["records"] for row in self.tx.all(statement)}

    @cached_property
    def latest(self) -> dict[str, Row]:
        """The latest touch, engagement and activity ever."""
        rows, record = self._entries()
        at = rows.c.at
        statement = (
            select(
                record.c.key,
                func.max(case((streams.outbound(rows.c), at))).label("lasttouch"),
                func.max(case((streams.inbound(rows.c), at))).label("lastengagement"),
                func.max(at).label("lastactivity"),
            )
            .join_from(rows, record, record.c.entry_id == rows.c.entry_id)
            .group_by(record.c.key)
        )
        return {row["key"]: row for row in self.tx.all(statement)}

    @cached_property
    def repeated(self) -> dict[str, Row]:
        """E-mails, calls and messages of the period with records that had one of the kind before."""
        rows, record = self._entries()
        c = rows.c
        sort = case((c.style.in_(("text", "message", "inapp")), literal_column("'message'")), else_=c.style)
        nth = func.row_number().over(
            partition_by=[record.c.key, record.c.relation_id, sort], order_by=[c.at, c.entry_id]
        )
        listed = (
            select(record.c.key, c.entry_id, c.at, sort.label("sort"), c.minutes, nth.label("nth"))
            .join_from(rows, record, record.c.entry_id == c.entry_id)
            .where(c.noun == "communication", c.at < self.followed.ends)
            .subquery("listed")
        )
        once = (
            select(
                listed.c.key, listed.c.entry_id, listed.c.sort, func.max(listed.c.minutes).label("minutes")
            )
            .where(listed.c.nth > 1, self.followed.inside(listed.c.at))
            .group_by(listed.c.key, listed.c.entry_id, listed.c.sort)
            .subquery("once")
        )
        o = once.c
        sorts = {"remails": "email", "recalls": "call", "remessages": "message"}
        statement = select(
            o.key,
            *(func.sum(case((o.sort == word, 1), else_=0)).label(name) for name, word in sorts.items()),
            func.sum(case((o.sort == "call", o.minutes), else_=0.0)).label("recallmins"),
        ).group_by(o.key)  # fmt: skip
        return {row["key"]: row for row in self.tx.all(statement)}

    @cached_property
    def replies(self) -> dict[str, int]:
        """E-mails that came in the period in a thread in which one had gone out before."""
        rows, record = (
            streams.HAPPENED.rows(self.tx.dialect, self.followed.account_id),
            self._concerned(streams.HAPPENED),
        )
        sent = streams.first_sent(self.tx.dialect, self.followed.account_id)
        c = rows.c
        statement = (
            select(record.c.key, func.count().label("replies"))
            .join_from(rows, record, record.c.entry_id == c.entry_id)
            .join(sent, and_(sent.c.thread == c.thread, sent.c.first < c.at))
            .where(c.style == "email", c.direction == "inbound", self.followed.inside(c.at))
            .group_by(record.c.key)
        )
        return {row["key"]: row["replies"] for row in self.tx.all(statement)}

    def _stays(self, field: str) -> tuple[Any, Any]:
        return stays(self.tx.dialect, self.followed.account_id, field), self.followed.records(self.tx.dialect)

    def _step_key(self, stay: Any, record: Any) -> ColumnElement[Any]:
        key: ColumnElement[Any] = stay.c.after if self.followed.mode == "step" else record.c.key
        return key

    def _limited(self, at: ColumnElement[Any], variant: str) -> ColumnElement[bool]:
        if variant == "period":
            return self.followed.inside(at)
        return and_(at < self.followed.ends) if variant == "cumulative" else and_(at.is_not(None))

    def _entries(self) -> tuple[Any, Any]:
        """What happened, and the records it concerns: key, relation_id, entry_id."""
        record = self.followed.records(self.tx.dialect)
        linked = (
            select(record.c.key, record.c.relation_id, entry_link.c.entry_id)
            .join_from(record, entry_link, entry_link.c.relation_id == record.c.relation_id)
            .distinct()
            .subquery("linked")
        )
        return streams.HAPPENED.rows(self.tx.dialect, self.followed.account_id), linked

    def _concerned(self, stream: Stream) -> Any:
        """What a stream is joined with: each entry once for each row, or each record."""
        record = self.followed.records(self.tx.dialect)
        if "entry_id" not in stream.rows(self.tx.dialect, self.followed.account_id).c:
            return record
        return (
            select(record.c.key, entry_link.c.entry_id)
            .join_from(record, entry_link, entry_link.c.relation_id == record.c.relation_id)
            .distinct()
            .subquery("concerned")
        )


def medians(spent: Any, *keys: str) -> Any:
    """Median and average of `spent`, whole milliseconds, for each of the keys."""
    group = [spent.c[key] for key in keys]
    ranked = select(
        *group,
        spent.c.spent,
        func.row_number().over(partition_by=group, order_by=spent.c.spent).label("position"),
        func.count().over(partition_by=group).label("size"),
        func.avg(spent.c.spent).over(partition_by=group).label("average"),
    ).subquery("ranked")
    c = ranked.c
    middle = or_(c.position == (c.size + 1) // 2, c.position == (c.size + 2) // 2)
    found = [c[key] for key in keys]
    return (
        select(*found, func.avg(c.spent).label("median"), func.max(c.average).label("average"))
        .where(middle)
        .group_by(*found)
    )
