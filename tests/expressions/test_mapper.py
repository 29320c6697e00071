"""Whole mappers, fields by type, and values as JSON (contract 1.6, 2.2, 2.8, 2.13)."""

from __future__ import annotations

from typing import Any

import pytest

from tieline.expressions import (
    ERASE,
    IGNORE,
    Buffer,
    BundleValidationError,
    DataError,
    ExpressionError,
    ParseError,
    UnknownFunction,
    coerce,
    compile_value,
    find_errors,
    from_json,
    to_boolean,
    to_json,
    to_number,
    to_text,
    truth,
)

from .helpers import NOW, scope, utc


def test_a_mapper_is_evaluated_through_and_through() -> None:
    mapper = {
        "name": "{{upper(1.name)}}",
        "emails": [{"value": "{{1.email}}", "label": "work"}, "{{1.email}}"],
        "nested": {"deep": {"n": "{{1.n}}"}},
        "{{key}}": "as is",
        "limit": 5,
        "flag": True,
        "nothing": None,
        "plain": "text",
    }
    compiled = compile_value(mapper)
    assert compiled.evaluate(scope({"name": "Ada", "email": "a@x.test", "n": 1})) == {
        "name": "ADA",
        "emails": [{"value": "a@x.test", "label": "work"}, "a@x.test"],
        "nested": {"deep": {"n": 1}},
        "{{key}}": "as is",
        "limit": 5,
        "flag": True,
        "nothing": None,
        "plain": "text",
    }
    assert [r.path for r in compiled.references] == [("name",), ("email",), ("email",), ("n",)]
    assert [path for path, template in compiled.templates if not template.is_literal] == [
        "name",
        "emails[1].value",
        "emails[2]",
        "nested.deep.n",
    ]
    assert not compiled.is_literal
    assert compile_value({"a": ["b", 1]}).is_literal


def test_ignored_fields_are_left_out_and_erased_ones_stay_marked() -> None:
    mapper = {
        "a": "{{ignore}}",
        "b": "{{ifempty(1.x; ignore)}}",
        "c": "{{erase}}",
        "list": ["{{ignore}}", 1],
        "o": {"x": "{{ignore}}", "y": "{{if(1.x; erase; ignore)}}"},
        "text": "x{{ignore}}",
    }
    assert compile_value(mapper).evaluate(scope({})) == {"c": ERASE, "list": [1], "o": {}, "text": "x"}
    assert compile_value("{{ignore}}").evaluate(scope({})) is IGNORE


def test_errors_carry_the_path_of_the_field() -> None:
    with pytest.raises(ParseError) as parse:
        compile_value({"a": {"list": ["ok", "{{1,2}}"]}})
    assert parse.value.field == "a.list[2]"
    with pytest.raises(DataError) as data:
        compile_value({"a": [{"b": "{{1 / 1.zero}}"}]}).evaluate(scope({"zero": 0}))
    assert data.value.field == "a[1].b"
    assert str(data.value).startswith("a[1].b: division by zero in 1 / 1.zero")


def test_all_errors_of_a_mapper_at_once() -> None:
    mapper = {"a": "{{", "b": ["{{nosuch(1)}}", "ok"], "c": {"d": "{{left(1; 1)}}"}}
    assert [(e.field, e.kind) for e in find_errors(mapper)] == [
        ("a", "ParseError"),
        ("b[1]", "UnknownFunction"),
    ]
    assert [e.field for e in find_errors(mapper, strict=True)] == ["a", "b[1]", "c.d"]
    assert find_errors("fine") == ()
    with pytest.raises(UnknownFunction):
        compile_value(mapper["c"], strict=True)


def test_what_a_mapper_uses_beyond_make() -> None:
    compiled = compile_value(
        {"a": "{{left(1.x; 1)}}{{right(1.x; 1)}}", "b": "{{left(1.x; 2)}}", "c": "{{1}}"}
    )
    assert compiled.extensions == ("left", "right")
    assert [path for path, _ in compiled.notices] == ["c"]


def test_several_failures_in_one_error() -> None:
    errors = [DataError("one", field="a"), DataError("two", field="b")]
    combined = BundleValidationError.for_fields(errors)
    assert combined.message == "Validation failed for 2 parameter(s). a: one; b: two"
    assert combined.suberrors == tuple(errors)


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("text", 200, "200"), ("text", 2.0, "2"), ("text", True, "true"), ("text", NOW, "2026-01-15T10:20:30.000Z"),
        ("text", [1, 2], "1, 2"), ("text", {"a": 1}, '{"a":1}'), ("text", Buffer(b"hi"), "hi"),
        ("text", Buffer(b"\xff"), None), ("text", "", ""), ("password", 5, "5"),
        ("number", "3", 3), ("number", " 3.5 ", 3.5), ("number", 3, 3), ("number", "x", None), ("number", True, None),
        ("number", NOW, None), ("number", [1], None), ("number", "", "unfilled"),
        ("integer", "3", 3), ("integer", 3.0, 3), ("integer", 3.5, None), ("integer", "3.5", None),
        ("uinteger", 0, 0), ("uinteger", -1, None), ("port", 443, 443), ("port", 0, None), ("port", "65536", None),
        ("boolean", 0, True), ("boolean", "false", False), ("boolean", "", False), ("boolean", "no", True),
        ("boolean", [], True), ("boolean", False, False), ("checkbox", "true", True),
        ("date", NOW, NOW), ("date", "2026-01-15", utc(2026, 1, 14, 23)), ("date", 5, None), ("date", "soon", None),
        ("date", "", "unfilled"), ("time", "9:30", "9:30"), ("time", " 17:30:15.250 ", "17:30:15.250"),
        ("time", "24:00", None), ("time", "9:60", None), ("time", 930, None),
        ("timestamp", NOW, 1768472430), ("timestamp", "1768472430", 1768472430), ("timestamp", 5.5, 5.5),
        ("timestamp", "2026-01-15T10:20:30.5Z", 1768472430.5), ("timestamp", "soon", None), ("timestamp", [], None),
        ("timezone", "Europe/Prague", "Europe/Prague"), ("timezone", "Mars/Base", None),
        ("array", [1], [1]), ("array", "x", ["x"]), ("array", {"a": 1}, [{"a": 1}]), ("array", "", "unfilled"),
        ("collection", {"a": 1}, {"a": 1}), ("collection", "x", None), ("collection", [], None),
        ("collection", "", "unfilled"),
        ("buffer", "hi", Buffer(b"hi")), ("buffer", 5, Buffer(b"5")), ("buffer", Buffer(b"x"), Buffer(b"x")),
        ("buffer", [], None), ("buffer", {}, None),
        ("email", "a@x.test", "a@x.test"), ("email", "a@x", None), ("email", "a b@x.test", None),
        ("url", "https://x.test/a?b=c", "https://x.test/a?b=c"), ("url", "x.test", None), ("url", "http://[", None),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"), ("uuid", "x", None),
        ("color", "#3366ff", "#3366ff"), ("color", "red", None),
        ("filename", "a.pdf", "a.pdf"), ("filename", "../a.pdf", None), ("filename", "..", None),
        ("account:cloze", "7", 7), ("hook:cloze", "x", None), ("datastore", 7, 7),
        ("any", {"x": 1}, {"x": 1}), ("json", [1], [1]), ("select", "", ""), ("nosuchtype", 5, 5),
    ],
)  # fmt: skip
def test_coerce(type_name: str, value: Any, expected: Any) -> None:
    if expected is None:
        with pytest.raises(BundleValidationError) as failure:
            coerce(value, type_name, field="emails[1].value", timezone="Europe/Prague")
        assert failure.value.field == "emails[1].value"
        assert failure.value.values
        return
    result = coerce(value, type_name, field="f", timezone="Europe/Prague")
    assert result == (None if expected == "unfilled" else expected)
    assert isinstance(result, bool) == isinstance(expected, bool)


@pytest.mark.parametrize("type_name", ["text", "number", "boolean", "array", "collection", "date", "any"])
def test_no_value_and_markers_pass_every_field(type_name: str) -> None:
    for value in (None, IGNORE, ERASE):
        assert coerce(value, type_name, field="f", timezone="UTC") is value


@pytest.mark.parametrize(
    ("value", "boolean", "condition"),
    [
        (True, True, True), (False, False, False), (0, True, False), (1, True, True), ("", False, False),
        ("false", False, False), ("False", True, True), ("0", True, True), (" ", True, True), (None, False, False),
        ([], True, True), ({}, True, True), (NOW, True, True), (0.0, True, False), (IGNORE, False, False),
    ],
)  # fmt: skip
def test_a_boolean_field_and_a_condition_differ_about_zero(
    value: Any, boolean: bool, condition: bool
) -> None:
    assert to_boolean(value) is boolean
    assert truth(value) is condition


def test_to_number() -> None:
    assert [to_number(v) for v in (True, None, "", NOW, " 1e2 ", IGNORE)] == [1, 0, 0, 1768472430000, 100, 0]
    for value in ("x", [], {}, Buffer(b"5"), "1,5", "0x10", "NaN", "Infinity", "1e400"):
        with pytest.raises(DataError):
            to_number(value)


def test_values_of_foreign_types_are_refused() -> None:
    with pytest.raises(ExpressionError):
        to_text(object())


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (utc(2016, 6, 20, 17, 26, 44, 356000), {"$date": "2016-06-20T17:26:44.356Z"}),
        (Buffer(b"Make"), {"$bin": "4d616b65"}),
        (Buffer(b"x", "cp1250", "a.txt"), {"$bin": "78", "name": "a.txt", "codepage": "cp1250"}),
        (IGNORE, {"$kw": "ignore"}),
        ({"a": [ERASE, None]}, {"a": [{"$kw": "erase"}, None]}),
        ({"$date": "not one"}, {"$value": {"$date": "not one"}}),
        ({"$value": 1, "b": 2}, {"$value": {"$value": 1, "b": 2}}),
        ([1, 1.5, "x", True, {}], [1, 1.5, "x", True, {}]),
    ],
)
def test_json_and_back(value: Any, data: Any) -> None:
    assert to_json(value) == data
    assert from_json(data) == value


def test_malformed_json_values_are_an_error() -> None:
    for data in ({"$date": "soon"}, {"$date": 5}, {"$bin": "xx"}, {"$kw": "maybe"}):
        with pytest.raises(DataError):
            from_json(data)
    assert to_json(float("nan")) is None
