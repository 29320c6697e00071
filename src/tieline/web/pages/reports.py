"""Reports: activity, pipeline, leads and the funnel as charts, and the lists behind their bars."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import timeline_reading
from tieline.crm.access import Caller
from tieline.crm.analytics import leads, overview
from tieline.crm.analytics.leads import SOURCE
from tieline.crm.analytics.overview import SORTS, StageRow, StageWorth
from tieline.crm.analytics.periods import Period, period_of, periods_of
from tieline.crm.relations import record_of
from tieline.crm.settings import load_settings
from tieline.errors import InvalidInput
from tieline.records.analytics import AnalyticsQuery
from tieline.records.kinds import KINDS
from tieline.records.vocabulary import NONE
from tieline.store.database import Transaction
from tieline.web import charts, session
from tieline.web.charts import Column, Part
from tieline.web.context import database
from tieline.web.page import render

SCALES = {"week": ("Weeks", 12), "month": ("Months", 12), "quarter": ("Quarters", 8), "year": ("Years", 5)}
FUNNELS = {"people": "person", "projects": "project"}
MOST_ENTRIES = 200


@dataclass(slots=True)
class Report:
    """Everything the page shows, read at one moment."""

    periods: list[Period]
    activity: list[dict[str, Any]]
    pipeline: list[StageWorth]
    leads: list[dict[str, Any]]
    funnel: list[StageRow]
    sources: dict[str, str]  # key of a lead source to its label


async def show(request: Request) -> Response:
    """The page of charts."""
    caller = await session.signed_in(request)
    asked = {name: request.query_params.get(name, "").strip() for name in ("from", "to")}
    scale = request.query_params.get("scale", "month")
    scale = scale if scale in SCALES else "month"
    of = request.query_params.get("of", "people")
    of = of if of in FUNNELS else "people"
    problem: InvalidInput | None = None
    try:
        report = await _read(request, caller, _query(scale, asked), FUNNELS[of])
    except InvalidInput as error:
        problem = error
        report = await _read(request, caller, _query(scale, {}), FUNNELS[of])
    labels = _labels(report.periods, scale)
    return await render(
        request,
        "reports.html",
        status=200 if problem is None else 422,
        scales={key: label for key, (label, _) in SCALES.items()},
        scale=scale,
        of=of,
        asked=asked,
        problem=problem,
        labels=labels,
        address=lambda **changed: _address(scale, of, asked, changed),
        activity=_activity(report, labels),
        pipeline=_pipeline(report),
        leads=_leads(report, labels),
        funnel=_funnel(report, of),
        empty=not _anything(report),
    )


async def listed_entries(request: Request) -> Response:
    """The entries behind a bar of the activity."""
    caller = await session.signed_in(request)
    sort = SORTS.get(request.query_params.get("kind", ""))
    if sort is None:
        raise InvalidInput("is unknown", field="kind", remedy=f"one of: {', '.join(SORTS)}")
    period = _one_period(request, caller)
    found = await database(request).read_slow(
        timeline_reading.entries_between, caller, sort.styles, period.begins, period.ends, done=sort.done, limit=MOST_ENTRIES
    )  # fmt: skip
    return await render(
        request, "report_entries.html", entries=found, sort=sort, label=_span(period), most=MOST_ENTRIES
    )


async def listed_leads(request: Request) -> Response:
    """The people behind a bar of the leads."""
    caller = await session.signed_in(request)
    source = request.query_params.get("source") or None
    period = _one_period(request, caller)

    def read(tx: Transaction) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        settings = load_settings(tx, caller.account_id)
        rows = overview.new_leads(tx, caller, period.begins, period.ends, source)
        words = {"segments": settings.segments("person"), "stages": settings.stages("person")}
        field = settings.custom_field(SOURCE)
        return [record_of(row) for row in rows], {**words, "choices": field.choices if field else {}}

    records, words = await database(request).read_slow(read)
    named = words.pop("choices").get(source, source)
    return await render(
        request,
        "report_leads.html",
        kind=KINDS["person"],
        records=records,
        label=_span(period),
        source=None if source is None else "no source" if source == NONE else named,
        filtered=True,
        most=overview.MOST_PEOPLE,
        **words,
    )


async def _read(request: Request, caller: Caller, query: AnalyticsQuery, kind: str) -> Report:
    def read(tx: Transaction) -> Report:
        periods = periods_of(caller, query)
        field = load_settings(tx, caller.account_id).custom_field(SOURCE)
        return Report(
            periods=periods,
            activity=overview.activity_by_sort(tx, caller, query),
            pipeline=overview.pipeline(tx, caller),
            leads=leads(tx, caller, query),
            funnel=overview.stage_funnel(tx, caller, kind, periods),
            sources=field.choices if field else {},
        )

    return await database(request).read_slow(read)


def _query(scale: str, asked: dict[str, str]) -> AnalyticsQuery:
    start, end = asked.get("from") or None, asked.get("to") or None
    return AnalyticsQuery(scale=scale, start=start, end=end, max=None if start else SCALES[scale][1])


def _address(scale: str, of: str, asked: dict[str, str], changed: dict[str, str]) -> str:
    made = {"scale": scale, "of": of, **asked, **changed}
    return f"?{urlencode({name: value for name, value in made.items() if value})}"


def _one_period(request: Request, caller: Caller) -> Period:
    """The period of the address: its first day and its scale. Raises InvalidInput."""
    scale = request.query_params.get("scale", "")
    if scale not in SCALES:
        raise InvalidInput("is unknown", field="scale", remedy=f"one of: {', '.join(SCALES)}")
    try:
        day = date.fromisoformat(request.query_params.get("from", ""))
    except ValueError:
        raise InvalidInput("is no day", field="from", remedy="write it like 2026-11-01") from None
    return period_of(scale, day, caller.timezone)


def _labels(periods: list[Period], scale: str) -> list[str]:
    """Short names beneath the columns."""
    shapes = {"week": "{0.day} {0:%b}", "month": "{0:%b}"}
    shape = shapes.get(scale)
    return [shape.format(period.day) if shape else period.key for period in periods]


def _span(period: Period) -> str:
    """A period in words."""
    first, days = period.day, (period.following - period.day).days
    if days == 7:
        return f"the week of {first.day} {first:%b %Y}"
    return f"{first:%B %Y}" if days < 32 else period.key


def _scale(period: Period) -> str:
    days = (period.following - period.day).days
    return "week" if days == 7 else "month" if days < 32 else "quarter" if days < 100 else "year"


def _behind(path: str, period: Period, **query: str) -> str:
    return f"/reports/{path}?" + urlencode({**query, "scale": _scale(period), "from": period.day.isoformat()})


def _activity(report: Report, labels: list[str]) -> dict[str, Any]:
    made, rows = [], []
    for period, bucket, label in zip(report.periods, report.activity, labels, strict=True):
        parts = [
            Part(bucket[sort.key], f"{sort.label} in {_span(period)}: {bucket[sort.key]}", _behind("entries", period, kind=sort.key), number)
            for number, sort in enumerate(SORTS.values())
        ]  # fmt: skip
        made.append(Column(label, parts))
        rows.append((_span(period), parts))
    total = sum(part.value for column in made for part in column.parts)
    return {
        "chart": charts.columns(made),
        "series": [sort.label for sort in SORTS.values()],
        "rows": rows,
        "total": total,
    }


def _leads(report: Report, labels: list[str]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for bucket in report.leads:
        counts.update({source: found["new"] for source, found in bucket["bysource"].items() if found["new"]})
    known = [source for source, _ in counts.most_common()]
    shown = known if len(known) <= charts.MOST_SERIES else known[: charts.MOST_SERIES - 1]
    made, rows = [], []
    for period, bucket, label in zip(report.periods, report.leads, labels, strict=True):
        found = {source: row["new"] for source, row in bucket["bysource"].items()}
        parts = [
            Part(found.get(source, 0), f"{_source(report, source)} in {_span(period)}: {found.get(source, 0)}", _behind("leads", period, source=source), n)
            for n, source in enumerate(shown)
        ]  # fmt: skip
        if len(shown) < len(known):
            rest = sum(count for source, count in found.items() if source not in shown)
            parts.append(
                Part(rest, f"Others in {_span(period)}: {rest}", _behind("leads", period), len(shown))
            )
        made.append(Column(label, parts))
        rows.append((_span(period), parts, bucket))
    series = [_source(report, source) for source in shown] + (["Others"] if len(shown) < len(known) else [])
    return {
        "chart": charts.columns(made),
        "series": series,
        "rows": rows,
        "total": sum(b["new"] for b in report.leads),
    }


def _source(report: Report, source: str) -> str:
    return "No source" if source == NONE else report.sources.get(source, source)


def _pipeline(report: Report) -> dict[str, Any]:
    rows = [
        (row, Part(row.worth, f"{row.label}: {row.projects} projects worth {row.worth:,.0f}", f"/projects?stage={row.stage}"))
        for row in report.pipeline
    ]  # fmt: skip
    drawn = [(row.label, f"{charts.short(row.worth)} · {row.projects}", part) for row, part in rows]
    return {"chart": charts.bars(drawn), "rows": rows, "total": sum(row.projects for row in report.pipeline)}


def _funnel(report: Report, of: str) -> dict[str, Any]:
    rows = [
        (row, Part(row.entered, f"{row.label}: {row.entered} entered", f"/{of}?stage={_own_stage(row, of)}"))
        for row in report.funnel
    ]
    drawn = [(row.label, _funnel_text(row), part) for row, part in rows]
    return {"chart": charts.bars(drawn), "rows": rows, "total": sum(row.entered for row in report.funnel)}


def _own_stage(row: StageRow, of: str) -> str:
    return "out" if row.stage == "lost" and of == "people" else row.stage


def _funnel_text(row: StageRow) -> str:
    shown = [str(row.entered)]
    if row.conversion is not None:
        shown.append(f"{row.conversion:.0%}")
    if row.median_days is not None:
        shown.append(f"{row.median_days:g} d")
    return " · ".join(shown)


def _anything(report: Report) -> bool:
    happened = any(bucket[sort] for bucket in report.activity for sort in SORTS)
    came = any(bucket["new"] or bucket["qualified"] or bucket["lost"] for bucket in report.leads)
    return (
        happened
        or came
        or any(row.projects for row in report.pipeline)
        or any(row.entered or row.here for row in report.funnel)
    )
