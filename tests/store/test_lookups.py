"""Look-ups see everything that is committed, whoever committed it, and each gets its own row."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys

import psycopg
import pytest
from sqlalchemy import Text, bindparam, select, update

from tests.databases import new_postgres
from tieline.store.database import Database, LookUp, Statement, Transaction, open_database
from tieline.store.tables import setting

VALUE = LookUp(lambda value: select(setting.c.value).where(setting.c.name == value("name")), {"name": Text()})
CHANGE = Statement(update(setting).where(setting.c.name == bindparam("wanted")).values(value=bindparam("to")))


def fill(tx: Transaction, count: int) -> None:
    for number in range(count):
        tx.insert(setting, {"name": f"n{number}", "value": str(number)})


def change(tx: Transaction, to: str) -> None:
    tx.run(CHANGE, {"wanted": "n1", "to": to})


def stored(tx: Transaction) -> object:
    return tx.scalar(select(setting.c.value).where(setting.c.name == "n1"))


async def value_of(database: Database, name: str) -> str | None:
    row = await database.look_up(VALUE, {"name": name})
    return None if row is None else str(row["value"])


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(fill, 100)
    return database


async def test_each_gets_its_own_row(filled: Database) -> None:
    names = [f"n{number}" for number in (*range(99, -1, -1), 100, 5, 5)]
    found = await asyncio.gather(*(value_of(filled, name) for name in names))
    assert found == [*(str(number) for number in range(99, -1, -1)), None, "5", "5"]


async def test_a_write_is_seen_by_the_next_look_up(filled: Database) -> None:
    for turn in range(20):
        assert await value_of(filled, "n1") == (f"turn {turn - 1}" if turn else "1")
        await filled.write(change, f"turn {turn}")
        assert await filled.read(stored) == f"turn {turn}"


async def test_what_another_process_wrote_is_seen(filled: Database) -> None:
    assert await value_of(filled, "n1") == "1"
    if filled.dialect == "sqlite":
        path = filled.url.removeprefix("sqlite:///")
        program = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
            "c.execute(\"UPDATE setting SET value = 'theirs' WHERE name = 'n1'\"); c.commit(); c.close()"
        )
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program, path], check=True)
    else:
        other = await open_database(filled.url, migrate=False)
        await other.write(change, "theirs")
        await other.close()
    assert await value_of(filled, "n1") == "theirs"


async def test_a_read_does_not_keep_the_log_of_sqlite_from_beginning_anew(tmp_path: object) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/tieline.db")
    await database.write(fill, 10)
    assert await value_of(database, "n1") == "1"
    await database.write(change, "2")
    other = sqlite3.connect(f"{tmp_path}/tieline.db")
    busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    other.close()
    assert not busy
    assert await value_of(database, "n1") == "2"
    await database.close()


async def test_a_connection_that_postgresql_ended_is_made_anew() -> None:
    with new_postgres() as url:
        database = await open_database(url, migrate=False)
        await database.write(fill, 2)
        assert await value_of(database, "n1") == "1"
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert await value_of(database, "n1") == "1"
        await database.close()
