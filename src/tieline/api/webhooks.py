"""Subscriptions to changes (contract 5.1, 5.2)."""

from __future__ import annotations

from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm import subscriptions
from tieline.records.webhook import SubscribeRequest, UnsubscribeRequest
from tieline.store.database import Transaction


async def subscribe(call: Call) -> bytes:
    """A new subscription; the same event and client_reference replace the one before."""
    request = call.record(SubscribeRequest, "subscription")

    def act(tx: Transaction) -> bytes:
        return success(uniqueid=subscriptions.subscribe(tx, call.caller, request, door=call.door))

    return await call.write(act)


async def unsubscribe(call: Call) -> bytes:
    """The end of a subscription."""
    request = call.record(UnsubscribeRequest, "subscription")

    def act(tx: Transaction) -> bytes:
        subscriptions.unsubscribe(tx, call.caller, request)
        return success()

    return await call.write(act)


async def listing(call: Call) -> bytes:
    """The caller's subscriptions, suspended ones included."""
    return success(list=await call.read(subscriptions.list_subscriptions, call.caller))
