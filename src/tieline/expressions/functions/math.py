"""Math functions (contract 2.10.2). Lists of numbers come as one array or as several arguments."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from math import ceil, floor, isfinite
from typing import Any

from tieline.expressions.errors import DataError, shorten
from tieline.expressions.functions.registry import Any_, Int, Num, Text, group
from tieline.expressions.numbers import (
    Number,
    add,
    decimal,
    divide,
    parse_number,
    plain,
    round_half_up,
    scaled,
    square_root,
    to_number,
)
from tieline.expressions.values import is_number

math = group("math")

_MAX_DECIMALS = 100
_THOUSANDS = frozenset(" \u00a0\u2009\u202f.,'’_")


def numbers_of(values: tuple[Any, ...]) -> list[Number]:
    """All the numbers in the arguments: arrays are spread, no value is skipped (contract 2.10.2)."""
    spread = (item for value in values for item in (value if isinstance(value, list) else (value,)))
    return [to_number(item) for item in spread if item is not None]


def total(numbers: list[Number]) -> Number:
    """The sum, decimally exact."""
    result: Number = 0
    for number in numbers:
        result = add(result, number)
    return result


@math("abs(n)", "The number without its sign.", example="abs(-3.7)", result=3.7)
def abs_(n: Num) -> Number:
    return abs(n)


@math("average(array | n…)", "The mean; nothing without numbers.", example="average(2; 4; 9)", result=5)
def average(first: Any_, *rest: Any_) -> Number | None:
    numbers = numbers_of((first, *rest))
    return divide(total(numbers), len(numbers)) if numbers else None


@math("ceil(n)", "The next integer up.", example="ceil(1.2)", result=2)
def ceil_(n: Num) -> int:
    return ceil(_finite(n))


@math("floor(n)", "The next integer down.", example="floor(1.9)", result=1)
def floor_(n: Num) -> int:
    return floor(_finite(n))


@math("round(n)", "The nearest integer; halves go up.", example="round(1.5)", result=2)
def round_(n: Num) -> int:
    return round_half_up(n)


@math(
    "trunc(n; [digits])",
    "The number cut to so many decimals, towards zero.",
    example="trunc(3.789; 2)",
    result=3.78,
)
def trunc(n: Num, digits: Int = 0) -> Number:
    return plain(scaled(n, _decimals(digits), ROUND_DOWN))


@math("max(array | n…)", "The largest number; nothing without numbers.", example="max(3; 9; 4)", result=9)
def max_(first: Any_, *rest: Any_) -> Number | None:
    return max(numbers_of((first, *rest)), default=None)


@math("min(array | n…)", "The smallest number; nothing without numbers.", example="min(3; 9; 4)", result=3)
def min_(first: Any_, *rest: Any_) -> Number | None:
    return min(numbers_of((first, *rest)), default=None)


@math("sum(array | n…)", "The sum; 0 without numbers.", example="sum(1; 2; 3)", result=6)
def sum_(first: Any_, *rest: Any_) -> Number:
    return total(numbers_of((first, *rest)))


@math(
    "median(array | n…)",
    "The middle number, or the mean of the two in the middle.",
    example="median(2; 3; 5; 8)",
    result=4,
)
def median(first: Any_, *rest: Any_) -> Number | None:
    numbers = sorted(numbers_of((first, *rest)))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return divide(add(numbers[middle - 1], numbers[middle]), 2)


@math(
    "stdevP(array | n…)",
    "The standard deviation of a whole population.",
    example="stdevP(2; 4; 4; 4; 5; 5; 7; 9)",
    result=2,
)
def stdev_p(first: Any_, *rest: Any_) -> Number | None:
    return _deviation(numbers_of((first, *rest)), 0)


@math(
    "stdevS(array | n…)",
    "The standard deviation of a sample; nothing for fewer than two numbers.",
    example="stdevS(1; 3; 5)",
    result=2,
)
def stdev_s(first: Any_, *rest: Any_) -> Number | None:
    return _deviation(numbers_of((first, *rest)), 1)


def _deviation(numbers: list[Number], freedom: int) -> Number | None:
    if len(numbers) <= freedom:
        return None
    exact = [decimal(number) for number in numbers]
    mean = sum(exact, Decimal()) / len(exact)
    spread = sum(((one - mean) ** 2 for one in exact), Decimal())
    return plain(square_root(spread / (len(exact) - freedom)))


@math(
    "formatNumber(n; decimals; [decSep]; [thouSep])",
    "The number as text with so many decimals; separators are `,` and `.` unless given.",
    example='formatNumber(123456789; 3; ","; ".")',
    result="123.456.789,000",
)
def format_number(n: Num, decimals: Int, dec_sep: Text = ",", thou_sep: Text = ".") -> str:
    if decimals < 0:
        raise DataError(f"a number cannot have {decimals} decimals", suggestion="use 0 or more")
    text = format(scaled(n, _decimals(decimals), ROUND_HALF_UP), ",f")
    whole, _, fraction = text.partition(".")
    sign = "-" if whole.startswith("-") and text.strip("-0,.") else ""
    grouped = whole.lstrip("-").replace(",", thou_sep)
    return f"{sign}{grouped}{dec_sep}{fraction}" if fraction else f"{sign}{grouped}"


@math(
    "parseNumber(text; [decSep])",
    "The number a text spells; the decimal separator is `.` unless given, thousands marks are dropped.",
    example='parseNumber("1 756,456"; ",")',
    result=1756.456,
)
def parse_number_(text: Any_, dec_sep: Text = ".") -> Number:
    if is_number(text):
        return text  # type: ignore[no-any-return]
    number = None
    if isinstance(text, str):
        bare = "".join([c for c in text.strip() if c not in _THOUSANDS or c == dec_sep])
        whole, found, fraction = bare.partition(dec_sep) if dec_sep else (bare, "", "")
        number = parse_number((whole or "0") + "." + fraction if found and fraction else whole)
    if number is None:
        shown = shorten(text) if isinstance(text, str) else text
        raise DataError(f"'{'' if shown is None else shown}' is not a number", values=(text, dec_sep))
    return number


def _finite(n: Number) -> Number:
    if not isfinite(n):
        raise DataError("the number is not finite", values=(n,))
    return n


def _decimals(digits: int) -> int:
    if abs(digits) > _MAX_DECIMALS:
        raise DataError(f"{digits} decimals are more than the limit of {_MAX_DECIMALS}")
    return digits
