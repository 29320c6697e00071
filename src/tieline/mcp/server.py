"""The protocol's server: tools, resources, and whom a request acts for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server

from tieline import __version__
from tieline.mcp import resources, tools
from tieline.mcp.visit import Visit

Context = ServerRequestContext[Any, Any]
FRESH = 300_000  # ms: how long lists may be kept; what they hold changes with the version alone
INSTRUCTIONS = (
    f"Relationships: people, companies, projects and their timelines. Read {resources.GUIDE} first. Searches are paged; "
    "writes can be tried with dryRun. Values of segment, stage and step come from tieline://vocabulary."
)


def create_server(visit_of: Callable[[Context], Awaitable[Visit]]) -> Server[Any]:
    """A server whose requests act for the visit that `visit_of` gives."""

    async def list_tools(context: Context, _: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        visit = await visit_of(context)
        return types.ListToolsResult(tools=tools.tools(visit.grants))

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        return await tools.call(await visit_of(context), params.name, params.arguments or {})

    async def list_resources(
        _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=resources.listed())

    async def list_templates(
        _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=resources.templates())

    async def read_resource(
        context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        return await resources.read(await visit_of(context), params.uri)

    return Server(
        "tieline",
        version=__version__,
        title="Tieline",
        description="Your relationships, and what happens with them.",
        instructions=INSTRUCTIONS,
        cache_hints={
            "tools/list": CacheHint(FRESH),
            "resources/list": CacheHint(FRESH),
            "resources/templates/list": CacheHint(FRESH),
        },
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )


async def serve_stdio(visit: Visit) -> None:
    """Serve one visit over standard input and output, until the input ends."""
    from mcp.server.stdio import stdio_server

    async def always(_: Context) -> Visit:
        return visit

    server = create_server(always)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
