"""What a query means (contract 6.2): a tree of conditions, as typed structures whose JSON is the contract's."""

from __future__ import annotations

from typing import Any

import msgspec


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """One condition on one field. `value` is absent for exists and missing."""

    field: str
    op: str
    value: Any = None


class And(msgspec.Struct, frozen=True):
    """All of them."""

    parts: tuple[Node, ...] = msgspec.field(name="and")


class Or(msgspec.Struct, frozen=True):
    """At least one of them."""

    parts: tuple[Node, ...] = msgspec.field(name="or")


class Not(msgspec.Struct, frozen=True):
    """The opposite."""

    part: Node = msgspec.field(name="not")


Node = Condition | And | Or | Not


class Sort(msgspec.Struct, frozen=True):
    """An order asked for in the query. `dir`: asc or desc."""

    by: str
    dir: str = "asc"


class Filter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A query, read. `filter` is None when it restricts nothing; `target` is what it says it looks for."""

    filter: Node | None
    sort: Sort | None = None
    limit: int | None = None
    target: str | None = None


def both(*parts: Node) -> Node:
    """All of the parts, flat."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(*parts: Node) -> Node:
    """One of the parts, flat."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def plain(value: Any) -> Any:
    """The contract's JSON form, as built-in types."""
    return msgspec.json.decode(msgspec.json.encode(value))
