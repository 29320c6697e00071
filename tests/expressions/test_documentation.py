"""What is declared is documented, and the documented examples are true."""

from __future__ import annotations

import inspect
import re

import pytest

from tieline.expressions import FUNCTIONS, KEYWORDS, Function, Scope, compile_template, to_json
from tieline.expressions.datetokens import TOKENS
from tieline.expressions.functions.registry import SAMPLE, group
from tieline.expressions.reference import markdown

from .helpers import NOW

CONTRACT = """
    if ifempty switch get pick omit equal abs average ceil floor round trunc max min sum median stdevP stdevS
    formatNumber parseNumber length lower upper trim capitalize startcase ascii contains indexOf substring
    replace split toString toBinary base64 encodeURL decodeURL escapeHTML escapeMarkdown stripHTML md5 sha1
    sha256 sha512 mime replaceEmojiCharacters addSeconds addMinutes addHours addDays addMonths addYears
    setSecond setMinute setHour setDay setDate setMonth setYear formatDate parseDate add deduplicate distinct
    first last flatten join keys map merge remove reverse shuffle slice sort toArray toCollection
"""
EXTENSIONS = """
    isBlank in ifin case mergeCollections div prod sub power sqrt ln log number sortAscNum sortDescNum concat
    left right removeAccents replacePattern sortAscString sortDescString pascal dayOfMonth dayOfWeek
    daysInMonth daysInYear dateMax dateMin startOfMonth endOfMonth year month hour minute second isWeekend
    addWeekDays arrayElement arrayDifference dateDifference escapeJSON toNumber coalesce
"""


def test_every_function_of_the_contract_exists() -> None:
    assert {f.name for f in FUNCTIONS.values() if f.portable} == set(CONTRACT.split())
    assert {f.name for f in FUNCTIONS.values() if not f.portable} == set(EXTENSIONS.split())


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_function_is_documented(function: Function) -> None:
    assert re.fullmatch(rf"{function.name}\(.+\)", function.signature)
    assert function.summary.endswith(".")
    assert function.example.count(function.name + "(") >= 1
    assert function.group in {"general", "math", "text", "date", "array"}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_example_is_true(function: Function) -> None:
    value = compile_template("{{" + function.example + "}}").evaluate(Scope({1: SAMPLE}, now=NOW))
    assert to_json(value) == function.result


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_signature_shows_as_many_arguments_as_the_function_takes(function: Function) -> None:
    inside = function.signature.partition("(")[2].removesuffix(")")
    shown = [part.strip() for part in inside.split(";")]
    open_ended = "…" in inside
    assert open_ended == (function.maximum is None) or function.name == "map"
    if not open_ended and function.maximum is not None:
        assert len(shown) == function.maximum
        assert sum(not part.startswith("[") for part in shown) == function.minimum


def test_the_reference_page_has_everything() -> None:
    page = markdown()
    for function in FUNCTIONS.values():
        assert f"`{function.signature}`".replace("|", "\\|") in page
    for name in (*KEYWORDS, *TOKENS):
        assert f"| `{name}` |" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) > len(FUNCTIONS) + len(KEYWORDS) + len(TOKENS)
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) in (3, 4)


def test_a_function_is_declared_in_one_place() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        group("text")("lower(t)", "Again.", example="lower(1)", result="1")(lambda: None)
    with pytest.raises(TypeError, match="converted"):

        @group("text")("unheard(t)", "No kind.", example="unheard(1)", result="1")
        def unheard(t: str) -> str:
            return t


def test_implementations_say_what_they_return() -> None:
    for function in FUNCTIONS.values():
        assert inspect.signature(function.implementation).return_annotation is not inspect.Signature.empty
