"""What the store promises, on either database."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, delete, select, update

from tests.databases import new_postgres
from tieline.errors import Conflict
from tieline.query import findable
from tieline.store import search
from tieline.store.database import Database, Dialect, Statement, Transaction, open_database
from tieline.store.lock import ProcessLock
from tieline.store.statements import upsert
from tieline.store.tables import account, relation, scenario, setting

BY_EMAIL = Statement(select(account).where(account.c.email == bindparam("email")))


def add(tx: Transaction, email: str) -> int:
    return tx.insert(account, {"email": email, "created": 1})


async def emails(database: Database) -> set[str]:
    return {row["email"] for row in await database.read(lambda tx: tx.all(select(account.c.email)))}


async def test_what_is_written_is_read_with_its_defaults(database: Database) -> None:
    number = await database.write(add, "a@x.example")
    row = await database.read(lambda tx: tx.one(BY_EMAIL, {"email": "a@x.example"}))
    assert row is not None
    assert (row["id"], row["timezone"], row["aka"]) == (number, "UTC", "[]")


@pytest.mark.parametrize("short", [False, True])
async def test_a_failing_write_undoes_itself_alone(database: Database, short: bool) -> None:
    def fails(tx: Transaction) -> None:
        add(tx, "bad@x.example")
        raise ValueError("no")

    write = database.write_short if short else database.write
    results = await asyncio.gather(
        *(write(add, f"{n}@x.example") for n in range(20)),
        write(fails),
        return_exceptions=True,
    )
    assert isinstance(results[-1], ValueError)
    assert await emails(database) == {f"{n}@x.example" for n in range(20)}


async def test_a_savepoint_undoes_its_part(database: Database) -> None:
    def write(tx: Transaction) -> None:
        add(tx, "kept@x.example")
        with contextlib.suppress(KeyError), tx.savepoint():
            add(tx, "gone@x.example")
            raise KeyError
        add(tx, "also@x.example")

    await database.write(write)
    assert await emails(database) == {"kept@x.example", "also@x.example"}


async def test_callbacks_come_after_the_commit_and_only_then(database: Database) -> None:
    seen: list[str] = []

    def write(tx: Transaction, word: str, fail: bool) -> None:
        tx.after_commit(lambda: seen.append(word))
        if fail:
            raise ValueError(word)

    await database.write(write, "yes", False)
    with pytest.raises(ValueError, match="no"):
        await database.write(write, "no", True)
    assert seen == ["yes"]


async def test_writes_wait_for_the_lock_of_another_program_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "tieline.db"
    database = await open_database(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.gather(
            *((database.write_short if n % 2 else database.write)(add, f"{n}@x.example") for n in range(9))
        )
        await asyncio.sleep(0.05)
        assert not writing.done()
        other.rollback()
        numbers = await writing
    assert numbers == sorted(numbers)
    await database.close()


# The lock that says that somebody has the database open: byte 128 of the index, see wal-index in SQLite's os_unix.c.
ALONE = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)"


async def test_another_program_does_not_think_itself_alone(tmp_path: Path) -> None:
    """It would cut the shared index short, and this process with it."""
    path = tmp_path / "tieline.db"
    database = await open_database(f"sqlite:///{path}")
    await database.write(add, "a@x.example")
    assert await emails(database) == {"a@x.example"}
    asked = subprocess.run([sys.executable, "-c", ALONE, f"{path}-shm"], capture_output=True, check=False)
    assert b"BlockingIOError" in asked.stderr
    await database.close()


async def test_a_change_of_the_setup_is_known_before_it_is_answered(database: Database) -> None:
    before = database.setup_version
    await database.write(add, "a@x.example")
    await database.write(lambda tx: tx.run(delete(scenario).where(scenario.c.id == 1)))
    assert database.setup_version == before
    values = {"account_id": 1, "name": "s", "created": 1, "changed": 1}
    await database.write(lambda tx: tx.insert(scenario, values))
    if database.dialect == "postgresql":
        assert database.setup_version is None
    else:
        assert database.setup_version == (before or 0) + 1


async def test_a_caller_that_goes_away_does_not_disturb_the_group(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(add, f"{n}@x.example")) for n in range(10)]
    await asyncio.sleep(0)
    tasks[4].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.write(add, "last@x.example")
    assert {f"{n}@x.example" for n in range(10) if n != 4} <= await emails(database)


async def test_booleans_are_booleans_and_lists_spread(database: Database) -> None:
    owner = await database.write(add, "a@x.example")

    def write(tx: Transaction) -> None:
        for number in range(3):
            values = {
                "account_id": owner,
                "kind": "person",
                "sync_key": f"k{number}",
                "document": "{}",
                "first_seen": 1,
                "last_changed": 1,
            }
            tx.insert(relation, {**values, "archived": number == 1, "search": f"ada byron{number}"})

    await database.write(write)
    for keys, count in ((["k0"], 1), (["k0", "k1"], 2), ([], 0)):
        rows = await database.read_slow(
            lambda tx, keys=keys: tx.all(
                select(relation.c.sync_key, relation.c.archived).where(relation.c.sync_key.in_(keys))
            )
        )
        assert len(rows) == count
        assert all(row["archived"] is (row["sync_key"] == "k1") for row in rows)


async def test_upsert_inserts_or_updates(database: Database) -> None:
    put = upsert(setting, columns=("name", "value"), conflict=("name",), update=("value",))
    keep = upsert(setting, columns=("name", "value"), conflict=("name",))
    for statement, value in ((put, "1"), (keep, "2"), (put, "3")):
        await database.write(lambda tx, s=statement, v=value: tx.run(s, {"name": "n", "value": v}))
        expected = "1" if value == "2" else value
        assert (
            await database.read(lambda tx: tx.scalar(select(setting.c.value).where(setting.c.name == "n")))
            == expected
        )
    touched = await database.write(
        lambda tx: tx.run(update(setting).where(setting.c.name == "nobody").values(value="x"))
    )
    assert touched == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
async def test_no_text_makes_the_search_stumble(database: Database, text: str) -> None:
    needles = [search.Needle(word, True) for word in search.words(text)]
    if (said := findable.fact("tag", text)) is not None:
        needles.append(search.Needle(said))
    for needle in needles:
        asked = search.expression(database.dialect, [[needle]], account_id=1, kind="person", unlisted=True)
        await database.read(_search, database.dialect, asked, search.pattern(needle))


def _search(tx: Transaction, dialect: Dialect, asked: str, pattern: str) -> None:
    tx.all(select(relation.c.id).where(search.found(dialect, "found")), {"found": asked})
    tx.all(select(relation.c.id).where(search.holds(dialect, ["held"])), {"held": pattern})


async def test_a_schema_of_the_future_is_refused() -> None:
    with new_postgres() as url:
        database = await open_database(url)
        from sqlalchemy import text

        await database.write(lambda tx: tx.run(text("UPDATE alembic_version SET version_num = '9999'")))
        await database.close()
        with pytest.raises(Conflict, match="newer version"):
            await open_database(url)


def test_a_data_folder_has_one_master(tmp_path: Path) -> None:
    first = ProcessLock(str(tmp_path))
    first.acquire({"pid": 7, "at": "http://127.0.0.1:1"})
    with pytest.raises(Conflict, match=r"pid 7, at http://127\.0\.0\.1:1"):
        ProcessLock(str(tmp_path)).acquire({"pid": 8})
    first.release()
    ProcessLock(str(tmp_path)).acquire({"pid": 8})


async def test_writes_of_one_account_share_commits_and_fail_alone(database: Database) -> None:
    def fails(tx: Transaction) -> None:
        add(tx, "bad@x.example")
        raise ValueError("no")

    def taken(tx: Transaction) -> int:
        return add(tx, "0@x.example")

    told: list[int] = []

    def good(tx: Transaction, number: int) -> int:
        tx.after_commit(lambda: told.append(number))
        return add(tx, f"{number}@x.example")

    results = await asyncio.gather(
        *(database.write_for(1, good, n) for n in range(40)),
        database.write_for(1, fails),
        database.write_for(1, taken),
        database.write_for(1, good, 40),
        return_exceptions=True,
    )
    assert isinstance(results[40], ValueError)
    assert isinstance(results[41], Exception)  # the address is unique, whoever asks first
    assert len({*results[:40], results[42]}) == 41
    assert told == list(range(41))
    assert await emails(database) == {f"{n}@x.example" for n in range(41)}


async def test_a_cancelled_write_is_done_and_keeps_nobody_waiting(database: Database) -> None:
    tasks = [asyncio.create_task(database.write_for(7, add, f"{n}@x.example")) for n in range(10)]
    await asyncio.sleep(0)
    tasks[5].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.write_for(7, add, "last@x.example")
    assert await emails(database) == {"last@x.example", *(f"{n}@x.example" for n in range(10))}


async def test_what_a_group_has_read_is_read_again_when_told_or_undone(database: Database) -> None:
    """Writes that share a commit share what was read once; a change among them is seen by those that follow."""

    def count(tx: Transaction) -> int:
        return tx.once("count", lambda: len(tx.all(select(account.c.id))))

    def grow(tx: Transaction, number: int) -> int:
        add(tx, f"{number}@x.example")
        tx.forget()
        return count(tx)

    def fails(tx: Transaction) -> None:
        grow(tx, 99)
        raise ValueError("no")

    writes = [database.write_for(1, grow, n) for n in range(5)]
    between = [database.write_for(1, fails), database.write_for(1, count), database.write_for(1, count)]
    found = await asyncio.gather(*writes, *between, return_exceptions=True)
    assert found[:5] == [1, 2, 3, 4, 5]
    assert isinstance(found[5], ValueError)
    assert found[6:] == [5, 5]
