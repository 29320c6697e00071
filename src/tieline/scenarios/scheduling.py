"""What a scheduling may say (1.18), checked by field before it is stored."""

from __future__ import annotations

import re
from datetime import datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import parser as dates

from tieline.errors import InvalidInput

TYPES = ("immediately", "indefinitely", "once", "daily", "weekly", "monthly", "yearly", "on-demand")
CALENDAR = frozenset({"daily", "weekly", "monthly", "yearly"})
MISSED = ("skip", "once", "all")
SHORTEST, LONGEST = 1, 366 * 86_400  # seconds
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


def check(scheduling: dict[str, Any]) -> dict[str, Any]:
    """The scheduling if it makes sense. Raises InvalidInput naming the field."""
    kind = scheduling.get("type", "on-demand")
    _one_of(kind, TYPES, "type")
    _one_of(scheduling.get("missed") or "once", MISSED, "missed")
    zone = _zone(scheduling.get("timezone"))
    if kind == "indefinitely":
        _interval(scheduling.get("interval"))
    if kind == "once":
        instant(scheduling.get("date"), zone, "date")
    if kind in CALENDAR:
        clock_time(scheduling.get("time") or "00:00")
        _numbers(scheduling, "days", *((0, 6) if kind == "weekly" else (1, 31)))
        _numbers(scheduling, "months", 1, 12)
    _between(scheduling.get("between"), zone)
    _restrict(scheduling.get("restrict"))
    return scheduling


def check_for_events(scheduling: dict[str, Any]) -> None:
    """A scenario that begins with events cannot run at intervals: it runs as they come, or at times. Raises InvalidInput."""
    if scheduling.get("type") == "indefinitely":
        raise InvalidInput(
            "a scenario that begins with events does not run at intervals",
            field="scheduling.type",
            remedy="choose immediately, or times of the day",
        )


def clock_time(value: Any, field: str = "time") -> time:
    """`HH:mm` or `HH:mm:ss`. Raises InvalidInput."""
    if not isinstance(value, str) or not CLOCK.fullmatch(value):
        raise InvalidInput(f"“{value}” is not a time", field=f"scheduling.{field}", remedy="write HH:mm")
    return time.fromisoformat(value)


def instant(value: Any, zone: tzinfo, field: str) -> int:
    """A date-time as UTC milliseconds; without an offset it is local. Raises InvalidInput."""
    try:
        found = dates.isoparse(str(value))
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        made = int(found.timestamp() * 1000)
        datetime.fromtimestamp(made / 1000, zone)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"“{value}” is not a date", field=f"scheduling.{field}", remedy="write ISO 8601"
        ) from None
    return made


def _one_of(value: Any, known: tuple[str, ...], field: str) -> None:
    if value not in known:
        raise InvalidInput(
            f"“{value}” is unknown", field=f"scheduling.{field}", remedy=f"one of: {', '.join(known)}"
        )


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name or "UTC"))
    except (ValueError, OSError, LookupError):
        raise InvalidInput(
            f"“{name}” is not a time zone",
            field="scheduling.timezone",
            remedy="write one like Europe/Stockholm",
        ) from None


def _interval(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not SHORTEST <= value <= LONGEST:
        raise InvalidInput(
            f"must be {SHORTEST} to {LONGEST:,} seconds", field="scheduling.interval", remedy="give seconds"
        )


def _between(value: Any, zone: ZoneInfo) -> None:
    if value is None or value == []:
        return
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidInput(
            "must be [start, end]", field="scheduling.between", remedy="leave one null if open"
        )
    start, end = (instant(item, zone, "between") if item else None for item in value)
    if start is not None and end is not None and start > end:
        raise InvalidInput("ends before it begins", field="scheduling.between", remedy="exchange the two")


def _restrict(value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InvalidInput(
            "must be a list",
            field="scheduling.restrict",
            remedy='write [{"days": [1], "time": ["09:00", "17:00"]}]',
        )
    for number, entry in enumerate(value):
        where = f"restrict[{number}]."
        _numbers(entry, "days", 0, 6, where)
        _numbers(entry, "months", 1, 12, where)
        window = entry.get("time")
        if window is None:
            continue
        if not isinstance(window, list) or len(window) != 2:
            raise InvalidInput(
                "must be two times", field=f"scheduling.{where}time", remedy='write ["09:00", "17:00"]'
            )
        clock_time(window[0], f"{where}time")
        if window[1] != "24:00":
            clock_time(window[1], f"{where}time")


def _numbers(found: dict[str, Any], name: str, low: int, high: int, where: str = "") -> None:
    values = found.get(name)
    if values is None:
        return
    if not isinstance(values, list) or not all(
        isinstance(v, int) and not isinstance(v, bool) and low <= v <= high for v in values
    ):
        raise InvalidInput(f"must be numbers from {low} to {high}", field=f"scheduling.{where}{name}")
