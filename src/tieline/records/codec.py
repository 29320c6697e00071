"""Bytes to records and back, with errors that name the field."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeVar

import msgspec

from tieline.errors import InvalidInput

T = TypeVar("T")

MESSAGE = re.compile(r"^Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `(?P<where>[^`]+)`)?$")
PLACE = re.compile(r" - at `(?P<where>[^`]+)`$")
WORDS = {
    "str": "text", "int": "a number", "float": "a number", "bool": "true or false", "array": "a list", "object": "an object",
    "null": "nothing", "str | null": "text",
}  # fmt: skip

encoder = msgspec.json.Encoder()


@cache
def _decoder(record: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(record, strict=False)


def decode(record: type[T], data: bytes | str) -> T:
    """A record from JSON. Raises InvalidInput naming the field (`emails[2].value`) and what is expected."""
    try:
        return _decoder(record).decode(data)  # type: ignore[no-any-return, arg-type]
    except RecursionError:
        raise InvalidInput("the JSON is nested too deeply", remedy="send flatter data") from None
    except msgspec.ValidationError as error:
        raise _explained(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the body is not valid JSON: {error}", remedy="check quotes, commas and brackets"
        ) from None


def convert(record: type[T], value: Any) -> T:
    """A record from plain Python data. Raises InvalidInput as `decode` does."""
    try:
        return msgspec.convert(value, record, strict=False)
    except RecursionError:
        raise InvalidInput("the data is nested too deeply", remedy="send flatter data") from None
    except msgspec.ValidationError as error:
        raise _explained(error) from None


def encode(value: Any) -> bytes:
    """JSON of a record: absent fields are left out."""
    return encoder.encode(value)


def plain(value: Any) -> Any:
    """A record as plain dicts and lists with wire names; absent and null fields are left out."""
    return _without_nulls(msgspec.to_builtins(value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_nulls(item) if isinstance(item, dict | list) else item
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [_without_nulls(item) if isinstance(item, dict | list) else item for item in value]
    return value


def _explained(error: msgspec.ValidationError) -> InvalidInput:
    text = str(error)
    place = PLACE.search(text)
    where = place["where"].removeprefix("$").removeprefix(".") if place else ""
    if found := MESSAGE.match(text):
        expected = WORDS.get(found["expected"], _either(found["expected"]))
        message = f"expected {expected}, got {WORDS.get(found['got'], found['got'])}"
    else:
        message = PLACE.sub("", text)
        message = message[:1].lower() + message[1:]
    return InvalidInput(message, field=where or None, remedy="see the field's description" if where else None)


def _either(expected: str) -> str:
    kinds = [WORDS.get(kind, kind) for kind in expected.split(" | ") if kind != "null"]
    return " or ".join(dict.fromkeys(kinds)) or "nothing"
