"""Dates as callers write them (contract 0.3.8): milliseconds, seconds, ISO 8601, `1/2/2021` with `dateFormat`."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, tzinfo
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

from dateutil import parser, tz

from tieline.errors import InvalidInput

SOMEDAY: Final = 1  # a reminder without a date
_SECONDS_BELOW: Final = 100_000_000_000  # smaller numbers are seconds
_EARLIEST: Final = -62_135_596_800_000  # year 1
_LATEST: Final = 253_402_300_799_999  # year 9999
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_COMPACT_DATE: Final = re.compile(r"\d{8}")
_REMEDY: Final = "give milliseconds, ISO 8601 such as 2026-05-01T09:30:00Z, or text such as 5/1/2026"

# Two moments that share no part: text that reads differently against them leaves something out.
_DEFAULTS: Final = (datetime(2000, 1, 1), datetime(2012, 12, 31))


def read_instant(value: object, *, field: str, timezone: str, date_format: str | None = None) -> int | None:
    """Milliseconds of a date in any accepted form; None when it is absent (None or an empty text).

    A date without an offset is read in `timezone`, a date without a time is its midnight there.
    Raises InvalidInput naming `field`.
    """
    if value is None or value == "":
        return None
    day_first = read_date_format(date_format)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value, field)
    if not isinstance(value, str):
        _refuse(field)
    text = value.strip()
    if not text:
        return None
    if _NUMBER.fullmatch(text) and not _is_compact_date(text):
        return _number(float(text), field)
    return _text(text, field, timezone, day_first)


def read_reminder(value: object, *, field: str, timezone: str, date_format: str | None = None) -> int | None:
    """As `read_instant`; the number 1 and the word "someday" mean SOMEDAY."""
    if isinstance(value, str) and value.strip().lower() in {"1", "someday"}:
        return SOMEDAY
    if value == 1 and not isinstance(value, bool):
        return SOMEDAY
    return read_instant(value, field=field, timezone=timezone, date_format=date_format)


def read_day(value: object, *, field: str, timezone: str, date_format: str | None = None) -> str | None:
    """`yyyy-MM-dd` of a date in any accepted form, as seen in `timezone`; None when it is absent.

    Raises InvalidInput naming `field`.
    """
    instant = read_instant(value, field=field, timezone=timezone, date_format=date_format)
    return None if instant is None else day_of(instant, timezone)


def read_date_format(date_format: str | None) -> bool:
    """Whether the day comes first: `us` (the default) or `international`. Raises InvalidInput."""
    if date_format is None or date_format == "" or date_format.lower() == "us":
        return False
    if date_format.lower() == "international":
        return True
    raise InvalidInput("must be us or international", field="dateFormat")


def day_of(instant: int, timezone: str) -> str:
    """The calendar day of an instant in a time zone, as yyyy-MM-dd."""
    return datetime.fromtimestamp(instant / 1000, ZoneInfo(timezone)).date().isoformat()


def _number(value: float, field: str) -> int:
    if not math.isfinite(value):
        _refuse(field)
    milliseconds = value * 1000 if abs(value) < _SECONDS_BELOW and value != 1 else value
    if not _EARLIEST <= milliseconds <= _LATEST:
        _refuse(field)
    return int(milliseconds)


def _is_compact_date(text: str) -> bool:
    """`20260501` is a day; as a number of seconds it would lie in 1970."""
    if not _COMPACT_DATE.fullmatch(text):
        return False
    return 1900 <= int(text[:4]) <= 2199 and 1 <= int(text[4:6]) <= 12 and 1 <= int(text[6:]) <= 31


def _text(text: str, field: str, timezone: str, day_first: bool) -> int:
    if len(text) > 100 or not any(character.isdigit() for character in text):
        _refuse(field)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _free_text(text, field, day_first)
    try:
        if moment.tzinfo is None:
            # With the default fold, a skipped time moves forward and of a repeated one the first is taken.
            moment = moment.replace(tzinfo=ZoneInfo(timezone))
        return round(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        _refuse(field)


def _free_text(text: str, field: str, day_first: bool) -> datetime:
    try:
        readings = [
            parser.parse(text, dayfirst=day_first, default=default, tzinfos=_zone) for default in _DEFAULTS
        ]
    except (ValueError, OverflowError, TypeError, AttributeError):
        _refuse(field)
    first, second = readings
    if first != second:
        raise InvalidInput("needs a year, a month and a day", field=field, remedy=_REMEDY)
    moment: datetime = first
    return moment


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if name is None and offset is None:
        return None
    if offset is not None:
        zone: tzinfo = tz.tzoffset(None, offset)
        return zone
    if name is not None and name.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    raise ValueError(f"unknown time zone {name}")


def _refuse(field: str) -> NoReturn:
    raise InvalidInput("is not a date", field=field, remedy=_REMEDY)
