"""From the bytes of a request to plain data: JSON objects only, of a size and depth that everything else can bear."""

from __future__ import annotations

from typing import Any

from tieline.api.queries import shortened
from tieline.errors import InvalidInput, TooLarge
from tieline.records import codec

MOST_DEPTH = 64
MOST_INTEGER = 2**63 - 1  # what both databases store
BOM = b"\xef\xbb\xbf"


def too_large(limit: int) -> TooLarge:
    """The failure of a body above the limit."""
    return TooLarge(f"The body is larger than {limit} bytes", field="body", remedy="send less at once")


def read_object(raw: bytes, content_type: str = "") -> dict[str, Any]:
    """The JSON object in a body; an empty body is `{}` (0.3.7). Raises InvalidInput naming the field.

    The content type is not insisted on: what reads as JSON is JSON, whatever a client calls it.
    """
    data = raw.removeprefix(BOM).strip()
    if not data:
        return {}
    if not data.startswith((b"{", b"[")) and "json" not in content_type.lower() and content_type:
        raise InvalidInput(
            f"“{shortened(content_type)}” is not understood",
            field="Content-Type",
            remedy="send application/json",
        )
    value = codec.decode(Any, data)
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        raise InvalidInput(f"expected an object, got {kind}", field="body", remedy="send {…}")
    cleaned: dict[str, Any] = clean(value)
    return cleaned


def clean(value: Any, where: str = "", depth: int = 0) -> Any:
    """The same data without NUL characters, which no database stores. Raises InvalidInput naming the field."""
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    if isinstance(value, int) and abs(value) > MOST_INTEGER:
        raise InvalidInput("the number is too large", field=where or None, remedy="send at most 18 digits")
    if not isinstance(value, dict | list):
        return value
    if depth >= MOST_DEPTH:
        raise InvalidInput(
            "the JSON is nested too deeply", field=where.partition(".")[0] or None, remedy="send flatter data"
        )
    if isinstance(value, list):
        return [clean(item, f"{where}[{number}]", depth + 1) for number, item in enumerate(value)]
    inside = f"{where}." if where else ""
    return {clean(name): clean(item, inside + name, depth + 1) for name, item in value.items()}
