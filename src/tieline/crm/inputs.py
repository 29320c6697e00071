"""Reading the fields of a request that may be absent, null or loosely typed."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from tieline.errors import InvalidInput

T = TypeVar("T")


def given(value: T | UnsetType | None) -> T | None:
    """The value, or None when the field is absent or null."""
    return None if value is UNSET or value is None else value


def text_of(value: Any) -> str:
    """A text field, trimmed; empty when it is absent. NUL, which PostgreSQL cannot store, is dropped."""
    found = given(value)
    return "" if found is None else str(found).replace("\0", "").strip()


def choice_of(
    value: Any,
    choices: tuple[str, ...] | dict[str, str],
    *,
    field: str,
    aliases: dict[str, str] | None = None,
) -> str | None:
    """One of `choices`, whatever its case; None when absent. Raises InvalidInput naming the choices."""
    text = text_of(value).lower()
    if not text:
        return None
    text = (aliases or {}).get(text, text)
    if text not in choices:
        raise InvalidInput(f"must be one of {', '.join(choices)}", field=field)
    return text


def number_of(value: Any, *, field: str) -> int | float | None:
    """A number that is not negative; None when absent. Raises InvalidInput."""
    found = given(value)
    if found is None or found == "":
        return None
    try:
        number = float(found)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(found, bool) or not 0 <= number < 1e12:
        raise InvalidInput("must be a number, 0 or more", field=field)
    return int(number) if number.is_integer() else number
