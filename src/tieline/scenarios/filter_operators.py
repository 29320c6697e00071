"""The 58 filter operators (contract 1.7.1, 1.7.2): one table for running, forms and lint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, TypeAlias

from tieline.expressions import (
    BundleValidationError,
    ExpressionError,
    Scope,
    Value,
    to_date,
    to_number,
    to_text,
    truth,
)
from tieline.expressions.dates import local
from tieline.expressions.patterns import compile_pattern, found
from tieline.expressions.values import Marker, equal, type_name

Verdict: TypeAlias = tuple[bool, tuple[str, ...]]
"""Whether a condition holds, and what was odd about its operands."""

Test: TypeAlias = Callable[[Value, Value, Scope], Verdict]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as filters, forms and lint know it."""

    code: str
    family: str
    """`basic`, `text`, `number`, `date`, `time`, `semver`, `boolean` or `array`."""
    label: str
    unary: bool
    test: Test

    @property
    def is_pattern(self) -> bool:
        """Whether `b` is a regular expression."""
        return self.code.removesuffix(":ci") in {"text:pattern", "text:notpattern"}


# What each family compares.


def _exists(a: Value) -> bool:
    return a is not None and a != "" and not isinstance(a, Marker)


def _number_of(value: Value, scope: Scope) -> Value:
    if not _exists(value):
        raise BundleValidationError("an empty value is not a number")
    return to_number(value)


def _date_of(value: Value, scope: Scope) -> datetime:
    return to_date(value, scope.timezone)


_TIME = re.compile(r"\s*([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6})\d*)?)?\s*", re.ASCII)


def _time_of(value: Value, scope: Scope) -> time:
    """The time a text spells, or the time of day of a date on the scenario's clock."""
    match = _TIME.fullmatch(value[:40]) if isinstance(value, str) else None
    if match:
        hour, minute, second, fraction = match.groups(default="0")
        return time(int(hour), int(minute), int(second), int(fraction.ljust(6, "0")))
    if isinstance(value, (str, datetime)):
        return local(to_date(value, scope.timezone), scope.timezone).time()
    raise BundleValidationError(f"a value of type {type_name(value)} is not a time")


_SEMVER = re.compile(
    r"\s*v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*",
    re.ASCII,
)


def _version_of(value: Value, scope: Scope) -> tuple[Any, ...]:
    """The order of semver.org: a pre-release comes before its release, numbers before words."""
    match = _SEMVER.fullmatch(to_text(value)[:300])
    if match is None:
        raise BundleValidationError(f"'{to_text(value)[:60]}' is not a version such as 1.2.3")
    numbers = tuple(int(part or 0) for part in match.groups()[:3])
    if match[4] is None:
        return (*numbers, 1, ())
    words = tuple((0, int(word[:18]), "") if word.isdigit() else (1, 0, word) for word in match[4].split("."))
    return (*numbers, 0, words)


def _items(a: Value) -> tuple[list[Value], tuple[str, ...]]:
    """The array, or anything else as an array of one (contract 2.8)."""
    if isinstance(a, list):
        return a, ()
    if not _exists(a):
        return [], ()
    return [a], (f"a value of type {type_name(a)} is compared as an array of one",)


def _compared(key: Callable[[Value, Scope], Any], relation: Callable[[Any, Any], bool]) -> Test:
    """Both sides by a key; a side without one decides against the condition, for "not equal"."""

    def test(a: Value, b: Value, scope: Scope) -> Verdict:
        keys, warnings = [], []
        for side, value in (("left", a), ("right", b)):
            try:
                keys.append(key(value, scope))
            except ExpressionError as error:
                warnings.append(f"{side} side: {error.message}")
        return (relation is ne, tuple(warnings)) if warnings else (bool(relation(*keys)), ())

    return test


def _by_length(relation: Callable[[Any, Any], bool]) -> Test:
    compared = _compared(_number_of, relation)

    def test(a: Value, b: Value, scope: Scope) -> Verdict:
        items, odd = _items(a)
        passed, warnings = compared(len(items), b, scope)
        return passed, odd + warnings

    return test


def _contains(a: Value, b: Value, ignore_case: bool) -> Verdict:
    """Elements are compared as text when one side is text."""
    items, odd = _items(a)
    wanted = _folded(to_text(b), ignore_case)
    for item in items:
        textual = isinstance(item, str) or isinstance(b, str)
        if _folded(to_text(item), ignore_case) == wanted if textual else equal(item, b):
            return True, odd
    return False, odd


def _folded(text: str, ignore_case: bool) -> str:
    return text.lower() if ignore_case else text


def _textual(relation: Callable[[str, str], bool], ignore_case: bool) -> Callable[[Value, Value], Verdict]:
    def test(a: Value, b: Value) -> Verdict:
        return relation(_folded(to_text(a), ignore_case), _folded(to_text(b), ignore_case)), ()

    return test


def _matching(ignore_case: bool) -> Callable[[Value, Value], Verdict]:
    flags = "i" if ignore_case else ""
    return lambda a, b: (found(compile_pattern(to_text(b), flags), to_text(a)), ())


def _polar(test: Callable[[Value, Value], Verdict], negative: bool) -> Test:
    """The test or its negation; an operand that is not text fails the positive one, with a warning."""

    def polar(a: Value, b: Value, scope: Scope) -> Verdict:
        try:
            passed, warnings = test(a, b)
        except BundleValidationError as error:
            return negative, (error.message,)
        return passed is not negative, warnings

    return polar


# The table (contract 1.7.1).

_ORDER: Final = (
    ("equal", "equal to", "equal to", eq),
    ("notequal", "not equal to", "not equal to", ne),
    ("greater", "greater than", "later than", gt),
    ("less", "less than", "earlier than", lt),
    ("greaterorequal", "greater than or equal to", "later than or equal to", ge),
    ("lessorequal", "less than or equal to", "earlier than or equal to", le),
)
_TEXT: Final[tuple[tuple[str, str, str, Callable[[str, str], bool] | None], ...]] = (
    ("equal", "equal to", "not equal to", eq),
    ("contain", "contains", "does not contain", lambda a, b: b in a),
    ("startwith", "starts with", "does not start with", str.startswith),
    ("endwith", "ends with", "does not end with", str.endswith),
    ("pattern", "matches pattern", "does not match pattern", None),
)


def _operators() -> Iterator[Operator]:
    yield Operator("exist", "basic", "exists", True, lambda a, b, scope: (_exists(a), ()))
    yield Operator("notexist", "basic", "does not exist", True, lambda a, b, scope: (not _exists(a), ()))
    for word, label, opposite, relation in _TEXT:
        for negative in (False, True):
            for ci in (False, True):
                yield _text_operator(word, opposite if negative else label, relation, negative, ci)
    for family, key in (
        ("number", _number_of),
        ("date", _date_of),
        ("time", _time_of),
        ("semver", _version_of),
    ):
        for word, label, later, order in _ORDER:
            shown = later if family in ("date", "time") else label
            yield Operator(f"{family}:{word}", family, shown, False, _compared(key, order))
    for word, label, _, order in _ORDER[:2]:
        yield Operator(f"boolean:{word}", "boolean", label, False, _compared(lambda v, _: truth(v), order))
    for ci in (False, True):
        for negative in (False, True):
            yield _array_operator(negative, ci)
    for word, label, _, order in _ORDER:
        yield Operator(f"array:{word}", "array", f"length {label}", False, _by_length(order))


def _text_operator(
    word: str, label: str, relation: Callable[[str, str], bool] | None, negative: bool, ci: bool
) -> Operator:
    test = _textual(relation, ci) if relation else _matching(ci)
    code = f"text:{'not' if negative else ''}{word}{':ci' if ci else ''}"
    return Operator(code, "text", _with_case(label, ci), False, _polar(test, negative))


def _array_operator(negative: bool, ci: bool) -> Operator:
    label = _with_case("does not contain" if negative else "contains", ci)
    code = f"array:{'not' if negative else ''}contain{':ci' if ci else ''}"
    return Operator(code, "array", label, False, _polar(lambda a, b: _contains(a, b, ci), negative))


def _with_case(label: str, ci: bool) -> str:
    return f"{label} (case insensitive)" if ci else label


OPERATORS: Final[dict[str, Operator]] = {operator.code: operator for operator in _operators()}
"""Every operator by its code, in the order of the contract's families."""
