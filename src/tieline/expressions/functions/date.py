"""Date and time functions (contract 2.10.4). Days and larger units go by the scenario's wall clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tieline.expressions.coerce import to_text
from tieline.expressions.dateparse import parse_date as read_date
from tieline.expressions.dates import MONTHS, WEEKDAYS, change, from_ms, plus_months, to_ms
from tieline.expressions.datetokens import format_date as write_date
from tieline.expressions.datetokens import weekday
from tieline.expressions.errors import DataError, shorten
from tieline.expressions.functions.registry import Any_, Date, Num, Text, Zone, group
from tieline.expressions.numbers import Number, multiply, round_half_up, to_number, whole
from tieline.expressions.scope import Scope
from tieline.expressions.values import Value

date = group("date")

_MOST: Final = 4_000_000
"""More days, months or years than this leave the calendar in any case."""


def _later(instant: datetime, n: Number, unit: int) -> datetime:
    """So many units of `unit` milliseconds later, as the clock in UTC runs."""
    return from_ms(to_ms(instant) + multiply(n, unit))


def _rounded(n: Number) -> int:
    """To the nearest integer, halves away from zero, within reason."""
    rounded = -round_half_up(-n) if n < 0 else round_half_up(n)
    return max(-_MOST, min(_MOST, rounded))


@date(
    "addSeconds(d; n)",
    "So many seconds later.",
    example='addSeconds("2016-12-08T15:55:57.536Z"; 2)',
    result={"$date": "2016-12-08T15:55:59.536Z"},
)
def add_seconds(d: Date, n: Num) -> datetime:
    return _later(d, n, 1000)


@date(
    "addMinutes(d; n)",
    "So many minutes later.",
    example='addMinutes("2016-12-08T15:55:57.536Z"; -2)',
    result={"$date": "2016-12-08T15:53:57.536Z"},
)
def add_minutes(d: Date, n: Num) -> datetime:
    return _later(d, n, 60_000)


@date(
    "addHours(d; n)",
    "So many hours later, also over a change of the clocks.",
    example='addHours("2016-12-08T15:55:57.536Z"; 2)',
    result={"$date": "2016-12-08T17:55:57.536Z"},
)
def add_hours(d: Date, n: Num) -> datetime:
    return _later(d, n, 3_600_000)


@date(
    "addDays(d; n)",
    "So many days later, at the same local time.",
    example='addDays("2016-12-08T15:55:57.536Z"; 2)',
    result={"$date": "2016-12-10T15:55:57.536Z"},
)
def add_days(scope: Scope, d: Date, n: Num) -> datetime:
    days = _rounded(n)
    return change(d, scope.timezone, lambda wall: wall + timedelta(days=days))


@date(
    "addMonths(d; n)",
    "So many months later; the last day of the month when it is too short.",
    example='addMonths("2016-01-31"; 1)',
    result={"$date": "2016-02-29T00:00:00.000Z"},
)
def add_months(scope: Scope, d: Date, n: Num) -> datetime:
    months = _rounded(n)
    return change(d, scope.timezone, lambda wall: plus_months(wall, months))


@date(
    "addYears(d; n)",
    "So many years later.",
    example='addYears("2016-08-08"; -2)',
    result={"$date": "2014-08-08T00:00:00.000Z"},
)
def add_years(scope: Scope, d: Date, n: Num) -> datetime:
    months = _rounded(n) * 12
    return change(d, scope.timezone, lambda wall: plus_months(wall, months))


@date(
    "setSecond(d; n)",
    "With this second; above 59 and below 0 it goes on into other minutes.",
    example='setSecond("2015-10-07T11:36:39.138Z"; 61)',
    result={"$date": "2015-10-07T11:37:01.138Z"},
)
def set_second(scope: Scope, d: Date, n: Num) -> datetime:
    return _set(scope, d, n, lambda wall, s: wall.replace(second=0) + timedelta(seconds=s))


@date(
    "setMinute(d; n)",
    "With this minute; above 59 and below 0 it goes on into other hours.",
    example='setMinute("2015-10-07T11:36:39.138Z"; 10)',
    result={"$date": "2015-10-07T11:10:39.138Z"},
)
def set_minute(scope: Scope, d: Date, n: Num) -> datetime:
    return _set(scope, d, n, lambda wall, m: wall.replace(minute=0) + timedelta(minutes=m))


@date(
    "setHour(d; n)",
    "With this hour; above 23 and below 0 it goes on into other days.",
    example='setHour("2015-08-07T11:36:39.138Z"; -6)',
    result={"$date": "2015-08-06T18:36:39.138Z"},
)
def set_hour(scope: Scope, d: Date, n: Num) -> datetime:
    return _set(scope, d, n, lambda wall, h: wall.replace(hour=0) + timedelta(hours=h))


@date(
    "setDay(d; n|name)",
    "The weekday of the same week, Sunday (1) to Saturday (7), or by its English name.",
    example='setDay("2018-06-27"; "monday")',
    result={"$date": "2018-06-25T00:00:00.000Z"},
)
def set_day(scope: Scope, d: Date, n: Any_) -> datetime:
    day = _number_or_name(n, WEEKDAYS, "weekday")
    return _set(scope, d, day, lambda wall, n: wall + timedelta(days=n - 1 - weekday(wall)))


@date(
    "setDate(d; n)",
    "With this day of the month; beyond it the count goes on into other months.",
    example='setDate("2015-08-07"; 32)',
    result={"$date": "2015-09-01T00:00:00.000Z"},
)
def set_date(scope: Scope, d: Date, n: Num) -> datetime:
    return _set(scope, d, n, lambda wall, day: wall.replace(day=1) + timedelta(days=day - 1))


@date(
    "setMonth(d; n|name)",
    "With this month, 1 to 12 or by its English name; 17 is May of the next year.",
    example='setMonth("2015-08-07"; "january")',
    result={"$date": "2015-01-07T00:00:00.000Z"},
)
def set_month(scope: Scope, d: Date, n: Any_) -> datetime:
    month = _number_or_name(n, MONTHS, "month")
    return _set(scope, d, month, lambda wall, m: plus_months(wall, m - wall.month))


@date(
    "setYear(d; n)",
    "With this year.",
    example='setYear("2015-08-07"; 2017)',
    result={"$date": "2017-08-07T00:00:00.000Z"},
)
def set_year(scope: Scope, d: Date, n: Num) -> datetime:
    return _set(scope, d, n, lambda wall, year: plus_months(wall, (year - wall.year) * 12))


@date(
    "formatDate(d; format; [tz])",
    "The date as text by tokens, in the scenario's time zone or another.",
    example='formatDate("2018-10-01T07:32:00Z"; "DD.MM.YYYY HH:mm"; "Europe/Prague")',
    result="01.10.2018 09:32",
)
def format_date(d: Date, format: Text, tz: Zone = "") -> str:
    return write_date(d, format, tz)


@date(
    "parseDate(text; [format]; [tz])",
    "The date a text names, read by tokens; without a format also seconds or milliseconds since 1970.",
    example='parseDate("28.12.2016 16:03"; "DD.MM.YYYY HH:mm")',
    result={"$date": "2016-12-28T16:03:00.000Z"},
)
def parse_date(scope: Scope, text: Any_, format: Text | None = None, tz: Zone = "") -> datetime:
    if isinstance(text, datetime):
        return text
    return read_date(to_text(text), format, tz, scope.now)


def _set(scope: Scope, instant: datetime, n: Number, edit: Callable[[datetime, int], datetime]) -> datetime:
    number = whole(n)
    return change(instant, scope.timezone, lambda wall: edit(wall, number))


def _number_or_name(value: Value, names: tuple[str, ...], what: str) -> Number:
    """A number, or the place of an English name or its first three letters, from 1."""
    if isinstance(value, str):
        wanted = value.strip().lower()
        for number, name in enumerate(names, 1):
            if wanted in (name.lower(), name[:3].lower()):
                return number
        try:
            return to_number(value)
        except DataError:
            raise DataError(
                f"'{shorten(value)}' is not a {what}", suggestion=f"use a number or a name such as {names[1]}"
            ) from None
    return to_number(value)
