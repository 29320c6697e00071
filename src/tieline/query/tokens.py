"""Text to tokens: words, quoted texts, signs. Typographic quotes equal plain ones (6.4, rule 1)."""

from __future__ import annotations

from typing import NamedTuple

import regex

QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'"})
TOKEN = regex.compile(
    r"""\#"(?P<label>[^"]+)"
    | \#(?P<id>[\w.-]*\w)
    | "(?P<text>[^"]*)"
    | (?P<sign>>=|<=|!=|<>|[=<>~|&(),:]|!(?!=))
    | (?P<word>[^\s\#"=<>~|&(),!:]+(?:,\d{3}(?![\d.]*\w))*(?::[^\s"=<>(),|]+)*)
    | (?P<other>\S)""",
    regex.VERBOSE,
)
SIGNS = {"|": "or", "&": "and"}


class Token(NamedTuple):
    """`kind`: word, text (quoted), custom (a field by id or label), sign. `low` is what keywords are compared with."""

    kind: str
    text: str
    low: str
    start: int
    end: int


class Unreadable(Exception):
    """The text is no query: it is searched as text (rule 13)."""


def tokens_of(text: str, names: frozenset[str]) -> list[Token]:
    """The tokens of a text. `names`: field names that a colon ends, so that `stage:active` is three tokens."""
    found: list[Token] = []
    for match in TOKEN.finditer(text.translate(QUOTES)):
        found.extend(_token(match, names))
    return found


def _token(match: regex.Match[str], names: frozenset[str]) -> list[Token]:
    start, end = match.span()
    if match["other"] is not None:
        raise Unreadable(match["other"])
    if custom := match["label"] or match["id"]:
        return [Token("custom", custom, custom.lower(), start, end)]
    if match["text"] is not None:
        return [Token("text", match["text"], "", start, end)]
    if sign := match["sign"]:
        return [Token("sign", sign, SIGNS.get(sign, sign), start, end)]
    word = match["word"]
    head, colon, tail = word.partition(":")
    if colon and head.lower() in names:
        middle = start + len(head)
        return [
            Token("word", head, head.lower(), start, middle),
            Token("sign", ":", ":", middle, middle + 1),
            *([Token("word", tail, tail.lower(), middle + 1, end)] if tail else []),
        ]
    return [Token("word", word, word.lower(), start, end)]
