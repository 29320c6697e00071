"""Functions that Make does not have (contract 2.10.6): on by default, off in strict mode.

Most are known from Workfront Fusion; a blueprint that uses one is marked as not portable.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, DecimalException
from functools import reduce
from json.encoder import encode_basestring
from typing import Any, Final

from tieline.expressions.coerce import join_texts, to_collection, to_text
from tieline.expressions.errors import DataError
from tieline.expressions.functions.array import once_each
from tieline.expressions.functions.math import numbers_of
from tieline.expressions.functions.registry import Any_, Array, Evaluate, Int, Num, Text, group
from tieline.expressions.functions.text import without_accents
from tieline.expressions.limits import MAX_PATTERN
from tieline.expressions.numbers import (
    Number,
    decimal,
    divide,
    multiply,
    plain,
    square_root,
    subtract,
)
from tieline.expressions.patterns import Pattern, compile_pattern, replace_pattern, split_written
from tieline.expressions.scope import Scope
from tieline.expressions.values import Value, equal, identity, item_at

general = group("general", portable=False)
math = group("math", portable=False)
text = group("text", portable=False)
array = group("array", portable=False)

_PRECISE: Final = Context(prec=30)
_ROUNDED: Final = Context(prec=20)
_WORD = re.compile(r"[^\W_]+")


@general("isBlank(v)", 'Whether there is no value, or "".', example='isBlank("")', result=True)
def is_blank(v: Any_) -> bool:
    return v is None or (isinstance(v, str) and not v)


@general(
    "in(v; v1; …)",
    "Whether the value equals one of the others, type included.",
    example='in("B"; "A"; "B")',
    result=True,
)
def in_(v: Any_, first: Any_, *rest: Any_) -> bool:
    return any(equal(v, candidate) for candidate in (first, *rest))


@general(
    "ifin(v; v1; …; yes; no)",
    "`yes` when the value equals one of the others, else `no`.",
    example='ifin("B"; "A"; "B"; "yes"; "no")',
    result="yes",
    lazy=True,
)
def ifin(scope: Scope, v: Evaluate, v1: Evaluate, a: Evaluate, b: Evaluate, *rest: Evaluate) -> Value:
    choices: list[Evaluate] = [v1, a, b, *rest]
    value = v(scope)
    found = any(equal(value, candidate(scope)) for candidate in choices[:-2])
    return choices[-2 if found else -1](scope)


@general(
    "case(index; v1; v2; …)",
    "The value at a position, counted from 1; nothing outside.",
    example='case(2; "Sun"; "Mon")',
    result="Mon",
)
def case(index: Num, first: Any_, *rest: Any_) -> Value:
    return item_at([first, *rest], index) if index > 0 else None


@general(
    "coalesce(a; b; …)",
    'The first that has a value and is not "".',
    example='coalesce(null; ""; "x")',
    result="x",
    lazy=True,
)
def coalesce(scope: Scope, a: Evaluate, *rest: Evaluate) -> Value:
    for evaluate in (a, *rest):
        value = evaluate(scope)
        if not is_blank(value):
            return value
    return None


@general(
    "mergeCollections(c1; c2; …)",
    "One collection of all fields; a later one wins.",
    example="mergeCollections(1.person; 1.team[2])",
    result={"name": "Bob", "email": "ada@x.test", "age": 22, "role": "dev"},
)
def merge_collections(c1: Any_, *rest: Any_) -> dict[str, Value]:
    return {key: value for one in (c1, *rest) for key, value in to_collection(one).items()}


@math("prod(n…)", "The product.", example="prod(2; 3; 4)", result=24)
def prod(first: Any_, *rest: Any_) -> Number:
    return reduce(multiply, [1, *numbers_of((first, *rest))])


@math("sub(n…)", "The first number less all the others.", example="sub(10; 3; 2)", result=5)
def sub(first: Any_, *rest: Any_) -> Number | None:
    numbers = numbers_of((first, *rest))
    return reduce(subtract, numbers) if numbers else None


@math("div(n…)", "The first number divided by all the others.", example="div(12; 3; 2)", result=2)
def div(first: Any_, *rest: Any_) -> Number | None:
    numbers = numbers_of((first, *rest))
    return reduce(divide, numbers) if numbers else None


@math("power(n; exponent)", "The number raised to a power.", example="power(2; 10)", result=1024)
def power(n: Num, exponent: Num) -> Number:
    try:
        return plain(_ROUNDED.power(decimal(n), decimal(exponent)))
    except DecimalException:
        raise DataError("this power cannot be computed", values=(n, exponent)) from None


@math("sqrt(n)", "The square root.", example="sqrt(9)", result=3)
def sqrt(n: Num) -> Number:
    if n < 0:
        raise DataError("a negative number has no square root", values=(n,))
    return plain(square_root(decimal(n)))


@math("ln(n)", "The natural logarithm.", example="ln(1)", result=0)
def ln(n: Num) -> Number:
    return plain(_ROUNDED.plus(_logarithm(n)))


@math("log(base; n)", "The logarithm to a base.", example="log(10; 1000)", result=3)
def log(base: Num, n: Num) -> Number:
    if base == 1:
        raise DataError("1 is not a base of a logarithm", values=(base, n))
    return plain(_ROUNDED.plus(_PRECISE.divide(_logarithm(n), _logarithm(base))))


def _logarithm(n: Number) -> Decimal:
    if n <= 0:
        raise DataError("only a number above 0 has a logarithm", values=(n,))
    return _PRECISE.ln(decimal(n))


@math("number(v)", "The value as a number.", example='number("42.5")', result=42.5)
def number(v: Num) -> Number:
    return v


@math("toNumber(v)", "The value as a number.", example='toNumber("42.5")', result=42.5)
def to_number_(v: Num) -> Number:
    return v


@math("sortAscNum(n…)", "The numbers, smallest first.", example="sortAscNum(3; 1; 2)", result=[1, 2, 3])
def sort_asc_num(first: Any_, *rest: Any_) -> list[Number]:
    return sorted(numbers_of((first, *rest)))


@math("sortDescNum(n…)", "The numbers, largest first.", example="sortDescNum(3; 1; 2)", result=[3, 2, 1])
def sort_desc_num(first: Any_, *rest: Any_) -> list[Number]:
    return sorted(numbers_of((first, *rest)), reverse=True)


def _texts(values: tuple[Any, ...]) -> list[str]:
    return [to_text(item) for value in values for item in (value if isinstance(value, list) else (value,))]


@text("concat(sep; t…)", "The texts joined by a separator.", example='concat("-"; "a"; "b")', result="a-b")
def concat(sep: Text, first: Any_, *rest: Any_) -> str:
    return join_texts(iter(_texts((first, *rest))), sep)


@text("left(t; n)", "The first characters.", example='left("Hello"; 2)', result="He")
def left(t: Text, n: Int) -> str:
    return t[: max(n, 0)]


@text("right(t; n)", "The last characters.", example='right("Hello"; 2)', result="lo")
def right(t: Text, n: Int) -> str:
    return t[max(len(t) - max(n, 0), 0) :]


@text("removeAccents(t)", "Letters without accents.", example='removeAccents("ěščřž")', result="escrz")
def remove_accents(t: Text) -> str:
    return without_accents(t)


@text(
    "replacePattern(t; pattern; repl)",
    "Every match of a regular expression replaced.",
    example='replacePattern("a1b22"; "\\d+"; "#")',
    result="a#b#",
)
def replace_pattern_(scope: Scope, t: Text, pattern: Text, repl: Text) -> str:
    source, flags = split_written(pattern[: MAX_PATTERN + 3]) or (pattern, "")
    compiled = compile_pattern(source, flags, named_groups=False)
    every = Pattern(compiled.compiled, True, compiled.sticky)
    return scope.search(lambda: replace_pattern(every, t, repl))


@text(
    "pascal(t)",
    "The words in one, each with a capital.",
    example='pascal("hello world")',
    result="HelloWorld",
)
def pascal(t: Text) -> str:
    return "".join([word[:1].upper() + word[1:].lower() for word in _WORD.findall(t)])


@text(
    "sortAscString(t…)",
    "The texts in ascending order.",
    example='sortAscString("b"; "a")',
    result=["a", "b"],
)
def sort_asc_string(first: Any_, *rest: Any_) -> list[str]:
    return sorted(_texts((first, *rest)))


@text(
    "sortDescString(t…)",
    "The texts in descending order.",
    example='sortDescString("a"; "b")',
    result=["b", "a"],
)
def sort_desc_string(first: Any_, *rest: Any_) -> list[str]:
    return sorted(_texts((first, *rest)), reverse=True)


@text(
    "escapeJSON(t)",
    "The text as it stands between the quotes of a JSON text.",
    example='escapeJSON("a""b")',
    result='a\\"b',
)
def escape_json(t: Text) -> str:
    return encode_basestring(t)[1:-1]


@array(
    "arrayElement(arr; index)",
    "The item at a position, counted from 1; nothing outside.",
    example='arrayElement(split("a,b"; ","); 2)',
    result="b",
)
def array_element(arr: Array, index: Num) -> Value:
    return item_at(arr, index) if index > 0 else None


@array(
    "arrayDifference(a; b; [mode])",
    "`classic`: the items of a that are not in b. `symmetric`: also those of b that are not in a.",
    example='arrayDifference(split("a,b"; ","); split("b,c"; ","); "symmetric")',
    result=["a", "c"],
)
def array_difference(a: Array, b: Array, mode: Text = "classic") -> list[Value]:
    if mode not in {"classic", "symmetric"}:
        raise DataError("the mode is neither classic nor symmetric", values=(mode,))
    difference = _without(a, b)
    return difference if mode == "classic" else difference + _without(b, a)


def _without(a: list[Value], b: list[Value]) -> list[Value]:
    others = {identity(item) for item in once_each(b, lambda item: item)}
    return [item for item in a if identity(item) not in others]
