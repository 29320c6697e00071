"""Rows of the timeline: storing, finding and reading entries and their links to relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, delete, select, update

from tieline import ids
from tieline.crm.drafts import Draft
from tieline.crm.inputs import text_of
from tieline.errors import NotFound
from tieline.records.timeline import Message
from tieline.store import tables
from tieline.store.database import Row, Statement, Transaction

_entry = tables.entry.c
_link = tables.entry_link.c

COLUMNS: Final = (
    _entry.id,
    _entry.key,
    _entry.noun,
    _entry.style,
    _entry.filter,
    _entry.date,
    _entry.changed,
    _entry.subject,
    _entry.due,
    _entry.done,
    _entry.assignee,
    _entry.document,
)
_BY_KEY = Statement(
    select(*COLUMNS, _entry.body).where(
        _entry.account_id == bindparam("account_id"), _entry.key == bindparam("wanted")
    )
)
_BY_KEYS = Statement(
    select(*COLUMNS).where(
        _entry.account_id == bindparam("account_id"), _entry.key.in_(bindparam("wanted", expanding=True))
    )
)
_MATCH = Statement(
    select(*COLUMNS, _entry.body).where(
        _entry.account_id == bindparam("account_id"), _entry.match_key == bindparam("wanted")
    )
)
_ALIKE = Statement(  # what makes an entry without a key the same (2.8); the sender is compared afterwards
    select(*COLUMNS, _entry.body)
    .where(
        _entry.account_id == bindparam("account_id"),
        _entry.date == bindparam("at"),
        _entry.noun == bindparam("of_noun"),
        _entry.style == bindparam("of_style"),
        _entry.subject == bindparam("with_subject"),
    )
    .order_by(_entry.id.desc())
)
_REMOVE = Statement(delete(tables.entry).where(_entry.id == bindparam("wanted")))
_LINKED = Statement(
    select(_link.relation_id)
    .where(_link.entry_id == bindparam("wanted"))
    .distinct()
    .order_by(_link.relation_id)
)
_UNLINK = Statement(delete(tables.entry_link).where(_link.entry_id == bindparam("wanted")))


def insert(tx: Transaction, account_id: int, draft: Draft, *, changed: int, sample: bool = False) -> Row:
    """Store a new entry; its `id` and `key`."""
    key = ids.entry()
    values = {**_values(draft), "changed": changed, "match_key": draft.match_key, "sample": sample}
    entry_id = tx.insert(tables.entry, {"account_id": account_id, "key": key, **values})
    return {"id": entry_id, "key": key}


def replace(tx: Transaction, row: Row, draft: Draft, *, changed: int) -> None:
    """Put a new version in place of an entry; whether it is done, and who opened it, stays."""
    values = _values(draft)
    if "opens" in (kept := extras(row)):
        document = {**msgspec.json.decode(draft.document), "opens": kept["opens"]}
        values["document"] = msgspec.json.encode(document).decode()
    change(tx, row["id"], {**values, "changed": changed})


def change(tx: Transaction, entry_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of an entry."""
    tx.run(update(tables.entry).where(_entry.id == entry_id).values(dict(values)))


def remove(tx: Transaction, entry_id: int) -> None:
    """Delete an entry and its links."""
    tx.run(_REMOVE, {"wanted": entry_id})


def link(tx: Transaction, entry_id: int, date: int, links: Iterable[tuple[int, str]]) -> None:
    """Connect an entry with relations; of several roles of one relation the first counts."""
    for relation_id, role in dict(reversed(list(links))).items():
        tx.insert(
            tables.entry_link,
            {"entry_id": entry_id, "relation_id": relation_id, "role": role, "date": date},
        )


def unlink(tx: Transaction, entry_id: int) -> None:
    """Drop all links of an entry."""
    tx.run(_UNLINK, {"wanted": entry_id})


def linked(tx: Transaction, entry_id: int) -> list[int]:
    """Ids of the relations an entry is connected with."""
    return [row["relation_id"] for row in tx.all(_LINKED, {"wanted": entry_id})]


def find(tx: Transaction, account_id: int, key: str) -> Row:
    """The entry with its body. Raises NotFound."""
    row = tx.one(_BY_KEY, {"account_id": account_id, "wanted": key})
    if row is None:
        raise NotFound("The message was not found")
    return row


def find_many(tx: Transaction, account_id: int, keys: Iterable[str]) -> dict[str, Row]:
    """Entries by key; unknown keys are missing from the answer."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    return {row["key"]: row for row in tx.all(_BY_KEYS, {"account_id": account_id, "wanted": wanted})}


def match(tx: Transaction, account_id: int, draft: Draft) -> Row | None:
    """The entry that a draft repeats (2.8): same key, else on `update` same style, date, sender and subject."""
    if draft.match_key is not None:
        return tx.one(_MATCH, {"account_id": account_id, "wanted": draft.match_key})
    if not draft.update:
        return None
    alike = tx.all(
        _ALIKE,
        {
            "account_id": account_id,
            "at": draft.date,
            "of_noun": draft.noun,
            "of_style": draft.style,
            "with_subject": draft.subject,
        },
    )
    return next((row for row in alike if _sender(row) == draft.from_value), None)


def message_of(row: Row, *, strict: bool = False) -> Message:
    """An entry as messages/get answers it. `strict` keeps the vendor's spelling of an outcome (7, no. 16)."""
    message = stored(row)
    message.key = row["key"]
    message.changed = row["changed"]
    message.date = row["date"]
    message.due = UNSET if row["due"] is None else row["due"]
    message.done = UNSET if row["done"] is None else row["done"]
    if not strict and message.outcome == "noanwser":
        message.outcome = "noanswer"
    return message


def stored(row: Row) -> Message:
    """The stored document of an entry."""
    return msgspec.json.decode(row["document"], type=Message)


def extras(row: Row) -> dict[str, Any]:
    """What the document keeps although messages/get does not show it."""
    document: dict[str, Any] = msgspec.json.decode(row["document"])
    known = {field.encode_name for field in msgspec.structs.fields(Message)}
    return {name: value for name, value in document.items() if name not in known}


def _values(draft: Draft) -> dict[str, Any]:
    return {
        "noun": draft.noun,
        "style": draft.style,
        "filter": draft.filter,
        "date": draft.date,
        "subject": draft.subject,
        "thread": draft.thread,
        "due": draft.due,
        "assignee": draft.assignee,
        "document": draft.document,
        "body": None if draft.body is None else draft.body.replace("\0", ""),  # PostgreSQL stores no NUL
        "attached": draft.attached,
    }


def _sender(row: Row) -> str:
    message = stored(row)
    sender = message.from_
    return text_of(sender.get("value")).lower() if isinstance(sender, dict) else ""
