"""Reading a date by tokens (contract 2.11), leniently about what stands between the parts.

A date without its time is midnight, so the text may end before the time tokens do; any other part
that is missing or does not fit is an error. What follows the last token is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NoReturn

from tieline.expressions.dates import MONTHS, WEEKDAYS, from_local, from_ms, local, offset_of, parse_date_text
from tieline.expressions.datetokens import TOKENS, Piece, pieces
from tieline.expressions.errors import DataError, shorten
from tieline.expressions.numbers import parse_number

_Parts = dict[str, float | str]
_Reader = tuple["re.Pattern[str]", Callable[[re.Match[str], _Parts], None]]

_SECONDS_BELOW = 100_000_000_000
"""A bare number below this is seconds since 1970 (until the year 5138), else milliseconds."""

_READ = 1000
"""Characters of a text that are looked at; what follows cannot belong to a date."""


def _number(key: str, pattern: str) -> _Reader:
    def store(match: re.Match[str], parts: _Parts) -> None:
        parts[key] = int(match[1])

    return re.compile(pattern, re.ASCII | re.IGNORECASE), store


def _year(key: str, pattern: str) -> _Reader:
    def store(match: re.Match[str], parts: _Parts) -> None:
        year = int(match[1])
        parts[key] = (2000 if year <= 68 else 1900) + year if len(match[1]) == 2 else year

    return re.compile(pattern, re.ASCII), store


def _month_name(match: re.Match[str], parts: _Parts) -> None:
    parts["month"] = next(i for i, n in enumerate(MONTHS, 1) if n[:3].lower() == match[1][:3].lower())


def _meridiem(match: re.Match[str], parts: _Parts) -> None:
    parts["meridiem"] = match[1].lower()


def _fraction(match: re.Match[str], parts: _Parts) -> None:
    parts["millisecond"] = int(match[1].ljust(3, "0")[:3])


def _offset(match: re.Match[str], parts: _Parts) -> None:
    sign, hours, minutes = match.groups()
    parts["offset"] = offset_of(sign, hours, minutes).total_seconds() if sign else 0.0


def _epoch(unit: int) -> Callable[[re.Match[str], _Parts], None]:
    def store(match: re.Match[str], parts: _Parts) -> None:
        parts["epoch"] = float(match[1]) * unit

    return store


def _nothing(match: re.Match[str], parts: _Parts) -> None:
    """A weekday is read and ignored."""


def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("(" + "|".join(f"{n}|{n[:3]}" for n in names) + ")", re.IGNORECASE)


_TWO = r"(\d{1,2})"
_WEEKDAY: _Reader = (_names(WEEKDAYS), _nothing)
_MONTH_NAME: _Reader = (_names(MONTHS), _month_name)
_OFFSET: _Reader = (
    re.compile(r"(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})?|Z|GMT|UTC", re.IGNORECASE | re.ASCII),
    _offset,
)
_HALF: _Reader = (re.compile(r"([ap])(?:\.?m\b\.?)?", re.IGNORECASE), _meridiem)

_READERS: Final[dict[str, _Reader]] = {
    "YYYY": _year("year", r"(\d{1,4})"),
    "YY": _year("year", _TWO),
    "Y": _number("year", r"([+-]?\d{1,6})"),
    "Q": _number("quarter", r"([1-4])"),
    "MMMM": _MONTH_NAME,
    "MMM": _MONTH_NAME,
    "MM": _number("month", _TWO),
    "M": _number("month", _TWO),
    "DDDD": _number("yearday", r"(\d{1,3})"),
    "DDD": _number("yearday", r"(\d{1,3})"),
    "DD": _number("day", _TWO),
    "Do": _number("day", r"(\d{1,2})(?:st|nd|rd|th)?"),
    "D": _number("day", _TWO),
    "dddd": _WEEKDAY,
    "ddd": _WEEKDAY,
    "E": _number("weekday", r"([1-7])"),
    "WW": _number("week", _TWO),
    "W": _number("week", _TWO),
    "GGGG": _year("weekyear", r"(\d{1,4})"),
    "GG": _year("weekyear", _TWO),
    "HH": _number("hour", _TWO),
    "H": _number("hour", _TWO),
    "hh": _number("hour", _TWO),
    "h": _number("hour", _TWO),
    "kk": _number("hour24", _TWO),
    "k": _number("hour24", _TWO),
    "A": _HALF,
    "a": _HALF,
    "mm": _number("minute", _TWO),
    "m": _number("minute", _TWO),
    "ss": _number("second", _TWO),
    "s": _number("second", _TWO),
    "SSS": (re.compile(r"(\d{1,20})", re.ASCII), _fraction),
    "ZZ": _OFFSET,
    "Z": _OFFSET,
    "X": (re.compile(r"([+-]?\d{1,15}(?:\.\d{1,20})?)", re.ASCII), _epoch(1000)),
    "x": (re.compile(r"([+-]?\d{1,18})", re.ASCII), _epoch(1)),
}

_TIME_TOKENS = frozenset({"HH", "H", "hh", "h", "kk", "k", "A", "a", "mm", "m", "ss", "s", "ZZ", "Z"})
_GAP = re.compile(r"[^\w+-]*")
_WIDE_GAP = re.compile(r"[\W_]*")


@lru_cache(maxsize=512)
def _plan(format_text: str) -> tuple[Piece, ...]:
    plan = pieces(format_text)
    for piece in plan:
        if piece.token and not piece.token.startswith("S") and not TOKENS[piece.token].reads:
            raise DataError(
                f"the token {piece.token} can be written but not read",
                suggestion="see the tokens for reading dates",
            )
    return plan


def parse_date(text: str, format_text: str | None, zone: str, now: datetime) -> datetime:
    """The instant a text names under a format. `now` supplies the parts a format does not have.

    Without a format: seconds or milliseconds since 1970, else a date text of contract 2.8.
    Raises DataError when the text does not fit.
    """
    if format_text is None:
        return _guess(text, zone)
    parts = _read(text, format_text)
    try:
        if "epoch" in parts:
            return from_ms(float(parts["epoch"]))
        wall = _wall(parts, local(now, zone).date())
        if "offset" in parts:
            return wall.replace(tzinfo=UTC) - timedelta(seconds=float(parts["offset"]))
    except (ValueError, OverflowError):
        _fail(text, format_text, "there is no such date")
    return from_local(wall, zone)


def _guess(text: str, zone: str) -> datetime:
    number = parse_number(text)
    if number is not None:
        return from_ms(number * 1000 if abs(number) < _SECONDS_BELOW else number)
    instant = parse_date_text(text, zone)
    if instant is None:
        raise DataError(
            f"'{shorten(text)}' is not a date", suggestion="say how it is written: parseDate(text; format)"
        )
    return instant


def _fail(text: str, format_text: str, why: str) -> NoReturn:
    raise DataError(f"'{shorten(text)}' cannot be read as a date by '{shorten(format_text)}': {why}")


def _read(text: str, format_text: str) -> _Parts:
    text = text[:_READ]
    parts: _Parts = {}
    position = 0
    for piece in _plan(format_text):
        if piece.token is None:
            position = _skip_literal(text, position, piece.text)
            continue
        pattern, store = _READERS["SSS" if piece.token.startswith("S") else piece.token]
        match = pattern.match(text, _after_gap(text, position, pattern))
        if match is None:
            ended = not text[position:].strip()
            if ended and parts and (piece.token in _TIME_TOKENS or piece.token.startswith("S")):
                continue
            _fail(text, format_text, f"nothing there fits {piece.token}")
        try:
            store(match, parts)
        except ValueError:
            _fail(text, format_text, f"{match[0]} does not fit {piece.token}")
        position = match.end()
    if not parts:
        _fail(text, format_text, "the format has no date or time in it")
    return parts


def _after_gap(text: str, position: int, pattern: re.Pattern[str]) -> int:
    """Where the next part starts: right here if it fits, else behind blanks and separators."""
    if pattern.match(text, position):
        return position
    narrow = _GAP.match(text, position)
    start = narrow.end() if narrow else position
    if pattern.match(text, start):
        return start
    wide = _WIDE_GAP.match(text, position)
    return wide.end() if wide else position


def _skip_literal(text: str, position: int, literal: str) -> int:
    if literal and text[position : position + len(literal)].lower() == literal.lower():
        return position + len(literal)
    return position


def _wall(parts: _Parts, today: date) -> datetime:
    day = _day(parts, today)
    hour, minute = int(parts.get("hour", 0)), int(parts.get("minute", 0))
    if "hour24" in parts:
        hour = int(parts["hour24"])
        if not 1 <= hour <= 24:
            raise ValueError("no such hour")
        hour %= 24
    half = parts.get("meridiem")
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    second, millisecond = int(parts.get("second", 0)), int(parts.get("millisecond", 0))
    if hour == 24 and not (minute or second or millisecond):
        return datetime(day.year, day.month, day.day) + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, second, millisecond * 1000)


def _day(parts: _Parts, today: date) -> date:
    """Today without any date token, else January and the first for what is missing (contract 2.10.4)."""
    year = int(parts.get("year", today.year))
    if "yearday" in parts:
        day = date(year, 1, 1) + timedelta(days=int(parts["yearday"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    if {"month", "day", "quarter"} & parts.keys():
        month = int(parts.get("month", int(parts.get("quarter", 1)) * 3 - 2))
        return date(year, month, int(parts.get("day", 1)))
    if {"week", "weekyear", "weekday"} & parts.keys():
        week_year = int(parts.get("weekyear", year))
        return date.fromisocalendar(week_year, int(parts.get("week", 1)), int(parts.get("weekday", 1)))
    return date(year, 1, 1) if "year" in parts else today
