"""The raw group-commit ceiling of a database: the rows of an upsert, written with nothing around them.

The rows are those that the server itself wrote last: they are read back, given a new word in the headline, and written
again by one connection of the driver, as many in each durable commit as there are clients. On PostgreSQL the statements
of a commit go in one batch each (`executemany`, which is pipelined).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import bindparam, insert, select, update

from tieline.jobs import distributed, embedded
from tieline.store import tables
from tieline.store.sqlite import connect
from tieline.store.statements import Statement

Batch = list[tuple[Statement, dict[str, Any]]]


def _insert(table: Any) -> Statement:
    return Statement(insert(table).values({c.name: bindparam(c.name) for c in table.c if not _generated(c)}))


def _generated(column: Any) -> bool:
    return column is column.table.autoincrement_column


RELATION, CHANGE, DELIVERY = (_insert(t) for t in (tables.relation, tables.change, tables.delivery))
IDENTIFIER = Statement(
    insert(tables.identifier).values({c.name: bindparam(c.name) for c in tables.identifier.c})
)
CLOCK = Statement(
    update(tables.account)
    .where(tables.account.c.id == bindparam("wanted"))
    .values(last_changed=bindparam("stamp"))
)
UPDATE = Statement(
    update(tables.relation)
    .where(tables.relation.c.id == bindparam("relation_id"))
    .values({name: bindparam(name) for name in ("document", "search", "last_changed")})
)
LATEST = Statement(
    select(tables.change)
    .where(tables.change.c.action == bindparam("wanted"))
    .order_by(tables.change.c.id.desc())
    .limit(400)
)
ROW = Statement(select(tables.relation).where(tables.relation.c.id == bindparam("wanted")))
KEYS = Statement(select(tables.identifier).where(tables.identifier.c.relation_id == bindparam("wanted")))
SENT = Statement(select(tables.delivery).where(tables.delivery.c.change_id == bindparam("wanted")))


class Raw:
    """One connection of the driver."""

    def __init__(self, url: str) -> None:
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        self.connection: Any
        if self.dialect == "sqlite":
            self.connection = connect(url.removeprefix("sqlite:///"))
        else:
            self.connection = psycopg.connect(url, row_factory=dict_row)

    def rows(self, statement: Statement, **values: Any) -> list[dict[str, Any]]:
        """What a statement answers."""
        prepared = statement.for_dialect(self.dialect).prepared(values)
        found = self.connection.execute(self._sql(prepared.sql), dict(prepared.params)).fetchall()
        return [prepared.row(dict(row)) for row in found]  # type: ignore[misc]

    def commit(self, batch: Batch) -> None:
        """Write a batch in one durable transaction."""
        together: dict[Statement, list[dict[str, Any]]] = {}
        for statement, values in batch:
            together.setdefault(statement, []).append(values)
        if self.dialect == "sqlite":
            self.connection.execute("BEGIN IMMEDIATE")
        cursor = self.connection.cursor()
        for statement, values in together.items():
            compiled = statement.for_dialect(self.dialect)
            cursor.executemany(
                self._sql(compiled.sql), [dict(compiled.prepared(one).params) for one in values]
            )
        self.connection.execute("COMMIT") if self.dialect == "sqlite" else self.connection.commit()

    def _sql(self, text: str) -> Any:
        return text if self.dialect == "sqlite" else text.encode()


def ceiling(url: str, action: str, clients: int, seconds: float) -> float:
    """Upserts a second. `action`: create or update, of which there must be some in the database."""
    raw = Raw(url)
    samples = list(_samples(raw, action))
    assert samples, f"no {action} to repeat"
    numbers = itertools.count(time.time_ns())
    pool = itertools.cycle(samples)
    written, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        raw.commit([pair for _ in range(clients) for pair in next(pool)(next(numbers))])
        written += clients
    elapsed = time.perf_counter() - began
    raw.connection.close()
    return written / elapsed


def _samples(raw: Raw, action: str) -> Iterator[Callable[[int], Batch]]:
    for change in raw.rows(LATEST, wanted=action):
        found = raw.rows(ROW, wanted=change["relation_id"])
        if found:
            sent = raw.rows(SENT, wanted=change["id"])
            keys = raw.rows(KEYS, wanted=change["relation_id"]) if action == "create" else []
            yield _again(raw, found[0], keys, change, sent)


def _again(
    raw: Raw,
    row: dict[str, Any],
    keys: list[dict[str, Any]],
    change: dict[str, Any],
    sent: list[dict[str, Any]],
) -> Callable[[int], Batch]:
    """The same write for another person, or to another headline."""
    fields = {c.name for c in tables.change.c if not _generated(c)}
    columns = {c.name for c in tables.relation.c if not _generated(c)}

    def batch(number: int) -> Batch:
        word = f" again{number}"
        values = {**row, "search": row["search"] + word, "last_changed": row["last_changed"] + 1}
        made: Batch = [(CLOCK, {"wanted": row["account_id"], "stamp": number // 1_000_000})]
        if keys:
            made.append(
                (RELATION, {**{n: values[n] for n in columns}, "sync_key": f"{row['sync_key']}{number}"})
            )
            made += [(IDENTIFIER, {**key, "value": f"{key['value']}{number}"}) for key in keys]
        else:
            names = ("document", "search", "last_changed")
            made.append((UPDATE, {"relation_id": row["id"], **{name: values[name] for name in names}}))
        made.append((CHANGE, {name: change[name] for name in fields}))
        for one in sent:
            made.append((DELIVERY, {c.name: one[c.name] for c in tables.delivery.c if not _generated(c)}))
            made.append(_job(raw.dialect, one))
        return made

    return batch


def _job(dialect: str, delivery: dict[str, Any]) -> tuple[Statement, dict[str, Any]]:
    if dialect == "sqlite":
        payload = {"kind": "delivery.send", "payload": f'{{"id":{delivery["id"]}}}', "key": None}
        lock = f"subscription:{delivery['subscription_id']}"
        times = {
            "run_at": delivery["created"],
            "attempts": 0,
            "state": "waiting",
            "created": delivery["created"],
        }
        return embedded.INSERT, {**payload, "lock": lock, **times}
    args = f'{{"payload":{{"id":{delivery["id"]}}},"attempt":1,"lock":null}}'
    return distributed.INSERT, {
        "queue": distributed.QUEUE, "kind": "delivery.send", "lock": None, "key": None, "args": args, "at": None,
    }  # fmt: skip
