"""The built-in modules. Each is one function from evaluated input to bundles; adding one is one entry of a table."""

from __future__ import annotations

from tieline.scenarios.tools import aggregators, datastore, flow, http, mail, responding, texts
from tieline.scenarios.tools.services import Services
from tieline.scenarios.tools.tool import Surroundings, Tool, Variables

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for room in (flow, aggregators, http, texts, datastore, mail, responding)
    for tool in room.TOOLS
}

__all__ = ["TOOLS", "Services", "Surroundings", "Tool", "Variables"]
