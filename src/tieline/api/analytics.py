"""Analytics (contract 2.9): a body of named queries, an answer of the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tieline.api import lenient, queries
from tieline.api.call import Call
from tieline.api.envelope import bare, success
from tieline.crm import analytics
from tieline.crm.access import Caller
from tieline.errors import InvalidInput
from tieline.records import codec
from tieline.records.analytics import AnalyticsQuery, FunnelQuery, ProjectQuery
from tieline.store.database import Transaction

Q = TypeVar("Q")
MOST = 50  # queries of one request


async def activity(call: Call) -> bytes:
    """Own activity in each period."""
    return await _answered(call, AnalyticsQuery, analytics.activity)


async def team_activity(call: Call) -> bytes:
    """Activity of each member."""
    return await _answered(call, AnalyticsQuery, analytics.team_activity)


async def update_team_activity(call: Call) -> bytes:
    """Refresh the team's activity, or with `skip` only tell of the last time."""
    tag, only_report = queries.text(call.query, "tag") or "", queries.boolean(call.query, "skip") or False
    queries.whole(call.query, "wait")  # nothing is remote: there is nothing to wait for

    def act(tx: Transaction) -> bytes:
        update = analytics.update_team_activity(tx, call.caller, tag=tag, only_report=only_report)
        return success(**{name: getattr(update, name) for name in update.__struct_fields__})

    return await call.database.write(act)


async def projects(call: Call) -> bytes:
    """Projects under way."""
    return await _answered(call, ProjectQuery, analytics.projects)


async def leads(call: Call) -> bytes:
    """New, qualified and lost leads in each period."""
    return await _answered(call, AnalyticsQuery, analytics.leads)


async def funnel(call: Call) -> bytes:
    """How far records came."""
    usertags = codec.convert(list[str], call.object().get("usertags") or [])

    def rows(tx: Transaction, caller: Caller, query: FunnelQuery) -> list[dict[str, Any]]:
        return analytics.funnel(tx, caller, query, usertags)

    return await _answered(call, FunnelQuery, rows)


async def _answered(call: Call, query: type[Q], rows: Callable[[Transaction, Caller, Q], list[Any]]) -> bytes:
    asked = _asked(call, query)

    def read(tx: Transaction) -> dict[str, list[Any]]:
        return {name: _named(name, lambda one=one: rows(tx, call.caller, one)) for name, one in asked.items()}  # type: ignore[misc]

    return bare(await call.read_slow(read))


def _asked(call: Call, query: type[Q]) -> dict[str, Q]:
    given = call.object().get("queries")
    if not isinstance(given, dict):
        raise InvalidInput("is required", field="queries", remedy='send {"queries": {"name": {…}}}')
    if len(given) > MOST:
        raise InvalidInput(f"at most {MOST} at once", field="queries", remedy="send several requests")
    return {name: _named(name, lambda body=body: _read(call, query, body)) for name, body in given.items()}  # type: ignore[misc]


def _read(call: Call, query: type[Q], body: Any) -> Q:
    if not isinstance(body, dict):
        raise InvalidInput("expected an object", remedy="send {} for everything")
    noun = "analyticsquery" if query is AnalyticsQuery else ""
    return codec.convert(query, lenient.unwrap_and_map(noun, body, strict_wire=call.strict))


def _named(name: str, act: Callable[[], Any]) -> Any:
    """What a query does, its failures told with its name."""
    try:
        return act()
    except InvalidInput as error:
        error.field = f"queries.{queries.shortened(name)}" + (f".{error.field}" if error.field else "")
        raise
