"""What is to be done: open to-dos and reminders of everybody."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from tieline import clock
from tieline.crm import timeline_reading
from tieline.crm.timeline_reading import EntryView
from tieline.web import session
from tieline.web.context import database
from tieline.web.page import render
from tieline.web.templating import zone

MOST = 300


async def show(request: Request) -> Response:
    """The agenda, grouped by how soon."""
    caller = await session.signed_in(request)
    found = await database(request).read(timeline_reading.agenda, caller, limit=MOST)
    return await render(
        request, "agenda.html", groups=grouped(found, caller.timezone), count=len(found), most=MOST
    )


def grouped(found: list[EntryView], timezone: str) -> list[tuple[str, list[EntryView]]]:
    """Overdue, today, the next seven days, later, someday: the groups that have entries."""
    today = datetime.fromtimestamp(clock.now(), zone(timezone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    ends = [(today + timedelta(days=days)).timestamp() * 1000 for days in (0, 1, 8)]
    groups: dict[str, list[EntryView]] = {
        name: [] for name in ("Overdue", "Today", "Next 7 days", "Later", "Someday")
    }
    for entry in found:
        due = entry.due or 1
        if due == 1:
            groups["Someday"].append(entry)
        else:
            position = sum(due >= end for end in ends)
            groups[("Overdue", "Today", "Next 7 days", "Later")[position]].append(entry)
    return [(name, entries) for name, entries in groups.items() if entries]
