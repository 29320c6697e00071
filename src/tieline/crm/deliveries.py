"""Sending webhook deliveries: attempts, retries, suspension, expiry (contract 5.5).

A delivery is a row and a job, both made by the write that caused it. Jobs of one subscription run one after
the other in the order of the changes; a delivery that waits for its retry lets the later ones pass. A crash
between sending and recording sends again, with the same `webhook-id`.
"""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, case, delete, func, select, update

from tieline import clock
from tieline.crm import outcomes
from tieline.crm.access import Actor
from tieline.crm.outcomes import DAY, HOUR, MINUTE, Attempts, Outcome
from tieline.crm.subscriptions import next_sweep
from tieline.crm.webhook_log import signature
from tieline.errors import TielineError
from tieline.http import Door
from tieline.jobs import Handler, Job, Retry
from tieline.settings import Settings
from tieline.store import tables
from tieline.store.database import Database, Row, Statement, Transaction
from tieline.vault import Vault

MAX_ANSWER: Final = 64_000  # bytes; a confirmation has a dozen
MAX_REDIRECTS: Final = 2

_delivery = tables.delivery.c
_subscription = tables.subscription.c
_attempt = tables.delivery_attempt.c

_LOAD = Statement(
    select(
        _delivery.id,
        _delivery.body,
        _delivery.state,
        _delivery.attempts,
        _delivery.actor,
        _delivery.subscription_id,
        _subscription.uniqueid,
        _subscription.event,
        _subscription.target_url,
        _subscription.client_reference,
        _subscription.secret,
        _subscription.suspended,
        _subscription.expires,
        _subscription.resumed,
    )
    .join_from(tables.delivery, tables.subscription, _subscription.id == _delivery.subscription_id)
    .where(_delivery.id == bindparam("delivery_id"))
)
_FINISH = Statement(
    update(tables.delivery)
    .where(_delivery.id == bindparam("delivery_id"))
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        next_attempt=bindparam("again_at"),
        finished=bindparam("finished_at"),
    )
)
_DROP_WAITING = Statement(
    update(tables.delivery)
    .where(_delivery.subscription_id == bindparam("wanted"), _delivery.state == "waiting")
    .values(state="dropped", next_attempt=None, finished=bindparam("now"))
)
_COUNT = Statement(
    update(tables.subscription)
    .where(_subscription.id == bindparam("wanted"))
    .values(
        last_attempt=bindparam("now"),
        last_success=case((bindparam("succeeded") == 1, bindparam("now")), else_=_subscription.last_success),
        success_count=_subscription.success_count + bindparam("succeeded"),
        fail_count=_subscription.fail_count + 1 - bindparam("succeeded"),
    )
)
_SUSPEND = Statement(
    update(tables.subscription)
    .where(_subscription.id == bindparam("wanted"), _subscription.suspended.is_(None))
    .values(suspended=bindparam("now"), suspend_reason=bindparam("reason"))
)


def _failures_since(name: str) -> Any:
    recent = (_attempt.outcome == "failure") & (_attempt.at > bindparam(name))
    return func.coalesce(func.sum(case((recent, 1), else_=0)), 0)


_WINDOWS = Statement(
    select(
        _failures_since("minute").label("minute"),
        _failures_since("hour").label("hour"),
        _failures_since("day").label("day"),
        func.count().label("attempts"),
    ).where(_attempt.subscription_id == bindparam("wanted"), _attempt.at > bindparam("day"))
)
_SUBSCRIPTION = Statement(
    select(_subscription.id, _subscription.created, _subscription.expires).where(
        _subscription.id == bindparam("wanted")
    )
)
_REMOVE = Statement(delete(tables.subscription).where(_subscription.id == bindparam("wanted")))
_PRUNE = Statement(
    delete(tables.delivery).where(
        _delivery.subscription_id == bindparam("wanted"),
        _delivery.finished.is_not(None),
        _delivery.finished < bindparam("before"),
    )
)


def handlers(database: Database, door: Door, settings: Settings, vault: Vault) -> dict[str, Handler]:
    """The jobs of this room: `delivery.send` and `subscription.sweep`."""

    async def send(job: Job) -> None:
        retry_at = await attempt(database, door, settings, vault, int(job.payload["id"]))
        if retry_at is not None:
            raise Retry(retry_at)

    async def sweep(job: Job) -> None:
        again = await database.write(_sweep, int(job.payload["id"]), settings)
        if again is not None:
            raise Retry(again)

    return {"delivery.send": send, "subscription.sweep": sweep}


async def attempt(
    database: Database, door: Door, settings: Settings, vault: Vault, delivery_id: int
) -> int | None:
    """Send one delivery once and record what came of it; returns when to try again, or None."""
    row = await database.read(_load, delivery_id)
    if row is None or row["state"] != "waiting":
        return None
    if not _is_active(row):
        await database.write(_drop, delivery_id, row["attempts"])
        return None
    started = time.monotonic()
    outcome = await _post(door, settings, vault, row)
    duration = round((time.monotonic() - started) * 1000)
    return await database.write(_record, row, outcome, duration, settings)


async def _post(door: Door, settings: Settings, vault: Vault, row: Row) -> Outcome:
    try:
        headers = _headers(row, vault)
        answer = await door.request(
            "POST",
            row["target_url"],
            headers=headers,
            data=row["body"].encode(),
            timeout=settings.delivery_timeout,
            max_size=MAX_ANSWER,
            redirects=MAX_REDIRECTS,
        )
    except TielineError as error:
        return outcomes.of_error(error)
    return outcomes.of_answer(answer)


def _headers(row: Row, vault: Vault) -> dict[str, str]:
    """Cloze's own headers, and those of Standard Webhooks: signed when the subscription has a secret."""
    now = int(clock.now())
    headers = {
        "Content-Type": "application/json",
        "X-Cloze-Subscription-ID": row["uniqueid"],
        "webhook-id": f"msg_{row['id']}",  # stable over retries: receivers recognise a repetition
        "webhook-timestamp": str(now),
    }
    if row["secret"] is not None:
        secret = vault.decrypt(row["secret"])
        headers["webhook-signature"] = signature(secret, headers["webhook-id"], now, row["body"].encode())
    if row["client_reference"]:
        headers["X-Cloze-Client-Reference"] = row["client_reference"]
    trace = msgspec.json.decode(row["actor"], type=Actor).trace
    if trace is not None and trace.execution:
        headers["X-Tieline-Trace"] = trace.header()
    return headers


def _load(tx: Transaction, delivery_id: int) -> Row | None:
    return tx.one(_LOAD, {"delivery_id": delivery_id})


def _is_active(row: Row) -> bool:
    return row["suspended"] is None and (row["expires"] is None or row["expires"] > clock.now_ms())


def _drop(tx: Transaction, delivery_id: int, attempts: int) -> None:
    _finish(tx, delivery_id, "dropped", attempts, None)


def _record(tx: Transaction, sent: Row, outcome: Outcome, duration: int, settings: Settings) -> int | None:
    """Log the attempt, count it, and decide: done, once more, give up, or suspend."""
    current = tx.one(_LOAD, {"delivery_id": sent["id"]})
    if current is None:  # unsubscribed meanwhile
        return None
    now = clock.now_ms()
    subscription_id, attempts = current["subscription_id"], current["attempts"] + 1
    tx.insert(
        tables.delivery_attempt,
        {
            "delivery_id": current["id"],
            "subscription_id": subscription_id,
            "at": now,
            "duration": duration,
            "outcome": outcome.kind,
            "status": outcome.status,
            "answer": outcome.answer.replace("\0", ""),
            "error": outcome.error,
        },
    )
    succeeded = int(outcome.kind == "success")
    tx.run(_COUNT, {"wanted": subscription_id, "now": now, "succeeded": succeeded})
    if succeeded:
        _finish(tx, current["id"], "delivered", attempts, None)
        return None
    if outcome.kind == "suspend":
        reason: str | None = outcome.error
    else:
        reason = outcomes.suspension(_windows(tx, current, now), settings)
    if reason is not None:
        suspend(tx, subscription_id, reason)
    delay = outcomes.retry_delay(current["event"], attempts, settings)
    retry_at = now + round(delay * 1000) if delay is not None else None
    if reason is not None or not _is_active(current) or retry_at is None:
        _finish(tx, current["id"], "failed", attempts, None)
        return None
    _finish(tx, current["id"], "waiting", attempts, retry_at)
    return retry_at


def suspend(tx: Transaction, subscription_id: int, reason: str) -> None:
    """ACTIVE → SUSPENDED: say why, and drop what still waits."""
    now = clock.now_ms()
    tx.run(_SUSPEND, {"wanted": subscription_id, "now": now, "reason": reason})
    tx.forget()  # who is told of a change
    tx.run(_DROP_WAITING, {"wanted": subscription_id, "now": now})


def _windows(tx: Transaction, row: Row, now: int) -> Attempts:
    """Counts of the sliding windows; attempts before the last resumption are forgotten."""
    since = row["resumed"] or 0
    counts = tx.one(
        _WINDOWS,
        {
            "wanted": row["subscription_id"],
            "minute": max(now - MINUTE, since),
            "hour": max(now - HOUR, since),
            "day": max(now - DAY, since),
        },
    )
    if counts is None:
        return Attempts(0, 0, 0, 0)
    return Attempts(int(counts["minute"]), int(counts["hour"]), int(counts["day"]), int(counts["attempts"]))


def _finish(tx: Transaction, delivery_id: int, state: str, attempts: int, next_attempt: int | None) -> None:
    tx.run(
        _FINISH,
        {
            "delivery_id": delivery_id,
            "new_state": state,
            "new_attempts": attempts,
            "again_at": next_attempt,
            "finished_at": None if state == "waiting" else clock.now_ms(),
        },
    )


def _sweep(tx: Transaction, subscription_id: int, settings: Settings) -> int | None:
    """Delete the subscription if its time is over, else old entries of its log; returns when to look again."""
    row = tx.one(_SUBSCRIPTION, {"wanted": subscription_id})
    if row is None:
        return None
    now = clock.now_ms()
    if row["expires"] is not None and row["expires"] <= now:
        tx.run(_REMOVE, {"wanted": subscription_id})
        tx.forget()  # who is told of a change
        return None
    tx.run(_PRUNE, {"wanted": subscription_id, "before": now - settings.history_days * DAY})
    return next_sweep(now, row["expires"])
