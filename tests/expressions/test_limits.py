"""Mappings that would eat the machine stop with an error that names the limit."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tieline.expressions import DataError, ExpressionError, ParseError, Scope, compile_template, compile_value
from tieline.expressions.limits import MAX_DEPTH, MAX_TEXT

from .helpers import run, scope

BIG = "a" * (MAX_TEXT - 10)
MILLION = [1] * 1_000_000


@pytest.fixture(autouse=True)
def _quick() -> Any:
    start = time.process_time()
    yield
    assert time.process_time() - start < 8


BUNDLES: dict[str, Any] = {
    "1.x + 1.x": {"x": BIG},
    'replace(1.x; "a"; "0123456789")': {"x": BIG},
    'replace(1.x; "/a+/g"; "$&$&$&$&")': {"x": BIG},
    'replace(1.x; "/.*/"; "$&$&$`$\'")': {"x": BIG},
    "escapeHTML(1.x)": {"x": "<" * 6_000_000},
    "join(1.x; 1.y)": {"x": MILLION, "y": "a" * 100},
    "toString(add(emptyarray; 1.o; 1.o; 1.o))": {"o": {"x": BIG[: MAX_TEXT // 2]}},
    "base64(1.x)": {"x": BIG},
    'split(1.x; "")': {"x": BIG},
    'split(1.x; "a")': {"x": BIG},
    "merge(1.x; 1.x)": {"x": MILLION},
    "add(1.x; 1)": {"x": MILLION},
    "flatten(1.x)": {"x": [MILLION, MILLION]},
}


@pytest.mark.parametrize("text", BUNDLES)
def test_results_are_bounded(text: str) -> None:
    with pytest.raises(DataError) as failure:
        run(text, BUNDLES[text])
    assert "limit is" in failure.value.message
    assert failure.value.position is not None


def test_a_template_is_bounded_as_a_whole() -> None:
    template = compile_template("{{1.x}} and {{1.x}}")
    with pytest.raises(DataError, match="limit is"):
        template.evaluate(scope({"x": BIG}))


def test_a_large_value_passes_through_untouched() -> None:
    huge = "a" * (MAX_TEXT * 2)
    assert run("1.x", {"x": huge}) is huge
    assert run("length(1.x)", {"x": huge}) == len(huge)


@pytest.mark.parametrize("pattern", ["/(a+)+$/", "/^(([a-z])+.)+[A-Z]([a-z])+$/gi"])
def test_a_regex_bomb_runs_out_of_time(pattern: str) -> None:
    with pytest.raises(DataError, match="longer than the limit"):
        run(f'replace(1.x; "{pattern}"; "")', {"x": "a" * 5000 + "!"})


@pytest.mark.parametrize("pattern", ["(" * 5000 + "a" + ")" * 5000, "a" * 20_000, "(?:" * 150 + ")" * 150])
def test_a_huge_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(DataError, match="limit of"):
        run("replace(1.x; 1.p; 1.x)", {"x": "a", "p": f"/{pattern}/"})


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "-" * 5000 + "1",
        "lower(" * 250 + '"a"' + ")" * 250,
        "1.a[" * 250 + "1" + "]" * 250,
        "if(1; " * 250 + "1" + "; 1)" * 250,
        "(1 + " * 250 + "1" + ")" * 250,
    ],
    ids=lambda text: text[:8],
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="deeper than the limit of 200"):
        compile_template("{{" + text + "}}")


def test_nesting_up_to_the_limit_works() -> None:
    depth = MAX_DEPTH - 1
    assert run("lower(" * depth + '"A"' + ")" * depth) == "a"
    assert run("if(1; " * depth + "1" + "; 2)" * depth) == 1
    assert run("(1 + " * (depth // 2) + "1" + ")" * (depth // 2)) == depth // 2 + 1


def test_a_long_chain_is_not_deep() -> None:
    assert run(" + ".join(["1.n"] * 3000), {"n": 1}) == 3000
    assert run(" & ".join(["true"] * 3000)) is True


def test_a_long_expression_is_refused() -> None:
    with pytest.raises(ParseError, match="longer than the limit"):
        compile_template("{{" + "1+" * 60_000 + "1}}")


def test_too_many_expressions_are_refused() -> None:
    with pytest.raises(ParseError, match="limit of 10,000 expressions"):
        compile_template("x{{1}}" * 10_002)


def test_work_in_one_evaluation_is_bounded() -> None:
    text = " + ".join(['length(replace(1.x; "b"; "c"))'] * 200)
    with pytest.raises(DataError, match="steps"):
        run(text, {"x": "a" * 4_000_000})
    with pytest.raises(DataError, match="steps"):
        run(" + ".join(["length(reverse(1.x))"] * 60), {"x": MILLION})


def test_each_template_has_the_whole_allowance() -> None:
    here = scope({"x": "a" * 10_000_000})
    template = compile_template("{{length(lower(lower(lower(1.x))))}}")
    for _ in range(5):
        assert template.evaluate(here) == 10_000_000


def test_data_nested_too_deeply_is_an_error() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for text in ("toString(1.x)", "1.x = 1.y", "distinct(1.x)", "flatten(1.x; 9999)"):
        try:
            run(text, {"x": deep, "y": [deep[0]]})
        except ExpressionError as error:
            assert "nested" in error.message  # noqa: PT017 - either outcome is fine, a crash is not


def test_a_deep_mapper_is_refused() -> None:
    deep: Any = "{{1.x}}"
    for _ in range(300):
        deep = {"a": deep}
    with pytest.raises(ParseError, match="deeper than the limit"):
        compile_value(deep)


@pytest.mark.parametrize(
    "text",
    [
        "power(10; 1000000000)",
        "power(9999999; 9999999)",
        "1e308 * 10",
        "99999999999999999999 * " * 400 + "1",
        "addDays(now; 1000000000000)",
        "addYears(now; 99999)",
        "addHours(now; 100000000000000)",
        "setYear(now; 123456789012345)",
        "setMonth(now; 99999999999999999999)",
        "setSecond(now; 999999999999999999)",
        'parseDate("9999999999999999"; "x")',
        "formatNumber(1; 100000)",
        "trunc(1; 999999)",
    ],
)
def test_numbers_and_dates_off_the_scale(text: str) -> None:
    with pytest.raises((DataError, ParseError)):
        run(text)


def test_a_long_date_format_is_refused() -> None:
    with pytest.raises(DataError, match="limit of"):
        run("formatDate(now; 1.f)", {"f": "Y" * 20_000})


def test_integers_too_long_to_print_are_an_error_not_a_crash() -> None:
    assert run('1.n + ""', {"n": 10**30}) == "1e+30"
    with pytest.raises(DataError):
        run('1.n + ""', {"n": 10**5000})
    with pytest.raises(DataError):
        compile_template("{{1.n * 1.n}}").evaluate(Scope({1: {"n": 10**5000}}))
