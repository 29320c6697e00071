"""An account that this process acts for, through the server that has its credentials."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from tieline.cli.reach import Refused, Server
from tieline.client import AsyncCloze, Response, ServerUnavailable


class ControlTransport:
    """Every request goes through the server's control API, which adds the credentials of the connection."""

    def __init__(self, server: Server, connection: str) -> None:
        self.server = server
        self.connection = connection

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        """The answer to a request for `path` at the other side. Raises ServerUnavailable."""
        asked = {
            "connection": self.connection,
            "method": method,
            "path": path,
            "query": dict(params),
            "body": None if body is None else body.decode(),
            "headers": dict(headers),
            "repeatable": method in {"GET", "HEAD"} or "Idempotency-Key" in headers,
        }
        try:
            answer = await self.server.acall("POST", "/exchange", asked)
        except Refused as error:
            raise ServerUnavailable(str(error)) from None
        if "failed" in answer:
            failure = ServerUnavailable(answer["failed"])
            failure.sent = bool(answer["sent"])
            raise failure
        return Response(answer["status"], answer["headers"], base64.b64decode(answer["body"]))

    async def close(self) -> None:
        """Nothing to let go: the server is somebody else's."""


def reach(server: Server, connection: str) -> tuple[AsyncCloze, str]:
    """A client for the account of a connection, and the account's time zone. Raises Refused when there is none.

    The server tries again where that is safe; a second time here would only multiply the attempts.
    """
    found = server.call("GET", "/account", connection=connection)
    client = AsyncCloze(url=found["url"], transport=ControlTransport(server, connection), retries=0)
    return client, str(found["timezone"])
