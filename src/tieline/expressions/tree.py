"""The parts of a parsed template. Positions are character offsets into the template, from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tieline.expressions.values import Value


@dataclass(frozen=True, slots=True)
class Span:
    """Where a part stands in its template."""

    template: str
    start: int
    end: int

    @property
    def source(self) -> str:
        return self.template[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Literal:
    span: Span
    value: Value
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name that is not followed by a parenthesis: a keyword, `var`, or a field nobody has."""

    span: Span
    name: str
    quoted: bool
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Module:
    """The current bundle of a module."""

    span: Span
    id: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Field:
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`[2]`, `[1.n]`, or `[]` when `position` is None."""

    position: Node | None


@dataclass(frozen=True, slots=True)
class Path:
    """Fields and positions below a root."""

    span: Span
    root: Node
    steps: tuple[Field | Index, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; an empty argument is a Literal without value."""

    span: Span
    name: str
    arguments: tuple[Node, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, from the left: `a - b + c`."""

    span: Span
    first: Node
    rest: tuple[tuple[str, Node], ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Logic:
    """Operands joined by `|` or `&`."""

    span: Span
    any: bool
    operands: tuple[Node, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`-` or `!` before an operand."""

    span: Span
    operator: str
    operand: Node
    depth: int


Node: TypeAlias = Literal | Name | Module | Path | Call | Chain | Logic | Unary
