"""Dates as people write them (6.3, rules 5 and 6): spans, calendar intervals, and conditions on them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

if TYPE_CHECKING:
    from tieline.query.cursor import Cursor

NUMBERS = {
    word: number
    for number, word in enumerate(
        (
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        )
    )
} | {"a": 1, "an": 1, "couple": 2, "few": 3}
UNITS = {"minute": "minutes", "hour": "hours", "day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}  # fmt: skip
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$")
SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})$")
DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?$")
YEAR = re.compile(r"(1[89]|20|21)\d\d$")
LONGEST = 10_000


class Interval(NamedTuple):
    """From `start` to before `end`, both aware."""

    start: datetime
    end: datetime


class Moment(NamedTuple):
    """The account's now. `day_first`: 5/6 is the fifth of June."""

    now: datetime
    zone: ZoneInfo
    day_first: bool = False
    sunday_first: bool = False

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def days(self, start: date, end: date) -> Interval:
        """The interval of whole days in the account's time zone."""
        return Interval(*(datetime(day.year, day.month, day.day, tzinfo=self.zone) for day in (start, end)))


def instant(value: datetime) -> str:
    """As the filter carries it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_span(cursor: Cursor) -> relativedelta | None:
    """`30 days`, `a month`, `two weeks`."""
    start = cursor.at
    cursor.take("the")
    number = NUMBERS.get(cursor.low)
    if number is None and cursor.low.isdigit() and len(cursor.low) <= 5:
        number = int(cursor.low)
    if number is not None:
        cursor.at += 1
        cursor.take("of")
    unit = UNITS.get(cursor.low.removesuffix("s"))
    if unit is None or (number is None and cursor.low.endswith("s")) or (number or 0) > LONGEST:
        cursor.at = start
        return None
    cursor.at += 1
    count = 1 if number is None else number
    return relativedelta(months=3 * count) if unit == "quarters" else relativedelta(**{unit: count})


def read_date(cursor: Cursor, moment: Moment) -> Interval | None:
    """A date, month, quarter or year as an interval of the calendar; None, and nothing taken, when there is none."""
    start = cursor.at
    found = _named(cursor, moment) or _relative(cursor, moment) or _written(cursor, moment)
    if found is None:
        cursor.at = start
    return found


def _named(cursor: Cursor, moment: Moment) -> Interval | None:
    for word, offset in (("today", 0), ("yesterday", -1), ("tomorrow", 1)):
        if cursor.take(word):
            day = moment.today + timedelta(days=offset)
            return moment.days(day, day + timedelta(days=1))
    if cursor.take("now"):
        return Interval(moment.now, moment.now)
    return None


def _relative(cursor: Cursor, moment: Moment) -> Interval | None:
    start = cursor.at
    for word, offset in (("this", 0), ("last", -1), ("next", 1)):
        if cursor.take(word):
            unit = UNITS.get(cursor.low)
            if unit in {"days", "weeks", "months", "quarters", "years"}:
                cursor.at += 1
                return calendar(moment, unit, offset)
            cursor.at = start
            return None
    if (span := read_span(cursor)) is not None:
        if cursor.take("ago"):
            day = (moment.now - span).astimezone(moment.zone).date()
            return moment.days(day, day + timedelta(days=1))
        if cursor.take("from now"):
            day = (moment.now + span).astimezone(moment.zone).date()
            return moment.days(day, day + timedelta(days=1))
    cursor.at = start
    return None


def calendar(moment: Moment, unit: str, offset: int) -> Interval:
    """The unit of the calendar that holds today, moved by `offset` units."""
    today = moment.today
    if unit == "days":
        first, step = today, relativedelta(days=1)
    elif unit == "weeks":
        back = (today.weekday() + 1) % 7 if moment.sunday_first else today.weekday()
        first, step = today - timedelta(days=back), relativedelta(weeks=1)
    elif unit == "months":
        first, step = today.replace(day=1), relativedelta(months=1)
    elif unit == "quarters":
        first, step = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1), relativedelta(months=3)
    else:
        first, step = today.replace(month=1, day=1), relativedelta(years=1)
    first += step * offset
    return moment.days(first, first + step)


def _written(cursor: Cursor, moment: Moment) -> Interval | None:
    word = cursor.low
    if match := ISO.match(word):
        year, month, day = int(match[1]), int(match[2]), match[3]
        cursor.at += 1
        return _day(moment, year, month, int(day)) if day else _month(moment, year, month)
    if match := SLASHED.match(word):
        one, two, year = int(match[1]), int(match[2]), int(match[3])
        month, day_ = (two, one) if moment.day_first else (one, two)
        cursor.at += 1
        return _day(moment, year + 2000 if year < 100 else year, month, day_)
    if YEAR.match(word):
        cursor.at += 1
        return moment.days(date(int(word), 1, 1), date(int(word) + 1, 1, 1))
    if re.fullmatch(r"q[1-4]", word):
        cursor.at += 1
        first = date(_year(cursor) or moment.today.year, 3 * int(word[1]) - 2, 1)
        return moment.days(first, first + relativedelta(months=3))
    return _by_month_name(cursor, moment)


def _by_month_name(cursor: Cursor, moment: Moment) -> Interval | None:
    if (match := DAY.match(cursor.low)) and (month := _month_name(cursor.peek(1))):
        cursor.at += 2
        return _day(moment, _year(cursor) or moment.today.year, month, int(match[1]))
    month = _month_name(cursor.low)
    if month is None:
        return None
    cursor.at += 1
    if match := DAY.match(cursor.low):
        cursor.at += 1
        return _day(moment, _year(cursor) or moment.today.year, month, int(match[1]))
    return _month(moment, _year(cursor) or moment.today.year, month)


def _year(cursor: Cursor) -> int | None:
    """A year that follows, with or without a comma."""
    start = cursor.at
    cursor.take(",")
    if YEAR.match(cursor.low):
        cursor.at += 1
        return int(cursor.peek(-1))
    cursor.at = start
    return None


def _month_name(word: str) -> int | None:
    stem = word.rstrip(".")
    if len(stem) < 3:
        return None
    return next((number for number, name in enumerate(MONTHS, 1) if name == stem or name[:3] == stem or (stem == "sept" and number == 9)), None)  # fmt: skip


def _day(moment: Moment, year: int, month: int, day: int) -> Interval | None:
    try:
        first = date(year, month, day)
        return moment.days(first, first + timedelta(days=1))
    except (ValueError, OverflowError):
        return None


def _month(moment: Moment, year: int, month: int) -> Interval | None:
    try:
        first = date(year, month, 1)
        return moment.days(first, first + relativedelta(months=1))
    except (ValueError, OverflowError):
        return None
