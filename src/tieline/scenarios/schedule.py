"""When a scenario is due (1.18): pure, in the scenario's time zone, daylight saving included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import parser as dates

from tieline.errors import InvalidInput

TYPES = ("immediately", "indefinitely", "once", "daily", "weekly", "monthly", "yearly", "on-demand")
SHORTEST = 60  # seconds
LOOK_AHEAD = 366 * 9  # days: 29 February comes back within them


def check(scheduling: dict[str, Any]) -> dict[str, Any]:
    """The scheduling if it makes sense. Raises InvalidInput naming the field."""
    kind = scheduling.get("type", "on-demand")
    if kind not in TYPES:
        raise InvalidInput(
            f"“{kind}” is unknown", field="scheduling.type", remedy=f"one of: {', '.join(TYPES)}"
        )
    if kind == "indefinitely":
        interval = scheduling.get("interval")
        if not isinstance(interval, int | float) or interval < SHORTEST:
            raise InvalidInput("at least 60 seconds", field="scheduling.interval", remedy="give seconds")
    if kind == "once":
        _instant(scheduling.get("date"), "UTC", "date")
    if kind in {"daily", "weekly", "monthly", "yearly"}:
        _time(scheduling)
        _numbers(scheduling, "days", *((0, 6) if kind == "weekly" else (1, 31)))
        _numbers(scheduling, "months", 1, 12)
    return scheduling


def next_run(scheduling: dict[str, Any], after: int, timezone: str) -> int | None:
    """The first moment later than `after` (UTC milliseconds) when the scenario is due; None when there is none."""
    kind = scheduling.get("type", "on-demand")
    earliest, latest = _bounds(scheduling, timezone)
    after = max(after, earliest - 1) if earliest is not None else after
    found: int | None = None
    if kind == "indefinitely":
        found = after + int(float(scheduling["interval"]) * 1000)
    elif kind == "once":
        at = _instant(scheduling.get("date"), timezone, "date")
        found = at if at > after else None
    elif kind in {"daily", "weekly", "monthly", "yearly"}:
        found = next((at for at in _calendar(scheduling, kind, after, timezone) if at > after), None)
    return None if found is None or (latest is not None and found > latest) else found


def upcoming(scheduling: dict[str, Any], after: int, timezone: str, count: int = 10) -> list[int]:
    """The next due times, for a preview."""
    made: list[int] = []
    while (
        len(made) < count and (at := next_run(scheduling, made[-1] if made else after, timezone)) is not None
    ):
        made.append(at)
    return made


def _calendar(scheduling: dict[str, Any], kind: str, after: int, timezone: str) -> Iterator[int]:
    zone, clock = ZoneInfo(timezone), _time(scheduling)
    day = datetime.fromtimestamp(after / 1000, zone).date()
    days, months = scheduling.get("days"), scheduling.get("months")
    for _ in range(LOOK_AHEAD):
        if _fits(kind, day, days, months):
            yield local_ms(day, clock, zone)
        day += timedelta(days=1)


def _fits(kind: str, day: date, days: Any, months: Any) -> bool:
    if kind == "weekly" and days and (day.weekday() + 1) % 7 not in days:
        return False
    if kind in {"monthly", "yearly"} and day.day not in (days or [1]):
        return False
    return kind != "yearly" or day.month in (months or [1])


def local_ms(day: date, clock: time, zone: ZoneInfo) -> int:
    """A local time as UTC milliseconds. One that does not exist is the next valid one; of two, the first (1.18)."""
    at = datetime.combine(day, clock, tzinfo=zone)
    # Through UTC and back: a time in the gap comes out moved by the gap.
    return int(at.timestamp() * 1000)


def _bounds(scheduling: dict[str, Any], timezone: str) -> tuple[int | None, int | None]:
    between = scheduling.get("between")
    if not isinstance(between, list) or len(between) != 2:
        return None, None
    start, end = between
    return (_instant(start, timezone, "between") if start else None), (
        _instant(end, timezone, "between") if end else None
    )


def _instant(value: Any, timezone: str, field: str) -> int:
    try:
        found = dates.isoparse(str(value))
    except ValueError:
        raise InvalidInput(
            f"“{value}” is not a date", field=f"scheduling.{field}", remedy="write ISO 8601"
        ) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(timezone))
    return int(found.timestamp() * 1000)


def _time(scheduling: dict[str, Any]) -> time:
    try:
        return time.fromisoformat(str(scheduling.get("time", "00:00")))
    except ValueError:
        raise InvalidInput(
            f"“{scheduling.get('time')}” is not a time", field="scheduling.time", remedy="write HH:mm"
        ) from None


def _numbers(scheduling: dict[str, Any], name: str, low: int, high: int) -> None:
    values = scheduling.get(name)
    if values is None:
        return
    if not isinstance(values, list) or not all(isinstance(v, int) and low <= v <= high for v in values):
        raise InvalidInput(f"must be numbers from {low} to {high}", field=f"scheduling.{name}")
