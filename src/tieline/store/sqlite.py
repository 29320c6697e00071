"""SQLite: reads on the event loop, one writer thread that groups waiting writes into one commit."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from tieline.errors import Conflict, Unavailable
from tieline.store.database import Callback, Database, Params, Row, Transaction
from tieline.store.snapshot import Snapshot
from tieline.store.statements import LookUp, Prepared

P = ParamSpec("P")
T = TypeVar("T")

READERS = 3
GROUP = 256  # writes in one commit at most: bounds how long the first of them waits
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-32000",
    "PRAGMA mmap_size=268435456",
)


class SqliteTransaction(Transaction):
    """A transaction on one connection."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, source: str) -> None:
        super().__init__(source)
        self.connection = connection

    def _execute(self, prepared: Prepared) -> sqlite3.Cursor:
        return self.connection.execute(prepared.sql, prepared.params)

    def _command(self, sql: str) -> None:
        self.connection.execute(sql)


@dataclass(slots=True)
class Write:
    """A write that waits for its group."""

    fn: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    callbacks: list[Callback] | None = None


class Writer:
    """The one thread that writes. Writes waiting at the same moment share a commit, each in its own savepoint."""

    def __init__(self, url: str, path: str, tell: Callable[[list[Write]], None]) -> None:
        self.url = url
        self.tell = tell  # called on the event loop with every group that is done
        self.waiting: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self.loop = asyncio.get_running_loop()
        self.connection = connect(path)
        self.thread = threading.Thread(target=self._work, name="tieline-writer", daemon=True)
        self.thread.start()

    async def write(self, fn: Callable[[Transaction], T]) -> T:
        """Queue a write and wait until its group is durable."""
        future: asyncio.Future[T] = self.loop.create_future()
        self.waiting.put(Write(fn, future))
        return await future

    async def close(self) -> None:
        """Finish the queue, then the thread."""
        self.waiting.put(None)
        await asyncio.to_thread(self.thread.join)
        self.connection.close()

    def _work(self) -> None:
        while (first := self.waiting.get()) is not None:
            group, ended = [first], False
            while len(group) < GROUP and not ended:
                try:
                    following = self.waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ended = True
                else:
                    group.append(following)
            self._commit(group)
            self.loop.call_soon_threadsafe(self.tell, group)
            if ended:
                return

    def _commit(self, group: list[Write]) -> None:
        """Run a group in one transaction. When the commit itself fails, every write of it fails."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            for write in group:
                self._run(write)
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            failure = Unavailable(
                f"The database could not be written: {error}", remedy="check disk space and permissions"
            )
            for write in group:
                write.error, write.callbacks = write.error or failure, None

    def _run(self, write: Write) -> None:
        tx = SqliteTransaction(self.connection, self.url)
        self.connection.execute("SAVEPOINT write")
        try:
            write.result = write.fn(tx)
            self.connection.execute("RELEASE SAVEPOINT write")
            write.callbacks = tx.callbacks
        except sqlite3.OperationalError as error:
            # A full disk may have ended the whole transaction; then nobody's savepoint is left.
            if not self.connection.in_transaction:
                raise
            self._undo(write, error)
        except BaseException as error:
            self._undo(write, error)

    def _undo(self, write: Write, error: BaseException) -> None:
        self.connection.execute("ROLLBACK TO SAVEPOINT write")
        self.connection.execute("RELEASE SAVEPOINT write")
        write.error = error


def _answer(group: list[Write]) -> None:
    """On the event loop: tell everybody of the group how it went."""
    for write in group:
        for callback in write.callbacks or ():
            callback()
        if write.future.done():  # the caller was cancelled; what it asked for is done all the same
            continue
        if write.error is not None:
            write.future.set_exception(write.error)
        else:
            write.future.set_result(write.result)


class SqliteDatabase(Database):
    """One file."""

    dialect = "sqlite"

    def __init__(self, url: str, path: str) -> None:
        self.url = url
        self.writer = Writer(url, path, self._written)
        self.snapshot = Snapshot(connect(path, read_only=True), path)
        self.local = threading.local()
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="tieline-reader")
        self.path = path

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

    async def close(self) -> None:
        await self.writer.close()
        await asyncio.to_thread(self.readers.shutdown)
        self.snapshot.close()

    def _written(self, group: list[Write]) -> None:
        self.snapshot.release()
        _answer(group)


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
