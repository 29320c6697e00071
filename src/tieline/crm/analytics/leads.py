"""Leads (2.9): people who became leads, were qualified, or were lost, in each period and by source."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, cast, distinct, func, literal_column, or_, select

from tieline.crm.access import Caller
from tieline.crm.analytics import moves
from tieline.crm.analytics.activity import Bucket, bucketed, empty, wanted
from tieline.crm.analytics.moves import NONE
from tieline.crm.analytics.periods import Period, periods_of
from tieline.records.analytics import AnalyticsQuery
from tieline.store import documents
from tieline.store.database import Transaction
from tieline.store.tables import relation

COUNTS: Final = ("new", "qualified", "lost")
MEASURES: Final = (*COUNTS, "bysource")
SOURCE: Final = "lead-source"  # the custom field that says where somebody came from


def leads(tx: Transaction, caller: Caller, query: AnalyticsQuery) -> list[Bucket]:
    """A bucket for each period: the people who became leads (`new`), who went on to be potential or active
    (`qualified`), who were `lost`, and `bysource` the same for each source. Raises InvalidInput.

    A lead with several sources counts for each of them; one without counts for NONE.
    """
    names = wanted(query.measures, MEASURES, "measures")
    periods = periods_of(caller, query)
    buckets = [{**bucket, **{name: 0 for name in names if name != "bysource"}} for bucket in empty(periods)]
    found = _moved(tx.dialect, caller.account_id, periods)
    for row in tx.all(select(found.c.number, *_counts(found.c)).group_by(found.c.number)):
        buckets[row["number"]].update({name: row[f"count_{name}"] for name in COUNTS if name in names})
    if "bysource" in names:
        _by_source(tx, found, buckets)
    return buckets


def became_leads(
    dialect: str, account_id: int, begins: int, ends: int, source: str | None
) -> ColumnElement[bool]:
    """The condition on `relation`: people who became leads from then to before then (of that source)."""
    found = moves.moves(dialect, account_id, "stage")
    c = found.c
    new = select(c.relation_id).where(c.kind == "person", c.after == "lead", c.at >= begins, c.at < ends)
    made = relation.c.id.in_(new)
    if source is None:
        return made
    named = sources(dialect)
    mine = select(named.c.relation_id).where(named.c.source == source)
    if source == NONE:
        mine = select(named.c.relation_id)
        return and_(made, relation.c.id.not_in(mine))
    return and_(made, relation.c.id.in_(mine))


def sources(dialect: str) -> Any:
    """Where records come from: relation_id, source. Records without a source are left out."""
    field = documents.elements(dialect, relation.c.document, "customFields", name="source_field")
    word = documents.words(dialect, field.c.value, "value", name="source_word")
    return (
        select(relation.c.id.label("relation_id"), cast(word.c.value, Text).label("source"))
        .select_from(relation)
        .join(field, literal_column("1 = 1"))
        .join(word, literal_column("1 = 1"))
        .where(documents.text(dialect, field.c.value, "id") == SOURCE, word.c.value.is_not(None), cast(word.c.value, Text) != "")
        .subquery("source")
    )  # fmt: skip


def _moved(dialect: str, account_id: int, periods: list[Period]) -> Any:
    """Moves of people to and from being a lead, with the position of their period."""
    found = moves.moves(dialect, account_id, "stage")
    c = found.c
    return (
        select(bucketed(c.at, periods).label("number"), c.relation_id, c.before, c.after)
        .where(
            c.kind == "person",
            or_(c.after == "lead", c.before == "lead"),
            c.at >= periods[0].begins,
            c.at < periods[-1].ends,
        )
        .subquery("moved")
    )


def _counts(c: Any) -> list[ColumnElement[int]]:
    tests = {
        "new": c.after == "lead",
        "qualified": and_(c.before == "lead", c.after.in_(("future", "current"))),
        "lost": and_(c.before == "lead", c.after == "lost"),
    }
    return [
        func.count(distinct(case((test, c.relation_id)))).label(f"count_{name}")
        for name, test in tests.items()
    ]


def _by_source(tx: Transaction, found: Any, buckets: list[Bucket]) -> None:
    for bucket in buckets:
        bucket["bysource"] = {}
    named = sources(tx.dialect)
    source = func.coalesce(named.c.source, NONE).label("source")
    joined = (
        select(*found.c, source)
        .join_from(found, named, named.c.relation_id == found.c.relation_id, isouter=True)
        .subquery("sourced")
    )
    c = joined.c
    statement = select(c.number, c.source, *_counts(c)).group_by(c.number, c.source).order_by(c.source)
    for row in tx.all(statement):
        buckets[row["number"]]["bysource"][row["source"]] = {name: row[f"count_{name}"] for name in COUNTS}
