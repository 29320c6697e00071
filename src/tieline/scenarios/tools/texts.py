"""JSON, regular expressions, HTML and CSV: text to bundles and back (scenario-engine 1.15, 1.17)."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from typing import Any

import msgspec

from tieline.expressions import Buffer, ExpressionError
from tieline.expressions.limits import PATTERN_SECONDS
from tieline.expressions.patterns import Pattern, compile_pattern
from tieline.modules.errors import ModuleError
from tieline.scenarios.tools.aggregators import delimiter_of, json_text
from tieline.scenarios.tools.tool import Json, Surroundings, Tool, bundles_of, flag, text

MOST_MATCHES = 10_000
MOST_ROWS = 100_000


async def _parse_json(given: Json, around: Surroundings) -> list[Json]:
    value = given.get("json")
    if isinstance(value, dict | list):  # mapped as it is instead of as text
        return bundles_of(value)
    written = value.data if isinstance(value, Buffer) else text(given, "json", required=True).encode()
    try:
        return bundles_of(msgspec.json.decode(written.removeprefix(b"\xef\xbb\xbf")))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModuleError("DataError", f"this is not JSON: {error}", field="json") from None


async def _create_json(given: Json, around: Surroundings) -> list[Json]:
    fields = {name: value for name, value in given.items() if name not in {"type", "space"}}
    return [{"json": json_text(fields, given.get("space", around.parameters.get("space")))}]


async def _transform_json(given: Json, around: Surroundings) -> list[Json]:
    return [{"json": json_text(given.get("object"), given.get("space", around.parameters.get("space")))}]


async def _match(given: Json, around: Surroundings) -> list[Json]:
    """A bundle for each match: `$1` … , groups by name, `i`, `__IMTMATCH__`."""
    subject = text(given, "text")
    pattern = _pattern(given)
    found = []
    try:
        for position, match in enumerate(pattern.compiled.finditer(subject, timeout=PATTERN_SECONDS), 1):
            groups = {f"${number}": value for number, value in enumerate(match.groups(), 1)}
            found.append({**groups, **match.groupdict(), "i": position, "__IMTMATCH__": list(match.groups())})
            if not flag(given.get("global")) or position >= MOST_MATCHES:
                break
    except TimeoutError:
        raise ModuleError("DataError", "the pattern takes too long on this text", field="pattern") from None
    if not found and flag(given.get("continueWhenNoRes")):
        return [{"__IMTLENGTH__": 0}]
    return found


def _pattern(given: Json) -> Pattern:
    flags = "".join(
        letter
        for letter, wanted in (
            ("i", not flag(given.get("sensitive"))),
            ("m", flag(given.get("multiline"))),
            ("s", flag(given.get("singleline"))),
        )
        if wanted
    )
    try:
        return compile_pattern(text(given, "pattern", required=True), flags)
    except ExpressionError as error:
        raise ModuleError("BundleValidationError", str(error), field="pattern") from None


class _Words(HTMLParser):
    """The text of HTML, a line for each block."""

    BLOCKS = frozenset(
        [
            "p",
            "div",
            "br",
            "li",
            "tr",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "section",
            "article",
            "header",
            "footer",
            "table",
            "ul",
            "ol",
            "pre",
        ]
    )
    SILENT = frozenset({"script", "style", "head", "title", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.SILENT
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT:
            self.silent = max(0, self.silent - 1)
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)

    def result(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self.parts).split("\n"))
        return "\n".join(line for line in lines if line)


async def _html_to_text(given: Json, around: Surroundings) -> list[Json]:
    reader = _Words()
    reader.feed(text(given, "html") or text(given, "text"))
    reader.close()
    return [{"text": reader.result()}]


async def _parse_csv(given: Json, around: Surroundings) -> list[Json]:
    """A bundle for each row: columns under their headings, or `col1`, `col2` … without headings."""
    value: Any = given.get("csv")
    written = value.text() if isinstance(value, Buffer) else text(given, "csv")
    headed = flag(given.get("containsHeaders", given.get("containsHeader", given.get("hasHeader"))))
    try:
        reader = csv.reader(
            io.StringIO(written.removeprefix("\ufeff")), delimiter=delimiter_of(given), strict=True
        )
        rows = []
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > MOST_ROWS:
                raise ModuleError("MaxResultsExceededError", f"more than {MOST_ROWS:,} rows", field="csv")
    except csv.Error as error:
        raise ModuleError("DataError", f"this is not CSV: {error}", field="csv") from None
    names = rows.pop(0) if headed and rows else []
    return [
        {(names[n] if n < len(names) and names[n] else f"col{n + 1}"): cell for n, cell in enumerate(row)}
        for row in rows
    ]


TOOLS: tuple[Tool, ...] = (
    Tool("json:ParseJSON", "JSON: parse", _parse_json, feeds=True),
    Tool("json:CreateJSON", "JSON: create", _create_json),
    Tool("json:TransformToJSON", "JSON: transform", _transform_json),
    Tool("regexp:Parser", "Text parser: match pattern", _match, feeds=True),
    Tool("regexp:AdvancedParser", "Text parser: match pattern", _match, feeds=True),
    Tool("regexp:HTMLToText", "Text parser: HTML to text", _html_to_text),
    Tool("csv:ParseCSV", "CSV: parse", _parse_csv, feeds=True),
)
