"""A value for a mapper field of a given type (contract 2.8 and 4.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from tieline.expressions.coerce import to_boolean, to_buffer, to_date, to_text
from tieline.expressions.dates import is_zone, parse_date_text, to_ms
from tieline.expressions.errors import BundleValidationError, ExpressionError, shorten
from tieline.expressions.numbers import Number, divide, parse_number
from tieline.expressions.values import Buffer, Marker, Value, is_number, type_name

_Rule: TypeAlias = Callable[[Value, str], Value]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_COLOR = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?", re.ASCII)


def coerce(value: Value, type_name: str, *, field: str, timezone: str) -> Value:
    """The value as a field of this type expects it.

    No value, and an empty text for anything but a text or a boolean, is `None`: not filled (1.6).
    The markers pass through: what they do is the module's affair (2.2). A type this engine does not
    know passes the value on unchanged. Raises BundleValidationError naming the field.
    """
    if value is None or isinstance(value, Marker):
        return value
    rule = _RULES.get(type_name.partition(":")[0], _unchanged)
    if value == "" and rule not in _TAKES_EMPTY:
        return None
    try:
        return rule(value, timezone)
    except ExpressionError as error:
        raise BundleValidationError(
            error.message, field=field, suggestion=error.suggestion, values=error.values or (value,)
        ) from None


def _wrong(value: Value, expected: str) -> BundleValidationError:
    shown = type_name(value) if isinstance(value, (list, dict, Buffer)) else f"'{shorten(to_text(value))}'"
    return BundleValidationError(f"{expected} is expected, not {shown}", values=(value,))


def _unchanged(value: Value, timezone: str) -> Value:
    return value


def _text(value: Value, timezone: str) -> str:
    return to_text(value)


def _boolean(value: Value, timezone: str) -> bool:
    return to_boolean(value)


def _number(value: Value, timezone: str) -> Number:
    number = parse_number(value) if isinstance(value, str) else value if is_number(value) else None
    if number is None:
        raise _wrong(value, "a number")
    return number


def _integer(value: Value, timezone: str) -> int:
    number = _number(value, timezone)
    if number != number or number in (float("inf"), float("-inf")) or number != int(number):
        raise _wrong(value, "a whole number")
    return int(number)


def _uinteger(value: Value, timezone: str) -> int:
    number = _integer(value, timezone)
    if number < 0:
        raise _wrong(value, "a whole number of 0 or more")
    return number


def _port(value: Value, timezone: str) -> int:
    number = _integer(value, timezone)
    if not 1 <= number <= 65535:
        raise _wrong(value, "a port from 1 to 65535")
    return number


def _date(value: Value, timezone: str) -> datetime:
    return to_date(value, timezone)


def _timestamp(value: Value, timezone: str) -> Number:
    """A number of seconds; accepts a date (4.2)."""
    if isinstance(value, str):
        value = parse_date_text(value, timezone) or value
    if isinstance(value, datetime):
        return divide(to_ms(value), 1000)
    return _number(value, timezone)


def _time(value: Value, timezone: str) -> str:
    text = value.strip() if isinstance(value, str) else ""
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise _wrong(value, "a time such as 17:30 or 17:30:00")
    return text


def _array(value: Value, timezone: str) -> list[Value]:
    return value if isinstance(value, list) else [value]


def _collection(value: Value, timezone: str) -> dict[str, Value]:
    if isinstance(value, dict):
        return value
    raise _wrong(value, "a collection")


def _buffer(value: Value, timezone: str) -> Buffer:
    return to_buffer(value)


def _shaped(pattern: re.Pattern[str], expected: str) -> _Rule:
    def rule(value: Value, timezone: str) -> str:
        text = to_text(value).strip()
        if pattern.fullmatch(text) is None:
            raise _wrong(value, expected)
        return text

    return rule


def _url(value: Value, timezone: str) -> str:
    text = to_text(value).strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _wrong(value, "an address such as https://example.com/") from None
    if not parts.scheme or not parts.netloc or any(c.isspace() for c in text):
        raise _wrong(value, "an address such as https://example.com/")
    return text


def _filename(value: Value, timezone: str) -> str:
    text = to_text(value)
    if "/" in text or "\\" in text or "\0" in text or text in {".", ".."}:
        raise _wrong(value, "a file name without a path")
    return text


def _timezone(value: Value, timezone: str) -> str:
    text = to_text(value)
    if not is_zone(text):
        raise _wrong(value, "a time zone such as Europe/Prague")
    return text


_RULES: Final[dict[str, _Rule]] = {
    **dict.fromkeys(("text", "password", "cert", "pkey", "path"), _text),
    **dict.fromkeys(("boolean", "checkbox"), _boolean),
    **dict.fromkeys(("account", "hook", "keychain", "device", "datastore", "scenario", "aiagent"), _integer),
    "number": _number,
    "integer": _integer,
    "uinteger": _uinteger,
    "port": _port,
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
    "timezone": _timezone,
    "array": _array,
    "collection": _collection,
    "buffer": _buffer,
    "email": _shaped(_EMAIL, "an e-mail address"),
    "uuid": _shaped(_UUID, "a UUID"),
    "color": _shaped(_COLOR, "a colour such as #3366ff"),
    "url": _url,
    "filename": _filename,
}
"""By field type; a type with a colon (`account:cloze`) goes by the part before it. The others
(select, radio, any, json, hidden, filter, udt, file, folder, list …) take the value as it is."""

_TAKES_EMPTY: Final = (_text, _boolean, _unchanged)
