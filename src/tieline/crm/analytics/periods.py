"""Years, quarters, months, weeks (from Monday) and days in an account's time zone (2.9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tieline import clock
from tieline.crm.access import Caller
from tieline.crm.dates import read_day
from tieline.crm.inputs import choice_of, given
from tieline.errors import InvalidInput
from tieline.records.analytics import AnalyticsQuery
from tieline.records.vocabulary import SCALES

MOST: Final = 400
FIRST_YEAR, LAST_YEAR = 1971, 2999


@dataclass(frozen=True, slots=True)
class Period:
    """`key` such as 2025Q2; from `begins` to before `ends`, in UTC milliseconds; `day` is its first, `following` the
    first day after it.
    """

    key: str
    day: date
    following: date
    begins: int
    ends: int


def _months(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, 1)


# Scale: (the first day of the period that a day lies in, the first day of the n-th period after, its key).
_SCALES: Final[dict[str, tuple[Callable[[date], date], Callable[[date, int], date], Callable[[date], str]]]] = {
    "year": (
        lambda day: date(day.year, 1, 1),
        lambda day, count: _months(day, 12 * count),
        lambda day: f"{day.year}",
    ),
    "quarter": (
        lambda day: date(day.year, (day.month - 1) // 3 * 3 + 1, 1),
        lambda day, count: _months(day, 3 * count),
        lambda day: f"{day.year}Q{(day.month - 1) // 3 + 1}",
    ),
    "month": (
        lambda day: day.replace(day=1),
        _months,
        lambda day: f"{day.year}-{day.month:02}",
    ),
    "week": (
        lambda day: day - timedelta(days=day.weekday()),
        lambda day, count: day + timedelta(weeks=count),
        lambda day: "{}W{:02}".format(*day.isocalendar()[:2]),
    ),
    "day": (
        lambda day: day,
        lambda day, count: day + timedelta(days=count),
        lambda day: day.isoformat(),
    ),
}  # fmt: skip


def period_of(scale: str, day: date, timezone: str, relative: int = 0) -> Period:
    """The period that a day lies in, or the one so many periods later. Raises InvalidInput far away from now."""
    start_of, after, key = _SCALES[scale]
    try:
        first = after(start_of(day), relative)
        following = after(first, 1)
    except (ValueError, OverflowError):
        first = following = date.min
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise InvalidInput(
            "is too far away", field="start", remedy=f"stay between {FIRST_YEAR} and {LAST_YEAR}"
        )
    return Period(key(first), first, following, _midnight(first, timezone), _midnight(following, timezone))


def today(caller: Caller) -> date:
    """The calendar day in the account's time zone."""
    return datetime.fromtimestamp(clock.now(), ZoneInfo(caller.timezone)).date()


def periods_of(caller: Caller, query: AnalyticsQuery) -> list[Period]:
    """The periods that a query asks for, oldest first and without gaps. Raises InvalidInput naming the field.

    They end with the one of `end`. They begin with the one of `start`, but there are at most `max` of them, and at
    least `min`.
    """
    scale = scale_of(query.scale)
    most, least = _count(query.max, "max", 1), _count(query.min, "min", 0)
    last = period_of(scale, day_of(caller, query.end, "end") or today(caller), caller.timezone)
    start = day_of(caller, query.start, "start")
    wanted = max(most or 1, least or 0)
    if start is not None:
        wanted = _between(scale, caller, start, last)
        wanted = max(min(wanted, most or wanted), least or 0)
    if wanted > MOST:
        raise InvalidInput(f"at most {MOST} periods", field="max", remedy="ask for fewer, or for longer ones")
    return [period_of(scale, last.day, caller.timezone, -back) for back in range(wanted - 1, -1, -1)]


def scale_of(value: object) -> str:
    """The scale asked for; month when none is. Raises InvalidInput."""
    return choice_of(value, tuple(key for key, _ in SCALES), field="scale") or "month"


def day_of(caller: Caller, value: object, field: str) -> date | None:
    """The day asked for. Raises InvalidInput naming the field."""
    found = read_day(given(value), field=field, timezone=caller.timezone)
    return None if found is None else date.fromisoformat(found)


def _between(scale: str, caller: Caller, start: date, last: Period) -> int:
    first = period_of(scale, start, caller.timezone)
    if first.day > last.day:
        raise InvalidInput("lies after the end", field="start", remedy="swap the two")
    count = 1
    while count <= MOST and period_of(scale, last.day, caller.timezone, -count).day >= first.day:
        count += 1
    return count


def _count(value: int | object, field: str, least: int) -> int | None:
    found = given(value)
    if found is None:
        return None
    if not isinstance(found, int) or found < least:
        raise InvalidInput("is too small", field=field, remedy=f"{least} or more")
    return found


def _midnight(day: date, timezone: str) -> int:
    # Where a day begins an hour late, its skipped midnight reads as its first moment.
    return round(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).timestamp() * 1000)
