"""A place in the tokens of a query, with phrases to look for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from tieline.query.tokens import Token

T = TypeVar("T")
WORD = re.compile(r"!=|<>|>=|<=|[&,:=<>~|()]|[^\s&,:=<>~|()]+")


class Cursor:
    """Reads tokens from left to right. `at` is the position; going back is setting it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self.at >= len(self.tokens)

    @property
    def token(self) -> Token | None:
        """The next token."""
        return None if self.done else self.tokens[self.at]

    @property
    def low(self) -> str:
        """The next word or sign in lower case; empty for quoted texts and at the end."""
        return self.peek(0)

    def peek(self, offset: int) -> str:
        """A word further on, or before."""
        at = self.at + offset
        if not 0 <= at < len(self.tokens) or self.tokens[at].kind in {"text", "custom"}:
            return ""
        token = self.tokens[at]
        return token.text if token.text in "|&" else token.low

    def length(self, phrase: str) -> int:
        """How many tokens the phrase takes here; 0 when it does not stand here."""
        parts = WORD.findall(phrase)
        return len(parts) if all(self.peek(n) == part for n, part in enumerate(parts)) else 0

    def take(self, phrase: str) -> bool:
        """Read the phrase when it stands here."""
        length = self.length(phrase)
        self.at += length
        return length > 0

    def any(self, phrases: Iterable[str]) -> str | None:
        """The longest of the phrases that stands here, read."""
        length, found = max(((self.length(phrase), phrase) for phrase in phrases), default=(0, ""))
        self.at += length
        return found if length else None

    def one(self, table: Mapping[str, T]) -> T | None:
        """The meaning of the longest phrase of the table that stands here, read."""
        found = self.any(table)
        return None if found is None else table[found]
