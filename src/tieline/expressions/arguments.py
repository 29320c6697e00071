"""Closures that evaluate one argument and convert it for a call (contract 2.10).

A conversion that fails says which argument it was; a large value is counted against the allowance
of the scope before a function walks through it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

from tieline.expressions.coerce import to_array, to_buffer, to_collection, to_date, to_text
from tieline.expressions.dates import is_zone
from tieline.expressions.errors import ExpressionError
from tieline.expressions.functions.registry import REQUIRED, Evaluate, Kind, Parameter
from tieline.expressions.limits import LARGE
from tieline.expressions.numbers import to_number, whole
from tieline.expressions.scope import Scope
from tieline.expressions.tree import Span
from tieline.expressions.values import Buffer, Value, truth

_Convert: TypeAlias = Callable[[Value, Scope], Value]


def _zone(value: Value, scope: Scope) -> str:
    """A known zone, else the scenario's: an unknown name is ignored (contract 2.9)."""
    return value if isinstance(value, str) and is_zone(value) else scope.timezone


_CONVERT: Final[dict[Kind, _Convert]] = {
    Kind.ANY: lambda value, _: value,
    Kind.TEXT: lambda value, _: to_text(value),
    Kind.NUMBER: lambda value, _: to_number(value),
    Kind.INTEGER: lambda value, _: whole(to_number(value)),
    Kind.TRUTH: lambda value, _: truth(value),
    Kind.DATE: lambda value, scope: to_date(value, scope.timezone),
    Kind.ZONE: _zone,
    Kind.ARRAY: lambda value, _: to_array(value),
    Kind.COLLECTION: lambda value, _: to_collection(value),
    Kind.BYTES: lambda value, _: to_buffer(value),
}

_SMALL: Final[dict[Kind, frozenset[type]]] = {
    Kind.ANY: frozenset({int, float, bool, datetime, dict}),
    Kind.NUMBER: frozenset({int, float}),
    Kind.INTEGER: frozenset({int}),
    Kind.TRUTH: frozenset({bool}),
    Kind.DATE: frozenset({datetime}),
    Kind.COLLECTION: frozenset({dict}),
}
"""Types an argument of this kind takes as they are."""

_SIZED: Final = (str, list, Buffer)

NEEDS_SCOPE: Final = frozenset({Kind.DATE, Kind.ZONE})
"""Kinds whose conversion depends on the scenario's time zone."""


def argument(evaluate: Evaluate, parameter: Parameter, span: Span) -> Evaluate:
    """`evaluate`, converted to what the parameter expects; an empty optional one is its default."""
    convert = _CONVERT[parameter.kind]
    default = parameter.default
    optional = default is not REQUIRED and parameter.kind is not Kind.ZONE

    def converted(scope: Scope, value: Value) -> Value:
        if value is None and optional:
            return default
        try:
            value = convert(value, scope)
            if isinstance(value, _SIZED) and len(value) > LARGE:
                scope.walk(value)
        except ExpressionError as error:
            raise error.locate(span.template, span.start, span.end, (value,)) from None
        return value

    if parameter.kind in (Kind.TEXT, Kind.ARRAY):
        return _sized_argument(evaluate, str if parameter.kind is Kind.TEXT else list, converted)
    return _small_argument(evaluate, _SMALL.get(parameter.kind, frozenset()), converted)


def _sized_argument(
    evaluate: Evaluate, expected: type[str] | type[list[Value]], converted: Callable[[Scope, Value], Value]
) -> Evaluate:
    def of_one_type(scope: Scope) -> Value:
        value = evaluate(scope)
        if type(value) is expected and len(value) <= LARGE:
            return value
        return converted(scope, value)

    return of_one_type


def _small_argument(
    evaluate: Evaluate, taken: frozenset[type], converted: Callable[[Scope, Value], Value]
) -> Evaluate:
    def of_small_types(scope: Scope) -> Value:
        value = evaluate(scope)
        return value if type(value) in taken else converted(scope, value)

    return of_small_types


def left_out(parameter: Parameter) -> Evaluate:
    """What stands for an argument that is not given."""
    if parameter.kind is Kind.ZONE:
        return lambda scope: scope.timezone
    default = parameter.default
    return lambda _: default
