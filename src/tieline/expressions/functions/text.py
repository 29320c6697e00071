"""Text functions (contract 2.10.3). Bytes, hashes and encodings are in binary.py."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

import regex

from tieline.expressions.coerce import to_text
from tieline.expressions.errors import DataError, RuntimeError_, shorten
from tieline.expressions.functions.array import array_contains
from tieline.expressions.functions.registry import Any_, Int, Text, Truth, group
from tieline.expressions.limits import PATTERN_SECONDS, check_items, check_text
from tieline.expressions.patterns import compile_pattern, replace_pattern, split_written
from tieline.expressions.scope import Scope
from tieline.expressions.values import Buffer, type_name

text = group("text")

BLANKS: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space as JavaScript's trim knows it."""

_WORD = re.compile(r"\S+")
_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_MARKDOWN: Final = str.maketrans({mark: f"&#{ord(mark)};" for mark in "\\`*_{}[]()#+-.!|~<>"})
_TAG = regex.compile(
    r"""<!--.*?-->|</?[a-z!?](?:"[^"]*+"|'[^']*+'|[^"'<>])*+>|</?[a-z!?][^<>]*+>""",
    regex.VERSION0 | regex.IGNORECASE | regex.DOTALL,
)
_ONE_EMOJI = (
    r"(?:\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|(?:(?![©®™])\p{Extended_Pictographic}|\p{Emoji_Presentation}|\p{Emoji}(?=\uFE0F))"
    r"\uFE0F?\p{Emoji_Modifier}?(?:[\U000E0020-\U000E007E]+\U000E007F)?)"
)
_EMOJI = regex.compile(rf"{_ONE_EMOJI}(?:\u200D{_ONE_EMOJI})*+")


@text(
    "length(text | buffer | array)",
    "How many characters, bytes or items; 0 for no value.",
    example='length("hello")',
    result=5,
)
def length(value: Any_) -> int:
    if isinstance(value, (list, Buffer, str)):
        return len(value)
    if isinstance(value, dict):
        raise RuntimeError_(
            f"length works on text, buffers and arrays, not on a {type_name(value)}",
            suggestion="use length(keys(…)) for the number of fields",
        )
    return len(to_text(value))


@text("lower(t)", "All letters small.", example='lower("Hello")', result="hello")
def lower(t: Text) -> str:
    return t.lower()


@text("upper(t)", "All letters capital.", example='upper("Hello")', result="HELLO")
def upper(t: Text) -> str:
    return t.upper()


@text("trim(t)", "Without white space at both ends.", example='trim("  a b ")', result="a b")
def trim(t: Text) -> str:
    return t.strip(BLANKS)


@text("capitalize(t)", "The first character capital.", example='capitalize("make")', result="Make")
def capitalize(t: Text) -> str:
    return t[:1].upper() + t[1:]


@text(
    "startcase(t)",
    "Every word with a capital first letter and small others.",
    example='startcase("hello WORLD")',
    result="Hello World",
)
def startcase(t: Text) -> str:
    return _WORD.sub(lambda word: word[0][:1].upper() + word[0][1:].lower(), t)


@text(
    "ascii(t; [removeDiacritics])",
    "Without characters outside ASCII; with true accents are taken off letters first.",
    example='ascii("ěščřž"; true)',
    result="escrz",
)
def ascii_(t: Text, remove_diacritics: Truth = False) -> str:
    return (without_accents(t) if remove_diacritics else t).encode("ascii", "ignore").decode("ascii")


def without_accents(t: str) -> str:
    """Letters without their combining marks."""
    return "".join([c for c in unicodedata.normalize("NFD", t) if not unicodedata.combining(c)])


@text(
    "contains(text | array; search)",
    "Whether the text has this part (upper and lower case count), or the array this item.",
    example='contains("Hello World"; "Hello")',
    result=True,
)
def contains(where: Any_, search: Any_) -> bool:
    if where is None:
        return False
    if isinstance(where, list):
        return array_contains(where, search)
    return to_text(search) in to_text(where)


@text(
    "indexOf(t; v; [start])",
    "Where a part starts, counted from 0; −1 when it is not there.",
    example='indexOf("Make"; "k")',
    result=2,
)
def index_of(t: Text, v: Text, start: Int = 0) -> int:
    return t.find(v, min(max(start, 0), len(t)))


@text(
    "substring(t; start; [end])",
    "The characters from start, counted from 0, up to but not including end.",
    example='substring("Hello"; 1; 3)',
    result="el",
)
def substring(t: Text, start: Int, end: Int | None = None) -> str:
    first, last = max(start, 0), len(t) if end is None else max(end, 0)
    return t[min(first, last) : max(first, last)]


@text(
    "replace(t; search; repl)",
    "Every occurrence replaced. A search written `/pattern/flags` is a regular expression: without flag g "
    "only the first match; in the replacement `$&` is the match and `$1` its first group.",
    example='replace("a1b22"; "/\\d+/g"; "#")',
    result="a#b#",
)
def replace(scope: Scope, t: Text, search: Text, repl: Text) -> str:
    written = split_written(search)
    if written is not None:
        pattern = compile_pattern(*written, named_groups=False)
        return scope.search(lambda: replace_pattern(pattern, t, repl))
    if not search:
        return t
    check_text(len(t) + t.count(search) * (len(repl) - len(search)))
    return t.replace(search, repl)


@text("split(t; sep)", "The parts between separators.", example='split("a,b"; ",")', result=["a", "b"])
def split(t: Text, sep: Text) -> list[str]:
    check_items(t.count(sep) + 1 if sep else len(t))
    return t.split(sep) if sep else list(t)


@text(
    "toString(v)",
    "Any value as text; collections as JSON, dates as ISO 8601.",
    example="toString(1.5)",
    result="1.5",
)
def to_string(v: Text) -> str:
    return v


@text(
    "encodeURL(t)",
    "Percent-encoded for a part of an address.",
    example='encodeURL("a&b=c/d e")',
    result="a%26b%3Dc%2Fd%20e",
)
def encode_url(t: Text) -> str:
    return quote(t, safe="-_.!~*'()", errors="replace")


@text(
    "decodeURL(t)",
    "Percent-encoding undone.",
    example='decodeURL("Automate%20your%20workflow")',
    result="Automate your workflow",
)
def decode_url(t: Text) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", t):
        raise DataError(f"'{shorten(t)}' is not percent-encoded: a % stands without two hex digits")
    try:
        return unquote_to_bytes(t).decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(f"'{shorten(t)}' does not decode to UTF-8 text") from None


@text(
    "escapeHTML(t)",
    "`& < > \" '` as entities.",
    example='escapeHTML("<b>Hello</b>")',
    result="&lt;b&gt;Hello&lt;/b&gt;",
)
def escape_html(t: Text) -> str:
    return t.translate(_HTML)


@text(
    "escapeMarkdown(t)",
    "Markdown marks as entities.",
    example='escapeMarkdown("# Header")',
    result="&#35; Header",
)
def escape_markdown(t: Text) -> str:
    return t.translate(_MARKDOWN)


@text("stripHTML(t)", "Without HTML tags.", example='stripHTML("<b>Hello</b>")', result="Hello")
def strip_html(scope: Scope, t: Text) -> str:
    return scope.search(lambda: _substitute(_TAG, "", t))


@text(
    "replaceEmojiCharacters(t; repl)",
    "Each emoji replaced, together with its modifiers.",
    example='replaceEmojiCharacters("ok 😀"; "!")',
    result="ok !",
)
def replace_emoji(scope: Scope, t: Text, repl: Text) -> str:
    check_text(len(repl) * sum(1 for _ in _EMOJI.finditer(t)) if len(repl) > 1 else 0)
    return scope.search(lambda: _substitute(_EMOJI, repl, t))


def _substitute(pattern: Any, replacement: str, t: str) -> str:
    try:
        return str(pattern.sub(lambda _: replacement, t, timeout=PATTERN_SECONDS))
    except TimeoutError:
        raise DataError(
            f"the text took longer than the limit of {PATTERN_SECONDS:g} s",
            suggestion="work on a smaller text",
        ) from None
