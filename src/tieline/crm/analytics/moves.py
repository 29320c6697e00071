"""Moves of records from stage to stage and from step to step, read from the changes.

The stages of people and projects have common names here: a person's `out` is `lost`, and so is `past` for somebody who
never became active; otherwise `past` stays. What was merged away or deleted has no moves.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, literal_column, select

from tieline.records.vocabulary import NONE
from tieline.store import documents
from tieline.store.tables import change, relation

__all__ = ["FORWARD", "GOALS", "NONE", "RANKS", "STAGES", "is_goal", "moves", "rank", "stays"]

STAGES: Final = ("lead", "future", "current", "pending", "won", "lost")
RANKS: Final = {"lead": 1, "future": 2, "current": 3, "pending": 4, "won": 5}
GOALS: Final = {"person": "current", "company": "current", "project": "won"}
# Where a record may go from a stage, as the contract lists it (2.9).
FORWARD: Final = {
    "lead": ("future", "lost"),
    "future": ("current", "won", "lost"),
    "current": ("pending", "won", "lost"),
    "pending": ("won", "lost"),
}


def moves(dialect: str, account_id: int, field: str) -> Any:
    """Every move of `stage` or `step`: number, at, relation_id, kind, before, after. NONE is no place at all."""
    before = documents.text(dialect, change.c.audited, field, "before")
    after = documents.text(dialect, change.c.audited, field, "after")
    raw = (
        select(
            change.c.id.label("number"),
            change.c.at,
            change.c.relation_id,
            relation.c.kind,
            before.label("before"),
            after.label("after"),
        )
        .join_from(change, relation, relation.c.id == change.c.relation_id)
        .where(change.c.account_id == account_id, change.c.audited != "{}", after.is_not(None))
        .subquery(f"{field}_change")
    )
    c = raw.c
    if field != "stage":
        return raw
    return select(
        c.number, c.at, c.relation_id, c.kind, _common(c.before, c.before).label("before"), _common(c.after, c.before).label("after")
    ).subquery("stage_move")  # fmt: skip


def stays(dialect: str, account_id: int, field: str) -> Any:
    """The same, with what came after: `left_at` and `next` (null while it lasts), and the `best` rank reached since."""
    found = moves(dialect, account_id, field)
    c = found.c
    order = {"partition_by": c.relation_id, "order_by": c.number}
    return select(
        *c,
        func.lead(c.at).over(**order).label("left_at"),
        func.lead(c.after).over(**order).label("next"),
        func.max(rank(c.after)).over(**order, rows=(1, None)).label("best"),
    ).subquery(f"{field}_stay")


def rank(stage: ColumnElement[Any]) -> ColumnElement[int]:
    """How far along a stage is; 0 for lost and what is no stage of a funnel."""
    return case(
        {key: literal_column(str(n)) for key, n in RANKS.items()}, value=stage, else_=literal_column("0")
    )


def is_goal(c: Any) -> ColumnElement[bool]:
    """Whether a stay has since reached what it is for: won, or active for a person."""
    project, person = RANKS["won"], RANKS["current"]
    return and_(
        c.best >= case((c.kind == "project", literal_column(str(project))), else_=literal_column(str(person)))
    )


def _common(stage: ColumnElement[Any], before: ColumnElement[Any]) -> ColumnElement[Any]:
    given_up = and_(stage == "past", before.in_(("lead", "future")))
    return case((stage == "out", literal_column("'lost'")), (given_up, literal_column("'lost'")), else_=stage)
