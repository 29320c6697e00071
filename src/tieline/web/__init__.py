"""The pages."""

from __future__ import annotations

from tieline.web.routes import routes

__all__ = ["routes"]
