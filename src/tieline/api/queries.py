"""What stands in a query string: text that means booleans and whole numbers (contract 0.3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tieline.errors import InvalidInput

MOST_PARAMETERS = 1000
WORDS = {
    "true": True, "1": True, "yes": True,
    "false": False, "0": False, "no": False,
}  # fmt: skip


def parse(query_string: bytes) -> dict[str, str]:
    """Name to value. Of a repeated name the last counts; an empty value is kept. Raises InvalidInput."""
    if not query_string:
        return {}
    parts = query_string.decode("latin-1").replace("+", " ").split("&")
    if len(parts) > MOST_PARAMETERS:
        raise InvalidInput("too many parameters", field="query", remedy="send fewer")
    found = {}
    for part in parts:
        if part:
            name, _, value = part.partition("=")
            found[unquote(name) if "%" in name else name] = unquote(value) if "%" in value else value
    # No database stores NUL in text, hence no record can be meant by it.
    if b"%00" in query_string or b"\0" in query_string:
        found = {name: value.replace("\0", "") for name, value in found.items()}
    return found


def boolean(parameters: Mapping[str, Any], name: str) -> bool | None:
    """The boolean of that name; None when it is not given. Raises InvalidInput naming it."""
    value = parameters.get(name)
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if not word:
        return None
    if word not in WORDS:
        raise InvalidInput(
            f"“{shortened(value)}” is neither true nor false", field=name, remedy="send true or false"
        )
    return WORDS[word]


def whole(parameters: Mapping[str, Any], name: str) -> int | None:
    """The whole number of that name; None when it is not given. Raises InvalidInput naming it."""
    value = parameters.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    word = "" if value is None else str(value).strip()
    if not word:
        return None
    digits = word.removeprefix("-")
    if isinstance(value, bool) or not (digits.isascii() and digits.isdecimal()) or len(digits) > 15:
        raise InvalidInput(f"“{shortened(value)}” is not a whole number", field=name, remedy="send digits")
    return int(word)


def text(parameters: Mapping[str, Any], name: str) -> str | None:
    """The text of that name, trimmed; None when it is not given or empty. Raises InvalidInput naming it."""
    value = parameters.get(name)
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise InvalidInput("expected text", field=name, remedy="send one value")
    return str(value).strip() or None


def shortened(value: Any) -> str:
    """A value as it may be repeated in a message."""
    shown = str(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
