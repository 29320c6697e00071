"""Regular expressions in the JavaScript dialect (contract 1.7.2, 2.10.3), on the `regex` module.

A pattern is translated once: `\\d` and `\\w` are ASCII, `$` is the very end, a back-reference to a
group that took no part matches nothing, `[^]` is anything. Constructs of other dialects are errors
instead of meaning something else. Every search has a time limit, so no pattern can hang the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn

import regex

from tieline.expressions.errors import DataError, shorten
from tieline.expressions.limits import (
    MAX_PATTERN,
    MAX_PATTERN_DEPTH,
    MAX_TEXT,
    PATTERN_SECONDS,
    check_text,
)

_SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACE}
_BOUNDARIES: Final = {"b": r"(?a:\b)", "B": r"(?a:\B)"}
_CONTROLS: Final = {"n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v", "f": r"\f"}
_LINE_END = r"\n\r\u2028\u2029"
_FLAGS: Final = frozenset("dgimsuy")
_WRITTEN = re.compile(r"/(.+)/([a-z]*)", re.DOTALL)
_REFERENCE = re.compile(r"\$(?:(\$)|(&)|(`)|(')|([0-9]{1,2}))")
_QUANTIFIER = re.compile(r"\{([0-9]{1,9})(,([0-9]{1,9})?)?\}")
_BESIDE_CLASS = re.compile(r"\]|\\[dDwWsSpP]")
_GROUP = re.compile(r"\?(?::|=|!|<=|<!|<([A-Za-z_$][\w$]*)>)", re.ASCII)


class Pattern(NamedTuple):
    """A compiled pattern and the JavaScript flags that are not the compiler's business."""

    compiled: Any
    every: bool
    """Flag g: replace every match, not only the first."""
    sticky: bool
    """Flag y: match at the start only."""


def split_written(text: str) -> tuple[str, str] | None:
    """Source and flags of `/source/flags`, or `None` when the text is not written that way."""
    match = _WRITTEN.fullmatch(text)
    if match is None or len(set(match[2])) != len(match[2]) or not set(match[2]) <= _FLAGS:
        return None
    return match[1], match[2]


@lru_cache(maxsize=512)
def compile_pattern(source: str, flags: str = "", *, named_groups: bool = True) -> Pattern:
    """Compile a JavaScript pattern. Raises DataError that says what is wrong with it and where."""
    if len(source) > MAX_PATTERN:
        raise DataError(f"the regular expression is longer than the limit of {MAX_PATTERN:,} characters")
    translated = _Translator(source, flags, named_groups).translate()
    options = regex.VERSION0 | (regex.IGNORECASE if "i" in flags else 0)
    try:
        compiled = regex.compile(translated, options, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        why = getattr(error, "msg", None) or "it is too complex"
        raise DataError(f"the regular expression {shorten(source)} is not valid: {why}") from None
    return Pattern(compiled, "g" in flags, "y" in flags)


def found(pattern: Pattern, text: str) -> bool:
    """Whether the pattern matches anywhere in the text."""
    return _timed(lambda: pattern.compiled.search(text, timeout=PATTERN_SECONDS)) is not None


def replace_pattern(pattern: Pattern, text: str, replacement: str) -> str:
    """Replace the first match, or with flag g every match.

    In the replacement `$&` is the match, `$1` … `$99` its groups, `$$` a dollar, `` $` `` and `$'` the
    text before and behind it; a number without such a group stays as it is written.
    """
    return str(_timed(lambda: _replace(pattern, text, replacement)))


def _replace(pattern: Pattern, text: str, replacement: str) -> str:
    if "$" not in replacement and not pattern.sticky and (len(text) + 1) * len(replacement) <= MAX_TEXT:
        literal = replacement.replace("\\", r"\\")
        return str(pattern.compiled.sub(literal, text, 0 if pattern.every else 1, timeout=PATTERN_SECONDS))
    parts: list[str] = []
    length = position = 0
    for match in pattern.compiled.finditer(text, timeout=PATTERN_SECONDS):
        if pattern.sticky and match.start() != position:
            break
        between = text[position : match.start()]
        filled = _fill(replacement, match, text)
        length += len(between) + len(filled)
        check_text(length)
        parts += (between, filled)
        position = match.end()
        if not pattern.every:
            break
    check_text(length + len(text) - position)
    parts.append(text[position:])
    return "".join(parts)


def _fill(replacement: str, match: Any, text: str) -> str:
    if "$" not in replacement:
        return replacement
    groups = match.re.groups
    length = len(replacement)

    def counted(found: re.Match[str]) -> str:
        nonlocal length
        put = reference(found)
        length += len(put)
        check_text(length)
        return put

    def reference(found: re.Match[str]) -> str:
        dollar, whole, before, behind, number = found.groups()
        if dollar:
            return "$"
        if whole:
            return str(match[0])
        if before:
            return text[: match.start()]
        if behind:
            return text[match.end() :]
        for digits in (number, number[0]):
            if 1 <= int(digits) <= groups:
                return (match[int(digits)] or "") + number[len(digits) :]
        return found[0]

    return _REFERENCE.sub(counted, replacement)


def _timed(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except TimeoutError:
        raise DataError(
            f"the regular expression took longer than the limit of {PATTERN_SECONDS:g} s",
            suggestion="avoid nested repetitions such as (a+)+, or work on a smaller text",
        ) from None


class _Translator:
    """One pass over a JavaScript pattern that writes the same pattern for the `regex` module."""

    def __init__(self, source: str, flags: str, named_groups: bool) -> None:
        self.source = source
        self.multiline = "m" in flags
        self.dot_all = "s" in flags
        self.unicode = "u" in flags
        self.named_groups = named_groups
        self.groups = _count_groups(source)
        self.at = 0
        self.depth = 0
        self.repeatable = False
        self.after_class = False
        self.out: list[str] = []

    def translate(self) -> str:
        while self.at < len(self.source):
            self._next(self.source[self.at])
        if self.depth:
            self._fail("a ( is not closed")
        return "".join(self.out)

    def _fail(self, why: str) -> NoReturn:
        raise DataError(
            f"the regular expression {shorten(self.source)} is not valid: {why} at character {self.at + 1}"
        )

    def _put(self, text: str, width: int = 1, *, repeatable: bool = True) -> None:
        self.out.append(text)
        self.at += width
        self.repeatable = repeatable

    def _next(self, char: str) -> None:
        if char == "\\":
            self._escape()
        elif char == "[":
            self._set()
        elif char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char in "*+?{":
            self._quantify(char)
        elif char == ".":
            self._put("(?s:.)" if self.dot_all else f"[^{_LINE_END}]")
        elif char == "^":
            self._put(f"(?<![^{_LINE_END}])" if self.multiline else r"\A", repeatable=False)
        elif char == "$":
            self._put(f"(?![^{_LINE_END}])" if self.multiline else r"\Z", repeatable=False)
        elif char == "|":
            self._put("|", repeatable=False)
        else:
            self._put(_plainly(char))

    def _open(self) -> None:
        self.depth += 1
        if self.depth > MAX_PATTERN_DEPTH:
            self._fail(f"groups are nested deeper than the limit of {MAX_PATTERN_DEPTH}")
        if not self.source.startswith("(?", self.at):
            return self._put("(", repeatable=False)
        group = _GROUP.match(self.source, self.at + 1)
        if group is None:
            self._fail("(? does not start a group of JavaScript")
        if group[1] and not self.named_groups:
            self._fail("a named group cannot be used here")
        return self._put("(" + group[0].replace("$", "_dollar_"), len(group[0]) + 1, repeatable=False)

    def _close(self) -> None:
        if not self.depth:
            self._fail("there is no ( for this )")
        self.depth -= 1
        self._put(")")

    def _quantify(self, char: str) -> None:
        text = char
        if char == "{":
            match = _QUANTIFIER.match(self.source, self.at)
            if match is None:
                return self._put(r"\{")
            if match[3] is not None and int(match[3]) < int(match[1]):
                self._fail("the numbers of this repetition are out of order")
            text = match[0]
        if not self.repeatable:
            self._fail("there is nothing to repeat")
        self._put(text, len(text), repeatable=False)
        if self.source.startswith("?", self.at):
            self._put("?", repeatable=False)
        return None

    def _escape(self) -> None:
        char = self.source[self.at + 1 : self.at + 2]
        if char == "":
            self._fail("a backslash needs a character behind it")
        if char in _BOUNDARIES:
            return self._put(_BOUNDARIES[char], 2, repeatable=False)
        if char.lower() in _CLASSES:
            return self._put(f"[{'^' if char.isupper() else ''}{_CLASSES[char.lower()]}]", 2)
        if char == "k" and (name := re.match(r"\\k<([A-Za-z_$][\w$]*)>", self.source[self.at :], re.ASCII)):
            return self._put(f"(?P={name[1].replace('$', '_dollar_')})", len(name[0]))
        if char in "123456789":
            number = re.match(r"[0-9]{1,2}", self.source[self.at + 1 :])
            digits = number[0] if number else char
            digits = digits if int(digits) <= self.groups else char
            if int(digits) <= self.groups:
                return self._put(f"(?:(?({digits})\\{digits}))", 1 + len(digits))
        if char in "pP" and self.unicode and (named := _property(self.source, self.at)):
            return self._put(named, len(named))
        literal, width = self._literal()
        return self._put(_plainly(literal), width)

    def _literal(self) -> tuple[str, int]:
        """The character an escape stands for, and how long the escape is written."""
        rest = self.source[self.at + 1 :]
        if rest[0] in _CONTROLS:
            return {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}[rest[0]], 2
        if rest[0] == "0":
            return "\0", 2
        if rest[0] == "c" and rest[1:2].isascii() and rest[1:2].isalpha():
            return chr(ord(rest[1]) % 32), 3
        code = re.match(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}", rest)
        if code and int(code[1] or code[2] or code[3], 16) < 0x110000:
            return chr(int(code[1] or code[2] or code[3], 16)), 1 + len(code[0])
        return rest[0], 2

    def _set(self) -> None:
        start = self.at
        self.at += 1
        negated = self.source.startswith("^", self.at)
        self.at += negated
        parts: list[str] = []
        self.after_class = False
        while not self.source.startswith("]", self.at):
            if self.at >= len(self.source):
                self.at = start
                self._fail("a [ is not closed")
            parts.append(self._member())
        if parts:
            self._put(f"[{'^' if negated else ''}{''.join(parts)}]")
        else:
            self._put("(?s:.)" if negated else "(?!)")

    def _member(self) -> str:
        """One character or class inside brackets."""
        char = self.source[self.at]
        after_class, self.after_class = self.after_class, False
        if char == "-":
            self.at += 1
            beside = after_class or _BESIDE_CLASS.match(self.source, self.at)
            return r"\-" if beside or self.source[self.at - 2] == "[" else "-"
        if char != "\\":
            self.at += 1
            return _plainly(char)
        name = self.source[self.at + 1 : self.at + 2]
        if name == "":
            self._fail("a backslash needs a character behind it")
        if name == "b":
            self.at += 2
            return r"\x08"
        self.after_class = name.lower() in _CLASSES
        if name in _CLASSES:
            self.at += 2
            return _CLASSES[name]
        if name.lower() in _CLASSES:
            self.at += 2
            return {"D": r"\x00-/:-\U0010ffff", "W": r"\x00-/:-@\[-\^`\{-\U0010ffff", "S": r"\S"}[name]
        if name in "pP" and self.unicode and (named := _property(self.source, self.at)):
            self.at += len(named)
            return named
        literal, width = self._literal()
        self.at += width
        return _plainly(literal)


def _plainly(char: str) -> str:
    """The character itself, whatever it means in a pattern."""
    return str(regex.escape(char, special_only=False))


def _property(source: str, at: int) -> str:
    """`\\p{Letter}` at this place, or nothing."""
    match = re.match(r"\\[pP]\{[A-Za-z_]+(?:=[A-Za-z_]+)?\}", source[at:])
    return match[0] if match else ""


def _count_groups(source: str) -> int:
    """How many capturing groups the pattern has: decides what `\\1` means."""
    outside = re.sub(r"\\.|\[\^?(?:\\.|[^\]\\])*\]", "", source, flags=re.DOTALL)
    return len(re.findall(r"\((?!\?)|\(\?<(?![=!])", outside))
