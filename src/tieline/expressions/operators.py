"""The operators (contract 2.6) on evaluated operands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from tieline.expressions import numbers
from tieline.expressions.coerce import to_text
from tieline.expressions.dates import parse_date_text
from tieline.expressions.errors import DataError, shorten
from tieline.expressions.limits import LARGE, check_text
from tieline.expressions.numbers import to_number
from tieline.expressions.scope import Scope
from tieline.expressions.values import Buffer, Marker, Value, equal, is_number, type_name

Operator = Callable[[Value, Value, Scope], Value]


def plus(a: Value, b: Value, scope: Scope) -> Value:
    """Texts are joined, everything else is added as numbers."""
    if type(a) is int and type(b) is int:
        return numbers.add(a, b)
    if isinstance(a, str) or isinstance(b, str):
        a, b = to_text(a), to_text(b)
        length = len(a) + len(b)
        if length > LARGE:
            check_text(length)
            scope.walk(a)
            scope.walk(b)
        return a + b
    return numbers.add(to_number(a), to_number(b))


def _arithmetic(operation: Callable[[numbers.Number, numbers.Number], numbers.Number]) -> Operator:
    def operator(a: Value, b: Value, scope: Scope) -> Value:
        return operation(to_number(a), to_number(b))

    return operator


def compare(a: Value, b: Value, scope: Scope) -> int:
    """Below, equal or above 0 as `a` comes before, with or after `b`.

    Texts by code point; a text against a number as numbers, against a date as dates; everything
    else as numbers. Raises DataError when there is no order between them.
    """
    if is_number(a) and is_number(b):
        return _sign(a, b)
    if isinstance(a, str) and isinstance(b, str):
        return _sign(a, b)
    if isinstance(a, datetime) and isinstance(b, datetime):
        return _sign(a, b)
    for one, other in ((a, b), (b, a)):
        if isinstance(one, (list, dict, Buffer)):
            raise DataError(f"a value of type {type_name(one)} comes neither before nor after another")
        if isinstance(one, str) and isinstance(other, datetime):
            return _compare_dates(a, b, scope)
        if isinstance(one, str) and (other is None or isinstance(other, Marker)):
            return _compare_with_nothing(a, b)
    return _sign(to_number(a), to_number(b))


def _compare_dates(a: Value, b: Value, scope: Scope) -> int:
    dates = [parse_date_text(v, scope.timezone) if isinstance(v, str) else v for v in (a, b)]
    for value, instant in zip((a, b), dates, strict=True):
        if instant is None:
            raise DataError(f"'{shorten(value)}' is not a date to compare with a date")
    return _sign(*dates)


def _compare_with_nothing(a: Value, b: Value) -> int:
    """No value is 0 beside a text that is a number, and an empty text beside any other."""
    pair = [numbers.parse_number(v) if isinstance(v, str) and v else 0 for v in (a, b)]
    return _sign(*pair) if None not in pair else _sign(to_text(a), to_text(b))


def _sign(a: Value, b: Value) -> int:
    return -1 if a < b else 1 if a > b else 0


OPERATORS: Final[dict[str, Operator]] = {
    "+": plus,
    "-": _arithmetic(numbers.subtract),
    "*": _arithmetic(numbers.multiply),
    "/": _arithmetic(numbers.divide),
    "%": _arithmetic(numbers.remainder),
    "mod": _arithmetic(numbers.remainder),
    "=": lambda a, b, _: equal(a, b),
    "==": lambda a, b, _: equal(a, b),
    "===": lambda a, b, _: equal(a, b),
    "!=": lambda a, b, _: not equal(a, b),
    "!==": lambda a, b, _: not equal(a, b),
    "<": lambda a, b, scope: compare(a, b, scope) < 0,
    ">": lambda a, b, scope: compare(a, b, scope) > 0,
    "<=": lambda a, b, scope: compare(a, b, scope) <= 0,
    ">=": lambda a, b, scope: compare(a, b, scope) >= 0,
}
