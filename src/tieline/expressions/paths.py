"""Fields and positions below a value (contract 2.4): nothing on the way gives no value, never an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tieline.expressions.coerce import to_text
from tieline.expressions.functions.registry import Evaluate
from tieline.expressions.scope import Scope
from tieline.expressions.tree import Field, Index, Literal, Node, Unary
from tieline.expressions.values import Value, is_number, item_at


def reference_path(steps: Sequence[Field | Index]) -> tuple[str | int, ...]:
    """The steps as plain names and positions; a computed or empty position is 1."""
    path: list[str | int] = []
    for step in steps:
        if isinstance(step, Field):
            path.append(step.name)
            continue
        path.append(_literal_position(step.position))
    return tuple(path)


def _literal_position(node: Node | None) -> int:
    if isinstance(node, Unary) and node.operator == "-":
        return -_literal_position(node.operand)
    return int(node.value) if isinstance(node, Literal) and is_number(node.value) else 1


def compile_steps(
    root: Evaluate, steps: Sequence[Field | Index], positions: Sequence[Evaluate | None]
) -> Evaluate:
    """A closure that walks the steps below `root`; `positions` has the evaluators of computed ones."""
    names = [step.name for step in steps if isinstance(step, Field)]
    if len(names) == len(steps):
        return _one_field(root, names[0]) if len(names) == 1 else _fields(root, names)
    walkers = [_walker(step, positions[i], i == len(steps) - 1) for i, step in enumerate(steps)]

    def walk(scope: Scope) -> Value:
        value = root(scope)
        for walker in walkers:
            if value is None:
                return None
            value = walker(value, scope)
        return value

    return walk


def _one_field(root: Evaluate, name: str) -> Evaluate:
    def field(scope: Scope) -> Value:
        value = root(scope)
        return value.get(name) if (type(value) is dict or isinstance(value, Mapping)) else None

    return field


def _fields(root: Evaluate, names: Sequence[str]) -> Evaluate:
    def fields(scope: Scope) -> Value:
        value = root(scope)
        for name in names:
            if not (type(value) is dict or isinstance(value, Mapping)):
                return None
            value = value.get(name)
        return value

    return fields


def _walker(step: Field | Index, position: Evaluate | None, last: bool) -> Callable[[Value, Scope], Value]:
    """One step from a value to the next."""
    if isinstance(step, Field):
        name = step.name
        return lambda value, _: (
            value.get(name) if (type(value) is dict or isinstance(value, Mapping)) else None
        )
    if position is None:
        # An empty index is the whole array at the end of a path and its first item on the way.
        return lambda value, _: (value if last else item_at(value, 1)) if isinstance(value, list) else None

    def at(value: Value, scope: Scope) -> Value:
        wanted = position(scope)
        if isinstance(value, list):
            return item_at(value, wanted)
        return value.get(to_text(wanted)) if (type(value) is dict or isinstance(value, Mapping)) else None

    return at
