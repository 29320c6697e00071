"""Records in their rows: document, columns and identifiers, and rows that become one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from tieline import clock
from tieline.crm import reviewing
from tieline.crm.access import Caller
from tieline.crm.columns import columns_of
from tieline.crm.identity import of_record
from tieline.crm.links import refresh_brief
from tieline.crm.merging import Wire
from tieline.crm.settings import load_settings
from tieline.records.codec import convert
from tieline.records.kinds import KINDS
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import entry_link, identifier, link, relation

BY_ID = Statement(select(relation).where(relation.c.id == bindparam("relation_id")))
STORED = Statement(select(relation).where(relation.c.id == bindparam("relation_id")), as_stored=True)
IDENTIFIERS = Statement(
    select(identifier.c.type, identifier.c.value).where(identifier.c.relation_id == bindparam("relation_id"))
)
ADD_IDENTIFIER = Statement(insert(identifier).values({c.name: bindparam(c.name) for c in identifier.c}))
DROP_IDENTIFIER = Statement(
    delete(identifier).where(
        identifier.c.relation_id == bindparam("relation_id"),
        identifier.c.type == bindparam("type"),
        identifier.c.value == bindparam("value"),
    )
)
DELETE = Statement(delete(relation).where(relation.c.id == bindparam("relation_id")))


def decode(row: Row) -> Wire:
    """The record of a row in wire form, without its `lastChanged` (that is a column)."""
    document: Wire = msgspec.json.decode(row["document"])
    return document


def insert_blank(
    tx: Transaction, caller: Caller, kind: str, after: Wire, discovered: bool, sample: bool
) -> int:
    """The row of a new record; its values follow in the same transaction."""
    after["firstSeen"] = clock.now_ms()
    return tx.insert(
        relation,
        {
            "account_id": caller.account_id,
            "kind": kind,
            "sync_key": after["syncKey"],
            "document": "{}",
            "first_seen": after["firstSeen"],
            "last_changed": 0,
            "discovered": discovered,
            "sample": sample,
        },
    )


def store(
    tx: Transaction,
    caller: Caller,
    kind: str,
    row_id: int,
    after: Wire,
    discovered: bool,
    row: Row | None = None,
) -> None:
    """Put a record in wire form, with its `lastChanged`, into its row, its columns and its identifiers.

    `row`: the row as it is now, if that is known. Then only the columns that differ are written: an index of a column
    that is named is written even if the value is the same.
    """
    settings = load_settings(tx, caller.account_id)
    stored = {name: value for name, value in after.items() if name != "lastChanged"}
    document = msgspec.json.encode(convert(KINDS[kind].type, stored)).decode()
    values: dict[str, Any] = {
        "document": document,
        "last_changed": after["lastChanged"],
        "discovered": discovered,
        **columns_of(kind, after, settings),
    }
    if row is not None:
        values = {name: value for name, value in values.items() if row[name] != value}
    tx.run(_updating(tuple(values)), {"relation_id": row_id, **values})
    index(tx, caller, kind, row_id, after)
    if kind != "person":
        refresh_brief(tx, row_id, after)


@lru_cache(maxsize=512)  # a write changes one of a few sets of columns
def _updating(names: tuple[str, ...]) -> Statement:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return Statement(update(relation).where(relation.c.id == bindparam("relation_id")).values(values))


def index(tx: Transaction, caller: Caller, kind: str, row_id: int, record: Wire) -> None:
    """Bring the identifier rows up to date. Keys stay for ever, so that those of merged records keep resolving."""
    wanted = {(found.type, found.value) for found in of_record(record, kind, caller.country)}
    stored = {(row["type"], row["value"]) for row in tx.all(IDENTIFIERS, {"relation_id": row_id})}
    for type_, value in wanted - stored:
        tx.run(
            ADD_IDENTIFIER,
            {
                "account_id": caller.account_id,
                "kind": kind,
                "type": type_,
                "value": value,
                "relation_id": row_id,
            },
        )
    for type_, value in stored - wanted:
        if type_ != "key":
            tx.run(DROP_IDENTIFIER, {"relation_id": row_id, "type": type_, "value": value})


def fold(tx: Transaction, survivor: Row, others: list[Row]) -> None:
    """Give everything that points at the other rows to the survivor, and remove them."""
    for other in others:
        reviewing.joined(tx, survivor["id"], other["id"])
        for table, column in (
            (identifier, "relation_id"),
            (entry_link, "relation_id"),
            (link, "from_id"),
            (link, "to_id"),
        ):
            _repoint(tx, table, column, other["id"], survivor["id"])
        tx.run(DELETE, {"relation_id": other["id"]})


def _repoint(tx: Transaction, table: Any, column: str, old: int, new: int) -> None:
    """Move rows from one relation to another; rows the other has already simply go with it."""
    for row in tx.all(select(table).where(table.c[column] == old)):
        values = {**dict(row), column: new}
        key = [c.name for c in table.primary_key.columns]
        exists = tx.one(select(table).where(*(table.c[name] == values[name] for name in key)))
        if exists is None and not ("to_id" in values and values["from_id"] == values["to_id"]):
            tx.insert(table, values)
        tx.run(delete(table).where(*(table.c[name] == row[name] for name in key)))


def adopt(tx: Transaction, row_id: int) -> None:
    """A person made from a mail is now known on purpose."""
    tx.run(update(relation).where(relation.c.id == row_id).values(discovered=False))
