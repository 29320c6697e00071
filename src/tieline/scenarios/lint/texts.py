"""The texts of a blueprint with the JSON pointers that lead to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tieline.scenarios.blueprint import DEPTH_LIMIT

PLACE = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def texts(data: Any, pointer: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(pointer, text) of every text in JSON data; what is nested too deeply is left to the compiler to refuse."""
    if isinstance(data, str):
        yield pointer, data
    elif depth > DEPTH_LIMIT:
        return
    elif isinstance(data, dict):
        for name, item in data.items():
            yield from texts(item, below(pointer, name), depth + 1)
    elif isinstance(data, list):
        for position, item in enumerate(data):
            yield from texts(item, below(pointer, position), depth + 1)


def below(pointer: str, name: str | int) -> str:
    """The pointer to a member (RFC 6901)."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def pointer_of(field: str | None) -> str:
    """`conditions[1][2].o`, whose positions count from 1, as `/conditions/0/1/o`."""
    parts = (str(int(m[1]) - 1) if m[1] else m[2] for m in PLACE.finditer(field or ""))
    return "".join(f"/{part}" for part in parts)
