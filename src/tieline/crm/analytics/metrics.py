"""Every metric of the funnel by its name (2.9): what it reads from the facts, for each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tieline.crm.analytics.facts import Facts
from tieline.crm.analytics.moves import FORWARD, RANKS, STAGES
from tieline.crm.analytics.streams import STREAMS, Stream, whole
from tieline.store.database import Row

Values = dict[str, Any]


@dataclass(frozen=True)
class Metric:
    """Its values by key of the row; `nothing` is that of a row without one."""

    read: Callable[[Facts], Values]
    nothing: int | None = 0

    def __call__(self, facts: Facts) -> Values:
        return self.read(facts)


def _entered(stage: str, name: str) -> Metric:
    return Metric(lambda facts: {key: row[name] for (key, at), row in facts.entered.items() if at == stage})


def _moved(before: str, after: str, name: str) -> Metric:
    return Metric(
        lambda facts: {key: row[name] for (key, *way), row in facts.moved.items() if way == [before, after]}
    )


def _time(stage: str) -> Metric:
    return Metric(
        lambda facts: {key: round(spent) for (key, at), spent in facts.times.items() if at == stage}, None
    )


def _conversion(stage: str, name: str) -> Metric:
    def read(facts: Facts) -> Values:
        rows = {key: row for (key, at), row in facts.entered.items() if at == stage}
        return _shares(rows, name, "inside")

    return Metric(read, None)


def _step(variant: str, name: str) -> Metric:
    return Metric(lambda facts: {key: row[name] for key, row in facts.steps(variant).items()})


def _step_time(variant: str, name: str) -> Metric:
    return Metric(
        lambda facts: {key: round(row[name]) for key, row in facts.step_times(variant).items()}, None
    )


def _step_conversion(name: str) -> Metric:
    return Metric(lambda facts: _shares(facts.steps("period"), name, "stepcount"), None)


def _shares(rows: Mapping[str, Row], part: str, of: str) -> Values:
    return {key: round(row[part] / row[of], 4) for key, row in rows.items() if row[of]}


def _sum(stream: Stream, name: str) -> Metric:
    return Metric(lambda facts: {key: sums[name] for key, sums in facts.sums(stream).items()})


def _repeated(name: str) -> Metric:
    return Metric(lambda facts: {key: whole(row[name]) for key, row in facts.repeated.items()})


def _latest(name: str) -> Metric:
    return Metric(lambda facts: {key: row[name] for key, row in facts.latest.items()}, None)


def _average_touches(facts: Facts) -> Values:
    """Touches of a row for each record that was touched."""
    sums = facts.sums(STREAMS[0])
    return {
        key: round(sums[key]["touch"] / count, 4)
        for key, count in facts.touched.items()
        if count and key in sums
    }


def _stage_metrics() -> dict[str, Metric]:
    made: dict[str, Metric] = {}
    for stage in STAGES:
        made[f"{stage}count"] = _entered(stage, "inside")
        made[f"cumulative_{stage}"] = _entered(stage, "kept" if stage in {"won", "lost"} else "here")
        made[f"{stage}_time"] = _time(stage)
        if stage in RANKS and stage != "won":
            made[f"{stage}_uncombined_conversion"] = _conversion(stage, "advanced")
            made[f"{stage}_combined_conversion"] = _conversion(stage, "reached")
    for before, afters in FORWARD.items():
        for after in afters:
            made[f"{before}_{after}"] = _moved(before, after, "ever")
            made[f"period_{before}_{after}"] = _moved(before, after, "inside")
    return made


def _step_metrics() -> dict[str, Metric]:
    made: dict[str, Metric] = {}
    counts = (
        "stepcount",
        "stepwoncount",
        "steplostcount",
        "stepnextcount",
        "stepintocount",
        "stepintolostcount",
    )
    for variant, prefix in (("ever", ""), ("period", "period_"), ("cumulative", "cumulative_")):
        made |= {f"{prefix}{name}": _step(variant, name) for name in counts}
        made |= {f"{prefix}{name}steptime": _step_time(variant, name) for name in ("average", "median")}
    made["step_uncombined_conversion"] = _step_conversion("advanced")
    made["step_combined_conversion"] = _step_conversion("reached")
    return made


METRICS: Final[dict[str, Metric]] = {
    **_stage_metrics(),
    **_step_metrics(),
    **{name: _latest(name) for name in ("lasttouch", "lastactivity", "lastengagement")},
    "average_touches": Metric(_average_touches),
    **{name: _sum(stream, name) for stream in STREAMS for name in stream.measures},
    "mailclicks": Metric(lambda _: {}),  # nothing reports clicks
    "mailreplies": Metric(lambda facts: facts.replies),
    **{name: _repeated(name) for name in ("remails", "recalls", "recallmins", "remessages")},
}
