"""The funnel (2.9): how far records came, stage by stage and step by step, and what was done for it.

Leads are people, the later stages are projects; with a segment of people, all stages are theirs. A row stands for a
segment, lead source, member or step. What the contract leaves open is read so:

- `…count`, conversions, times and counts of activity are of the period; `<a>_<b>` and the step metrics are of all time,
  `period_` limits them to the period, `cumulative_` to what happened before its end;
- uncombined conversion is the share of those that entered a stage in the period and have since gone further, combined
  the share that has since reached the goal: won, or active for people.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tieline.crm.access import Caller
from tieline.crm.analytics.activity import wanted
from tieline.crm.analytics.facts import Facts
from tieline.crm.analytics.followed import Followed
from tieline.crm.analytics.metrics import METRICS
from tieline.crm.analytics.moves import STAGES
from tieline.crm.analytics.periods import day_of, period_of, scale_of, today
from tieline.crm.inputs import choice_of, given, text_of
from tieline.crm.settings import AccountSettings, load_settings, resolve_segment
from tieline.errors import InvalidInput
from tieline.records import codec
from tieline.records.analytics import FunnelQuery
from tieline.records.vocabulary import FUNNEL_BOUNDS, FUNNEL_MODES, NONE
from tieline.store.database import Transaction

DEFAULT_METRICS = (
    *(f"{stage}count" for stage in STAGES),
    *(f"{stage}_{what}" for stage in ("lead", "future", "current") for what in ("uncombined_conversion", "combined_conversion", "time")),
)  # fmt: skip
MOST_SUBMETRICS = 20


class Submetric(msgspec.Struct):
    """A further break-down of each row."""

    mode: str | None = None
    metrics: list[str] | None = None


def funnel(tx: Transaction, caller: Caller, query: FunnelQuery, usertags: list[str]) -> list[dict[str, Any]]:
    """A row for each segment, source, member or step: key, the metrics, and the submetrics. Raises InvalidInput."""
    settings = load_settings(tx, caller.account_id)
    followed = _followed(caller, query, settings)
    if usertags:
        return []  # members carry no tags
    names = wanted(query.metrics, tuple(METRICS), "metrics")
    if not given(query.metrics):
        names = list(DEFAULT_METRICS)
    rows = _rows(tx, followed, names)
    for member, breakdowns in _submetrics(query).items():
        for row in rows.values():
            row[member] = []
        for breakdown in breakdowns:
            _break_down(tx, followed, rows, member, breakdown)
    order = [NONE, *settings.segments("person"), *settings.segments("project")]
    return sorted(
        rows.values(),
        key=lambda row: (order.index(row["key"]) if row["key"] in order else len(order), row["key"]),
    )


def _rows(tx: Transaction, followed: Followed, names: list[str]) -> dict[str, dict[str, Any]]:
    facts = Facts(tx, followed)
    values = {name: METRICS[name](facts) for name in names}
    keys = dict.fromkeys([*facts.keys(), *(key for found in values.values() for key in found)])
    empty = {name: METRICS[name].nothing for name in names}
    return {key: {"key": key, **{name: values[name].get(key, empty[name]) for name in names}} for key in keys}


def _break_down(tx: Transaction, followed: Followed, rows: dict[str, dict[str, Any]], member: str, breakdown: Submetric) -> None:  # fmt: skip
    """Give each row its own rows by another mode, for the records of that row alone."""
    mode = _mode(breakdown.mode)
    names = wanted(breakdown.metrics, tuple(METRICS), f"submetrics.{member}.metrics")
    for key, row in rows.items():
        inner = _rows(
            tx,
            msgspec.structs.replace(followed, mode=mode, within=(*followed.within, (followed.mode, key))),
            names,
        )
        row[member] += sorted(inner.values(), key=lambda found: str(found["key"]))


def _followed(caller: Caller, query: FunnelQuery, settings: AccountSettings) -> Followed:
    begins, ends = _period(caller, query)
    segment, people_only = _segment(settings, text_of(query.segment))
    leads = text_of(query.leadsegment)
    return Followed(
        account_id=caller.account_id,
        begins=begins,
        ends=ends,
        mode=_mode(query.mode),
        people_only=people_only,
        segment=segment,
        leadsegment=resolve_segment(settings, "person", leads) if leads else None,
        leadsources=tuple(text_of(word) for word in given(query.leadsources) or ()),
        tag=text_of(query.tag),
        users=tuple(_member(caller, text_of(user)) for user in given(query.users) or ()),
    )


def _period(caller: Caller, query: FunnelQuery) -> tuple[int, int]:
    scale, relative = scale_of(query.scale), given(query.relative) or 0
    start = day_of(caller, query.start, "start")
    bounds = choice_of(query.bounds, tuple(key for key, _ in FUNNEL_BOUNDS), field="bounds") or "open"
    if start is not None and bounds == "open":
        begins = period_of("day", start, caller.timezone).begins
        return begins, period_of("day", today(caller), caller.timezone).ends
    period = period_of(scale, start or today(caller), caller.timezone, relative)
    return period.begins, period.ends


def _segment(settings: AccountSettings, text: str) -> tuple[str | None, bool]:
    """Its key, and whether it is one of people's."""
    if not text:
        return None, False
    known = {**settings.segments("project"), **settings.segments("person")}
    word = text.removeprefix("-").lower()
    for key, label in known.items():
        if word in {key.lower(), label.lower()}:
            return key, key in settings.segments("person")
    raise InvalidInput(f"“{text}” is unknown", field="segment", remedy=f"one of: {', '.join(known)}")


def _mode(value: Any) -> str:
    return choice_of(value, tuple(key for key, _ in FUNNEL_MODES), field="mode") or "segment"


def _member(caller: Caller, user: str) -> str:
    return caller.email if user.lower() in {"me", "@me"} or user.lower() in caller.addresses else user


def _submetrics(query: FunnelQuery) -> dict[str, list[Submetric]]:
    given_ones = given(query.submetrics) or {}
    try:
        made = codec.convert(dict[str, list[Submetric]], given_ones)
    except InvalidInput as error:
        raise InvalidInput(
            error.message,
            field=f"submetrics.{error.field or ''}".rstrip("."),
            remedy="send {name: [{mode, metrics}]}",
        ) from None
    if sum(map(len, made.values())) > MOST_SUBMETRICS:
        raise InvalidInput(f"at most {MOST_SUBMETRICS}", field="submetrics", remedy="ask in several queries")
    if reserved := [name for name in made if name == "key" or name in METRICS]:
        raise InvalidInput(
            f"“{reserved[0]}” is a member already", field="submetrics", remedy="name it otherwise"
        )
    return made
