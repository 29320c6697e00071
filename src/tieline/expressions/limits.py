"""What stops a mapping that would otherwise eat the machine. Each error names its limit.

A value from outside may be larger than these (a 50 MB file passes through untouched); the limits
hold for what an expression builds and for how much it may walk through.
"""

from __future__ import annotations

from typing import Final

from tieline.expressions.errors import DataError

MAX_TEXT: Final = 16 * 1024 * 1024
"""Characters (or bytes) of a text or buffer that an expression builds."""

MAX_ITEMS: Final = 1_000_000
"""Items of an array that an expression builds."""

MAX_DEPTH: Final = 200
"""Nesting of calls and parentheses in one expression."""

MAX_EXPRESSION: Final = 100_000
"""Characters between one pair of braces."""

MAX_EXPRESSIONS: Final = 10_000
"""Pairs of braces in one template."""

MAX_STEPS: Final = 200_000_000
"""Characters and items walked through in one evaluation; an array item counts ITEM_STEPS."""

ITEM_STEPS: Final = 20

MAX_PATTERN: Final = 10_000
"""Characters of a regular expression."""

MAX_PATTERN_DEPTH: Final = 100
"""Nested groups in a regular expression."""

PATTERN_SECONDS: Final = 1.0
"""Time for one search or replacement by a regular expression."""

MAX_FORMAT: Final = 10_000
"""Characters of a date format."""

PATTERN_STEPS: Final = 20_000_000
"""What a second of searching by regular expressions counts, so that many slow ones add up."""

LARGE: Final = 4096
"""Values up to this size are not worth counting."""


def check_text(length: int) -> None:
    """Refuse a text or buffer of `length` before it is built."""
    if length > MAX_TEXT:
        raise DataError(
            f"the result would be {length:,} characters long, and the limit is {MAX_TEXT:,}",
            suggestion="work on a smaller text",
        )


def check_items(count: int) -> None:
    """Refuse an array of `count` items before it is built."""
    if count > MAX_ITEMS:
        raise DataError(
            f"the result would have {count:,} items, and the limit is {MAX_ITEMS:,}",
            suggestion="work on a smaller array",
        )
