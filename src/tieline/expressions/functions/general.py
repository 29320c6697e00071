"""General functions (contract 2.10.1)."""

from __future__ import annotations

from typing import Any

from tieline.expressions.coerce import to_collection, to_text
from tieline.expressions.functions.registry import Any_, Evaluate, group
from tieline.expressions.scope import Scope
from tieline.expressions.values import Value, equal, follow, is_number, item_at, truth

general = group("general")


@general(
    "if(cond; a; b)",
    "`a` when the condition holds, else `b`. Only the chosen one is evaluated.",
    example='if(1 = 1; "A"; "B")',
    result="A",
    lazy=True,
)
def if_(scope: Scope, condition: Evaluate, a: Evaluate, b: Evaluate) -> Value:
    return a(scope) if truth(condition(scope)) else b(scope)


@general(
    "ifempty(a; b)",
    '`b` when `a` has no value or is "", else `a`. 0, false and an empty array are values.',
    example='ifempty(""; "B")',
    result="B",
    lazy=True,
)
def ifempty(scope: Scope, a: Evaluate, b: Evaluate) -> Value:
    value = a(scope)
    return b(scope) if value is None or (isinstance(value, str) and not value) else value


@general(
    "switch(x; v1; r1; …; [else])",
    "The result beside the first value that equals `x`; without one the odd last argument, else nothing.",
    example='switch("B"; "A"; 1; "B"; 2)',
    result=2,
    lazy=True,
)
def switch(scope: Scope, x: Evaluate, v1: Evaluate, r1: Evaluate, *rest: Evaluate) -> Value:
    value = x(scope)
    choices = (v1, r1, *rest)
    for candidate, result in zip(choices[::2], choices[1::2], strict=False):
        if equal(value, candidate(scope)):
            return result(scope)
    return choices[-1](scope) if len(choices) % 2 else None


@general(
    "get(obj; path)",
    "The value at a path: names joined by dots, positions from 1 (from the end with −1).",
    example='get(1.team; "2.name")',
    result="Bob",
)
def get(obj: Any_, path: Any_) -> Value:
    if is_number(path):
        if isinstance(obj, list):
            return item_at(obj, path)
        return obj.get(to_text(path)) if isinstance(obj, dict) else None
    return follow(obj, to_text(path))


@general(
    "pick(obj; k1; …)",
    "A collection with only these keys.",
    example='pick(1.person; "name")',
    result={"name": "Ada"},
)
def pick(obj: Any_, key: Any_, *keys: Any_) -> dict[str, Value]:
    collection = to_collection(obj)
    return {name: collection[name] for name in _names((key, *keys)) if name in collection}


@general(
    "omit(obj; k1; …)",
    "A collection without these keys.",
    example='omit(1.person; "email")',
    result={"name": "Ada"},
)
def omit(obj: Any_, key: Any_, *keys: Any_) -> dict[str, Value]:
    collection = to_collection(obj)
    left_out = set(_names((key, *keys)))
    return {name: value for name, value in collection.items() if name not in left_out}


@general(
    "equal(a; b)",
    "Whether both have the same type and value, arrays and collections through and through.",
    example="equal(1; 1)",
    result=True,
)
def equal_(a: Any_, b: Any_) -> bool:
    return equal(a, b)


def _names(keys: tuple[Any, ...]) -> list[str]:
    """Keys given one by one or as arrays."""
    return [to_text(name) for key in keys for name in (key if isinstance(key, list) else (key,))]
