"""The delivery log of a subscription, as pages show it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from tieline.crm.access import Caller
from tieline.errors import NotFound
from tieline.store import tables
from tieline.store.database import Row, Statement, Transaction

_subscription = tables.subscription.c
_delivery = tables.delivery.c
_attempt = tables.delivery_attempt.c

_OWN = Statement(
    select(_subscription.id).where(
        _subscription.account_id == bindparam("account_id"), _subscription.uniqueid == bindparam("wanted")
    )
)
_DELIVERIES = Statement(
    select(tables.delivery)
    .where(_delivery.subscription_id == bindparam("wanted"), _delivery.id < bindparam("before"))
    .order_by(_delivery.id.desc())
    .limit(bindparam("most"))
)
_ATTEMPTS = Statement(
    select(tables.delivery_attempt)
    .where(_attempt.delivery_id.in_(bindparam("deliveries", expanding=True)))
    .order_by(_attempt.id)
)


class AttemptView(msgspec.Struct, frozen=True):
    """One attempt. `status` is absent when no answer came; `answer` is its beginning."""

    at: int
    duration: int  # ms
    outcome: str  # success | failure | suspend
    status: int | None
    answer: str
    error: str


class DeliveryView(msgspec.Struct, frozen=True):
    """One notification: what was sent, how often, and where it stands."""

    id: int
    change_id: int
    state: str  # waiting | delivered | failed | dropped
    created: int
    next_attempt: int | None
    finished: int | None
    notification: list[dict[str, Any]]
    attempts: list[AttemptView]


def delivery_log(
    tx: Transaction, caller: Caller, uniqueid: str, *, limit: int = 50, before: int | None = None
) -> list[DeliveryView]:
    """The newest deliveries of a subscription; `before` continues from the id of the last one shown.

    Raises NotFound.
    """
    subscription_id = tx.scalar(_OWN, {"account_id": caller.account_id, "wanted": uniqueid})
    if subscription_id is None:
        raise NotFound("The subscription was not found")
    below = 2**62 if before is None else before
    rows = tx.all(_DELIVERIES, {"wanted": subscription_id, "before": below, "most": limit})
    attempts: dict[int, list[AttemptView]] = {row["id"]: [] for row in rows}
    if rows:
        for row in tx.all(_ATTEMPTS, {"deliveries": list(attempts)}):
            attempts[row["delivery_id"]].append(_attempt_view(row))
    return [_delivery_view(row, attempts[row["id"]]) for row in rows]


def _attempt_view(row: Row) -> AttemptView:
    return AttemptView(row["at"], row["duration"], row["outcome"], row["status"], row["answer"], row["error"])


def _delivery_view(row: Row, attempts: list[AttemptView]) -> DeliveryView:
    return DeliveryView(
        id=row["id"],
        change_id=row["change_id"],
        state=row["state"],
        created=row["created"],
        next_attempt=row["next_attempt"],
        finished=row["finished"],
        notification=msgspec.json.decode(row["body"]),
        attempts=attempts,
    )
