"""What an assistant may do: read; write; delete. Fewer than its key could, unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline.errors import InvalidInput
from tieline.modules import Module

READ, WRITE, DELETE = "read", "write", "delete"
Grants = frozenset[str]
EVERY: Grants = frozenset({READ, WRITE, DELETE})
USUAL: Grants = frozenset({READ, WRITE})  # a deletion cannot be undone, so it is asked for by name


def parse(text: str) -> Grants:
    """The grants of a text such as `read, write`. Raises InvalidInput naming those there are."""
    words = frozenset(text.replace(",", " ").lower().split())
    if unknown := sorted(words - EVERY):
        raise InvalidInput(
            f"“{unknown[0]}” is no grant", field="grants", remedy=f"any of: {READ}, {WRITE}, {DELETE}"
        )
    if not words:
        raise InvalidInput("is empty", field="grants", remedy=f"any of: {READ}, {WRITE}, {DELETE}")
    return words


def needed(module: Module, arguments: Mapping[str, Any] | None = None) -> Grants:
    """The grants that a call needs; without arguments, the fewest that any call of the module needs."""
    if module.kind == "universal":
        reads = str((arguments or {}).get("method") or "GET").upper() == "GET"
        # What another method does depends on the path, which may be one that deletes.
        return frozenset({READ}) if reads else EVERY
    if module.deletes:
        return frozenset({DELETE})
    writes = module.writes or module.kind == "instant_trigger"
    return frozenset({WRITE}) if writes else frozenset({READ})


def lacking(module: Module, arguments: Mapping[str, Any], grants: Grants) -> str | None:
    """Why the call is not allowed, and how to allow it; None when it is."""
    missing = sorted(needed(module, arguments) - grants)
    if not missing:
        return None
    names = " and ".join(missing)
    return (
        f"{module.label}: this connection may not {names} (the person who set it up can allow it: "
        f"tieline mcp --allow {','.join(sorted(grants | set(missing)))}, or the header Tieline-Grants)"
    )
