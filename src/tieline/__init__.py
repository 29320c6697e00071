"""Tieline: a self-hosted relationship server, the Cloze modules, and an engine that runs scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["AsyncCloze", "Cloze", "ModuleError", "__version__"]

if TYPE_CHECKING:
    from tieline.modules.cloze import AsyncCloze, Cloze
    from tieline.modules.errors import ModuleError


def __getattr__(name: str) -> object:
    # The client is imported on first use: `import tieline` stays cheap for the server's rooms.
    if name in {"Cloze", "AsyncCloze"}:
        from tieline.modules import cloze

        return getattr(cloze, name)
    if name == "ModuleError":
        from tieline.modules.errors import ModuleError

        return ModuleError
    raise AttributeError(f"module 'tieline' has no attribute {name!r}")
