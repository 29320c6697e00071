"""Local times as moments, where clocks are put forward and back (1.18)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_ms(day: date, clock: time, zone: ZoneInfo) -> int:
    """A local time as UTC milliseconds. One that does not exist is the next valid one; of two, the first (1.18)."""
    at = datetime.combine(day, clock, tzinfo=zone)
    moment = at.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != at.replace(tzinfo=None):
        moment = _end_of_gap(at, zone)
    return int(moment.timestamp() * 1000)


def _end_of_gap(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks are put forward over `at`, to the second."""
    low, high = at.replace(fold=1).astimezone(UTC), at.astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
