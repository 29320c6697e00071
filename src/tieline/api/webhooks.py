"""Subscriptions to changes (contract 5.1, 5.2)."""

from __future__ import annotations

from tieline.api import queries
from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm import subscriptions, webhook_log
from tieline.errors import InvalidInput
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


# Extensions


async def resume(call: Call) -> bytes:
    """Make a suspended subscription active again: `uniqueid`."""
    uniqueid = _uniqueid(call)

    def act(tx: Transaction) -> bytes:
        subscriptions.resume(tx, call.caller, uniqueid)
        return success()

    return await call.write(act)


async def secret(call: Call) -> bytes:
    """A new secret for a subscription (`uniqueid`), shown this once; it signs every delivery from now on."""
    uniqueid = _uniqueid(call)

    def act(tx: Transaction) -> bytes:
        return success(secret=webhook_log.new_secret(tx, call.caller, uniqueid, call.vault))

    # Not kept for an Idempotency-Key: a secret is stored nowhere in the clear.
    return await call.database.write(act)


async def test(call: Call) -> bytes:
    """Send a notification that says it is a test: `uniqueid`."""
    uniqueid = _uniqueid(call)

    def act(tx: Transaction) -> bytes:
        return success(delivery=webhook_log.send_test(tx, call.caller, uniqueid))

    return await call.write(act)


async def deliveries(call: Call) -> bytes:
    """What was sent: `uniqueid`, `state` (waiting, delivered, failed, dropped), `limit`."""
    found = await call.read_slow(
        webhook_log.deliveries,
        call.caller,
        uniqueid=queries.text(call.query, "uniqueid"),
        state=queries.text(call.query, "state"),
        most=queries.whole(call.query, "limit") or webhook_log.DEFAULT,
    )
    return success(list=found)


async def redeliver(call: Call) -> bytes:
    """Send a finished delivery once more: `delivery`."""
    delivery = queries.whole(call.object(), "delivery")
    if delivery is None:
        raise InvalidInput("is required", field="delivery", remedy="the number that deliveries answers")

    def act(tx: Transaction) -> bytes:
        webhook_log.redeliver(tx, call.caller, delivery)
        return success()

    return await call.write(act)


def _uniqueid(call: Call) -> str:
    uniqueid = queries.text(call.object(), "uniqueid")
    if uniqueid is None:
        raise InvalidInput("is required", field="uniqueid", remedy="the id of a subscription")
    return uniqueid
