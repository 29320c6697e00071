"""Filters: every operator by a table, short circuit, and what is said about wrong ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tieline.expressions import Buffer, DataError, ParseError, Scope, UnknownFunction
from tieline.scenarios.filters import (
    OPERATORS,
    Decision,
    FilterError,
    compile_filter,
    filter_errors,
    find_operator,
)

NOW = datetime(2026, 1, 15, 10, 20, 30, tzinfo=UTC)


def decide(a: Any, operator: str, b: Any = None, *, timezone: str = "UTC") -> Decision:
    """One condition on values that come from a bundle."""
    condition = {"a": "{{1.a}}", "o": operator, "b": "{{1.b}}"}
    scope = Scope({1: {"a": a, "b": b}}, now=NOW, timezone=timezone)
    return compile_filter({"conditions": [[condition]]}).passes(scope)


def test_there_are_58_operators() -> None:
    assert len(OPERATORS) == 58
    assert sum(operator.unary for operator in OPERATORS.values()) == 2
    families = dict.fromkeys(("basic", "text", "number", "date", "time", "semver", "boolean", "array"), 0)
    for operator in OPERATORS.values():
        families[operator.family] += 1
        assert operator.label
    assert families == {
        "basic": 2, "text": 20, "number": 6, "date": 6, "time": 6, "semver": 6, "boolean": 2, "array": 10,
    }  # fmt: skip


# operator, then (a, b, passes)
TABLE: dict[str, list[tuple[Any, Any, bool]]] = {
    "exist": [("x", None, True), (0, None, True), (False, None, True), ([], None, True), ("", None, False),
              (None, None, False), (" ", None, True)],
    "notexist": [("", None, True), (None, None, True), ([], None, False), (0, None, False)],
    "text:equal": [("a", "a", True), ("a", "A", False), (200, "200", True), (None, "", True), (True, "true", True),
                   (1.50, "1.5", True)],
    "text:equal:ci": [("Cz", "cZ", True), ("a", "b", False)],
    "text:notequal": [("a", "b", True), ("a", "a", False), (None, "x", True), (None, None, False)],
    "text:notequal:ci": [("A", "a", False), ("A", "b", True)],
    "text:contain": [("hello", "ell", True), ("hello", "ELL", False), ("hello", "", True), (None, "a", False)],
    "text:contain:ci": [("hello", "ELL", True), ("hello", "x", False)],
    "text:notcontain": [("hello", "x", True), ("hello", "ell", False), (None, "x", True)],
    "text:notcontain:ci": [("hello", "ELL", False), ("hello", "X", True)],
    "text:startwith": [("hello", "he", True), ("hello", "HE", False), ("hello", "lo", False)],
    "text:startwith:ci": [("hello", "HE", True), ("hello", "LO", False)],
    "text:notstartwith": [("hello", "lo", True), ("hello", "he", False), (None, "a", True)],
    "text:notstartwith:ci": [("hello", "HE", False), ("hello", "LO", True)],
    "text:endwith": [("hello", "lo", True), ("hello", "he", False)],
    "text:endwith:ci": [("hello", "LO", True), ("hello", "HE", False)],
    "text:notendwith": [("hello", "he", True), ("hello", "lo", False)],
    "text:notendwith:ci": [("hello", "LO", False), ("hello", "HE", True)],
    "text:pattern": [("order 42", r"\d+", True), ("order", r"\d+", False), ("A", "a", False), ("a\n", "^a$", False)],
    "text:pattern:ci": [("A", "^a$", True), ("B", "^a$", False)],
    "text:notpattern": [("order", r"\d+", True), ("order 42", r"\d+", False)],
    "text:notpattern:ci": [("A", "^a$", False), ("B", "^a$", True)],
    "number:equal": [(10, "10.0", True), (10, 11, False), ("x", "x", False), (None, 0, False), ("", 0, False)],
    "number:notequal": [(10, 11, True), (10, "10", False), ("x", 1, True), (None, 1, True)],
    "number:greater": [(11, "10", True), (10, 10, False), ("9", "10", False), (None, -1, False)],
    "number:less": [("9", "10", True), (10, 10, False), (None, 1, False)],
    "number:greaterorequal": [(10, "10", True), (9.9, 10, False)],
    "number:lessorequal": [(10, "10", True), (10.1, 10, False)],
    "date:equal": [("2026-01-15T10:20:30Z", NOW, True), ("2026-01-15", NOW, False), ("soon", NOW, False)],
    "date:notequal": [("2026-01-15", NOW, True), (NOW, NOW, False), ("soon", NOW, True)],
    "date:greater": [(NOW, "2026-01-15", True), (NOW, NOW, False), (None, NOW, False)],
    "date:less": [("01/14/2026", NOW, True), (NOW, NOW, False), (5, NOW, False)],
    "date:greaterorequal": [(NOW, NOW, True), ("2025-01-01", NOW, False)],
    "date:lessorequal": [(NOW, NOW, True), ("2027-01-01", NOW, False)],
    "time:equal": [("9:30", "09:30:00", True), ("9:30", "9:31", False), (NOW, "10:20:30", True)],
    "time:notequal": [("9:30", "9:31", True), ("9:30", "09:30", False), ("25:00", "9:30", True)],
    "time:greater": [("10:00", "9:59:59", True), ("9:00", "10:00", False)],
    "time:less": [("9:00", "10:00", True), ("soon", "10:00", False)],
    "time:greaterorequal": [("10:00", "10:00", True), ("9:00", "10:00", False)],
    "time:lessorequal": [("10:00", "10:00", True), ("10:01", "10:00", False), (5, "10:00", False)],
    "semver:equal": [("1.2.3", "v1.2.3", True), ("1.2", "1.2.0", True), ("1.2.3+a", "1.2.3+b", True), ("x", "x", False)],
    "semver:notequal": [("1.2.3", "1.2.4", True), ("1.2.3", "1.2.3", False), ("x", "1.0.0", True)],
    "semver:greater": [("1.10.0", "1.9.9", True), ("1.0.0", "1.0.0-rc.1", True), ("1.0.0-2", "1.0.0-10", False)],
    "semver:less": [("1.0.0-alpha", "1.0.0-alpha.1", True), ("1.0.0-1", "1.0.0-a", True), ("2.0.0", "1.0.0", False)],
    "semver:greaterorequal": [("1.0.0", "1.0.0", True), ("0.9.0", "1.0.0", False)],
    "semver:lessorequal": [("1.0.0", "1.0.0", True), ("1.0.1", "1.0.0", False)],
    "boolean:equal": [(True, "true", True), (False, "false", True), (None, "false", True), (True, "false", False)],
    "boolean:notequal": [(True, "false", True), (True, "true", False), ("false", False, False)],
    "array:contain": [(["a", "b"], "b", True), ([1, 2], "2", True), (["A"], "a", False), (None, "a", False),
                      ([[1]], [1], True), ([1], True, False), ("b", "b", True)],
    "array:contain:ci": [(["A"], "a", True), (["A"], "b", False)],
    "array:notcontain": [(["a"], "b", True), (["a"], "a", False), (None, "a", True)],
    "array:notcontain:ci": [(["A"], "a", False), (["A"], "b", True)],
    "array:equal": [([1, 2], 2, True), ([1, 2], "3", False), (None, 0, True), ([1], "x", False)],
    "array:notequal": [([1], 2, True), ([1], 1, False), ([1], "x", True)],
    "array:greater": [([1, 2], 1, True), ([1], 1, False)],
    "array:less": [([1], 2, True), ([1, 2], 2, False)],
    "array:greaterorequal": [([1], 1, True), ([], 1, False)],
    "array:lessorequal": [([1], 1, True), ([1, 2], 1, False)],
}  # fmt: skip


def test_the_table_has_every_operator() -> None:
    assert TABLE.keys() == OPERATORS.keys()


@pytest.mark.parametrize(
    ("operator", "a", "b", "passes"),
    [(operator, *row) for operator, rows in TABLE.items() for row in rows],
)
def test_operator(operator: str, a: Any, b: Any, passes: bool) -> None:
    assert decide(a, operator, b).passed is passes


@pytest.mark.parametrize("family", ["number", "date", "time", "semver"])
def test_an_operand_that_does_not_fit_leaves_a_warning(family: str) -> None:
    decision = decide("abc", f"{family}:greater", "def")
    assert not decision.passed
    assert len(decision.warnings) == 2
    assert decision.warnings[0].startswith("left side: ")
    assert "abc" in decision.warnings[0]


def test_bytes_that_are_not_text_fail_both_polarities_with_a_warning() -> None:
    assert decide(Buffer(b"\xff"), "text:equal", "a").passed is False
    decision = decide(Buffer(b"\xff"), "text:notequal", "a")
    assert decision.passed is True
    assert "not text" in decision.warnings[0]


def test_the_time_of_a_date_is_that_of_the_scenario() -> None:
    assert decide(NOW, "time:equal", "11:20:30", timezone="Europe/Prague").passed


def test_operands_may_be_json_literals() -> None:
    conditions = [[{"a": 5, "o": "number:greater", "b": 4}, {"a": True, "o": "boolean:equal", "b": True}]]
    assert compile_filter({"conditions": conditions}).passes(Scope({})).passed


@pytest.mark.parametrize("nothing", [None, {}, {"name": ""}, {"conditions": []}, {"conditions": [[]]}])
def test_without_conditions_everything_passes(nothing: Any) -> None:
    assert compile_filter(nothing).passes(Scope({})) == Decision(True, ())


def test_groups_are_or_and_conditions_and() -> None:
    rich = [
        {"a": "{{1.budget}}", "o": "number:greaterorequal", "b": "10000"},
        {"a": "{{1.country}}", "o": "text:equal:ci", "b": "cz"},
    ]
    vip = [{"a": "{{1.vip}}", "o": "boolean:equal", "b": "true"}]
    compiled = compile_filter({"name": "Rich or VIP", "conditions": [rich, vip]})
    assert compiled.name == "Rich or VIP"
    assert [reference.path for reference in compiled.references] == [("budget",), ("country",), ("vip",)]

    first = compiled.passes(Scope({1: {"budget": 20000, "country": "CZ"}}))
    assert first.passed
    assert [(o.group, o.position, o.passed) for o in first.conditions] == [(1, 1, True), (1, 2, True)]

    second = compiled.passes(Scope({1: {"budget": 5, "vip": True}}))
    assert second.passed
    assert [(o.group, o.position, o.operator, o.a, o.b) for o in second.conditions] == [
        (1, 1, "number:greaterorequal", 5, "10000"),
        (2, 1, "boolean:equal", True, "true"),
    ]
    assert not compiled.passes(Scope({1: {}})).passed


def test_conditions_behind_the_decision_are_not_evaluated() -> None:
    broken = {"a": "{{1 / 0}}", "o": "exist"}
    no = {"a": "", "o": "exist"}
    yes = {"a": "x", "o": "exist"}
    assert not compile_filter({"conditions": [[no, broken]]}).passes(Scope({})).passed
    assert compile_filter({"conditions": [[yes], [broken]]}).passes(Scope({})).passed
    with pytest.raises(DataError) as failure:
        compile_filter({"conditions": [[yes, broken]]}).passes(Scope({}))
    assert failure.value.field == "conditions[1][2]"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("text:startswith", "text:startwith"),
        ("text:endswith", "text:endwith"),
        ("text:endswith:ci", "text:endwith:ci"),
        ("text:notstartswith", "text:notstartwith"),
        ("text:doesnotcontain", "text:notcontain"),
        ("text:contains", "text:contain"),
        ("date:before", "date:less"),
        ("date:after", "date:greater"),
        ("number:gt", "number:greater"),
        ("number:gte", "number:greaterorequal"),
        ("number:lt", "number:less"),
        ("number:lte", "number:lessorequal"),
        ("number:eq", "number:equal"),
        ("number:neq", "number:notequal"),
        ("number:greaterequal", "number:greaterorequal"),
        ("gte", "number:greaterorequal"),
        ("exists", "exist"),
        ("notexists", "notexist"),
        ("Text:Equal", "text:equal"),
        ("equal", "text:equal"),
        ("numbr:greatr", "number:greater"),
    ],
)
def test_a_wrong_spelling_is_an_error_with_the_right_one(wrong: str, right: str) -> None:
    with pytest.raises(FilterError) as failure:
        compile_filter({"conditions": [[{"a": "1", "o": "exist"}, {"a": "x", "o": wrong, "b": "y"}]]})
    assert failure.value.remedy == f"did you mean {right}?"
    assert failure.value.field == "conditions[1][2].o"
    assert wrong in str(failure.value)


@pytest.mark.parametrize("nonsense", [None, 5, "", ["text:equal"], "zzzz:qqqq"])
def test_an_operator_that_is_none_is_an_error(nonsense: Any) -> None:
    with pytest.raises(FilterError):
        find_operator(nonsense)


@pytest.mark.parametrize(
    "shape",
    ["x", {"conditions": {}}, {"conditions": [{"a": 1}]}, {"conditions": [["x"]]}, {"conditions": "{{1.x}}"}],
)
def test_a_wrong_shape_is_an_error_that_says_where(shape: Any) -> None:
    with pytest.raises(FilterError) as failure:
        compile_filter(shape)
    assert failure.value.field


def test_wrong_operands_say_which() -> None:
    with pytest.raises(ParseError) as parse:
        compile_filter({"conditions": [[{"a": "{{1,2}}", "o": "exist"}]]})
    assert parse.value.field == "conditions[1][1].a"
    with pytest.raises(UnknownFunction) as unknown:
        compile_filter({"conditions": [[{"a": "", "o": "text:equal", "b": "{{lenght(1.x)}}"}]]})
    assert unknown.value.field == "conditions[1][1].b"
    assert unknown.value.suggestion == "did you mean length?"
    with pytest.raises(DataError) as pattern:
        compile_filter({"conditions": [[{"a": "", "o": "text:pattern:ci", "b": "(("}]]})
    assert pattern.value.field == "conditions[1][1].b"


def test_all_errors_at_once() -> None:
    conditions = [[{"a": "{{", "o": "exist"}, {"a": "x", "o": "exist"}], [{"a": "x", "o": "is"}, 7]]
    assert [error.field for error in filter_errors({"conditions": conditions})] == [
        "conditions[1][1].a",
        "conditions[2][1].o",
        "conditions[2][2]",
    ]
    assert filter_errors({"conditions": 7})[0].field == "conditions"
    assert filter_errors("x")[0].field == "filter"
    assert filter_errors(None) == ()


def test_strict_refuses_extensions() -> None:
    conditions = {"conditions": [[{"a": "{{isBlank(1.x)}}", "o": "boolean:equal", "b": "true"}]]}
    compile_filter(conditions)
    with pytest.raises(UnknownFunction):
        compile_filter(conditions, strict=True)
