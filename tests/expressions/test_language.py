"""Templates, references, types and operators (contract 2.1–2.8)."""

from __future__ import annotations

from typing import Any

import pytest

from tieline.expressions import (
    ERASE,
    IGNORE,
    Buffer,
    DataError,
    ExpressionError,
    ParseError,
    UnknownFunction,
    compile_template,
)

from .helpers import NOW, run, scope, utc

ADA = {
    "name": "Ada",
    "n": 5,
    "list": [{"f": "a"}, {"f": "b"}, {"f": "c"}],
    "tags": ["x", "y"],
    "o": {"a": {"b": 1}, "and": 2, "now": 3, "my key": 4, "`": 5},
    "and": "field",
    "d": NOW,
    "empty": "",
    "no": None,
    "yes": True,
    "buffer": Buffer(b"hi"),
    "0": "zero",
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{{}}", None),
        ("a{{}}b", "ab"),
        ("{{1.n}}", 5),
        (" {{1.n}}", " 5"),
        ("{{1.n}} ", "5 "),
        ("{{1.n}}{{1.n}}", "55"),
        ("{{1.list}}", ADA["list"]),
        ("{{{1.n}}}", "{5}"),
        ('{"a":{{1.n}}}', '{"a":5}'),
        ('{{"{{"}}', "{{"),
        ('{{"{{"}} x }}', "{{ x }}"),
        ("{{ 1.n\n+\t1.n }}", 10),
        ("}}", "}}"),
        ("{ {1.n} }", "{ {1.n} }"),
        ("{{'a''b'}}", "a'b"),
        ('{{"a""b"}}', 'a"b'),
        ('{{""}}', ""),
        ('{{""""}}', '"'),
        ('{{"\\n"}}', "\\n"),
        ('{{"a\nb"}}', "a\nb"),
        ("{{1.`0`}}", "zero"),
        ("{{`1`.n}}", 5),
        ("{{1.o.`my key`}}", 4),
        ("{{1.o.now}}", 3),
        ("{{1.o.and and 1.and}}", True),
        ("{{1.list[2].f}}", "b"),
        ("{{1.list[-1].f}}", "c"),
        ("{{1.list[].f}}", "a"),
        ("{{1.list[]}}", ADA["list"]),
        ("{{1.list[0]}}", None),
        ("{{1.list[4].f}}", None),
        ("{{1.list[1.o.a.b + 1].f}}", "b"),
        ('{{1.list["2"].f}}', "b"),
        ("{{1.list[1.5]}}", None),
        ('{{1.list["f"]}}', None),
        ('{{1.o["my key"]}}', 4),
        ("{{1.list.f}}", None),
        ("{{1.name.x.y}}", None),
        ("{{1.n[1]}}", None),
        ("{{1.o[]}}", None),
        ("{{2.x.y[3]}}", None),
        ("{{`2`}}", None),
        ("{{1.NAME}}", None),
        ("{{nobody}}", None),
        ("{{nobody.x}}", None),
        ("{{`now`}}", None),
        ("{{first(1.list).f}}", "a"),
        ("{{(1.o).a.b}}", 1),
        ("[{{1.no}}][{{1.empty}}]", "[][]"),
        ("{{ignore}}", IGNORE),
        ("{{erase}}", ERASE),
        ("a{{ignore}}{{erase}}b", "ab"),
        ('{{"a" + ignore}}', "a"),
        ("{{var.input.x}}", "in"),
        ("{{var.nothing.x}}", None),
        ("{{var.list[2]}}", 2),
        ("{{executionId}} {{executionID}}", "e1 e1"),
        ("{{timestamp}}", 1768472430),
        ("{{scenarioName}}/{{scenarioID}}/{{operationsConsumed}}", "Demo/7/"),
        ("{{now}}", NOW),
        ("{{random}}", 0.25),
        ("{{uuid}}{{uuid}}", "u1u2"),
    ],
)
def test_template(template: str, value: Any) -> None:
    ids = iter(["u1", "u2"])
    here = scope(
        ADA,
        variables={"input": {"x": "in"}, "list": [1, 2], "system": {"scenarioName": "Demo", "scenarioId": 7}},
        execution_id="e1",
        random=lambda: 0.25,
        uuid=lambda: next(ids),
    )
    result = compile_template(template).evaluate(here)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 - 2 - 1", 4),
        ("8 / 2 / 2", 2),
        ("1 / 3", 0.33333333333333333333),
        ("7 % 3", 1),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("7.5 mod 2", 1.5),
        ("2 * -3", -6),
        ("--3", 3),
        ("-1.name + 1", DataError),
        ("0.1 + 0.2", 0.3),
        ("0.3 - 0.1", 0.2),
        ("1.1 * 3", 3.3),
        ("1e3", ParseError),
        ('"1e3" * 1', 1000),
        ('" 4 " * 1', 4),
        ('"+4" * 1', 4),
        ('".5" * 1', DataError),
        ('"5." * 1', DataError),
        ('"٣" * 1', DataError),
        ('" " * 1', DataError),
        ('"" * 1', 0),
        ("1.no + 1.no", 0),
        ("true + true", 2),
        ("1.list + 1", DataError),
        ("1.list * 2", DataError),
        ("1.o * 2", DataError),
        ("1 / 0", DataError),
        ("1 % 0", DataError),
        ("0 / 5", 0),
        ("9007199254740993 + 2", 9007199254740995),
        ("99999999999999999999 + 1", 1e20),
        ('"a" + 1', "a1"),
        ('1 + "a"', "1a"),
        ('"1" + 1', "11"),
        ('1 + 1 + "a"', "2a"),
        ('"a" + 1.5', "a1.5"),
        ('"a" + 2.0', "a2"),
        ('"a" + true', "atrue"),
        ('"a" + 1.no', "a"),
        ('"a" + 1.tags', "ax, y"),
        ('"a" + 1.o.a', 'a{"b":1}'),
        ('"at " + 1.d', "at 2026-01-15T10:20:30.000Z"),
        ('1.buffer + "!"', "hi!"),
        ("1.d + 1", 1768472430001),
        ("1.d - 1.d", 0),
        ("1.d - 1", 1768472429999),
        ("1 = 1.0", True),
        ('"1" = 1', False),
        ("true = 1", False),
        ('"" = 1.no', False),
        ("1.no = 2.no", True),
        ("null = null", True),
        ('"a" != "b"', True),
        ("1.tags = 1.tags", True),
        ('1.tags = split("x,y"; ",")', True),
        ("1.o = 1.o", True),
        ("1.list = 1.tags", False),
        ("ignore = ignore", True),
        ('1.buffer = toBinary("hi")', True),
        ("1 == 1 & 2 === 2 & 1 !== 2", True),
        ("1 = 1 = true", True),
        ("2 > 1", True),
        ("2 >= 2", True),
        ("1 <= 0", False),
        ('"b" > "a"', True),
        ('"B" > "a"', False),
        ('"10" > "9"', False),
        ('"10" > 9', True),
        ('9 < "10"', True),
        ('"a" > 1', DataError),
        ("1.d > 1", True),
        ('1.d > "2026-01-01"', True),
        ('"2026-02-01" > 1.d', True),
        ('1.d > "soon"', DataError),
        ("1.tags > 1", DataError),
        ("1.no < 1", True),
        ('1.no < "5"', True),
        ('1.no < "a"', True),
        ("true & 1", True),
        ('1.n & "x"', True),
        ('"" | 0', False),
        ('1.no | "x"', True),
        ('"false" | false', False),
        ("false & 1 / 0", False),
        ("true | 1 / 0", True),
        ("true | false & false", True),
        ("1 = 2 or 2 = 2 and 3 = 3", True),
        ("1 = 1 || 1 = 2 && false", True),
        ("!1.no", True),
        ("!emptyarray", False),
        ("!!1.n", True),
        ("!1.n = false", True),
        ("1.n<6", True),
        ("-2 - -2", 0),
        ("1.n-1", 4),
    ],
)
def test_operators(text: str, value: Any) -> None:
    if isinstance(value, type) and issubclass(value, ExpressionError):
        with pytest.raises(value):
            run(text, ADA)
        return
    result = run(text, ADA)
    assert result == value
    assert isinstance(result, bool) == isinstance(value, bool)


@pytest.mark.parametrize(
    ("template", "position", "words"),
    [
        ("{{1.a", 0, "not closed"),
        ("x {{1.a}} {{", 10, "not closed"),
        ("{{it's}}", 4, "add the second '"),
        ('{{"a}}', 2, "starts here is not closed"),
        ("{{1.`a}}", 4, "name"),
        ("{{if(1; 2}}", 8, "add )"),
        ("{{if(1; 2; 3))}}", 13, "closes nothing"),
        ("{{if(1, 2, 3)}}", 6, "semicolon"),
        ("{{“a”}}", 2, "straight quotes"),
        ("{{1.a 1.b}}", 6, "join texts with +"),
        ("{{1.a +}}", 6, "ends too early"),
        ("{{* 2}}", 2, "value is missing"),
        ("{{1.2.name}}", 2, "1.`2`"),
        ("{{1 .name}}", 2, "without a blank"),
        ("{{1.x.2}}", 6, "back ticks"),
        ("{{1.x.}}", 5, None),
        ("{{a => b}}", 5, "use <=, >= or !="),
        ("{{1.my#key}}", 6, "back ticks"),
        ("{{{{1.a}}}}x{{", 12, "not closed"),
        ("{{f(g({})}}", 6, "braces"),
        ("{{lower()}}", 2, "lower(t)"),
        ("{{lower(1; 2)}}", 2, "too many"),
        ("{{if(1; 2)}}", 2, "if(cond; a; b)"),
        ("{{switch(1; 2)}}", 2, "too few"),
        ("ab {{1 + round(1; 2)}}", 9, "round(n)"),
    ],
)
def test_a_parse_error_says_where_and_what(template: str, position: int, words: str | None) -> None:
    with pytest.raises(ParseError) as failure:
        compile_template(template)
    error = failure.value
    assert error.position == position
    assert error.template == template
    assert words is None or words in str(error)
    assert error.expression is not None


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ("lenght(1)", "length"),
        ("Upper(1)", "upper"),
        ("formatdate(now)", "formatDate"),
        ("startOfDay(now)", "setHour"),
        ("toLowerCase(1)", "lower"),
        ("now()", "without parentheses"),
        ("parsDate(1)", "parseDate"),
    ],
)
def test_an_unknown_function_comes_with_a_suggestion(call: str, hint: str) -> None:
    with pytest.raises(UnknownFunction) as failure:
        compile_template("x {{1 + " + call + "}}")
    assert hint in (failure.value.suggestion or "")
    assert failure.value.position == 8


def test_strict_mode_knows_no_extensions() -> None:
    assert compile_template("{{left(1.a; 2)}}").extensions == ("left",)
    assert compile_template("{{scenarioName}}").extensions == ("scenarioName",)
    assert compile_template("{{lower(1.a)}}", strict=True).extensions == ()
    with pytest.raises(UnknownFunction, match="extension"):
        compile_template("{{left(1.a; 2)}}", strict=True)
    with pytest.raises(UnknownFunction) as failure:
        compile_template("{{lft(1.a; 2)}}", strict=True)
    assert "left" not in str(failure.value.suggestion)


def test_references_for_the_checks_before_a_run() -> None:
    template = compile_template("{{1.a.b}} {{map(2.list[]; 3.key)}} {{`4`}} {{5.x[-2].y[1.n].z}} {{now}}")
    found = [(r.module, r.path) for r in template.references]
    assert found == [
        (1, ("a", "b")),
        (2, ("list", 1)),
        (3, ("key",)),
        (4, ()),
        (5, ("x", -2, "y", 1, "z")),
        (1, ("n",)),
    ]
    assert template.references[0].position == 2
    assert not template.is_literal
    assert compile_template("no braces").is_literal


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{1}}", "number 1"),
        ("{{1.list[0]}}", "start at 1"),
        ("{{nobody}}", "no value"),
        ('{{formatDate(now; "D"; "Mars/Base")}}', "not a time zone"),
    ],
)
def test_notices_about_what_is_legal_but_odd(template: str, words: str) -> None:
    assert words in compile_template(template).notices[0].message


def test_nothing_odd_gives_no_notices() -> None:
    assert compile_template('{{formatDate(now; "D"; "UTC")}} {{1.list[1]}} 1').notices == ()


def test_a_failure_names_the_innermost_part_and_its_values() -> None:
    template = "x {{upper(addDays(1.name; 1))}}"
    with pytest.raises(ExpressionError) as failure:
        compile_template(template).evaluate(scope(ADA))
    error = failure.value
    assert error.kind == "BundleValidationError"
    assert error.template == template
    assert error.expression == "1.name"
    assert error.position == template.index("1.name")
    assert error.values == ("Ada",)
    assert "'Ada' is not a valid date in 1.name at character 19" in str(error)


def test_a_failure_of_an_operator_has_both_values() -> None:
    with pytest.raises(DataError) as failure:
        run('1.n * (1.name + "!")', ADA)
    assert failure.value.expression == '1.n * (1.name + "!")'
    assert failure.value.values == (5, "Ada!")


def test_now_is_the_same_within_a_scope() -> None:
    here = scope({})
    assert compile_template("{{now}}").evaluate(here) == compile_template("{{now}}").evaluate(here)
    fresh = scope({}, now=None)
    assert compile_template("{{now - now}}").evaluate(fresh) == 0
    assert fresh.now.microsecond % 1000 == 0
    assert scope({}, now=utc(2026, 1, 1, 0, 0, 0, 123456)).now == utc(2026, 1, 1, 0, 0, 0, 123000)


def test_constants_are_computed_once_and_errors_wait_for_the_run() -> None:
    template = compile_template("{{if(1.ok; 1; 1 / 0)}}")
    assert template.evaluate(scope({"ok": True})) == 1
    with pytest.raises(DataError):
        template.evaluate(scope({"ok": False}))


def test_an_array_result_is_never_shared() -> None:
    template = compile_template("{{emptyarray}}")
    first = template.evaluate(scope({}))
    first.append(1)
    assert template.evaluate(scope({})) == []
