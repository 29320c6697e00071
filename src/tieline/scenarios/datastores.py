"""Data stores: named tables of records under keys, for scenarios that have to remember something (1.16).

A record's data is JSON in the encoding of 2.13, so that dates and files come back as what they were. With `undo`, a
change leaves behind what was there before, until the cycle of its execution is committed or rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import BigInteger, bindparam, delete, func, or_, select, update

from tieline import clock
from tieline.errors import Conflict, InvalidInput, NotFound
from tieline.expressions import from_json, to_json
from tieline.store.database import Row, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import binding, data_record, data_store, data_undo, operation, scenario

MEGABYTE = 1_000_000
DEFAULT_MEGABYTES, MOST_MEGABYTES = 10, 1000
RECORD_LIMIT = 15 * MEGABYTE
KEY_LIMIT = 255
PAGE = 1000

COUNTS = (
    select(
        data_record.c.store_id,
        func.count().label("records"),
    )
    .group_by(data_record.c.store_id)
    .subquery()
)
EVERY = Statement(
    select(data_store, COUNTS.c.records)
    .outerjoin(COUNTS, COUNTS.c.store_id == data_store.c.id)
    .where(data_store.c.account_id == bindparam("account_id"))
    .order_by(data_store.c.id)
)
ONE = Statement(
    select(data_store).where(
        data_store.c.account_id == bindparam("account_id"), data_store.c.id == bindparam("wanted")
    )
)
USED_BY = Statement(
    select(scenario.c.name)
    .join(binding, binding.c.scenario_id == scenario.c.id)
    .where(binding.c.kind == "datastore", binding.c.local_id == bindparam("wanted"))
    .order_by(scenario.c.name)
)
RECORD = Statement(
    select(data_record).where(
        data_record.c.store_id == bindparam("store"), data_record.c.key == bindparam("the_key")
    )
)
AFTER = Statement(
    select(data_record)
    .where(data_record.c.store_id == bindparam("store"), data_record.c.key > bindparam("after"))
    .order_by(data_record.c.key)
    .limit(bindparam("most"))
)
# On PostgreSQL it also makes writers of one store wait for each other: what they read is what they change.
GROW = Statement(
    update(data_store)
    .where(
        data_store.c.id == bindparam("store"),
        or_(
            bindparam("by", type_=BigInteger) <= 0,
            data_store.c.size + bindparam("by") <= data_store.c.max_bytes,
        ),
    )
    .values(size=data_store.c.size + bindparam("by"))
)
COUNT = Statement(
    select(func.count()).select_from(data_record).where(data_record.c.store_id == bindparam("store"))
)
PUT = upsert(
    data_record,
    columns=("store_id", "key", "data", "size", "created", "changed"),
    conflict=("store_id", "key"),
    update=("data", "size", "changed"),
)
REMOVE = Statement(
    delete(data_record).where(
        data_record.c.store_id == bindparam("store"), data_record.c.key == bindparam("the_key")
    )
)
CLEAR = Statement(delete(data_record).where(data_record.c.store_id == bindparam("store")))
RESTORE = Statement(
    update(data_store)
    .where(data_store.c.id == bindparam("store"))
    .values(size=data_store.c.size + bindparam("by"))
)
EMPTY = Statement(update(data_store).where(data_store.c.id == bindparam("store")).values(size=0))
UNDO = Statement(
    select(data_undo).where(data_undo.c.execution_id == bindparam("wanted")).order_by(data_undo.c.id.desc())
)
FORGET = Statement(delete(data_undo).where(data_undo.c.execution_id == bindparam("wanted")))
UNDONE = Statement(
    update(operation)
    .where(operation.c.execution_id == bindparam("wanted"), operation.c.path == bindparam("gone"))
    .values(state="undone")
)


class StoreView(msgspec.Struct, frozen=True):
    """A data store. Sizes in bytes."""

    id: int
    name: str
    max_bytes: int
    size: int
    created: int
    records: int = 0


class RecordView(msgspec.Struct, frozen=True):
    """A record; `data` in the encoding of 2.13."""

    key: str
    data: dict[str, Any]
    created: int
    changed: int


@dataclass(frozen=True)
class Undo:
    """Whose change it is, should it have to be taken back: the execution and the operation's path."""

    execution_id: str
    path: str


class StoreFull(InvalidInput):
    """The store has no room for it."""

    code = "store_full"


# Stores


def create(tx: Transaction, account_id: int, name: str, megabytes: int = DEFAULT_MEGABYTES) -> StoreView:
    """Make a store. Raises InvalidInput naming the field, Conflict when the name is taken."""
    label = name.strip()
    if not label or len(label) > 120:
        raise InvalidInput("1 to 120 characters", field="name", remedy="name the data store")
    if not 1 <= megabytes <= MOST_MEGABYTES:
        raise InvalidInput(f"1 to {MOST_MEGABYTES}", field="megabytes", remedy="say how large it may get")
    if any(one.name == label for one in list_stores(tx, account_id)):
        raise Conflict(
            f"There is a data store “{label}” already.", field="name", remedy="choose another name"
        )
    values = {"account_id": account_id, "name": label, "max_bytes": megabytes * MEGABYTE}
    return view(find(tx, account_id, tx.insert(data_store, {**values, "created": clock.now_ms()})))


def list_stores(tx: Transaction, account_id: int) -> list[StoreView]:
    """The account's stores."""
    return [view(row, int(row["records"] or 0)) for row in tx.all(EVERY, {"account_id": account_id})]


def get_store(tx: Transaction, account_id: int, store_id: int) -> StoreView:
    """A store with what is in it. Raises NotFound."""
    return view(find(tx, account_id, store_id), count(tx, store_id))


def find(tx: Transaction, account_id: int, store_id: int) -> Row:
    """The row of a store. Raises NotFound."""
    row = tx.one(ONE, {"account_id": account_id, "wanted": store_id})
    if row is None:
        raise NotFound("There is no such data store.")
    return row


def find_by_name(tx: Transaction, account_id: int, name: str) -> StoreView:
    """The store of that name or id. Raises NotFound naming those there are."""
    every = list_stores(tx, account_id)
    for one in every:
        if name.strip() in {one.name, str(one.id)}:
            return one
    known = ", ".join(one.name for one in every) or "none yet"
    raise NotFound(f"There is no data store “{name}”.", remedy=f"there are: {known}")


def locked(tx: Transaction, account_id: int, store_id: int) -> Row:
    """The row of a store that is about to be changed: nobody else changes it meanwhile. Raises NotFound."""
    tx.run(GROW, {"store": store_id, "by": 0})
    return find(tx, account_id, store_id)


def remove_store(tx: Transaction, account_id: int, store_id: int) -> None:
    """Remove a store with its records. Raises Conflict naming the scenarios that use it."""
    find(tx, account_id, store_id)
    users = [str(row["name"]) for row in tx.all(USED_BY, {"wanted": store_id})]
    if users:
        raise Conflict(
            f"The data store is used by {', '.join(users)}.", remedy="connect them to another one first"
        )
    tx.run(delete(data_store).where(data_store.c.id == store_id))


def view(row: Row, records: int = 0) -> StoreView:
    """A row as callers see it."""
    names = ("id", "name", "max_bytes", "size", "created")
    return StoreView(**{name: row[name] for name in names}, records=records)


# Records


def read(tx: Transaction, store_id: int, key: str) -> RecordView | None:
    """The record under a key."""
    row = tx.one(RECORD, {"store": store_id, "the_key": key})
    return None if row is None else _record(row)


def page(tx: Transaction, store_id: int, after: str = "", most: int = 100) -> list[RecordView]:
    """Records in order of their keys, those behind `after`."""
    return [_record(row) for row in tx.all(AFTER, {"store": store_id, "after": after, "most": most})]


def every(tx: Transaction, store_id: int) -> Iterator[RecordView]:
    """All records, a page at a time. (A key is never empty.)"""
    after = ""
    while found := page(tx, store_id, after, PAGE):
        yield from found
        after = found[-1].key


def count(tx: Transaction, store_id: int) -> int:
    """How many records there are."""
    return int(tx.scalar(COUNT, {"store": store_id}))


def put(tx: Transaction, store: Row, key: str, data: dict[str, Any], undo: Undo | None = None) -> None:
    """Write a record over what was there. `data`: values of the expression language.

    Raises InvalidInput naming the field, StoreFull.
    """
    if not key or len(key) > KEY_LIMIT:
        raise InvalidInput(f"1 to {KEY_LIMIT} characters", field="key", remedy="choose a shorter key")
    text = msgspec.json.encode(to_json(data)).decode()
    size = len(text.encode()) + len(key.encode())
    if size > RECORD_LIMIT:
        raise InvalidInput("a record may have 15 MB", field="data", remedy="split it")
    store_id = int(store["id"])
    before = tx.one(RECORD, {"store": store_id, "the_key": key})
    if not tx.run(GROW, {"store": store_id, "by": size - (int(before["size"]) if before else 0)}):
        raise StoreFull(
            f"the data store “{store['name']}” may have {int(store['max_bytes']) // MEGABYTE} MB",
            remedy="delete records, or make a larger store",
        )
    _note(tx, store_id, key, before, undo)
    now = clock.now_ms()
    values = {"store_id": store_id, "key": key, "data": text, "size": size, "created": now, "changed": now}
    tx.run(PUT, values)


def remove(tx: Transaction, store_id: int, key: str, undo: Undo | None = None) -> bool:
    """Delete a record; False when there was none."""
    before = tx.one(RECORD, {"store": store_id, "the_key": key})
    if before is None:
        return False
    _note(tx, store_id, key, before, undo)
    tx.run(GROW, {"store": store_id, "by": -int(before["size"])})
    return bool(tx.run(REMOVE, {"store": store_id, "the_key": key}))


def clear(tx: Transaction, store_id: int, undo: Undo | None = None) -> int:
    """Delete every record; how many there were."""
    if undo is not None:
        for record in every(tx, store_id):
            _note(tx, store_id, record.key, tx.one(RECORD, {"store": store_id, "the_key": record.key}), undo)
    tx.run(EMPTY, {"store": store_id})
    return tx.run(CLEAR, {"store": store_id})


def _record(row: Row) -> RecordView:
    data = msgspec.json.decode(row["data"])
    return RecordView(str(row["key"]), data, int(row["created"]), int(row["changed"]))


def values_of(record: RecordView) -> dict[str, Any]:
    """A record's data as values of the expression language."""
    found: dict[str, Any] = from_json(record.data)
    return found


# Taking back


def _note(tx: Transaction, store_id: int, key: str, before: Row | None, undo: Undo | None) -> None:
    if undo is not None:
        values = {"execution_id": undo.execution_id, "path": undo.path, "store_id": store_id, "key": key}
        kept = None if before is None else msgspec.json.encode(dict(before)).decode()
        tx.insert(data_undo, {**values, "before": kept})


def commit(tx: Transaction, execution_id: str) -> None:
    """What the execution changed is final."""
    tx.run(FORGET, {"wanted": execution_id})


def roll_back(tx: Transaction, execution_id: str) -> None:
    """Put back what the execution changed since its last commit, the last change first.

    The operations that did it run again, should the execution be taken up again.
    """
    for row in tx.all(UNDO, {"wanted": execution_id}):
        place = {"store": row["store_id"], "the_key": row["key"]}
        now = tx.one(RECORD, place)
        before = None if row["before"] is None else msgspec.json.decode(row["before"])
        sizes = [int(found["size"]) if found else 0 for found in (before, now)]
        # It was there before: room or not, it comes back.
        tx.run(RESTORE, {"store": row["store_id"], "by": sizes[0] - sizes[1]})
        tx.run(PUT, before) if before is not None else tx.run(REMOVE, place)
        tx.run(UNDONE, {"wanted": execution_id, "gone": row["path"]})
    commit(tx, execution_id)
