"""The shape of what an expression gives, from the shapes of the modules that it uses (BP016)."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Final

from tieline.expressions import FUNCTIONS, KEYWORDS, Buffer, Scope, tree
from tieline.expressions.functions.registry import Function, Kind
from tieline.expressions.parser import parse_template
from tieline.scenarios.lint.shapes import ANY, BOOLEAN, NUMBER, TEXT, Shape, either, of_value

Outputs = Mapping[int, Shape]
RELATIONS: Final = frozenset({"=", "==", "===", "!=", "!==", "<", ">", "<=", ">="})
SAME_ITEMS: Final = frozenset(
    {"slice", "sort", "reverse", "shuffle", "remove", "deduplicate", "distinct", "merge", "add"}
)
ONE_ITEM: Final = frozenset({"first", "last"})
LISTS: Final = frozenset({"array", "collection", "buffer"})
REFUSED: Final[dict[Kind, frozenset[str]]] = {
    Kind.NUMBER: LISTS,
    Kind.INTEGER: LISTS,
    Kind.DATE: LISTS | {"number", "boolean"},
    Kind.ARRAY: frozenset({"text", "number", "boolean", "date", "buffer"}),
    Kind.COLLECTION: frozenset({"text", "number", "boolean", "date", "buffer", "array"}),
}
"""What an argument of each kind can never be made of (contract 2.8, 2.10)."""
WANTED: Final = {
    Kind.NUMBER: "a number",
    Kind.INTEGER: "a whole number",
    Kind.DATE: "a date",
    Kind.ARRAY: "a list",
    Kind.COLLECTION: "a collection",
}


class Inferred(typing.NamedTuple):
    """The shape of a template's value, what can never work in it, and its text when nothing is mapped."""

    shape: Shape
    problems: list[str]
    literal: str | None
    words: str


def infer(text: str, outputs: Outputs) -> Inferred:
    """What a template gives. `words` is its text outside the braces. Raises ParseError."""
    if "{{" not in text:
        return Inferred(TEXT, [], text, text)
    parts = parse_template(text)
    walker = _Walker(outputs)
    shapes = [TEXT if isinstance(part, str) else walker.shape(part) for part in parts]
    words = "".join(part for part in parts if isinstance(part, str))
    return Inferred(shapes[0] if len(shapes) == 1 else TEXT, walker.problems, None, words)


class _Walker:
    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self.problems: list[str] = []

    def shape(self, node: tree.Node) -> Shape:
        """The shape of a part; what cannot work in it is noted."""
        match node:
            case tree.Literal():
                return of_value(node.value)
            case tree.Name():
                keyword = None if node.quoted else KEYWORDS.get(node.name)
                return ANY if keyword is None else of_value(keyword.value(Scope({})))
            case tree.Module():
                return self.outputs.get(node.id, ANY)
            case tree.Path():
                return self._path(node)
            case tree.Call():
                return self._call(node)
            case tree.Chain():
                return self._chain(node)
            case tree.Logic():
                for operand in node.operands:
                    self.shape(operand)
                return BOOLEAN
            case tree.Unary():
                negated = self.shape(node.operand)
                if node.operator == "!":
                    return BOOLEAN
                self._computed("-", negated, node)
                return NUMBER
        return ANY

    def _path(self, node: tree.Path) -> Shape:
        shape = self.shape(node.root)
        for position, step in enumerate(node.steps):
            if isinstance(step, tree.Field):
                shape = (shape.fields or {}).get(step.name, ANY) if shape.type == "collection" else ANY
            elif step.position is None and position == len(node.steps) - 1:
                continue  # the whole list
            else:
                shape = shape.item or ANY
        return shape

    def _chain(self, node: tree.Chain) -> Shape:
        shape = self.shape(node.first)
        for operator, operand in node.rest:
            right = self.shape(operand)
            if operator in RELATIONS:
                shape = BOOLEAN
            elif operator == "+" and "text" in {shape.type, right.type}:
                shape = TEXT
            else:
                for side in (shape, right):
                    self._computed(operator, side, node)
                shape = NUMBER if operator != "+" or (shape.known and right.known) else ANY
        return shape

    def _computed(self, operator: str, side: Shape, node: tree.Node) -> None:
        if side.type in LISTS:
            self.problems.append(f"{side} cannot be computed with “{operator}” in {node.span.source}")

    def _call(self, node: tree.Call) -> Shape:
        arguments = [self.shape(argument) for argument in node.arguments]
        function = FUNCTIONS.get(node.name)
        if function is None:
            return ANY
        self._check(function, node, arguments)
        if node.name == "if" and len(arguments) == 3:
            return either(arguments[1:])
        if node.name in {"ifempty", "coalesce"}:
            return either(arguments)
        if node.name == "switch":
            results = arguments[2::2] + (arguments[-1:] if len(arguments) % 2 == 0 else [])
            return either(results)
        if node.name in ONE_ITEM and arguments:
            return arguments[0].item or ANY
        if node.name in SAME_ITEMS and arguments:
            return Shape("array", item=arguments[0].item)
        return result_of(node.name)

    def _check(self, function: Function, node: tree.Call, arguments: list[Shape]) -> None:
        parameters = [*function.parameters]
        if function.rest is not None:
            parameters += [function.rest] * (len(arguments) - len(parameters))
        for parameter, shape, given in zip(parameters, arguments, node.arguments, strict=False):
            if shape.type in REFUSED.get(parameter.kind, frozenset()):
                self.problems.append(
                    f"{function.name} needs {WANTED[parameter.kind]}, and {given.span.source} is {shape}"
                )


@cache
def result_of(name: str) -> Shape:
    """What a function gives, from the annotation of its implementation."""
    hint: Any = typing.get_type_hints(FUNCTIONS[name].implementation).get("return", Any)
    kinds = set()
    for part in _parts(hint):
        kinds.add(_of_type(typing.get_origin(part) or part))
    return either(kinds)


def _parts(hint: Any) -> list[Any]:
    if isinstance(hint, UnionType) or typing.get_origin(hint) is typing.Union:
        return [part for part in typing.get_args(hint) if part is not type(None)]
    return [hint]


def _of_type(python: Any) -> Shape:
    found = {
        str: "text", bool: "boolean", int: "number", float: "number", datetime: "date", list: "array",
        dict: "collection", Buffer: "buffer",
    }.get(python)  # fmt: skip
    return Shape(found) if found else ANY
