"""Apps: those that have access to the account, and those that the account has registered."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm.oauth import apps, grants
from tieline.crm.oauth.apps import App, AppDraft
from tieline.errors import TielineError
from tieline.records.vocabulary import SCOPE_WORDS
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database, settings
from tieline.web.forms import Values, values_of
from tieline.web.page import go, render

PATH = "/settings/apps"


async def show(request: Request) -> Response:
    """Both lists, and the form that registers an app."""
    return await _page(request)


async def register(request: Request) -> Response:
    """A new app; its secret is shown once."""
    caller, values = await session.signed_in(request), await values_of(request)
    try:
        app, secret = await database(request).write(
            apps.register, caller.account_id, _draft(values), public="public" in values
        )
    except TielineError as error:
        return await _page(request, values=values, error=error)
    return await _page(request, made=app, secret=secret)


async def disconnect(request: Request) -> Response:
    """End an app's access to the account."""
    caller = await session.signed_in(request)
    await database(request).write(grants.disconnect, caller.account_id, request.path_params["number"])
    return go(request, PATH, "Disconnected. The app has no access any more.")


async def edit(request: Request) -> Response:
    """One app of one's own."""
    return await _app_page(request)


async def save(request: Request) -> Response:
    """What an app is called and where its users come back to."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    try:
        await database(request).write(apps.change, caller.account_id, number, _draft(values))
    except TielineError as error:
        return await _app_page(request, values=values, error=error)
    return go(request, f"{PATH}/{number}", "Saved.")


async def new_secret(request: Request) -> Response:
    """Another secret, shown once; the earlier one ends."""
    caller = await session.signed_in(request)
    try:
        secret = await database(request).write(
            apps.new_secret, caller.account_id, request.path_params["number"]
        )
    except TielineError as error:
        return await _app_page(request, error=error)
    return await _app_page(request, secret=secret)


async def revoke(request: Request) -> Response:
    """End an app for everybody."""
    caller = await session.signed_in(request)
    await database(request).write(apps.revoke, caller.account_id, request.path_params["number"])
    return go(request, PATH, "The app is revoked. Nobody can connect it, and its access has ended.")


def _draft(values: Values) -> AppDraft:
    return AppDraft(
        name=values.get("name", ""),
        redirect_uris=values.get("redirect_uris", "").split(),
        description=values.get("description", ""),
        logo_url=values.get("logo_url", ""),
    )


async def _page(
    request: Request,
    *,
    values: Values | None = None,
    error: TielineError | None = None,
    made: App | None = None,
    secret: str | None = None,
) -> Response:
    caller = await session.signed_in(request)

    def read(tx: Transaction) -> dict[str, Any]:
        return {
            "access": grants.list_access(tx, caller.account_id),
            "apps": apps.list_apps(tx, caller.account_id),
        }

    return await render(
        request,
        "apps.html",
        status=422 if error else 200,
        **await database(request).read(read),
        words=SCOPE_WORDS,
        values=values or {},
        error=error,
        made=made,
        secret=secret,
        url=settings(request).base_url,
    )


async def _app_page(
    request: Request,
    *,
    values: Values | None = None,
    error: TielineError | None = None,
    secret: str | None = None,
) -> Response:
    caller = await session.signed_in(request)
    app = await database(request).read(apps.find, caller.account_id, request.path_params["number"])
    shown = {
        "name": app.name,
        "description": app.description,
        "logo_url": app.logo_url,
        "redirect_uris": "\n".join(app.redirect_uris),
    }
    return await render(
        request,
        "app.html",
        status=422 if error else 200,
        app=app,
        values=values or shown,
        error=error,
        secret=secret,
        url=settings(request).base_url,
    )
