"""Apps of an account, for the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from tieline.control.frame import Context
from tieline.crm.oauth import apps
from tieline.crm.oauth.apps import App, AppDraft
from tieline.errors import InvalidInput, NotFound
from tieline.store.database import Transaction


async def register(context: Context) -> Any:
    """A new app; its secret is answered this once."""
    body = await context.body()
    addresses = body.get("redirect_uris")
    if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
        raise InvalidInput("is required", field="redirect_uris", remedy="send a list of addresses")
    draft = AppDraft(
        str(body.get("name") or ""),
        addresses,
        str(body.get("description") or ""),
        str(body.get("logo_url") or ""),
    )
    app, secret = await context.database.write(
        apps.register, context.account.account_id, draft, public=body.get("public") is True
    )
    return {**shown(app), "client_secret": secret}


async def listing(context: Context) -> Any:
    """The account's apps."""
    found = await context.database.read(apps.list_apps, context.account.account_id)
    return [shown(app) for app in found]


async def revoke(context: Context) -> Any:
    """End an app, named by its client id."""
    account_id, client_id = context.account.account_id, context.request.path_params["client_id"]

    def act(tx: Transaction) -> dict[str, Any]:
        app = apps.find_by_client_id(tx, client_id)
        if app is None or app.account_id != account_id:
            raise NotFound(f"There is no app {client_id}.", remedy="tieline app list shows them")
        apps.revoke(tx, account_id, app.id)
        return {"revoked": app.name, "client_id": client_id}

    return await context.database.write(act)


def shown(app: App) -> dict[str, Any]:
    """An app as commands see it."""
    found: dict[str, Any] = msgspec.to_builtins(app)
    return {name: value for name, value in found.items() if name not in {"id", "account_id"}}
