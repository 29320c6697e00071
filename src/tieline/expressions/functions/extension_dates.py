"""Date functions that Make does not have (contract 2.10.6): off in strict mode."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from math import floor
from typing import Any, Final

from tieline.expressions.coerce import to_date
from tieline.expressions.dates import change, local, plus_months, to_ms
from tieline.expressions.datetokens import weekday
from tieline.expressions.errors import DataError, shorten
from tieline.expressions.functions.registry import Any_, Date, Num, Text, group
from tieline.expressions.numbers import whole
from tieline.expressions.scope import Scope

date = group("date", portable=False)

_EXACT: Final = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_CALENDAR: Final = {"day": 86_400_000, "week": 604_800_000}
_MOST: Final = 4_000_000


@date("year(d)", "The year.", example='year("2016-12-08")', result=2016)
def year(scope: Scope, d: Date) -> int:
    return local(d, scope.timezone).year


@date("month(d)", "The month, 1 to 12.", example='month("2016-12-08")', result=12)
def month(scope: Scope, d: Date) -> int:
    return local(d, scope.timezone).month


@date("dayOfMonth(d)", "The day of the month.", example='dayOfMonth("2016-12-28")', result=28)
def day_of_month(scope: Scope, d: Date) -> int:
    return local(d, scope.timezone).day


@date("dayOfWeek(d)", "1 for Sunday to 7 for Saturday.", example='dayOfWeek("2016-12-28")', result=4)
def day_of_week(scope: Scope, d: Date) -> int:
    return weekday(local(d, scope.timezone)) + 1


@date("hour(d)", "The hour, 0 to 23.", example='hour("2016-12-08 15:55")', result=15)
def hour(scope: Scope, d: Date) -> int:
    return local(d, scope.timezone).hour


@date("minute(d)", "The minute.", example='minute("2016-12-08 15:55")', result=55)
def minute(scope: Scope, d: Date) -> int:
    return local(d, scope.timezone).minute


@date("second(d)", "The second.", example='second("2016-12-08 15:55:57")', result=57)
def second(scope: Scope, d: Date) -> int:
    return local(d, scope.timezone).second


@date("daysInMonth(d)", "How many days the month has.", example='daysInMonth("2016-02-01")', result=29)
def days_in_month(scope: Scope, d: Date) -> int:
    wall = local(d, scope.timezone)
    return monthrange(wall.year, wall.month)[1]


@date("daysInYear(d)", "How many days the year has.", example='daysInYear("2016-06-01")', result=366)
def days_in_year(scope: Scope, d: Date) -> int:
    return 337 + monthrange(local(d, scope.timezone).year, 2)[1]


@date("isWeekend(d)", "Whether it is a Saturday or Sunday.", example='isWeekend("2016-12-10")', result=True)
def is_weekend(scope: Scope, d: Date) -> bool:
    return local(d, scope.timezone).isoweekday() > 5


@date(
    "startOfMonth(d)",
    "Midnight of the first day.",
    example='startOfMonth("2016-06-15 12:30")',
    result={"$date": "2016-06-01T00:00:00.000Z"},
)
def start_of_month(scope: Scope, d: Date) -> datetime:
    return change(d, scope.timezone, _month_start)


@date(
    "endOfMonth(d)",
    "The last millisecond of the last day.",
    example='endOfMonth("2016-02-01")',
    result={"$date": "2016-02-29T23:59:59.999Z"},
)
def end_of_month(scope: Scope, d: Date) -> datetime:
    def end(wall: datetime) -> datetime:
        last = wall.replace(day=monthrange(wall.year, wall.month)[1])
        return last.replace(hour=23, minute=59, second=59, microsecond=999_000)

    return change(d, scope.timezone, end)


def _month_start(wall: datetime) -> datetime:
    return wall.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@date(
    "addWeekDays(d; n)",
    "So many days later, Saturdays and Sundays not counted.",
    example='addWeekDays("2016-12-08"; 2)',
    result={"$date": "2016-12-12T00:00:00.000Z"},
)
def add_week_days(scope: Scope, d: Date, n: Num) -> datetime:
    days = max(-_MOST, min(_MOST, floor(n) if n == n else whole(n)))
    return change(d, scope.timezone, lambda wall: _plus_week_days(wall, days))


def _plus_week_days(wall: datetime, days: int) -> datetime:
    if days == 0:
        return wall
    step = 1 if days > 0 else -1
    while wall.isoweekday() > 5:
        wall -= timedelta(days=step)
    weeks, rest = divmod(abs(days), 5)
    wall += timedelta(weeks=weeks * step)
    for _ in range(rest):
        wall += timedelta(days=step)
        while wall.isoweekday() > 5:
            wall += timedelta(days=step)
    return wall


@date(
    "dateMax(d…)",
    "The latest date.",
    example='dateMax("2016-06-01"; "2016-12-01")',
    result={"$date": "2016-12-01T00:00:00.000Z"},
)
def date_max(scope: Scope, first: Any_, *rest: Any_) -> datetime | None:
    return max(_dates(scope, (first, *rest)), default=None)


@date(
    "dateMin(d…)",
    "The earliest date.",
    example='dateMin("2016-06-01"; "2016-12-01")',
    result={"$date": "2016-06-01T00:00:00.000Z"},
)
def date_min(scope: Scope, first: Any_, *rest: Any_) -> datetime | None:
    return min(_dates(scope, (first, *rest)), default=None)


def _dates(scope: Scope, values: tuple[Any, ...]) -> list[datetime]:
    spread = (item for value in values for item in (value if isinstance(value, list) else (value,)))
    return [to_date(item, scope.timezone) for item in spread if item is not None]


@date(
    "dateDifference(a; b; [unit])",
    "a − b in milliseconds, or in whole seconds, minutes, hours, days, weeks, months or years.",
    example='dateDifference("2021-05-11T18:10:00Z"; "2021-05-11T18:00:00Z"; "minutes")',
    result=10,
)
def date_difference(scope: Scope, a: Date, b: Date, unit: Text = "milliseconds") -> int:
    name = unit.strip().lower().removesuffix("s")
    if name in _EXACT:
        return _towards_zero(to_ms(a) - to_ms(b), _EXACT[name])
    here, there = local(a, scope.timezone), local(b, scope.timezone)
    if name in _CALENDAR:
        return _towards_zero((here - there) // timedelta(milliseconds=1), _CALENDAR[name])
    if name in {"month", "year"}:
        return _towards_zero(_months_between(here, there), 12 if name == "year" else 1)
    raise DataError(
        f"'{shorten(unit)}' is not a unit of time",
        suggestion="use milliseconds, seconds, minutes, hours, days, weeks, months or years",
    )


def _months_between(later: datetime, earlier: datetime) -> int:
    """Whole months from one wall clock to another; negative when the order is reversed."""
    if later < earlier:
        return -_months_between(earlier, later)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (months > 0 and plus_months(earlier, months) > later)


def _towards_zero(amount: int, unit: int) -> int:
    whole_units = abs(amount) // unit
    return -whole_units if amount < 0 else whole_units
