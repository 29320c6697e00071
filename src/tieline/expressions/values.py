"""The types an expression works on (contract 2.5), and when two of them are the same or come first.

`None`, `bool`, `int | float`, `str`, `datetime` (aware, UTC, milliseconds), `Buffer`, `list`, `dict`,
and the two markers. Values are never changed in place: a bundle may be read by many modules.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from tieline.expressions.errors import BundleValidationError

Value: TypeAlias = Any
"""None | bool | int | float | str | datetime | Buffer | list[Value] | dict[str, Value] | Marker."""


class Marker(enum.Enum):
    """A word about a field, not a value: contract 2.2."""

    IGNORE = "ignore"
    ERASE = "erase"

    def __repr__(self) -> str:
        return self.name


IGNORE: Final = Marker.IGNORE
"""The field counts as not filled."""

ERASE: Final = Marker.ERASE
"""The field is to be emptied."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Bytes, with the encoding of the text they hold and the file they came from when known."""

    data: bytes
    code_page: str | None = None
    file_name: str | None = None

    def __len__(self) -> int:
        return len(self.data)

    def text(self) -> str:
        """The bytes as text: by their own code page, else UTF-8 (contract 2.8)."""
        encoding = self.code_page or "utf-8"
        try:
            return self.data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            raise BundleValidationError(
                f"these {len(self.data)} bytes are not text in {encoding}",
                suggestion="use base64(…) or name the encoding of the data",
            ) from None


def type_name(value: Value) -> str:
    """The contract's word for the type of a value."""
    match value:
        case None:
            return "no value"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case datetime():
            return "date"
        case Buffer():
            return "buffer"
        case list():
            return "array"
        case dict():
            return "collection"
        case Marker():
            return value.value
    return type(value).__name__


def truth(value: Value) -> bool:
    """Whether a condition holds: no value, false, "", "false", 0 and the markers do not (contract 2.6)."""
    if value is None or value is False or isinstance(value, Marker):
        return False
    if isinstance(value, str):
        return value != "" and value != "false"
    if isinstance(value, (int, float)):
        return value != 0
    return True


def is_number(value: Value) -> bool:
    """An int or a float, and not a boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(a: Value, b: Value) -> bool:
    """Same type and same value, deeply: the `=` of contract 2.6."""
    kind = type(a)
    if kind is type(b) and kind is not list and kind is not dict:
        return bool(a.data == b.data) if kind is Buffer else bool(a == b)
    if is_number(a) and is_number(b):
        return bool(a == b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return _same_fields(a, b)
    return isinstance(a, datetime) and isinstance(b, datetime) and a == b


def _same_fields(a: dict[str, Value], b: dict[str, Value]) -> bool:
    """A field without value equals an absent one (contract 2.5)."""
    return all(equal(value, b.get(key)) for key, value in a.items()) and all(
        value is None for key, value in b.items() if key not in a
    )


def identity(value: Value) -> Any:
    """A hashable stand-in: two values have the same identity exactly when they are `equal`."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", tuple(map(identity, value)))
    if isinstance(value, dict):
        return ("collection", frozenset((k, identity(v)) for k, v in value.items() if v is not None))
    if isinstance(value, Buffer):
        return ("buffer", value.data)
    return value


def follow(value: Value, path: str) -> Value:
    """The value at a dotted path; positions in arrays are 1-based, negative ones count from the end.

    A name that itself holds dots wins. Nothing on the way gives no value (contract 2.4, 2.10.1).
    """
    if isinstance(value, dict) and path in value:
        return value[path]
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list):
            value = item_at(value, name)
        else:
            return None
    return value


def item_at(items: list[Value], position: Value) -> Value:
    """The item at a 1-based position, −1 being the last; anything else is no value (contract 2.4)."""
    if isinstance(position, str):
        digits = position.strip().removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
            return None
        position = int(position)
    if not is_number(position) or position != position or position in {float("inf"), float("-inf")}:
        return None
    index = int(position)
    if index != position or index == 0 or abs(index) > len(items):
        return None
    return items[index - 1 if index > 0 else index]
