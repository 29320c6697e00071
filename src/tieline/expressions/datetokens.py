"""Writing a date by tokens (contract 2.11): `DD.MM.YYYY HH:mm`. Reading is in dateparse.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from tieline.expressions.dates import MONTHS, WEEKDAYS, to_ms, zoned
from tieline.expressions.errors import DataError
from tieline.expressions.limits import MAX_FORMAT


class Moment(NamedTuple):
    """An instant with its wall clock in a zone."""

    instant: datetime
    wall: datetime
    offset: int
    """Seconds east of UTC."""


class Token(NamedTuple):
    """One date token: how it is written, an example of it, and whether `parseDate` reads it."""

    write: Callable[[Moment], str]
    meaning: str
    reads: bool


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def weekday(day: date) -> int:
    """0 for Sunday to 6 for Saturday."""
    return day.isoweekday() % 7


def locale_week(day: date) -> tuple[int, int]:
    """Week-year and week number when weeks start on Sunday and week 1 holds the first of January."""
    ahead = 6 - weekday(day)
    if day.toordinal() + ahead > date.max.toordinal():
        return day.year + 1, 1
    saturday = day + timedelta(days=ahead)
    return saturday.year, (saturday.timetuple().tm_yday - 1) // 7 + 1


def _year_day(m: Moment) -> int:
    return m.wall.timetuple().tm_yday


def _quarter(m: Moment) -> int:
    return (m.wall.month + 2) // 3


def _offset(m: Moment, colon: str) -> str:
    minutes = abs(m.offset) // 60
    return f"{'-' if m.offset < 0 else '+'}{minutes // 60:02}{colon}{minutes % 60:02}"


def _fraction(m: Moment, digits: int) -> str:
    return f"{m.wall.microsecond // 1000:03}".ljust(digits, "0")[:digits]


def _hour12(m: Moment) -> int:
    return m.wall.hour % 12 or 12


TOKENS: Final[dict[str, Token]] = {
    "YYYY": Token(lambda m: f"{m.wall.year:04}", "year, four digits", True),
    "YY": Token(lambda m: f"{m.wall.year % 100:02}", "year, two digits (00–68 reads as 20xx)", True),
    "Y": Token(lambda m: str(m.wall.year), "year, as many digits as it has", True),
    "Qo": Token(lambda m: ordinal(_quarter(m)), "quarter, 1st", False),
    "Q": Token(lambda m: str(_quarter(m)), "quarter", True),
    "MMMM": Token(lambda m: MONTHS[m.wall.month - 1], "month name", True),
    "MMM": Token(lambda m: MONTHS[m.wall.month - 1][:3], "month name, three letters", True),
    "MM": Token(lambda m: f"{m.wall.month:02}", "month, two digits", True),
    "Mo": Token(lambda m: ordinal(m.wall.month), "month, 1st", False),
    "M": Token(lambda m: str(m.wall.month), "month", True),
    "DDDD": Token(lambda m: f"{_year_day(m):03}", "day of the year, three digits", True),
    "DDDo": Token(lambda m: ordinal(_year_day(m)), "day of the year, 1st", False),
    "DDD": Token(lambda m: str(_year_day(m)), "day of the year", True),
    "DD": Token(lambda m: f"{m.wall.day:02}", "day of the month, two digits", True),
    "Do": Token(lambda m: ordinal(m.wall.day), "day of the month, 1st", True),
    "D": Token(lambda m: str(m.wall.day), "day of the month", True),
    "dddd": Token(lambda m: WEEKDAYS[weekday(m.wall)], "weekday (read, and ignored)", True),
    "ddd": Token(lambda m: WEEKDAYS[weekday(m.wall)][:3], "weekday, three letters (read, and ignored)", True),
    "dd": Token(lambda m: WEEKDAYS[weekday(m.wall)][:2], "weekday, two letters", False),
    "do": Token(lambda m: ordinal(weekday(m.wall)), "weekday from Sunday, 0th", False),
    "d": Token(lambda m: str(weekday(m.wall)), "weekday from 0 for Sunday", False),
    "E": Token(lambda m: str(m.wall.isoweekday()), "weekday from 1 for Monday (ISO)", True),
    "ww": Token(lambda m: f"{locale_week(m.wall)[1]:02}", "week from Sunday, two digits", False),
    "wo": Token(lambda m: ordinal(locale_week(m.wall)[1]), "week from Sunday, 1st", False),
    "w": Token(lambda m: str(locale_week(m.wall)[1]), "week from Sunday; week 1 holds 1 January", False),
    "gggg": Token(lambda m: f"{locale_week(m.wall)[0]:04}", "year of that week", False),
    "gg": Token(lambda m: f"{locale_week(m.wall)[0] % 100:02}", "year of that week, two digits", False),
    "WW": Token(lambda m: f"{m.wall.isocalendar().week:02}", "ISO week, two digits", True),
    "Wo": Token(lambda m: ordinal(m.wall.isocalendar().week), "ISO week, 1st", False),
    "W": Token(lambda m: str(m.wall.isocalendar().week), "ISO week", True),
    "GGGG": Token(lambda m: f"{m.wall.isocalendar().year:04}", "year of the ISO week", True),
    "GG": Token(lambda m: f"{m.wall.isocalendar().year % 100:02}", "year of the ISO week, two digits", True),
    "HH": Token(lambda m: f"{m.wall.hour:02}", "hour 00–23", True),
    "H": Token(lambda m: str(m.wall.hour), "hour 0–23", True),
    "hh": Token(lambda m: f"{_hour12(m):02}", "hour 01–12", True),
    "h": Token(lambda m: str(_hour12(m)), "hour 1–12", True),
    "kk": Token(lambda m: f"{m.wall.hour or 24:02}", "hour 01–24", True),
    "k": Token(lambda m: str(m.wall.hour or 24), "hour 1–24", True),
    "A": Token(lambda m: "PM" if m.wall.hour >= 12 else "AM", "AM or PM", True),
    "a": Token(lambda m: "pm" if m.wall.hour >= 12 else "am", "am or pm", True),
    "mm": Token(lambda m: f"{m.wall.minute:02}", "minute, two digits", True),
    "m": Token(lambda m: str(m.wall.minute), "minute", True),
    "ss": Token(lambda m: f"{m.wall.second:02}", "second, two digits", True),
    "s": Token(lambda m: str(m.wall.second), "second", True),
    "SSS": Token(lambda m: _fraction(m, 3), "milliseconds; one to nine S give as many digits", True),
    "ZZ": Token(lambda m: _offset(m, ""), "offset, +0100", True),
    "Z": Token(lambda m: _offset(m, ":"), "offset, +01:00", True),
    "X": Token(lambda m: str(to_ms(m.instant) // 1000), "seconds since 1970", True),
    "x": Token(lambda m: str(to_ms(m.instant)), "milliseconds since 1970", True),
}

_PIECE = re.compile(
    r"\[([^\]]*)\]|(S{1,9})|("
    + "|".join(sorted((t for t in TOKENS if t != "SSS"), key=len, reverse=True))
    + r")|(.)",
    re.DOTALL,
)


class Piece(NamedTuple):
    """A part of a format: a token (`S` tokens by their length), or literal text."""

    token: str | None
    text: str


@lru_cache(maxsize=512)
def pieces(format_text: str) -> tuple[Piece, ...]:
    """Cut a format into tokens, longest first, and literals; `[…]` protects letters."""
    if len(format_text) > MAX_FORMAT:
        raise DataError(f"the date format is longer than the limit of {MAX_FORMAT:,} characters")
    found = []
    for match in _PIECE.finditer(format_text):
        protected, fraction, token, other = match.groups()
        name = fraction or token
        found.append(Piece(name, "" if name else protected if protected is not None else other))
    return tuple(found)


@lru_cache(maxsize=512)
def _writers(format_text: str) -> tuple[Callable[[Moment], str], ...]:
    return tuple(_writer(piece) for piece in pieces(format_text))


def _writer(piece: Piece) -> Callable[[Moment], str]:
    if piece.token is None:
        return lambda _: piece.text
    if piece.token.startswith("S"):
        digits = len(piece.token)
        return lambda m: _fraction(m, digits)
    return TOKENS[piece.token].write


def format_date(instant: datetime, format_text: str, zone: str) -> str:
    """The instant by the tokens of contract 2.11 on the clocks of a zone."""
    there = zoned(instant, zone)
    moment = Moment(instant, there.to_plain().to_stdlib(), int(there.offset.total("seconds")))
    return "".join([write(moment) for write in _writers(format_text)])
