"""One type where another is expected (contract 2.8): what a value is as text, boolean, date, bytes or array.

The functions here serve the arguments of calls; `fields.py` adds the types of mapper fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from json.encoder import encode_basestring
from typing import Final

from tieline.expressions.dates import iso, parse_date_text
from tieline.expressions.errors import BundleValidationError, RuntimeError_, shorten
from tieline.expressions.limits import check_text
from tieline.expressions.numbers import number_to_text
from tieline.expressions.values import IGNORE, Buffer, Marker, Value, type_name

_SCALARS: Final = (str, int, float, bool, datetime, Buffer, type(None), Marker)


def to_text(value: Value) -> str:
    """The text of any value; no value and the markers are empty.

    Raises BundleValidationError for bytes that are not text.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int or kind is float:
        return number_to_text(value)
    if value is None or kind is Marker:
        return ""
    if kind is bool:
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Buffer):
        return value.text()
    if isinstance(value, list):
        return _array_text(value)
    if isinstance(value, dict):
        return json_text(value)
    if isinstance(value, (str, int, float)):
        return str(value) if isinstance(value, str) else number_to_text(value)
    raise BundleValidationError(f"a value of type {type_name(value)} cannot become text", values=(value,))


def _array_text(items: list[Value]) -> str:
    """Primitives joined by comma and blank; an array of anything else as JSON (contract 2.8)."""
    if all(isinstance(item, _SCALARS) for item in items):
        return join_texts(map(to_text, items), ", ")
    return json_text(items)


def join_texts(texts: Iterator[str], separator: str) -> str:
    """`separator.join(texts)`, refused before it outgrows the limit."""
    parts = []
    length = -len(separator)
    for text in texts:
        length += len(text) + len(separator)
        check_text(length)
        parts.append(text)
    return separator.join(parts)


def json_text(value: Value) -> str:
    """Compact JSON with keys in order, dates as ISO text, buffers as the text they hold.

    A field that is `ignore` is left out. Refused when it outgrows the limit on texts.
    """
    parts: list[str] = []
    length = 0
    for part in _json_parts(value):
        length += len(part)
        check_text(length)
        parts.append(part)
    return "".join(parts)


def _json_parts(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        opening = "{"
        for key, item in value.items():
            if item is IGNORE:
                continue
            yield f"{opening}{encode_basestring(str(key))}:"
            yield from _json_parts(item)
            opening = ","
        yield "}" if opening == "," else "{}"
    elif isinstance(value, list):
        opening = "["
        for item in value:
            yield opening
            yield from _json_parts(item)
            opening = ","
        yield "]" if opening == "," else "[]"
    elif value is None or isinstance(value, Marker):
        yield "null"
    elif isinstance(value, (bool, int, float)):
        yield to_text(value)
    else:
        yield encode_basestring(to_text(value))


def to_boolean(value: Value) -> bool:
    """Contract 2.8: every number is true, even 0; text unless it is "false" or empty; any other value."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value != "" and value != "false"
    return value is not None and not isinstance(value, Marker)


def to_date(value: Value, timezone: str) -> datetime:
    """A date, or the date a text of contract 2.8 names; without an offset the zone applies.

    Raises BundleValidationError for anything else.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        instant = parse_date_text(value, timezone)
        if instant is not None:
            return instant
        raise BundleValidationError(
            f"'{shorten(value)}' is not a valid date",
            suggestion="write it as 2024-05-31 or 2024-05-31T17:30:00Z, or use parseDate(text; format)",
            values=(value,),
        )
    raise BundleValidationError(
        f"a date is expected, not {_described(value)}",
        suggestion="use parseDate(…) to make a date of a number or text",
        values=(value,),
    )


def to_buffer(value: Value) -> Buffer:
    """Text, numbers, booleans and dates as UTF-8 bytes (contract 2.8); no value is no bytes."""
    if isinstance(value, Buffer):
        return value
    if isinstance(value, (list, dict)):
        raise BundleValidationError(f"{_described(value)} cannot become bytes", values=(value,))
    return Buffer(to_text(value).encode("utf-8", "surrogatepass"))


def to_array(value: Value) -> list[Value]:
    """An array argument: no value is an empty one, anything else is a RuntimeError (contract 2.10)."""
    if isinstance(value, list):
        return value
    if value is None or isinstance(value, Marker):
        return []
    raise RuntimeError_(f"'{_printed(value)}' is not a valid array", values=(value,))


def to_collection(value: Value) -> dict[str, Value]:
    """A collection argument: no value is an empty one, anything else is a RuntimeError."""
    if isinstance(value, dict):
        return value
    if value is None or isinstance(value, Marker):
        return {}
    raise RuntimeError_(f"'{_printed(value)}' is not a valid collection", values=(value,))


def _printed(value: Value) -> str:
    if isinstance(value, (list, dict, Buffer)):
        return type_name(value)
    return shorten(to_text(value))


def _described(value: Value) -> str:
    """`the number 5`, `an array`: a value in a message."""
    if value is None:
        return "no value"
    if isinstance(value, (list, dict, Buffer, Marker)):
        return f"a value of type {type_name(value)}"
    return f"the {type_name(value)} {shorten(to_text(value))}"
