"""Webhook subscriptions: who is told, how it went, and the way back from suspension."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import subscriptions
from tieline.crm.access import Caller
from tieline.errors import NotFound, TielineError
from tieline.records.webhook import EVERY_EVENT, SubscribeRequest, UnsubscribeRequest
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import delivery, delivery_attempt, subscription
from tieline.web import session
from tieline.web.context import database, door
from tieline.web.forms import values_of
from tieline.web.page import go, render

ATTEMPTS = Statement(
    select(
        delivery_attempt.c.at,
        delivery_attempt.c.duration,
        delivery_attempt.c.outcome,
        delivery_attempt.c.status,
        delivery_attempt.c.answer,
        delivery_attempt.c.error,
        delivery.c.body,
        delivery.c.state,
        subscription.c.event,
        subscription.c.target_url,
    )
    .join(delivery, delivery.c.id == delivery_attempt.c.delivery_id)
    .join(subscription, subscription.c.id == delivery.c.subscription_id)
    .where(delivery.c.account_id == bindparam("account_id"))
    .order_by(delivery_attempt.c.id.desc())
    .limit(50)
)


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


async def _page(request: Request, values: dict[str, str], error: TielineError | None) -> Response:
    caller = await session.signed_in(request)
    listed, attempts = await database(request).read(_read, caller)
    return await render(
        request,
        "webhooks.html",
        status=422 if error else 200,
        subscriptions=listed,
        attempts=attempts,
        events=EVERY_EVENT,
        values=values,
        error=error,
    )


def _read(tx: Transaction, caller: Caller) -> tuple[list[Any], list[Row]]:
    return subscriptions.list_subscriptions(tx, caller), tx.all(ATTEMPTS, {"account_id": caller.account_id})
