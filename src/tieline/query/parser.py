"""A query, read (contract 6): text to a Filter. It never fails: what cannot be read is searched as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError
from lark.lexer import Lexer

from tieline.query import vocabulary as v
from tieline.query.clauses import Reading, read_clause
from tieline.query.cursor import Cursor
from tieline.query.dates import Moment
from tieline.query.filter import Condition, Filter, Node, Not, Sort, both, either
from tieline.query.tokens import Unreadable, tokens_of

LIMIT, DEPTH = 2000, 50
FIELD_NAMES = frozenset(
    {*v.TEXTUAL, *v.LISTED, "company", "assignee", "collaborator", "near", "score", "value"}
)
PLAIN = frozenset('"“”#=<>~|&():')


def parse(
    text: str,
    words: v.Words,
    *,
    now: datetime,
    timezone: str = "UTC",
    day_first: bool = False,
    sunday_first: bool = False,
) -> Filter:
    """The Filter a text means. `now` is aware; written dates are intervals of the calendar in `timezone`."""
    text = text.strip()
    if not text:
        return Filter(None)
    moment = Moment(now, ZoneInfo(timezone), day_first, sunday_first)
    try:
        if len(text) > LIMIT:
            raise Unreadable("too long")
        return _read(text, words, moment)
    except (Unreadable, LarkError, RecursionError):
        return as_text(text)


def as_text(text: str) -> Filter:
    """The whole text as words to be found (rules 13 and 14)."""
    return Filter(Condition("text", "match", " ".join(text.split())))


def retry_as_text(text: str, found: Filter) -> bool:
    """Whether a query that found nothing is to be searched again as text (rule 14)."""
    is_text = isinstance(found.filter, Condition) and found.filter.field == "text"
    return not is_text and len(text.split()) <= 3 and not PLAIN & set(text)


def _read(text: str, words: v.Words, moment: Moment) -> Filter:
    scanner = _Scanner(Reading(Cursor(tokens_of(text, FIELD_NAMES)), words, moment))
    parts = list(scanner.parts())
    node = _joined(parts) if parts else None
    if node is None and scanner.sort is None and scanner.limit is None:
        raise Unreadable("it says nothing")
    return Filter(node, scanner.sort, scanner.limit, scanner.target)


class _Scanner:
    """Clauses and what joins them, in order; directives and the target are set aside."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.cursor = reading.cursor
        self.sort: Sort | None = None
        self.limit: int | None = None
        self.target: str | None = None

    def parts(self) -> Iterator[tuple[str, Any]]:
        """(what, node): OR, AND, NOT, LEFT, RIGHT, CLAUSE."""
        waiting: str | None = None  # a connector is only told when something follows it in the same group
        last, depth = "LEFT", 0
        while not self.cursor.done:
            what, node = self._next()
            if what is None:
                continue
            if what in {"AND", "OR"}:
                if last != "LEFT":
                    waiting = "OR" if "OR" in {what, waiting} else "AND"
                continue
            if what == "RIGHT":
                waiting = None
            elif waiting is not None:
                yield waiting, None
                waiting = None
            depth += {"LEFT": 1, "RIGHT": -1}.get(what, 0)
            if not 0 <= depth <= DEPTH:
                raise Unreadable("parentheses")
            yield what, node
            last = what

    def _next(self) -> tuple[str | None, Node | None]:
        cursor = self.cursor
        if cursor.low == "(":
            cursor.at += 1
            return "LEFT", None
        if cursor.low == ")":
            cursor.at += 1
            return "RIGHT", None
        if cursor.any(("or", "|")):
            return "OR", None
        if self._directive() or self._aside():
            return None, None
        found = read_clause(self.reading)
        if found is not None:
            return "CLAUSE", found
        if cursor.any(v.NOT):
            return "NOT", None
        if cursor.any(v.AND):
            return "AND", None
        if cursor.any(v.NOISE):
            return None, None
        return "CLAUSE", self._words()

    def _directive(self) -> bool:
        cursor = self.cursor
        start = cursor.at
        if cursor.any(v.SORT_WORDS):
            key = cursor.one(v.SORTS)
            if key is None:
                raise Unreadable("sorted by what?")
            down = cursor.any(v.DESCENDING)
            if not down:
                cursor.any(v.ASCENDING)
            self.sort = Sort(key, "desc" if down else "asc")
            return True
        if cursor.any(("limit", "top")) and cursor.low.isdigit() and 0 < int(cursor.low[:9]) < 10**8:
            self.limit = int(cursor.low)
            cursor.at += 1
            return True
        cursor.at = start
        return False

    def _aside(self) -> bool:
        """A word that says what is looked for."""
        cursor = self.cursor
        here = cursor.at
        if self.reading.label() is not None:
            cursor.at = here
            return False
        cursor.any(v.NOISE - {"of", "to"})
        if (target := cursor.one(v.TARGETS)) is not None and cursor.low not in {":", "="}:
            self.target = self.target or target
            return True
        cursor.at = here
        return False

    def _words(self) -> Node:
        """Words that belong to nothing else: found in the whole record; a quoted text as a phrase."""
        token = self.cursor.token
        assert token is not None
        if token.kind == "text":
            self.cursor.at += 1
            if not token.text.strip():
                raise Unreadable("an empty phrase")
            return Condition("text", "phrase", token.text)
        return Condition("text", "match", self.reading.value())


class _Parts(Lexer):
    """The parts, as lark reads tokens."""

    def __init__(self, _: Any) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        for what, node in data:
            yield Token(what, node)


class _Build(Transformer[Token, Node]):
    def start(self, items: list[Any]) -> Node:
        return items[0]  # type: ignore[no-any-return]

    def either(self, items: list[Any]) -> Node:
        return either(*(item for item in items if not isinstance(item, Token)))

    def both(self, items: list[Any]) -> Node:
        return both(*(item for item in items if not isinstance(item, Token)))

    def negated(self, items: list[Any]) -> Node:
        return Not(items[1])

    def group(self, items: list[Any]) -> Node:
        return items[1]  # type: ignore[no-any-return]

    def clause(self, items: list[Any]) -> Node:
        return items[0].value  # type: ignore[no-any-return]


@cache
def _grammar() -> Lark:
    source = (Path(__file__).parent / "grammar.lark").read_text()
    return Lark(source, parser="lalr", lexer=_Parts)


def _joined(parts: list[tuple[str, Any]]) -> Node:
    return _Build().transform(_grammar().parse(parts))
