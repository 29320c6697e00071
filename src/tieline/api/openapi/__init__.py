"""The OpenAPI document of this server."""

from __future__ import annotations

from tieline.api.openapi.document import document, encoded

__all__ = ["document", "encoded"]
