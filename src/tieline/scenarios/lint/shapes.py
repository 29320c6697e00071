"""What is known of a value before anything runs: its type, its fields, its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tieline.expressions import Buffer
from tieline.modules import Field

DEEPEST = 12
TYPES: Final[dict[str, str]] = {
    **dict.fromkeys(("number", "integer", "uinteger", "port", "timestamp"), "number"),
    **dict.fromkeys(
        ("text", "email", "url", "password", "cert", "pkey", "uuid", "color", "path", "filename", "timezone", "time"),
        "text",
    ),
    **dict.fromkeys(("boolean", "checkbox"), "boolean"),
    **{name: name for name in ("date", "buffer", "array", "collection")},
}  # fmt: skip
"""The type of a value by the type of the field that gives it; every other type is `any`."""


@dataclass(frozen=True)
class Shape:
    """A type of the expression language, or `any`. `fields` None: which ones there are is not known."""

    type: str = "any"
    fields: Mapping[str, Shape] | None = None
    item: Shape | None = None

    @property
    def known(self) -> bool:
        """False when nothing can be said."""
        return self.type != "any"

    def __str__(self) -> str:
        return WORDS.get(self.type, "a value")


WORDS: Final = {
    "text": "a text",
    "number": "a number",
    "boolean": "yes or no",
    "date": "a date",
    "buffer": "a file",
    "array": "a list",
    "collection": "a collection",
}
ANY: Final = Shape()
TEXT: Final = Shape("text")
NUMBER: Final = Shape("number")
BOOLEAN: Final = Shape("boolean")
DATE: Final = Shape("date")


def of_fields(fields: Iterable[Field]) -> Shape:
    """The bundle of a module that declares these outputs."""
    return Shape("collection", {field.name: of_field(field) for field in fields})


def of_field(field: Field) -> Shape:
    """The value of a declared output."""
    type_ = TYPES.get(field.type, "any")
    if type_ == "array":
        return Shape(type_, item=of_fields(field.items) if field.items else ANY)
    # Every audited field may be among the changes, the account's own too.
    if type_ == "collection" and field.items and field.name != "changes":
        return of_fields(field.items)
    return Shape(type_)


def of_interface(interface: Any, depth: int = 0) -> Shape | None:
    """The bundle that a blueprint's own description of a module's output tells of (1.5); None when there is none."""
    if not isinstance(interface, list) or not interface or depth > DEEPEST:
        return None
    fields = {}
    for entry in interface:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            fields[entry["name"]] = _of_entry(entry, depth)
    return Shape("collection", fields) if fields else None


def _of_entry(entry: dict[str, Any], depth: int) -> Shape:
    type_, spec = TYPES.get(str(entry.get("type")).partition(":")[0], "any"), entry.get("spec")
    if type_ == "collection":
        return of_interface(spec, depth + 1) or Shape(type_)
    if type_ != "array":
        return Shape(type_)
    if isinstance(spec, dict):
        return Shape(type_, item=_of_entry(spec, depth + 1) if depth < DEEPEST else ANY)
    return Shape(type_, item=of_interface(spec, depth + 1) or ANY)


def of_value(value: Any) -> Shape:
    """The shape of a value that is there."""
    match value:
        case bool():
            return BOOLEAN
        case str():
            return TEXT
        case int() | float():
            return NUMBER
        case datetime():
            return DATE
        case Buffer():
            return Shape("buffer")
        case list():
            return Shape("array")
        case dict():
            return Shape("collection", {str(name): of_value(item) for name, item in value.items()})
    return ANY


def either(shapes: Iterable[Shape]) -> Shape:
    """What is true of all of them."""
    given = list(dict.fromkeys(shape.type for shape in shapes))
    return Shape(given[0]) if len(given) == 1 else ANY
