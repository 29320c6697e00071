"""What became of a timeline entry: its Change in the history, and the webhook events that Cloze's API lacks.

Events are `<noun>.create`, `<noun>.change` and `<noun>.delete` of communication, content and todo. A notification has
the entry as messages/get answers it (its last state when it was deleted), and before and after of what changed.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from tieline.crm import changes, entries, subscriptions
from tieline.crm.access import Caller
from tieline.records.codec import plain
from tieline.store.database import Row, Transaction
from tieline.store.tables import change

Action = Literal["create", "change", "delete"]
STORED: Final = {"create": "create", "change": "update", "delete": "delete"}
SILENT: Final = frozenset({"changed", "key"})


def state_of(row: Row) -> dict[str, Any]:
    """An entry in wire form, with its body."""
    message = plain(entries.message_of(row))
    return {**message, "body": row["body"]} if row["body"] else message


def tell(
    tx: Transaction,
    caller: Caller,
    action: Action,
    noun: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> int | None:
    """Append the Change of an entry and the deliveries it calls for; None when nothing differs."""
    shown = after if after is not None else before
    assert shown is not None
    fields = {
        name: values
        for name, values in changes.fields_between(before or {}, after or {}).items()
        if name not in SILENT
    }
    if not fields:
        return None
    change_id = tx.insert(
        change,
        {
            "account_id": caller.account_id,
            "at": shown.get("changed") or 0,
            "kind": "entry",
            "action": STORED[action],
            "relation_id": None,
            "sync_key": shown["key"],
            "fields": msgspec.json.encode(fields).decode(),
            "audited": "{}",
            "actor": msgspec.json.encode(caller.actor).decode(),
        },
    )
    subscriptions.notify_entry(
        tx,
        account_id=caller.account_id,
        change_id=change_id,
        event=f"{noun}.{action}",
        noun=noun,
        entry=shown,
        changed=fields if action == "change" else {},
        actor=caller.actor,
    )
    return change_id
