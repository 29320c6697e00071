"""The analytics as people read them: what the reports page and the command line show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import select

from tieline.crm.access import Caller
from tieline.crm.analytics.activity import activity
from tieline.crm.analytics.facts import Facts
from tieline.crm.analytics.followed import Followed
from tieline.crm.analytics.leads import became_leads
from tieline.crm.analytics.moves import GOALS, RANKS
from tieline.crm.analytics.periods import Period
from tieline.crm.analytics.pipeline import by_stage
from tieline.crm.settings import AccountSettings, load_settings
from tieline.records.analytics import AnalyticsQuery
from tieline.store.database import Row, Transaction
from tieline.store.tables import relation

MOST_PEOPLE: Final = 200
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of activity: the measures that add up to it, and the styles of its entries."""

    key: str
    label: str
    measures: tuple[str, ...]
    styles: tuple[str, ...]
    done: bool = False  # counted when completed


SORTS: Final = {
    sort.key: sort
    for sort in (
        Sort("mail", "E-mails", ("sentmails", "rcvdstandard", "rcvdbulk"), ("email",)),
        Sort("call", "Calls", ("inbcalls", "outbcalls"), ("call",)),
        Sort("meeting", "Meetings", ("meetings",), ("meeting",)),
        Sort("message", "Messages", ("sentmessages", "rcvdmessages"), ("text", "message", "inapp")),
        Sort("note", "Notes", ("creatednotes",), ("note",)),
        Sort("todo", "To-dos done", ("donetodos",), ("todo",), done=True),
    )
}


class StageRow(msgspec.Struct, kw_only=True):
    """A stage in the funnel. Conversions are shares of `entered`; None where nothing is known."""

    stage: str
    label: str
    entered: int
    here: int
    conversion: float | None
    goal: float | None
    median_days: float | None


class StageWorth(msgspec.Struct, kw_only=True):
    """The projects in a stage now, and what they are worth together."""

    stage: str
    label: str
    projects: int
    worth: float


def activity_by_sort(tx: Transaction, caller: Caller, query: AnalyticsQuery) -> list[dict[str, Any]]:
    """A bucket for each period: key, stamp, and a count for each sort."""
    names = [name for sort in SORTS.values() for name in sort.measures]
    buckets = activity(tx, caller, msgspec.structs.replace(query, measures=names))
    return [
        {
            "key": bucket["key"],
            "stamp": bucket["stamp"],
            **{sort.key: sum(bucket[name] for name in sort.measures) for sort in SORTS.values()},
        }
        for bucket in buckets
    ]


def new_leads(
    tx: Transaction, caller: Caller, begins: int, ends: int, source: str | None = None
) -> list[Row]:
    """The people who became leads from then to before then, the newest first; of that source."""
    chosen = became_leads(tx.dialect, caller.account_id, begins, ends, source)
    statement = (
        select(relation)
        .where(relation.c.account_id == caller.account_id, relation.c.kind == "person", chosen)
        .order_by(relation.c.last_changed.desc(), relation.c.sync_key.desc())
    )
    return tx.all(statement.limit(MOST_PEOPLE))


def pipeline(tx: Transaction, caller: Caller) -> list[StageWorth]:
    """Every stage of projects, in order."""
    found = by_stage(tx, caller)
    stages = load_settings(tx, caller.account_id).shown_stages("project")
    return [
        StageWorth(
            stage=key,
            label=label,
            projects=found[key]["projects"] if key in found else 0,
            worth=found[key]["meta_value"] if key in found else 0,
        )
        for key, label in stages.items()
    ]


def stage_funnel(tx: Transaction, caller: Caller, kind: str, periods: Sequence[Period]) -> list[StageRow]:
    """The way of people or projects through their stages in these periods taken together."""
    followed = Followed(
        account_id=caller.account_id,
        begins=periods[0].begins,
        ends=periods[-1].ends,
        mode=ALL,
        people_only=kind == "person",
    )
    facts = Facts(tx, followed)
    settings = load_settings(tx, caller.account_id)
    return [_stage_row(facts, kind, key, label) for key, label in _stages(settings, kind).items()]


def _stages(settings: AccountSettings, kind: str) -> dict[str, str]:
    """The stages of a kind by their common names; who is past has left the funnel."""
    shown = settings.shown_stages(kind)
    return {("lost" if key == "out" else key): label for key, label in shown.items() if key != "past"}


def _stage_row(facts: Facts, kind: str, stage: str, label: str) -> StageRow:
    row = facts.entered.get((ALL, stage))
    spent = facts.times.get((ALL, stage))
    entered = int(row["inside"]) if row is not None else 0
    goes_on = stage in RANKS and stage != GOALS[kind]
    return StageRow(
        stage=stage,
        label=label,
        entered=entered,
        here=int(row["here"]) if row is not None else 0,
        conversion=row["advanced"] / entered if row is not None and entered and goes_on else None,
        goal=row["reached"] / entered if row is not None and entered and goes_on else None,
        median_days=None if spent is None else round(spent / 86_400_000, 1),
    )
