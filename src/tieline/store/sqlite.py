"""SQLite: reads on the event loop, one writer that groups waiting writes into one commit."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from tieline.errors import Conflict, Unavailable
from tieline.store.database import Database, Params, Row, Transaction
from tieline.store.snapshot import Snapshot
from tieline.store.statements import LookUp, Prepared
from tieline.store.writes import GROUP, Write, answer

P = ParamSpec("P")
T = TypeVar("T")

READERS = 3
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
    "PRAGMA mmap_size=0",  # each connection would count the same pages of the file as its own memory
)


class SqliteTransaction(Transaction):
    """A transaction on one connection."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, source: str) -> None:
        super().__init__(source)
        self.connection = connection

    def _execute(self, prepared: Prepared) -> sqlite3.Cursor:
        return self.connection.execute(prepared.sql, prepared.params)

    def _stream(self, prepared: Prepared) -> Iterator[sqlite3.Row]:
        cursor = self._execute(prepared)
        try:
            yield from cursor
        finally:
            cursor.close()

    def _command(self, sql: str) -> None:
        self.connection.execute(sql)


class Writer:
    """The one who writes. Writes waiting at the same moment share a commit; what one that fails did is undone alone.

    A thread runs them and commits. A group of nothing but short writes is run on the event loop, and only its commit
    in the thread: two threads that take turns at every statement cost more than the statements.
    """

    def __init__(self, url: str, path: str, tell: Callable[[], None]) -> None:
        self.url = url
        self.tell = tell  # called on the event loop when a group is done, before anybody of it
        self.waiting: deque[Write] = deque()
        self.busy = False  # the thread has the connection
        self.planned = False
        self.handed: queue.SimpleQueue[tuple[list[Write], bool] | None] = queue.SimpleQueue()
        self.loop = asyncio.get_running_loop()
        self.setup_version = 0
        self.idle = asyncio.Event()
        self.connection = connect(path)
        # On the event loop nothing may wait for a lock that another program holds.
        self.connection.execute("PRAGMA busy_timeout=0")
        self.thread = threading.Thread(target=self._work, name="tieline-writer", daemon=True)
        self.thread.start()

    async def write(self, fn: Callable[[Transaction], T], *, short: bool = False) -> T:
        """Queue a write and wait until its group is durable."""
        future: asyncio.Future[T] = self.loop.create_future()
        self.waiting.append(Write(fn, future, short))
        self._plan()
        return await future

    async def close(self) -> None:
        """Finish what waits, then the thread."""
        while self.waiting or self.busy:
            self.idle.clear()
            await self.idle.wait()
        self.handed.put(None)
        await asyncio.to_thread(self.thread.join)
        self.connection.close()

    def _plan(self) -> None:
        """Begin the next group once everybody has spoken whose turn it is on the event loop."""
        if self.waiting and not self.busy and not self.planned:
            self.planned = True
            self.loop.call_soon(self._begin)

    def _begin(self) -> None:
        self.planned = False
        group = [self.waiting.popleft() for _ in range(min(GROUP, len(self.waiting)))]
        self.busy = True
        done = all(write.short for write in group) and self._run_here(group)
        self.handed.put((group, done))

    def _run_here(self, group: list[Write]) -> bool:
        """Run a group, not yet committed. False when it is for the thread.

        That is so when another program holds the lock, and when one of them fails: the thread runs them again, each in
        a savepoint of its own, which costs as much as the write itself.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            for write in group:
                tx = SqliteTransaction(self.connection, self.url)
                write.result = write.fn(tx)
                write.callbacks, write.changes_setup = tx.callbacks, tx.changes_setup
        except Exception:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            return False
        return True

    def _work(self) -> None:
        while (found := self.handed.get()) is not None:
            group, done = found
            self._commit(group, done)
            self.loop.call_soon_threadsafe(self._answer, group)

    def _commit(self, group: list[Write], done: bool) -> None:
        """Run a group if that is not done, and commit. When the commit itself fails, every write of it fails."""
        try:
            if not done:
                self._lock()
                kept: dict[
                    Hashable, Any
                ] = {}  # what one has read holds for the next: they are one transaction
                for write in group:
                    self._run(write, kept)
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(group, error)

    def _lock(self) -> None:
        """Begin; another program that holds the lock is waited for."""
        self.connection.execute("PRAGMA busy_timeout=5000")
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        finally:
            self.connection.execute("PRAGMA busy_timeout=0")

    def _fail(self, group: list[Write], error: sqlite3.Error) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        failure = Unavailable(
            f"The database could not be written: {error}", remedy="check disk space and permissions"
        )
        for write in group:
            write.error, write.callbacks = write.error or failure, None

    def _run(self, write: Write, kept: dict[Hashable, Any]) -> None:
        tx = SqliteTransaction(self.connection, self.url)
        tx.kept = kept
        self.connection.execute("SAVEPOINT write")
        try:
            write.result = write.fn(tx)
            self.connection.execute("RELEASE SAVEPOINT write")
            write.callbacks, write.changes_setup = tx.callbacks, tx.changes_setup
        except sqlite3.OperationalError as error:
            # A full disk may have ended the whole transaction; then nobody's savepoint is left.
            if not self.connection.in_transaction:
                raise
            self._undo(write, error)
            kept.clear()
        except BaseException as error:
            self._undo(write, error)
            kept.clear()

    def _undo(self, write: Write, error: BaseException) -> None:
        self.connection.execute("ROLLBACK TO SAVEPOINT write")
        self.connection.execute("RELEASE SAVEPOINT write")
        write.error = error

    def _answer(self, group: list[Write]) -> None:
        """On the event loop: tell everybody of the group how it went, and begin the next."""
        self.tell()
        self.busy = False
        self._plan()
        if any(write.changes_setup for write in group):
            self.setup_version += 1
        answer(group)
        self.idle.set()


class SqliteDatabase(Database):
    """One file."""

    dialect = "sqlite"

    def __init__(self, url: str, path: str) -> None:
        self.url = url
        self.writer = Writer(url, path, lambda: self.snapshot.release())
        self.snapshot = Snapshot(connect(path, read_only=True), path)
        self.local = threading.local()
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="tieline-reader")
        self.path = path

    @property
    def setup_version(self) -> int | None:
        return self.writer.setup_version

    @classmethod
    async def open(cls, url: str, *, migrate: bool) -> SqliteDatabase:
        """Open the file of `sqlite:///path`, making it and its folder when missing."""
        path = url.removeprefix("sqlite:///")
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            if migrate:
                from tieline.store import migrations

                await asyncio.to_thread(migrations.upgrade, url)
            return cls(url, path)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                f"The database {path} cannot be opened: {error}", remedy="check the folder"
            ) from None

    async def read(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return fn(SqliteTransaction(self.snapshot.current(), self.url), *args, **kwargs)

    async def look_up(self, wanted: LookUp, params: Params) -> Row | None:
        prepared = wanted.one.for_dialect("sqlite").prepared(params)
        row: Row | None = self.snapshot.current().execute(prepared.sql, prepared.params).fetchone()
        return None if row is None else prepared.row(row)

    async def read_slow(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def run() -> T:
            if not hasattr(self.local, "connection"):
                self.local.connection = connect(self.path, read_only=True)
            return _read(self.local.connection, self.url, fn, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self.readers, run)

    async def write(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.writer.write(lambda tx: fn(tx, *args, **kwargs))

    async def write_short(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.writer.write(lambda tx: fn(tx, *args, **kwargs), short=True)

    async def write_for(
        self,
        account_id: int,
        fn: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await self.write(fn, *args, **kwargs)  # everybody's writes share commits

    async def close(self) -> None:
        await self.writer.close()
        await asyncio.to_thread(self.readers.shutdown)
        self.snapshot.close()


def _read(
    connection: sqlite3.Connection,
    url: str,
    fn: Callable[Concatenate[Transaction, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    connection.execute("BEGIN")
    try:
        return fn(SqliteTransaction(connection, url), *args, **kwargs)
    finally:
        connection.execute("COMMIT")


def connect(path: str, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with our pragmas. Raises Conflict when the file is locked by something else."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.row_factory = sqlite3.Row
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
    except sqlite3.OperationalError as error:
        raise Conflict(f"The database {path} is in use: {error}", remedy="stop the other program") from None
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection
