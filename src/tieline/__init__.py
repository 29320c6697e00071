"""Tieline: a self-hosted relationship server, the Cloze modules, and an engine that runs scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["AsyncCloze", "Cloze", "__version__"]

if TYPE_CHECKING:
    from tieline.client import AsyncCloze, Cloze


def __getattr__(name: str) -> object:
    # The client is imported on first use: `import tieline` stays cheap for the server's rooms.
    if name in {"Cloze", "AsyncCloze"}:
        from tieline import client

        return getattr(client, name)
    raise AttributeError(f"module 'tieline' has no attribute {name!r}")
