"""Webhook subscriptions: who is told, how it went, and the way back from suspension."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import subscriptions, webhook_log
from tieline.crm.access import Caller
from tieline.errors import NotFound, TielineError
from tieline.records.webhook import EVERY_EVENT, SubscribeRequest, UnsubscribeRequest
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database, door, vault
from tieline.web.forms import values_of
from tieline.web.page import go, render


async def show(request: Request) -> Response:
    """The list and the delivery log."""
    return await _page(request, {}, None)


async def add(request: Request) -> Response:
    """Subscribe."""
    caller, values = await session.signed_in(request), await values_of(request)
    asked = SubscribeRequest(
        event=values.get("event"),
        target_url=values.get("target_url"),
        client_reference=values.get("client_reference") or None,
    )
    try:
        await database(request).write(subscriptions.subscribe, caller, asked, door=door(request))
    except TielineError as error:
        return await _page(request, values, error)
    return go(request, "/settings/webhooks", "Subscribed.")


async def resume(request: Request) -> Response:
    """Make a suspended subscription active again."""
    caller = await session.signed_in(request)
    await database(request).write(subscriptions.resume, caller, request.path_params["uniqueid"])
    return go(request, "/settings/webhooks", "Active again.")


async def secret(request: Request) -> Response:
    """Make a signing secret and show it once."""
    caller = await session.signed_in(request)
    made = await database(request).write(
        webhook_log.new_secret, caller, request.path_params["uniqueid"], vault(request)
    )
    return await _page(request, {}, None, secret=made)


async def test(request: Request) -> Response:
    """Send a test."""
    caller = await session.signed_in(request)
    await database(request).write(webhook_log.send_test, caller, request.path_params["uniqueid"])
    return go(request, "/settings/webhooks#log", "A test is on its way.")


async def redeliver(request: Request) -> Response:
    """Send a delivery once more."""
    caller = await session.signed_in(request)
    try:
        await database(request).write(webhook_log.redeliver, caller, int(request.path_params["delivery"]))
    except TielineError as error:
        return await _page(request, {}, error)
    return go(request, "/settings/webhooks#log", "On its way again.")


async def remove(request: Request) -> Response:
    """Unsubscribe."""
    caller = await session.signed_in(request)
    await database(request).write(_remove, caller, request.path_params["uniqueid"])
    return go(request, "/settings/webhooks", "Removed.")


def _remove(tx: Transaction, caller: Caller, uniqueid: str) -> None:
    found = next((s for s in subscriptions.list_subscriptions(tx, caller) if s.uniqueid == uniqueid), None)
    if found is None:
        raise NotFound("The subscription is gone already.")
    subscriptions.unsubscribe(tx, caller, UnsubscribeRequest(event=found.event, uniqueid=uniqueid))


async def _page(
    request: Request, values: dict[str, str], error: TielineError | None, *, secret: str | None = None
) -> Response:
    caller = await session.signed_in(request)
    listed, deliveries = await database(request).read(_read, caller)
    return await render(
        request,
        "webhooks.html",
        status=422 if error else 200,
        subscriptions=listed,
        deliveries=deliveries,
        secret=secret,
        events=EVERY_EVENT,
        values=values,
        error=error,
    )


def _read(tx: Transaction, caller: Caller) -> tuple[list[Any], list[dict[str, Any]]]:
    return subscriptions.list_subscriptions(tx, caller), webhook_log.deliveries(tx, caller)
