"""An account that modules of this process act for, through the server that has its credentials."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from tieline.cli.reach import Server
from tieline.client import Response, ServerUnavailable


class Reached:
    """The account of a connection. It is its own sender: every request goes through the server's control API."""

    def __init__(self, server: Server, connection: str) -> None:
        """Raises Refused when there is no such connection."""
        self.server = server
        self.connection = connection
        found = server.call("GET", "/account", connection=connection)
        self.url: str = found["url"]
        self.timezone: str = found["timezone"]

    @property
    def sender(self) -> Reached:
        """Itself."""
        return self

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Response:
        """One request with its retries. Raises ServerUnavailable."""
        asked = {
            "connection": self.connection,
            "method": method,
            "path": path,
            "query": msgspec.to_builtins(query or {}),
            "body": None if body is None else body.decode(),
            "headers": dict(headers or {}),
            "repeatable": repeatable,
        }
        answer = await self.server.acall("POST", "/exchange", asked)
        if "failed" in answer:
            failure = ServerUnavailable(answer["failed"])
            failure.sent = bool(answer["sent"])
            raise failure
        return Response(answer["status"], answer["headers"], base64.b64decode(answer["body"]))
