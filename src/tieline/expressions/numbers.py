"""Decimal arithmetic (contract 2.6): 20 significant digits, so that 0.1 + 0.2 is 0.3.

A number is an int or a float. Whole results are ints; `Decimal` appears only between two floats.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from math import floor, isfinite
from typing import Final, TypeAlias

from tieline.expressions.dates import to_ms
from tieline.expressions.errors import DataError, shorten
from tieline.expressions.values import Marker, Value, type_name

Number: TypeAlias = int | float

_EXACT: Final = 10**20
"""Integers up to 20 digits are computed as they are."""

_WHOLE: Final = 10**15
_CONTEXT: Final = Context(prec=20, rounding=ROUND_HALF_UP)
_WIDE: Final = Context(prec=700, rounding=ROUND_HALF_UP)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def parse_number(text: str) -> Number | None:
    """The number a text spells (contract 2.6), or `None`. Blanks around it do not count."""
    text = text.strip()
    if len(text) > 400 or _NUMBER.fullmatch(text) is None:
        return None
    if len(text) <= 20 and text.lstrip("+-").isdigit():
        return int(text)
    value = float(text)
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < _WHOLE else value


def to_number(value: Value) -> Number:
    """Contract 2.6 "To number": booleans are 1 and 0, dates milliseconds, nothing is 0."""
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]
    if value is None or value == "" or isinstance(value, Marker):
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, str):
        number = parse_number(value)
        if number is not None:
            return number
        raise DataError(f"'{shorten(value)}' is not a number", values=(value,))
    raise DataError(f"a value of type {type_name(value)} is not a number", values=(value,))


def decimal(number: Number) -> Decimal:
    """The number with the digits people see."""
    if isinstance(number, float):
        if not isfinite(number):
            raise DataError("the number is not finite", values=(number,))
        return Decimal(repr(number))
    return Decimal(number)


def plain(number: Decimal) -> Number:
    """A Decimal as a whole int when it is one, else as the nearest float."""
    value = float(number)
    if not isfinite(value):
        raise DataError("the number is too large")
    if value.is_integer():
        if abs(value) < _WHOLE:
            return int(value)
        if abs(number) < _EXACT and number == number.to_integral_value():
            return int(number)
    return value


def add(a: Number, b: Number) -> Number:
    if type(a) is int and type(b) is int:
        total = a + b
        if -_EXACT < total < _EXACT:
            return total
    return plain(_CONTEXT.add(decimal(a), decimal(b)))


def subtract(a: Number, b: Number) -> Number:
    if type(a) is int and type(b) is int:
        difference = a - b
        if -_EXACT < difference < _EXACT:
            return difference
    return plain(_CONTEXT.subtract(decimal(a), decimal(b)))


def multiply(a: Number, b: Number) -> Number:
    if type(a) is int and type(b) is int:
        product = a * b
        if -_EXACT < product < _EXACT:
            return product
    return plain(_CONTEXT.multiply(decimal(a), decimal(b)))


def divide(a: Number, b: Number) -> Number:
    if b == 0:
        raise DataError("division by zero", values=(a, b))
    if type(a) is int and type(b) is int:
        quotient, rest = divmod(a, b)
        if rest == 0 and -_EXACT < quotient < _EXACT:
            return quotient
    return plain(_CONTEXT.divide(decimal(a), decimal(b)))


def remainder(a: Number, b: Number) -> Number:
    """The rest of a division, with the sign of the dividend (contract 2.6)."""
    if b == 0:
        raise DataError("division by zero", values=(a, b))
    if type(a) is int and type(b) is int and abs(a) < _EXACT and abs(b) < _EXACT:
        rest = abs(a) % abs(b)
        return -rest if a < 0 else rest
    return plain(_WIDE.remainder(decimal(a), decimal(b)))


def round_half_up(number: Number) -> int:
    """The nearest integer, halves up: 2.5 → 3, −1.5 → −1."""
    if isinstance(number, int):
        return number
    if not isfinite(number):
        raise DataError("the number is not finite", values=(number,))
    below = floor(number)
    return below + 1 if number - below >= 0.5 else below


def whole(number: Number) -> int:
    """The number without its fraction."""
    if not isfinite(number):
        raise DataError("the number is not finite", values=(number,))
    return int(number)


def scaled(number: Number, digits: int, rounding: str) -> Decimal:
    """The number cut or rounded to so many decimals (negative: tens, hundreds …)."""
    try:
        return decimal(number).quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=_WIDE)
    except DecimalException:
        raise DataError(f"the number cannot have {digits} decimals", values=(number, digits)) from None


def square_root(number: Decimal) -> Decimal:
    """The square root to 20 digits of a number that is not negative."""
    return _CONTEXT.sqrt(number)


def number_to_text(number: Number) -> str:
    """Shortest decimal form, no `.0`, no exponent below 1e21 (contract 2.8)."""
    if isinstance(number, int):
        if -(10**21) < number < 10**21:
            return str(number)
        try:
            number = float(number)
        except OverflowError:
            raise DataError("the number is too large") from None
    if not isfinite(number):
        raise DataError("the number is not finite", values=(number,))
    if abs(number) >= 1e21:
        return repr(number)
    text = format(Decimal(repr(number)), "f")
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text
