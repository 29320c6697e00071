"""The Cloze API over HTTP."""

from __future__ import annotations

from tieline.api.routes import routes

__all__ = ["routes"]
