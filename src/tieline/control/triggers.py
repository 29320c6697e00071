"""What sets scenarios off: their due times."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.scenarios import due, library, schedule, state
from tieline.store.database import Transaction

MOST = 1000


async def next_times(context: Context) -> Any:
    """When a scenario is due next: `count` times (10), and what becomes of those that are missed."""
    asked = context.request.query_params.get("count", "10")
    count = min(int(asked), MOST) if asked.isdecimal() else 10

    def read(tx: Transaction) -> dict[str, Any]:
        found = library.get_scenario(tx, context.account.account_id, context.number)
        zone = state.timezone(tx, context.account.account_id)
        return {
            "scheduling": found.scheduling,
            "timezone": schedule.zone_of(found.scheduling, zone).key,
            "missed": found.scheduling.get("missed") or "once",
            "active": found.active,
            "upcoming": due.coming(found.scheduling, found.next_run, zone, count),
        }

    return await context.database.read(read)
