"""What a write did. The only source of the history, the audit trail and the webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import BigInteger, bindparam, func, select, update

from tieline import clock
from tieline.crm import subscriptions
from tieline.crm.access import Actor, Caller
from tieline.errors import NotFound
from tieline.records.vocabulary import NONE
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import account, change

Wire = Mapping[str, Any]
CHOICES = ("segment", "stage", "step")
# They say when, not what: no change of a person's own.
SILENT = frozenset({"lastChanged", "firstSeen", "views"})

CLOCK = Statement(select(account.c.last_changed).where(account.c.id == bindparam("account_id")))
_later = (account.c.last_changed + 1, bindparam("now", type_=BigInteger))
_tick = update(account).where(account.c.id == bindparam("wanted")).returning(account.c.last_changed)
TICK = Statement(
    sqlite=_tick.values(last_changed=func.max(*_later)),
    postgresql=_tick.values(last_changed=func.greatest(*_later)),
)
ONE = Statement(
    select(change).where(
        change.c.id == bindparam("change_id"),
        change.c.account_id == bindparam("account_id"),
        change.c.relation_id.is_not(None),
    )
)
HISTORY = Statement(
    select(change)
    .where(
        change.c.account_id == bindparam("account_id"),
        change.c.relation_id == bindparam("relation_id"),
        change.c.id < bindparam("before"),
        change.c.fields != "{}",
    )
    .order_by(change.c.id.desc())
    .limit(bindparam("limit"))
)


class ChangeView(msgspec.Struct):
    """A change as people read it: `fields` maps a wire field to its before and after."""

    id: int
    at: int
    kind: str
    action: str
    sync_key: str
    fields: dict[str, dict[str, Any]]
    audited: dict[str, dict[str, Any]]
    actor: Actor


def next_stamp(tx: Transaction, account_id: int) -> int:
    """The next tick of the account's clock: now, but always later than the tick before (2.4)."""
    return int(tx.scalar(TICK, {"wanted": account_id, "now": clock.now_ms()}))


def record_change(
    tx: Transaction,
    caller: Caller,
    *,
    kind: str,
    action: str,
    relation_id: int,
    before: Wire | None,
    after: Wire | None,
    undo: str | None = None,
) -> int:
    """Append the change and the deliveries it calls for. `before` and `after` are records in wire form.

    `undo`: the originals of a merge. `after` carries the record's new `lastChanged`. A deletion (no `after`) notifies nobody (7, 40).
    """
    record = after if after is not None else before
    assert record is not None
    audited = audited_between(before or {}, after or {}) if after is not None else {}
    change_id = tx.insert(
        change,
        {
            "account_id": caller.account_id,
            "at": record.get("lastChanged") or clock.now_ms(),
            "kind": kind,
            "action": action,
            "relation_id": relation_id,
            "sync_key": record.get("syncKey") or "",
            "fields": _text(fields_between(before or {}, after or {})),
            "audited": _text(audited),
            "actor": _text(caller.actor),
            "undo": undo,
        },
    )
    if after is not None:
        subscriptions.notify(
            tx,
            account_id=caller.account_id,
            change_id=change_id,
            kind=kind,
            record=after,
            changes_audited=audited,
            actor=caller.actor,
        )
    return change_id


def fields_between(before: Wire, after: Wire) -> dict[str, dict[str, Any]]:
    """Before and after of every field that differs; absent reads as null."""
    names = [name for name in dict.fromkeys([*before, *after]) if name not in SILENT]
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in names
        if before.get(name) != after.get(name)
    }


def audited_between(before: Wire, after: Wire) -> dict[str, dict[str, Any]]:
    """The audited fields that differ (5.4): segment, stage, step by key, custom fields by id."""
    made: dict[str, dict[str, Any]] = {}
    for name in CHOICES:
        old, new = before.get(name) or NONE, after.get(name) or NONE
        if old != new:
            made[name] = {"before": old, "after": new}
    olds, news = _custom(before), _custom(after)
    for field_id in dict.fromkeys([*olds, *news]):
        if olds.get(field_id) != news.get(field_id):
            made[field_id] = {"before": olds.get(field_id), "after": news.get(field_id)}
    return made


def history(
    tx: Transaction, caller: Caller, relation_id: int, *, limit: int = 50, before: int | None = None
) -> list[ChangeView]:
    """The newest changes of a relation; `before`: only changes older than that id."""
    values = {
        "account_id": caller.account_id,
        "relation_id": relation_id,
        "before": before if before is not None else 2**62,
        "limit": limit,
    }
    return [view_of(row) for row in tx.all(HISTORY, values)]


def get_change(tx: Transaction, caller: Caller, change_id: int) -> tuple[ChangeView, int]:
    """A change of the account and its relation's id. Raises NotFound."""
    row = tx.one(ONE, {"change_id": change_id, "account_id": caller.account_id})
    if row is None:
        raise NotFound("There is no such change.")
    return view_of(row), int(row["relation_id"])


def view_of(row: Row) -> ChangeView:
    """A stored change as people read it."""
    return ChangeView(
        id=row["id"],
        at=row["at"],
        kind=row["kind"],
        action=row["action"],
        sync_key=row["sync_key"],
        fields=msgspec.json.decode(row["fields"]),
        audited=msgspec.json.decode(row["audited"]),
        actor=msgspec.json.decode(row["actor"], type=Actor),
    )


def _custom(record: Wire) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in record.get("customFields") or ():
        ends = {name: entry[name] for name in ("min", "max") if name in entry}
        found[entry["id"]] = entry.get("value") if "value" in entry else (ends or None)
    return found


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
