"""Reports: the figures of the reports page as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieline.control.frame import Context
from tieline.crm.access import Caller
from tieline.crm.analytics import leads, overview
from tieline.crm.analytics.periods import periods_of
from tieline.errors import InvalidInput
from tieline.records.analytics import AnalyticsQuery
from tieline.records.kinds import BY_PLURAL
from tieline.records.vocabulary import SCALES
from tieline.store.database import Transaction

COUNTS = {"year": 5, "quarter": 8, "month": 12, "week": 12, "day": 14}  # periods, when nothing else is said
Rows = Callable[[Transaction, Caller, AnalyticsQuery, str], Any]


async def show(context: Context) -> Any:
    """The rows of a report. Raises InvalidInput naming the field."""
    name, body = str(context.request.path_params["name"]), await context.body()
    if name not in REPORTS:
        raise InvalidInput(f"“{name}” is no report", field="report", remedy=", ".join(REPORTS))
    of = str(body.get("of") or "people")
    if of not in {"people", "projects"}:
        raise InvalidInput(f"“{of}” have no funnel", field="of", remedy="people or projects")
    query, kind = _query(body), BY_PLURAL[of].name
    return await context.database.read_slow(REPORTS[name], context.account, query, kind)


def _query(body: dict[str, Any]) -> AnalyticsQuery:
    scale = str(body.get("period") or "month").lower()
    if scale not in COUNTS:
        raise InvalidInput(
            f"“{scale}” is no period", field="period", remedy=", ".join(key for key, _ in SCALES)
        )
    start, end = (str(body.get(name) or "") or None for name in ("from", "to"))
    return AnalyticsQuery(scale=scale, start=start, end=end, max=None if start else COUNTS[scale])


def _funnel(tx: Transaction, caller: Caller, query: AnalyticsQuery, kind: str) -> Any:
    return overview.stage_funnel(tx, caller, kind, periods_of(caller, query))


REPORTS: dict[str, Rows] = {
    "activity": lambda tx, caller, query, _: overview.activity_by_sort(tx, caller, query),
    "projects": lambda tx, caller, _, __: overview.pipeline(tx, caller),
    "leads": lambda tx, caller, query, _: leads(tx, caller, query),
    "funnel": _funnel,
}
