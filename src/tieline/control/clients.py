"""The way to an account of a connection: for commands that run modules themselves, request by request."""

from __future__ import annotations

from typing import Any

from tieline.client import AsyncCloze, ClozeError
from tieline.control.frame import Context
from tieline.errors import InvalidInput
from tieline.modules import connections
from tieline.store.database import Row


async def client_of(context: Context, name: str) -> tuple[AsyncCloze, Row]:
    """A client that acts for the connection of that name, and the connection's row. Raises NotFound."""
    row = await context.database.write(connections.find_by_name, context.account.account_id, name)
    local = context.engine.local
    owner = context.account.name or context.account.email
    client = connections.open_client(
        row, context.vault, lambda account_id: local(account_id, owner), context.door, context.database
    )
    return client, row


async def account(context: Context) -> Any:
    """Whom the command acts for, and where the connection leads."""
    client, row = await client_of(
        context, context.request.query_params.get("connection") or connections.THIS_ACCOUNT
    )
    found = context.account
    return {
        "email": found.email,
        "timezone": found.timezone,
        "connection": row["name"],
        "url": client.url,
    }


async def exchange(context: Context) -> Any:
    """One request for a connection, with the credentials that only the server has. The answer comes back unread."""
    asked = await context.body()
    method, path = str(asked.get("method") or "GET"), str(asked.get("path") or "")
    if not path.startswith("/"):
        raise InvalidInput("must be a path", field="path", remedy="write it like /v1/people/find")
    client, _ = await client_of(context, str(asked.get("connection") or connections.THIS_ACCOUNT))
    text = asked.get("body")
    try:
        answer = await client.sender.exchange(
            method,
            path,
            query=asked.get("query") or {},
            body=text.encode() if isinstance(text, str) else None,
            headers=asked.get("headers") or {},
            repeatable=bool(asked.get("repeatable")),
        )
    except ClozeError as error:
        return {"failed": error.message, "sent": getattr(error, "sent", True)}
    return {"status": answer.status, "headers": answer.headers, "body": answer.body}
