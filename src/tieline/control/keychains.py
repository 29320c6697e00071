"""Keychains of an account, for the command line."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.scenarios import keychains
from tieline.store.database import Transaction


async def add(context: Context) -> Any:
    """Store a keychain; its secrets are never answered."""
    body = await context.body()
    fields = body.get("fields")
    return await context.database.write(
        keychains.create,
        context.vault,
        context.account.account_id,
        str(body.get("name") or ""),
        str(body.get("kind") or ""),
        fields if isinstance(fields, dict) else {},
    )


async def listing(context: Context) -> Any:
    """The account's keychains."""
    return await context.database.read(keychains.list_keychains, context.account.account_id)


async def remove(context: Context) -> Any:
    """Remove a keychain that nothing uses."""
    account_id, name = context.account.account_id, context.request.path_params["name"]

    def act(tx: Transaction) -> dict[str, Any]:
        row = keychains.find_by_name(tx, account_id, name)
        keychains.remove(tx, account_id, int(row["id"]))
        return {"removed": row["name"]}

    return await context.database.write(act)
