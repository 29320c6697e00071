"""`restrict`: the days, months and hours in which a scenario may run (1.18). Pure, on the local clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tieline.scenarios.localtime import local_ms
from tieline.scenarios.scheduling import clock_time

LOOK_AHEAD = 800  # days: a weekday in a month comes back within them


def first_allowed(scheduling: dict[str, Any], at: int, zone: ZoneInfo) -> int | None:
    """The first moment from `at` on that fits any entry; None when there is none. Without entries all time fits."""
    entries = scheduling.get("restrict")
    if not entries or allowed(entries, at, zone):
        return at
    day = datetime.fromtimestamp(at / 1000, zone).date()
    for _ in range(LOOK_AHEAD):
        openings = (local_ms(day, _window(entry)[0], zone) for entry in entries if _fits(entry, day))
        for opening in sorted(openings):
            if opening >= at and allowed(entries, opening, zone):
                return opening
        day += timedelta(days=1)
    return None


def allowed(entries: list[dict[str, Any]], at: int, zone: ZoneInfo) -> bool:
    """Whether a moment fits any entry. A window that ends before it begins goes on past midnight."""
    local = datetime.fromtimestamp(at / 1000, zone)
    today, yesterday, clock = local.date(), local.date() - timedelta(days=1), local.time()
    for entry in entries:
        start, end = _window(entry)
        if start <= end:
            if _fits(entry, today) and start <= clock <= end:
                return True
        elif (_fits(entry, today) and clock >= start) or (_fits(entry, yesterday) and clock <= end):
            return True
    return False


def _fits(entry: dict[str, Any], day: date) -> bool:
    days, months = entry.get("days"), entry.get("months")
    return (not days or day.isoweekday() % 7 in days) and (not months or day.month in months)


def _window(entry: dict[str, Any]) -> tuple[time, time]:
    """From and until; the last minute (or second, when seconds are written) belongs to it."""
    start, end = entry.get("time") or ("00:00", "24:00")
    last = "23:59" if end == "24:00" else str(end)
    until = clock_time(last)
    return clock_time(start), until.replace(
        second=until.second if last.count(":") == 2 else 59, microsecond=999_999
    )
