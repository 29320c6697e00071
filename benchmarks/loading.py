"""Many people at once, straight into the tables: rows, identifiers, counters and search index as upserts would leave them.

Indexes and triggers are put aside while the rows go in, and made anew afterwards; SQLite and PostgreSQL are filled from
one pass over the people.
"""

from __future__ import annotations

import importlib
import multiprocessing
import sqlite3
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Final

import psycopg

from benchmarks import people
from tieline.crm import accounts
from tieline.crm.settings import save_settings
from tieline.store.database import Transaction, open_database
from tieline.store.statements import inserting
from tieline.store.tables import relation

EMAIL: Final = "bench@example.org"
CHUNK: Final = 2_000
DERIVED: Final = ("talks", "first_met", "last_talked", "went_quiet", "energy", "due_next")
FILL: Final = importlib.import_module("tieline.store.migrations.versions.0008_finding").FILL
Rows = list[tuple[Any, ...]]


def blank() -> dict[str, Any]:
    """A row with the defaults of the table."""
    given = {"account_id": 0, "kind": "", "sync_key": "", "document": "", "first_seen": 0, "last_changed": 0}
    return {**dict.fromkeys((*DERIVED, "id")), **inserting(relation, given)[1], "talks": 0}


def columns() -> list[str]:
    """The columns that are filled, in order."""
    sample = people.stored(1, 1, 1, EMAIL, people.settings())
    return list({**blank(), **sample.row})


def _chunk(task: tuple[int, int, int, int, int]) -> tuple[Rows, Rows]:
    """Rows and identifiers of the people from `first` on."""
    seed, account_id, count, first, past = task
    words, base, names = people.settings(), blank(), columns()
    rows: Rows = []
    identifiers: Rows = []
    for number in range(first, past):
        made = people.stored(seed, number, count, EMAIL, words)
        row_id = number + 1
        values = {
            **base,
            **made.row,
            **people.touches(seed, number),
            "id": row_id,
            "account_id": account_id,
        }
        rows.append(tuple(values[name] for name in names))
        identifiers.extend((account_id, "person", type_, value, row_id) for type_, value in made.identifiers)
    return rows, identifiers


def chunks(seed: int, account_id: int, count: int) -> Iterator[tuple[Rows, Rows]]:
    """Everybody, in chunks, made by two processes."""
    tasks = [(seed, account_id, count, first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        # A few at a time: what is made ahead of the databases would fill the memory.
        for start in range(0, len(tasks), 8):
            yield from pool.map(_chunk, tasks[start : start + 8])


def _said(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Target(ABC):
    """A database that is being filled."""

    @abstractmethod
    def add(self, rows: Rows, identifiers: Rows) -> None:
        """Put some in."""

    @abstractmethod
    def finish(self, account_id: int) -> None:
        """Make indexes, counters, search index and triggers."""


class Sqlite(Target):
    """A migrated SQLite file."""

    def __init__(self, url: str) -> None:
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=FILE"):
            self.connection.execute(f"PRAGMA {pragma}")
        found = self.connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'relation' AND sql IS NOT NULL "
            "AND type IN ('index', 'trigger') ORDER BY type"
        ).fetchall()
        self.connection.execute("BEGIN")
        for type_, name, _ in found:
            self.connection.execute(f"DROP {type_} {name}")
        self.again = [sql for _, _, sql in found]
        self.connection.execute(
            "CREATE TABLE loading_identifier AS SELECT account_id, kind, type, value, relation_id FROM identifier"
        )
        names = columns()
        self.insert = f"INSERT INTO relation ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"

    def add(self, rows: Rows, identifiers: Rows) -> None:
        self.connection.executemany(self.insert, rows)
        self.connection.executemany("INSERT INTO loading_identifier VALUES (?, ?, ?, ?, ?)", identifiers)

    def finish(self, account_id: int) -> None:
        run = self.connection.execute
        run(
            "INSERT INTO identifier (account_id, kind, type, value, relation_id) SELECT * FROM loading_identifier "
            "ORDER BY 1, 2, 3, 4, 5"
        )
        _said("SQLite: identifiers")
        run("DROP TABLE loading_identifier")
        for sql in self.again:
            run(sql)
        _said("SQLite: indexes")
        run("INSERT INTO relation_text(relation_text) VALUES ('rebuild')")
        _said("SQLite: search index")
        run("DELETE FROM relation_count")
        run(FILL)
        run("UPDATE account SET last_changed = ? WHERE id = ?", (people.NOW + 1, account_id))
        run("COMMIT")
        run("PRAGMA journal_mode=WAL")
        self.connection.close()


class Postgres(Target):
    """A migrated PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url)
        run = self.connection.execute
        run("SET session_replication_role = replica")  # no triggers, no foreign keys
        run("SET maintenance_work_mem = '512MB'")
        self.again = [
            row[0]
            for row in run(
                "SELECT indexdef FROM pg_indexes WHERE tablename = 'relation' AND indexname LIKE 'ix_%'"
            ).fetchall()
        ]
        for row in run(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'relation' AND indexname LIKE 'ix_%'"
        ).fetchall():
            run(f"DROP INDEX {row[0]}".encode())
        run("ALTER TABLE identifier DROP CONSTRAINT pk_identifier")
        run("DROP INDEX ix_identifier_relation")
        self.names = columns()
        booleans = {column.name for column in relation.c if column.type.python_type is bool}
        self.booleans = [place for place, name in enumerate(self.names) if name in booleans]

    def add(self, rows: Rows, identifiers: Rows) -> None:
        with self.connection.cursor() as cursor:
            with cursor.copy(f"COPY relation ({', '.join(self.names)}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
            with cursor.copy(
                "COPY identifier (account_id, kind, type, value, relation_id) FROM STDIN"
            ) as copy:
                for row in identifiers:
                    copy.write_row(row)

    def finish(self, account_id: int) -> None:
        run = self.connection.execute
        run(
            "ALTER TABLE identifier ADD CONSTRAINT pk_identifier PRIMARY KEY (account_id, kind, type, value, relation_id)"
        )
        run("CREATE INDEX ix_identifier_relation ON identifier (relation_id)")
        for definition in self.again:
            run(definition.encode())
        _said("PostgreSQL: indexes")
        run("DELETE FROM relation_count")
        run(FILL.encode())
        run("UPDATE account SET last_changed = %s WHERE id = %s", [people.NOW + 1, account_id])
        run("SELECT setval(pg_get_serial_sequence('relation', 'id'), (SELECT max(id) FROM relation))")
        self.connection.commit()
        self.connection.autocommit = True
        run("VACUUM ANALYZE")
        self.connection.close()


def _account(tx: Transaction) -> tuple[int, str]:
    made = accounts.create_account(tx, EMAIL, name="Bench")
    save_settings(tx, made.id, people.settings())
    return made.id, accounts.create_key(tx, made.id, "bench")[1]


async def load(urls: list[str], *, seed: int, count: int) -> list[str]:
    """Fill empty databases with the same people. Returns the key of the account in each. Progress on stderr."""
    keys: list[str] = []
    account_id = 0
    for url in urls:
        database = await open_database(url)
        account_id, key = await database.write(_account)
        await database.close()
        keys.append(key)
    targets: list[Target] = [Sqlite(url) if url.startswith("sqlite") else Postgres(url) for url in urls]
    began, done = time.monotonic(), 0
    for rows, identifiers in chunks(seed, account_id, count):
        for target in targets:
            target.add(rows, identifiers)
        done += len(rows)
        if done % 100_000 == 0:
            print(f"{done:,} of {count:,} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    for target in targets:
        target.finish(account_id)
        print(
            f"{type(target).__name__}: indexed after {time.monotonic() - began:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    return keys
