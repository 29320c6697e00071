"""Instants and zones (contract 2.9): an instant is an aware datetime in UTC with milliseconds.

Calendar work goes through the local wall clock of a zone and back. On the way back a time inside
the spring gap moves forward by the gap and an ambiguous autumn time takes the first offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from whenever import Instant, PlainDateTime, TimeZoneNotFoundError, ZonedDateTime

from tieline.expressions.errors import DataError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS: Final = 86_400_000

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_RANGE = "the date lies outside the years 1 to 9999"


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch; finer parts are cut off."""
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_ms(milliseconds: float) -> datetime:
    """The instant so many milliseconds after the epoch."""
    try:
        return EPOCH + timedelta(milliseconds=round(milliseconds))
    except (OverflowError, ValueError):
        raise DataError(_RANGE, values=(milliseconds,)) from None


def iso(instant: datetime) -> str:
    """`2016-06-20T17:26:44.356Z`: a date as text (contract 2.8)."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def is_zone(name: str) -> bool:
    """Whether this is the IANA name of a time zone."""
    return len(name) <= 64 and _is_known_zone(name)


@lru_cache(maxsize=1024)
def _is_known_zone(name: str) -> bool:
    try:
        Instant.from_timestamp(0).to_tz(name)
    except (TimeZoneNotFoundError, ValueError, OSError):
        return False
    return True


def zoned(instant: datetime, zone: str) -> ZonedDateTime:
    """The instant as seen on the clocks of a zone."""
    try:
        return Instant(instant).to_tz(zone)
    except TimeZoneNotFoundError:
        raise DataError(
            f"'{zone}' is not a time zone", suggestion="use an IANA name such as Europe/Prague"
        ) from None
    except (OverflowError, ValueError):
        raise DataError(_RANGE, values=(instant,)) from None


def local(instant: datetime, zone: str) -> datetime:
    """The wall clock of a zone at this instant, as a naive datetime."""
    return zoned(instant, zone).to_plain().to_stdlib()


def from_local(wall: datetime, zone: str) -> datetime:
    """The instant at which the clocks of a zone show this (contract 2.9)."""
    try:
        moment = PlainDateTime(wall).assume_tz(zone, disambiguation="compatible")
        return moment.to_instant().to_stdlib()
    except TimeZoneNotFoundError:
        raise DataError(
            f"'{zone}' is not a time zone", suggestion="use an IANA name such as Europe/Prague"
        ) from None
    except (OverflowError, ValueError):
        raise DataError(_RANGE, values=(wall,)) from None


def change(instant: datetime, zone: str, edit: Callable[[datetime], datetime]) -> datetime:
    """Apply `edit` to the wall clock of a zone. An edit that changes nothing keeps the instant."""
    before = local(instant, zone)
    try:
        after = edit(before)
    except (OverflowError, ValueError):
        raise DataError(_RANGE, values=(instant,)) from None
    return instant if after == before else from_local(after, zone)


def plus_months(wall: datetime, months: int) -> datetime:
    """The same day so many months later, or the last day of a shorter month."""
    return PlainDateTime(wall).add(months=months).to_stdlib()


_DAY = r"""
    (?: (?P<y1>\d{4}) (?P<s1>[-/]) (?P<m1>\d{1,2}) (?P=s1) (?P<d1>\d{1,2})
      | (?P<m2>\d{1,2}) (?P<s2>/) (?P<d2>\d{1,2}) / (?P<y2>\d{4})
      | (?P<d3>\d{1,2}) \. (?P<m3>\d{1,2}) \. (?P<y3>\d{4}) )
"""
_TIME = r"""
    (?P<hour>\d{1,2}) : (?P<minute>\d{2}) (?: : (?P<second>\d{2}) (?: \. (?P<fraction>\d{1,9}) )? )?
    (?: \s* (?P<meridiem>[AaPp][Mm]) )?
"""
_OFFSET = r"(?P<utc>[Zz]|GMT|UTC) | (?:GMT|UTC)? (?P<sign>[+-]) (?P<oh>\d{2}) :? (?P<om>\d{2})?"
_DATE_TEXT = re.compile(
    rf"\s* {_DAY} (?: (?:[Tt]|\s+) {_TIME} (?: \s* (?:{_OFFSET}) )? )? \s*", re.VERBOSE | re.ASCII
)


def parse_date_text(text: str, zone: str) -> datetime | None:
    """The instant of one of the date texts of contract 2.8; `None` when it is none of them.

    Without an offset the zone applies.
    """
    match = _DATE_TEXT.fullmatch(text) if len(text) <= 100 else None
    if match is None:
        return None
    parts = match.groupdict()
    hour = _hour(parts)
    if hour is None:
        return None
    try:
        wall = datetime(
            _first(parts, "y"),
            _first(parts, "m"),
            _first(parts, "d"),
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int((parts["fraction"] or "").ljust(3, "0")[:3]) * 1000,
        )
        if parts["utc"]:
            return wall.replace(tzinfo=UTC)
        if parts["sign"]:
            return wall.replace(tzinfo=UTC) - offset_of(parts["sign"], parts["oh"], parts["om"])
    except (ValueError, OverflowError):
        return None
    return from_local(wall, zone)


def _first(parts: dict[str, str | None], name: str) -> int:
    """The number that one of the three forms of a day found."""
    return int(parts[name + "1"] or parts[name + "2"] or parts[name + "3"] or 0)


def offset_of(sign: str, hours: str, minutes: str | None) -> timedelta:
    """`+`, `02`, `30` as a duration. An offset of a day or more is a ValueError."""
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset >= timedelta(days=1) or int(minutes or 0) > 59:
        raise ValueError("no such offset")
    return offset if sign == "+" else -offset


def _hour(parts: dict[str, str | None]) -> int | None:
    """The hour of the day; AM and PM belong to the slash forms only (contract 2.8)."""
    hour = int(parts["hour"] or 0)
    if not parts["meridiem"]:
        return hour
    slashes = parts["s1"] == "/" or parts["s2"] == "/"
    if not slashes or not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if parts["meridiem"].lower() == "pm" else 0)
