"""Webhook subscriptions (contract 5.1–5.4): who is told about which change.

`notify` runs inside every write: it finds the subscriptions a change concerns and stores one delivery and one
job for each, in the write's own transaction. `deliveries` sends them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import and_, bindparam, delete, or_, select, update

from tieline import clock, ids
from tieline.crm import human, teams
from tieline.crm.access import Actor, Caller, may_see, place_of, watching
from tieline.crm.filters import check_filters, matches
from tieline.crm.inputs import choice_of, given, text_of
from tieline.crm.outcomes import DAY
from tieline.errors import InvalidInput, NotFound, PermissionDenied
from tieline.http import Door
from tieline.jobs import defer
from tieline.records.webhook import (
    CLIENT_TYPES,
    EVERY_EVENT,
    SubscribeRequest,
    Subscription,
    UnsubscribeRequest,
    Usage,
)
from tieline.store import tables
from tieline.store.database import Row, Statement, Transaction

MAX_TTL: Final = 100 * 365 * DAY // 1000  # seconds; beyond it a subscription does not expire in practice

_DETAILS: Final = frozenset({"projectTeam"})  # shown by `get` with detailed=true only (2.5)
_CLIENT_TYPES: Final = tuple(key for key, _ in CLIENT_TYPES)
_table = tables.subscription
_columns = _table.c

_BY_REFERENCE = Statement(
    delete(_table).where(
        _columns.account_id == bindparam("account_id"),
        _columns.event == bindparam("event"),
        _columns.client_reference == bindparam("client_reference"),
    )
)
_BY_UNIQUEID = Statement(
    delete(_table).where(
        _columns.account_id == bindparam("account_id"),
        _columns.event == bindparam("event"),
        _columns.uniqueid == bindparam("uniqueid"),
    )
)
_BY_APP = Statement(delete(_table).where(_columns.app_id == bindparam("app_id")))
_BY_APP_AND_ACCOUNT = Statement(
    delete(_table).where(
        _columns.app_id == bindparam("app_id"), _columns.account_id == bindparam("account_id")
    )
)
_LIVE = or_(_columns.expires.is_(None), _columns.expires > bindparam("now"))
_LIST = Statement(
    select(_table).where(_columns.account_id == bindparam("account_id"), _LIVE).order_by(_columns.id)
)
_CONCERNED = Statement(
    select(
        _columns.id,
        _columns.account_id,
        _columns.watched_id,
        _columns.scope,
        _columns.event,
        _columns.filters,
        _columns.client_type,
    )
    .where(
        or_(
            and_(_columns.account_id == bindparam("account_id"), _columns.watched_id.is_(None)),
            _columns.watched_id == bindparam("account_id"),
        ),
        or_(_columns.event == bindparam("plain"), _columns.event == bindparam("audit")),
        _columns.suspended.is_(None),
        _LIVE,
    )
    .order_by(_columns.id)
)
_RESUME = Statement(
    update(_table)
    .where(
        _columns.account_id == bindparam("account_id"),
        _columns.uniqueid == bindparam("wanted"),
        and_(_columns.suspended.is_not(None), _LIVE),
    )
    .values(suspended=None, suspend_reason=None, resumed=bindparam("now"), success_count=0, fail_count=0)
)
_EXISTS = Statement(
    select(_columns.id).where(
        _columns.account_id == bindparam("account_id"), _columns.uniqueid == bindparam("wanted"), _LIVE
    )
)


def subscribe(tx: Transaction, caller: Caller, request: SubscribeRequest, *, door: Door) -> str:
    """Store a subscription and return its `uniqueid`.

    The same event and client_reference again replace the earlier subscription: new id, fresh state.
    Raises InvalidInput naming the field, PermissionDenied for private targets and for team scopes.
    """
    tx.forget()
    event = _event(request.event)
    target_url = _target(request.target_url, door)
    client_type = choice_of(request.client_type, _CLIENT_TYPES, field="client_type")
    reference = _reference(request.client_reference) or None
    ttl = _ttl(request.ttl)
    filters = check_filters(given(request.filters))
    scope = watching(caller, text_of(request.scope) or None)
    if reference:
        tx.run(
            _BY_REFERENCE,
            {"account_id": caller.account_id, "event": event, "client_reference": reference},
        )
    now = clock.now_ms()
    expires = now + ttl * 1000 if ttl else None
    uniqueid = ids.subscription()
    row_id = tx.insert(
        _table,
        {
            "account_id": caller.account_id,
            "uniqueid": uniqueid,
            "event": event,
            "target_url": target_url,
            "scope": scope,
            "watched_id": None if scope == "local" or caller.team is None else caller.team.id,
            "filters": msgspec.json.encode(filters).decode(),
            "client_type": client_type,
            "client_reference": reference,
            "created": now,
            "ttl": ttl,
            "expires": expires,
            "app_id": caller.app_id,
        },
    )
    # Ends the subscription when its time is over, and keeps its delivery log short until then.
    defer(tx, "subscription.sweep", {"id": row_id}, at=next_sweep(now, expires))
    return uniqueid


def next_sweep(now: int, expires: int | None) -> int:
    """When a subscription is looked at again: daily, or when it expires."""
    return min(now + DAY, expires) if expires else now + DAY


def unsubscribe(tx: Transaction, caller: Caller, request: UnsubscribeRequest) -> None:
    """Remove by event and uniqueid or client_reference. Raises InvalidInput, NotFound."""
    tx.forget()
    event = _event(request.event)
    uniqueid = text_of(request.uniqueid).rstrip("\\")  # the published sample carries one
    reference = _reference(request.client_reference)
    if not uniqueid and not reference:
        raise InvalidInput("uniqueid or client_reference is required", field="uniqueid")
    values = {"account_id": caller.account_id, "event": event}
    if uniqueid:
        removed = tx.run(_BY_UNIQUEID, {**values, "uniqueid": uniqueid})
    else:
        removed = tx.run(_BY_REFERENCE, {**values, "client_reference": reference})
    if not removed:
        raise NotFound("The subscription was not found")


def list_subscriptions(tx: Transaction, caller: Caller) -> list[Subscription]:
    """The caller's subscriptions in wire form (3.6): suspended ones included, expired ones not."""
    rows = tx.all(_LIST, {"account_id": caller.account_id, "now": clock.now_ms()})
    return [_wire(row) for row in rows]


def remove_of_app(tx: Transaction, app_id: int, account_id: int | None = None) -> None:
    """An app that has lost its access, to one account or to every one, is told nothing more."""
    tx.forget()
    if account_id is None:
        tx.run(_BY_APP, {"app_id": app_id})
    else:
        tx.run(_BY_APP_AND_ACCOUNT, {"app_id": app_id, "account_id": account_id})


def resume(tx: Transaction, caller: Caller, uniqueid: str) -> None:
    """Make a suspended subscription active again and start its counters anew; an active one stays as it is.

    Raises NotFound.
    """
    tx.forget()
    values = {"account_id": caller.account_id, "wanted": uniqueid, "now": clock.now_ms()}
    if not tx.run(_RESUME, values) and tx.one(_EXISTS, values) is None:
        raise NotFound("The subscription was not found")


def notify(
    tx: Transaction,
    *,
    account_id: int,
    change_id: int,
    kind: str,
    record: Mapping[str, Any],
    changes_audited: Mapping[str, Any],
    actor: Actor,
) -> None:
    """Store the deliveries that a change of `record` calls for. One indexed look-up when nobody subscribed.

    `record` is in wire form, with keys. `changes_audited` is `{field: {"before", "after"}}` of segment, stage, step and custom fields, with keys.
    """
    event = f"{kind}.change"
    audit = f"{kind}.audit.change" if changes_audited else event
    concerned = _concerned(tx, account_id, event, audit)
    if not concerned:
        return
    plain = {name: value for name, value in record.items() if name not in _DETAILS}
    words = human.words(tx, account_id)
    actor_text = msgspec.json.encode(actor).decode()
    for subscription in concerned:
        if subscription["watched_id"] is not None and not _told(tx, subscription, record.get("node")):
            continue
        changes = changes_audited if subscription["event"].endswith(".audit.change") else {}
        filters = msgspec.json.decode(subscription["filters"])
        if not matches(filters, kind, plain, changes, words.labels(kind)):
            continue
        shown: Mapping[str, Any] = plain
        if subscription["client_type"] == "human":
            shown, changes = words.record(kind, plain), words.changes(kind, changes)
        told = [{"event": subscription["event"], kind: shown, "changes": changes}]
        _deliver(tx, subscription, change_id, told, actor_text)


def notify_entry(
    tx: Transaction,
    *,
    account_id: int,
    change_id: int,
    event: str,
    noun: str,
    entry: Mapping[str, Any],
    changed: Mapping[str, Any],
    actor: Actor,
) -> None:
    """The same for a timeline entry in wire form (an extension). Filters compare its members and what changed."""
    for subscription in _concerned(tx, account_id, event, event):
        if subscription["watched_id"] is None and matches(
            msgspec.json.decode(subscription["filters"]), noun, entry, changed
        ):
            told = [{"event": event, noun: entry, "changes": changed}]
            _deliver(tx, subscription, change_id, told, msgspec.json.encode(actor).decode())


def _concerned(tx: Transaction, account_id: int, plain: str, audit: str) -> list[Row]:
    """The subscriptions to either event, read once in a transaction."""
    values = {"account_id": account_id, "plain": plain, "audit": audit, "now": clock.now_ms()}
    return tx.once((_CONCERNED, account_id, plain, audit), lambda: tx.all(_CONCERNED, values))


def _deliver(tx: Transaction, subscription: Row, change_id: int, told: list[Any], actor: str) -> None:
    """Store one delivery and its job."""
    now = clock.now_ms()
    delivery_id = tx.insert(
        tables.delivery,
        {
            "account_id": subscription["account_id"],
            "subscription_id": subscription["id"],
            "change_id": change_id,
            "body": msgspec.json.encode(told).decode(),
            "state": "waiting",
            "created": now,
            "next_attempt": now,
            "actor": actor,
        },
    )
    defer(tx, "delivery.send", {"id": delivery_id}, lock=f"subscription:{subscription['id']}")


def _told(tx: Transaction, subscription: Row, node: str | None) -> bool:
    """Does a team's record of that node concern a subscription: by its scope, and by what the subscriber sees?"""
    place = place_of(subscription["scope"])
    row = tx.one(teams.BY_ID, {"account_id": subscription["account_id"]})
    if row is None or (place is not None and not place.holds(node)):
        return False
    own = teams.membership(row)
    rights = teams.described(tx, subscription["watched_id"]).rights(own.role)
    return may_see(rights, own.places(), node)


def _event(value: object) -> str:
    event = choice_of(value, EVERY_EVENT, field="event")
    if event is None:
        raise InvalidInput(f"is required: one of {', '.join(EVERY_EVENT)}", field="event")
    return event


def _target(value: object, door: Door) -> str:
    target = text_of(value)
    if not target:
        raise InvalidInput(
            "is required", field="target_url", remedy="give the address that notifications go to"
        )
    if len(target) > 4000:
        raise InvalidInput("at most 4000 characters", field="target_url")
    try:
        door.check(target)
    except (InvalidInput, PermissionDenied) as error:
        raise type(error)(error.message, field="target_url", remedy=error.remedy) from None
    return target


def _reference(value: object) -> str:
    """The caller's name for a subscription. It travels in a header, hence one line."""
    reference = text_of(value)
    if len(reference) > 1000 or not reference.isprintable():
        raise InvalidInput("must be one line of at most 1000 characters", field="client_reference")
    return reference


def _ttl(value: object) -> int | None:
    """Whole seconds; None or 0: for ever."""
    found = given(value)
    if found is None or found == "":
        return None
    try:
        seconds = float(str(found))
    except ValueError:
        seconds = -1.0
    if isinstance(found, bool) or not 0 <= seconds <= MAX_TTL:
        raise InvalidInput("must be a number of seconds", field="ttl")
    return math.ceil(seconds) or None


def _wire(row: Row) -> Subscription:
    usage = Usage(
        success_count=row["success_count"],
        fail_count=row["fail_count"],
        suspend_reason=_set(row["suspend_reason"]),
        last_successful_send=_set(row["last_success"]),
        last_send_attempt=_set(row["last_attempt"]),
        suspend_date=_set(row["suspended"]),
        resume_date=_set(row["resumed"]),
    )
    return Subscription(
        uniqueid=row["uniqueid"],
        uniqueId=row["uniqueid"],
        event=row["event"],
        target_url=row["target_url"],
        client_type=_set(row["client_type"]),
        client_reference=_set(row["client_reference"]),
        scope=row["scope"],
        date=row["created"],
        ttl=_set(row["ttl"]),
        suspended=True if row["suspended"] is not None else UNSET,
        usage=usage,
        filters=msgspec.json.decode(row["filters"]),
    )


def _set(value: Any) -> Any:
    return UNSET if value is None else value
