"""The reference page of the language, written from the declarations: nothing here is said twice."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from tieline.expressions.datetokens import TOKENS
from tieline.expressions.functions import FUNCTIONS, Function
from tieline.expressions.functions.registry import SAMPLE
from tieline.expressions.keywords import KEYWORDS
from tieline.expressions.operators import OPERATORS

_GROUPS: Final = {
    "general": "General",
    "math": "Math",
    "text": "Text and binary",
    "date": "Date and time",
    "array": "Arrays and collections",
}

_OPERATORS: Final = (
    ("+", "sum; with a text on either side, both joined as text"),
    ("-", "difference; of two dates in milliseconds"),
    ("* / %", "product, quotient, remainder (`mod` is another word for `%`)"),
    ("= !=", "equal, not equal: type and value"),
    ("< > <= >=", "order of numbers, texts and dates"),
    ("& |", "and, or (also in words); the right side is looked at only when needed"),
    ("!", "not"),
)


def markdown() -> str:
    """Functions, operators, keywords and date tokens as Markdown tables."""
    sample = json.dumps(SAMPLE, ensure_ascii=False)
    sections = ["# Expressions", _INTRODUCTION, f"In the examples module 1 gave {_code(sample)}."]
    sections += ["## Operators", _operators()]
    for group, title in _GROUPS.items():
        sections += [
            f"## {title}",
            _functions(f for f in FUNCTIONS.values() if f.group == group and f.portable),
        ]
    extensions = (f for f in FUNCTIONS.values() if not f.portable)
    sections += ["## Extensions", _EXTENSIONS, _functions(extensions)]
    sections += ["## Keywords", _keywords(), "## Date tokens", _TOKENS, _tokens()]
    return "\n\n".join(sections) + "\n"


_INTRODUCTION = """\
A text in a mapping is a template: what stands between `{{` and `}}` is evaluated for every bundle. A lone
`{{…}}` keeps the type of its value; with anything around it the result is text. Arguments are separated by
semicolons, positions in arrays count from 1, and names with blanks or other characters stand in back ticks:
``{{1.`my key`}}``."""

_EXTENSIONS = """\
Make does not have these functions. A blueprint that uses one runs here and is marked as not portable."""

_TOKENS = "What stands in square brackets is kept as it is, as is every other character."


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _functions(functions: Iterable[Function]) -> str:
    rows = ((_code(f.signature), f.summary, f"{_code(f.example)} → {_shown(f.result)}") for f in functions)
    return _table(("Function", "What it gives", "Example"), rows)


def _operators() -> str:
    described = {symbol for symbols, _ in _OPERATORS for symbol in symbols.split()}
    missing = OPERATORS.keys() - described - {"mod", "==", "===", "!=="}
    if missing:
        raise ValueError(f"operators without a description: {sorted(missing)}")
    return _table(("Operator", "Meaning"), ((_code(symbols), text) for symbols, text in _OPERATORS))


def _keywords() -> str:
    rows = (
        (_code(name), keyword.summary + ("" if keyword.portable else " (not in Make)"))
        for name, keyword in KEYWORDS.items()
    )
    return _table(("Keyword", "Value"), rows)


def _tokens() -> str:
    rows = ((_code(name), token.meaning, "yes" if token.reads else "") for name, token in TOKENS.items())
    return _table(("Token", "Meaning", "Also read by parseDate"), rows)


def _shown(result: Any) -> str:
    if isinstance(result, dict) and len(result) == 1 and (special := next(iter(result))).startswith("$"):
        return _code(str(result[special]))
    return _code(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"
