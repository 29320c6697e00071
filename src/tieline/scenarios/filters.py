"""Filters between modules (contract 1.7): the 58 operators, and why a bundle passed or did not.

    compile_filter({"conditions": [[{"a": "{{1.budget}}", "o": "number:greater", "b": "1000"}]]})

Groups are joined by or, the conditions in a group by and, both from the left and only as far as needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from tieline.errors import InvalidInput
from tieline.expressions import (
    IGNORE,
    CompiledValue,
    ExpressionError,
    Reference,
    Scope,
    Value,
    compile_value,
)
from tieline.expressions.patterns import compile_pattern
from tieline.scenarios.filter_operators import OPERATORS, Operator

__all__ = [
    "OPERATORS",
    "Decision",
    "Filter",
    "FilterError",
    "Operator",
    "Outcome",
    "compile_filter",
    "filter_errors",
    "find_operator",
]


class FilterError(InvalidInput):
    """A filter that cannot be compiled (BP005); `field` says which condition, `remedy` what to write."""

    code = "filter"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One condition as it was evaluated, for history. Groups and positions count from 1."""

    group: int
    position: int
    a: Value
    operator: str
    b: Value
    passed: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the bundle passed, and every condition that was needed to tell."""

    passed: bool
    conditions: tuple[Outcome, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(warning for outcome in self.conditions for warning in outcome.warnings)


class _Condition(NamedTuple):
    path: str
    operator: Operator
    a: CompiledValue
    b: CompiledValue


class Filter:
    """A compiled filter."""

    __slots__ = ("groups", "name")

    def __init__(self, name: str, groups: list[list[_Condition]]) -> None:
        self.name = name
        self.groups = groups

    @property
    def references(self) -> tuple[Reference, ...]:
        """The uses of other modules' bundles in all conditions."""
        sides = (side for group in self.groups for c in group for side in (c.a, c.b))
        return tuple(reference for side in sides for reference in side.references)

    def passes(self, scope: Scope) -> Decision:
        """Evaluate as many conditions as needed.

        An operand that does not fit its operator makes the condition false (true for the negated
        ones) and leaves a warning. Raises ExpressionError when an operand cannot be evaluated.
        """
        outcomes: list[Outcome] = []
        passed = not self.groups
        for number, group in enumerate(self.groups, 1):
            if all(_decide(c, number, i, scope, outcomes) for i, c in enumerate(group, 1)):
                passed = True
                break
        return Decision(passed, tuple(outcomes))


def _decide(condition: _Condition, group: int, position: int, scope: Scope, outcomes: list[Outcome]) -> bool:
    operator = condition.operator
    try:
        a = _value(condition.a, scope)
        b = None if operator.unary else _value(condition.b, scope)
        passed, warnings = operator.test(a, b, scope)
    except ExpressionError as error:
        error.field = error.field or condition.path
        raise
    outcomes.append(Outcome(group, position, a, operator.code, b, passed, warnings))
    return passed


def _value(side: CompiledValue, scope: Scope) -> Value:
    value = side.evaluate(scope)
    return None if value is IGNORE else value


def compile_filter(filter_json: Any, *, strict: bool = False) -> Filter:
    """Compile the `filter` of a module; nothing, and no conditions, let everything pass.

    Raises FilterError for a wrong shape or operator, ExpressionError for a wrong operand; `field` is a
    path such as `conditions[1][2].o`.
    """
    groups: list[list[_Condition]] = []
    for path, group in _groups(filter_json):
        members = enumerate(group, 1)
        groups.append([_compile_condition(c, f"{path}[{i}]", strict) for i, c in members])
    return Filter(str(filter_json.get("name") or "") if filter_json else "", groups)


def filter_errors(filter_json: Any, *, strict: bool = False) -> tuple[InvalidInput, ...]:
    """Everything that keeps a filter from compiling: one error for each condition that is wrong."""
    errors: list[InvalidInput] = []
    try:
        for path, group in _groups(filter_json):
            for position, condition in enumerate(group, 1):
                try:
                    _compile_condition(condition, f"{path}[{position}]", strict)
                except InvalidInput as error:
                    errors.append(error)
    except FilterError as error:
        errors.append(error)
    return tuple(errors)


def _groups(filter_json: Any) -> Iterator[tuple[str, list[Any]]]:
    """Each group with its path. Raises FilterError for a wrong shape."""
    if filter_json is None:
        return
    if not isinstance(filter_json, dict):
        raise FilterError("a filter is an object with name and conditions", field="filter")
    conditions = filter_json.get("conditions")
    if conditions is None:
        return
    if not isinstance(conditions, list):
        raise FilterError("conditions must be an array of groups", field="conditions")
    for number, group in enumerate(conditions, 1):
        if not isinstance(group, list):
            raise FilterError(
                "a group must be an array of conditions",
                field=f"conditions[{number}]",
                remedy="wrap the conditions once more: [[{…}, {…}]]",
            )
        yield f"conditions[{number}]", group


def _compile_condition(condition: Any, path: str, strict: bool) -> _Condition:
    if not isinstance(condition, dict):
        raise FilterError("a condition is an object with a, o and b", field=path)
    operator = find_operator(condition.get("o"), f"{path}.o")
    a = _operand(condition.get("a"), f"{path}.a", strict)
    b = _operand(condition.get("b"), f"{path}.b", strict)
    literal = condition.get("b")
    if operator.is_pattern and isinstance(literal, str) and b.is_literal:
        try:
            compile_pattern(literal)
        except ExpressionError as error:
            error.field = f"{path}.b"
            raise
    return _Condition(path, operator, a, b)


def _operand(json: Any, path: str, strict: bool) -> CompiledValue:
    try:
        return compile_value(json, strict=strict)
    except ExpressionError as error:
        error.field = f"{path}.{error.field}" if error.field else path
        raise


def find_operator(code: Any, field: str = "o") -> Operator:
    """The operator of this code. Raises FilterError that names the right spelling (contract 1.7.2)."""
    operator = OPERATORS.get(code) if isinstance(code, str) else None
    if operator is None:
        right = _right_spelling(code) if isinstance(code, str) else None
        raise FilterError(
            f"'{code}' is not a filter operator",
            field=field,
            remedy=f"did you mean {right}?" if right else "see the list of operators",
        )
    return operator


_RIGHT: Final = {
    "startswith": "startwith", "endswith": "endwith", "contains": "contain", "includes": "contain",
    "equals": "equal", "is": "equal", "eq": "equal", "neq": "notequal", "ne": "notequal", "not": "notequal",
    "before": "less", "after": "greater", "gt": "greater", "gte": "greaterorequal", "lt": "less",
    "lte": "lessorequal", "greaterequal": "greaterorequal", "lessequal": "lessorequal",
    "greaterthan": "greater", "lessthan": "less", "matches": "pattern", "match": "pattern",
    "regex": "pattern", "regexp": "pattern", "exists": "exist", "isempty": "notexist", "empty": "notexist",
    "notempty": "exist",
}  # fmt: skip


def _right_spelling(code: str) -> str | None:
    """The operator somebody meant who wrote `text:startswith` or `number:gte`."""
    parts = re.sub(r"[^a-z:]", "", code.lower()[:60]).split(":")
    words = [_right_word(part) for part in parts]
    for candidate in (":".join(words), *words, f"text:{':'.join(words)}", f"number:{words[-1]}"):
        if candidate in OPERATORS:
            return candidate
    close = get_close_matches(":".join(words), OPERATORS, n=1, cutoff=0.6)
    return close[0] if close else None


def _right_word(word: str) -> str:
    if word in _RIGHT:
        return _RIGHT[word]
    for negation in ("doesnot", "isnot", "not"):
        rest = word.removeprefix(negation)
        if rest != word and _RIGHT.get(rest, rest) != "notequal":
            return "not" + _RIGHT.get(rest, rest)
    return word
