"""`tieline mcp`: the modules as tools of an assistant, over standard input and output."""

from __future__ import annotations

import asyncio

from tieline.cli import output
from tieline.cli.account import reach
from tieline.cli.reach import Server, is_running
from tieline.client import AsyncCloze
from tieline.mcp.grants import Grants
from tieline.mcp.visit import Visit
from tieline.settings import Settings


def serve(settings: Settings, account: str | None, connection: str, allowed: Grants) -> None:
    """Act for an account of this server until the input ends."""
    from tieline.mcp.server import serve_stdio

    if not is_running(settings):
        output.progress(f"No server runs: this process works on {settings.data_dir} until it ends.")
    with Server(settings, account) as server:
        cloze, timezone = reach(server, connection)
        server.run(serve_stdio(Visit(cloze, allowed, timezone)))


def serve_elsewhere(url: str, api_key: str, allowed: Grants) -> None:
    """Act for an account of another server, such as api.cloze.com."""
    from tieline.mcp.server import serve_stdio

    async def main() -> None:
        async with AsyncCloze(api_key=api_key, url=url) as cloze:
            await serve_stdio(Visit(cloze, allowed))

    asyncio.run(main())
