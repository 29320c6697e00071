"""The owner's own API: accounts, connections, modules, scenarios, imports. The command line speaks it."""

from __future__ import annotations

from tieline.control.routes import routes

__all__ = ["routes"]
