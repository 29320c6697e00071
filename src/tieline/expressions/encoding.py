"""Values as JSON and back (contract 2.13): for history, for `tieline expression`, for the test vectors.

{"$date": "2016-06-20T17:26:44.356Z"}      a date
{"$bin": "4d616b65", "name": …, "codepage": …}    a buffer; the last two only when known
{"$kw": "ignore"}                           a marker
{"$value": {"$date": …}}                    a collection that happens to look like one of these
"""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import Any, Final

from tieline.expressions.dates import iso, parse_date_text
from tieline.expressions.errors import DataError
from tieline.expressions.values import Buffer, Marker, Value

_TAGS: Final = frozenset({"$date", "$bin", "$kw", "$value"})


def to_json(value: Value) -> Any:
    """JSON data for a value. Arrays and collections are copied."""
    if isinstance(value, dict):
        fields = {str(key): to_json(item) for key, item in value.items()}
        return {"$value": fields} if _TAGS & fields.keys() else fields
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, datetime):
        return {"$date": iso(value)}
    if isinstance(value, Buffer):
        extra = {"name": value.file_name, "codepage": value.code_page}
        return {"$bin": value.data.hex(), **{k: v for k, v in extra.items() if v is not None}}
    if isinstance(value, Marker):
        return {"$kw": value.value}
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def from_json(data: Any) -> Value:
    """The value JSON data stands for. Raises DataError for a malformed `$date`, `$bin` or `$kw`."""
    if isinstance(data, list):
        return [from_json(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "$value" in data and len(data) == 1 and isinstance(data["$value"], dict):
        return {key: from_json(item) for key, item in data["$value"].items()}
    try:
        if "$date" in data and len(data) == 1:
            return _date(data["$date"])
        if "$bin" in data and data.keys() <= {"$bin", "name", "codepage"}:
            return Buffer(bytes.fromhex(data["$bin"]), data.get("codepage"), data.get("name"))
        if "$kw" in data and len(data) == 1:
            return Marker(data["$kw"])
    except (TypeError, ValueError):
        raise DataError(f"{data} is not a value", suggestion="see the encoding of dates and bytes") from None
    return {key: from_json(item) for key, item in data.items()}


def _date(text: str) -> datetime:
    instant = parse_date_text(text, "UTC")
    if instant is None:
        raise ValueError("not a date")
    return instant
