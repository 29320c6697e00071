"""Projects under way and their values (2.9)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select

from tieline.crm.access import Caller
from tieline.crm.analytics import moves
from tieline.crm.analytics.activity import wanted
from tieline.crm.analytics.moves import NONE
from tieline.crm.analytics.periods import Period, period_of, today
from tieline.crm.dates import day_of
from tieline.crm.inputs import choice_of, given
from tieline.errors import InvalidInput
from tieline.records.analytics import ProjectQuery
from tieline.records.vocabulary import PROJECT_MODES, SCALES
from tieline.store.database import Row, Transaction
from tieline.store.tables import relation

OPEN: Final = ("future", "current", "pending")
AT_WORK: Final = ("current", "pending")
FINISHED: Final = ("won", "lost")
METRICS: Final = (
    "segment", "stage", "nextstep", "meta_value", "project_start", "project_active", "project_end",
)  # fmt: skip
table = relation.c


def projects(tx: Transaction, caller: Caller, query: ProjectQuery) -> list[dict[str, Any]]:
    """A row for each project, the most valuable first: syncKey, name, and the metrics. Raises InvalidInput.

    Mode pipeline: potential, active and pending projects; with a scale only those that end in the period, where one
    without an end counts for the current period. Mode active: active and pending ones; with a scale only those whose
    days from start to end touch the period. `always` adds what was won or lost in the period.
    """
    names = wanted(query.metrics, METRICS, "metrics")
    mode = choice_of(query.mode, tuple(key for key, _ in PROJECT_MODES), field="mode") or "pipeline"
    period = _period(caller, query)
    latest = _latest(tx.dialect, caller.account_id)
    ended = _ended(caller, latest, period)
    chosen = _chosen(mode, period, given(query.relative) or 0)
    if choice_of(query.always, ("in-period",), field="always"):
        chosen = or_(chosen, ended)
    statement = (
        select(
            table.sync_key, table.name, table.segment, table.stage, table.step, table.value, table.start_date,
            table.end_date, latest.c.active_at, latest.c.ended_at,
        )
        .join_from(relation, latest, latest.c.relation_id == table.id, isouter=True)
        .where(table.account_id == caller.account_id, table.kind == "project", table.archived.is_(False), table.hidden.is_(False), chosen)
        .order_by(func.coalesce(table.value, 0).desc(), table.name_key, table.id)
    )  # fmt: skip
    return [_row(row, names, caller.timezone) for row in tx.all(statement)]


def by_stage(tx: Transaction, caller: Caller) -> dict[str, dict[str, Any]]:
    """How many projects are in each stage now, and what they are worth together."""
    statement = (
        select(table.stage, func.count().label("projects"), func.sum(table.value).label("worth"))
        .where(
            table.account_id == caller.account_id,
            table.kind == "project",
            table.stage.is_not(None),
            table.archived.is_(False),
            table.hidden.is_(False),
        )
        .group_by(table.stage)
    )
    return {
        row["stage"]: {"projects": row["projects"], "meta_value": float(row["worth"] or 0)}
        for row in tx.all(statement)
    }


def _period(caller: Caller, query: ProjectQuery) -> Period | None:
    scale = choice_of(query.scale, tuple(key for key, _ in SCALES[:3]), field="scale")
    relative = given(query.relative)
    if scale is None:
        if relative:
            raise InvalidInput(
                "needs a period", field="relative", remedy="give scale: year, quarter or month"
            )
        return None
    return period_of(scale, today(caller), caller.timezone, relative or 0)


def _chosen(mode: str, period: Period | None, relative: int) -> ColumnElement[bool]:
    if mode == "active":
        at_work = table.stage.in_(AT_WORK)
        if period is None:
            return at_work
        begun = or_(table.start_date.is_(None), table.start_date < _end_day(period))
        not_over = or_(table.end_date.is_(None), table.end_date >= period.day.isoformat())
        return and_(at_work, begun, not_over)
    under_way = table.stage.in_(OPEN)
    if period is None:
        return under_way
    inside = _within(table.end_date, period)
    return and_(under_way, or_(inside, table.end_date.is_(None)) if relative == 0 else inside)


def _ended(caller: Caller, latest: Any, period: Period | None) -> ColumnElement[bool]:
    """Won or lost in the period, by the end date, or by the move when there is none."""
    finished = table.stage.in_(FINISHED)
    if period is None:
        return finished
    moved = and_(
        table.end_date.is_(None), latest.c.ended_at >= period.begins, latest.c.ended_at < period.ends
    )
    return and_(finished, or_(_within(table.end_date, period), moved))


def _within(day: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    return and_(day >= period.day.isoformat(), day < _end_day(period))


def _end_day(period: Period) -> str:
    return period.following.isoformat()


def _latest(dialect: str, account_id: int) -> Any:
    """When each project last became active, and last was won or lost."""
    found = moves.moves(dialect, account_id, "stage")
    c = found.c
    return (
        select(
            c.relation_id,
            func.max(c.at).filter(c.after == "current").label("active_at"),
            func.max(c.at).filter(c.after.in_(FINISHED)).label("ended_at"),
        )
        .where(c.kind == "project")
        .group_by(c.relation_id)
        .subquery("latest")
    )


def _row(row: Row, names: list[str], timezone: str) -> dict[str, Any]:
    ended = row["ended_at"] if row["stage"] in FINISHED else None
    found = {
        "segment": row["segment"] or NONE,
        "stage": row["stage"] or NONE,
        "nextstep": row["step"] or NONE,
        "meta_value": row["value"],
        "project_start": row["start_date"],
        "project_active": _day(row["active_at"], timezone),
        "project_end": row["end_date"] or _day(ended, timezone),
    }
    return {
        "syncKey": row["sync_key"],
        "name": row["name"],
        **{name: found[name] for name in names if name in found},
    }


def _day(instant: int | None, timezone: str) -> str | None:
    return None if instant is None else day_of(instant, timezone)
