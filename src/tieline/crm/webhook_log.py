"""What was sent to whom, and what one may do about it (extensions of contract 5): sign, try, look, send again."""

from __future__ import annotations

import base64
import hmac
import os
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, func, select, update

from tieline import clock
from tieline.crm.access import Caller
from tieline.errors import Conflict, NotFound
from tieline.jobs import defer
from tieline.store import tables
from tieline.store.database import Row, Statement, Transaction
from tieline.vault import Vault

SECRET_PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 24
DEFAULT: Final = 50
MOST: Final = 1000
BODY_SHOWN: Final = 4000  # characters of a body in a list

_delivery = tables.delivery.c
_attempt = tables.delivery_attempt.c
_subscription = tables.subscription.c

SUBSCRIPTION = Statement(
    select(tables.subscription).where(
        _subscription.account_id == bindparam("account_id"), _subscription.uniqueid == bindparam("wanted")
    )
)
KEEP_SECRET = Statement(
    update(tables.subscription)
    .where(_subscription.id == bindparam("wanted"))
    .values(secret=bindparam("encrypted"))
)
DELIVERY = Statement(
    select(
        _delivery.id,
        _delivery.state,
        _delivery.subscription_id,
        _subscription.suspended,
        _subscription.expires,
    )
    .join_from(tables.delivery, tables.subscription, _subscription.id == _delivery.subscription_id)
    .where(_delivery.account_id == bindparam("account_id"), _delivery.id == bindparam("wanted"))
)
AGAIN = Statement(
    update(tables.delivery)
    .where(_delivery.id == bindparam("wanted"))
    .values(state="waiting", next_attempt=bindparam("now"), finished=None, attempts=0)
)
ATTEMPTS = Statement(
    select(tables.delivery_attempt)
    .where(_attempt.delivery_id.in_(bindparam("deliveries", expanding=True)))
    .order_by(_attempt.id)
)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header of Standard Webhooks: HMAC-SHA256 over id, time in seconds and body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def new_secret(tx: Transaction, caller: Caller, uniqueid: str, vault: Vault) -> str:
    """A secret that signs a subscription's deliveries from now on. It cannot be read again. Raises NotFound."""
    row = _find(tx, caller, uniqueid)
    secret = SECRET_PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()
    tx.run(KEEP_SECRET, {"wanted": row["id"], "encrypted": vault.encrypt(secret)})
    return secret


def send_test(tx: Transaction, caller: Caller, uniqueid: str) -> int:
    """Send a notification that says it is a test; the id of its delivery. Raises NotFound, Conflict when suspended."""
    row = _find(tx, caller, uniqueid)
    _check_active(row)
    noun = row["event"].partition(".")[0]
    about = {"syncKey": "test", "name": "A test of this webhook", "subject": "A test of this webhook"}
    told = [{"event": row["event"], noun: about, "changes": {}, "test": True}]
    now = clock.now_ms()
    delivery_id = tx.insert(
        tables.delivery,
        {
            "account_id": caller.account_id,
            "subscription_id": row["id"],
            "change_id": 0,
            "body": msgspec.json.encode(told).decode(),
            "state": "waiting",
            "created": now,
            "next_attempt": now,
            "actor": msgspec.json.encode(caller.actor).decode(),
        },
    )
    _send(tx, delivery_id, row["id"])
    return delivery_id


def redeliver(tx: Transaction, caller: Caller, delivery_id: int) -> None:
    """Send a finished delivery once more, with the same body and `webhook-id`. Raises NotFound, Conflict."""
    row = tx.one(DELIVERY, {"account_id": caller.account_id, "wanted": delivery_id})
    if row is None:
        raise NotFound("There is no such delivery", field="delivery")
    if row["state"] == "waiting":
        raise Conflict("It has not been given up: it is tried again by itself")
    _check_active(row)
    tx.run(AGAIN, {"wanted": delivery_id, "now": clock.now_ms()})
    _send(tx, delivery_id, row["subscription_id"])


def deliveries(
    tx: Transaction,
    caller: Caller,
    *,
    uniqueid: str | None = None,
    state: str | None = None,
    most: int = DEFAULT,
) -> list[dict[str, Any]]:
    """The newest deliveries with their attempts, as the API and the pages show them. Raises NotFound."""
    conditions = [_delivery.account_id == caller.account_id]
    if uniqueid:
        conditions.append(_delivery.subscription_id == _find(tx, caller, uniqueid)["id"])
    if state:
        conditions.append(_delivery.state == state)
    rows = tx.all(
        select(
            _delivery.id,
            _delivery.state,
            _delivery.created,
            _delivery.next_attempt,
            _delivery.finished,
            func.substr(_delivery.body, 1, BODY_SHOWN).label("body"),
            _subscription.uniqueid,
            _subscription.event,
            _subscription.target_url,
        )
        .join_from(tables.delivery, tables.subscription, _subscription.id == _delivery.subscription_id)
        .where(*conditions)
        .order_by(_delivery.id.desc())
        .limit(min(max(most, 1), MOST))
    )
    attempts: dict[int, list[dict[str, Any]]] = {}
    for row in tx.all(ATTEMPTS, {"deliveries": [row["id"] for row in rows]}) if rows else ():
        attempts.setdefault(row["delivery_id"], []).append(
            _set({name: row[name] for name in ("at", "duration", "outcome", "status", "answer", "error")})
        )
    return [
        _set(
            {
                "delivery": row["id"],
                "webhookId": f"msg_{row['id']}",
                **{name: row[name] for name in ("uniqueid", "event", "target_url", "state", "created")},
                "nextAttempt": row["next_attempt"],
                "finished": row["finished"],
                "body": row["body"],
                "attempts": attempts.get(row["id"], []),
            }
        )
        for row in rows
    ]


def _find(tx: Transaction, caller: Caller, uniqueid: str) -> Row:
    row = tx.one(SUBSCRIPTION, {"account_id": caller.account_id, "wanted": uniqueid})
    if row is None:
        raise NotFound("The subscription was not found", field="uniqueid")
    return row


def _check_active(row: Row) -> None:
    if row["suspended"] is not None:
        raise Conflict("The subscription is suspended", remedy="resume it first")
    if row["expires"] is not None and row["expires"] <= clock.now_ms():
        raise Conflict("The subscription has expired", remedy="subscribe again")


def _send(tx: Transaction, delivery_id: int, subscription_id: int) -> None:
    defer(tx, "delivery.send", {"id": delivery_id}, lock=f"subscription:{subscription_id}")


def _set(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
