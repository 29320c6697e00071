"""PostgreSQL: the same functions on a psycopg pool, in threads.

Writes of one account take turns, whichever process they come from. Those that wait in this process while one is under way
share the next transaction, each in a savepoint of its own: one durable commit for all of them.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from tieline.errors import Unavailable
from tieline.store.database import Database, Params, Row, Transaction
from tieline.store.lookups import LookUps
from tieline.store.statements import LookUp, Prepared
from tieline.store.writes import GROUP, Write, answer

P = ParamSpec("P")
T = TypeVar("T")

CONNECTIONS = 16
STREAMED = 500  # rows fetched at a time
ATTEMPTS = 4
# Another transaction was in the way: nothing is wrong, running the function again is right.
TRANSIENT = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.UniqueViolation,
)

_names = itertools.count()  # of server-side cursors


class PostgresTransaction(Transaction):
    """A transaction on one pooled connection."""

    dialect = "postgresql"

    def __init__(self, connection: psycopg.Connection[dict[str, Any]], source: str) -> None:
        super().__init__(source)
        self.connection = connection

    def _execute(self, prepared: Prepared) -> psycopg.Cursor[dict[str, Any]]:
        return self.connection.execute(prepared.sql.encode(), dict(prepared.params) or None)

    def _stream(self, prepared: Prepared) -> Iterator[dict[str, Any]]:
        with self.connection.cursor(f"tieline_{next(_names)}") as cursor:
            cursor.itersize = STREAMED
            yield from cursor.execute(prepared.sql.encode(), dict(prepared.params) or None)

    def _command(self, sql: str) -> None:
        self.connection.execute(sql.encode())


class PostgresDatabase(Database):
    """One PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, url: str, pool: ConnectionPool[psycopg.Connection[dict[str, Any]]]) -> None:
        self.url = url
        self.pool = pool
        self.lookups = LookUps(url)
        self.waiting: dict[int, list[Write]] = {}  # by account, while a group of its writes is under way
        self.groups: set[asyncio.Future[None]] = set()
        self.threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="tieline-postgres")

    @classmethod
    async def open(cls, url: str, *, migrate: bool) -> PostgresDatabase:
        """Open the database of the URL."""
        pool: ConnectionPool[psycopg.Connection[dict[str, Any]]] = ConnectionPool(
            url, min_size=2, max_size=CONNECTIONS, kwargs={"row_factory": dict_row}, open=False, timeout=15
        )
        try:
            if migrate:
                from tieline.store import migrations

                await asyncio.to_thread(migrations.upgrade, url)
            await asyncio.to_thread(pool.open, True, 15)
        except (psycopg.Error, PoolTimeout) as error:
            pool.close()
            raise Unavailable(
                f"The database does not answer: {error}", remedy="check its URL and that it runs"
            ) from None
        return cls(url, pool)

    async def read(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        result, _ = await self._in_thread(True, lambda tx: fn(tx, *args, **kwargs))
        return result

    async def look_up(self, wanted: LookUp, params: Params) -> Row | None:
        return await self.lookups.ask(wanted, params)

    async def read_slow(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.read(fn, *args, **kwargs)

    async def write(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        result, callbacks = await self._in_thread(False, lambda tx: fn(tx, *args, **kwargs))
        for callback in callbacks:
            callback()
        return result

    async def write_for(
        self,
        account_id: int,
        fn: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        write = Write(lambda tx: fn(tx, *args, **kwargs), future)
        if account_id in self.waiting:
            self.waiting[account_id].append(write)
        else:
            self.waiting[account_id] = []
            self._begin(account_id, [write])
        return await future

    def _begin(self, account_id: int, group: list[Write]) -> None:
        running = asyncio.get_running_loop().run_in_executor(self.threads, self._run_group, group)
        self.groups.add(running)
        running.add_done_callback(lambda running: self._ended(account_id, group, running))

    def _ended(self, account_id: int, group: list[Write], running: asyncio.Future[None]) -> None:
        """Answer a group, and begin the next with those that came meanwhile."""
        self.groups.discard(running)
        answer(group)
        following = self.waiting[account_id]
        if following:
            self.waiting[account_id] = following[GROUP:]
            self._begin(account_id, following[:GROUP])
        else:
            del self.waiting[account_id]

    def _run_group(self, group: list[Write]) -> None:
        """Run writes in one transaction. Never raises: how each went stands in it."""
        alone = group
        if len(group) > 1:
            try:
                with self.pool.connection() as connection:
                    alone = self._run_together(connection, group)
            except BaseException as error:
                lost = isinstance(error, psycopg.OperationalError | PoolTimeout)
                failure = _unavailable(error) if lost else error
                for write in group:
                    write.error, write.callbacks = write.error or failure, None
                return
        for write in alone:
            try:
                write.result, write.callbacks = self._run(False, write.fn)
            except BaseException as error:
                write.error = error

    def _run_together(
        self, connection: psycopg.Connection[dict[str, Any]], group: list[Write]
    ) -> list[Write]:
        """Each in its savepoint. Returns those that another transaction was in the way of."""
        alone = []
        kept: dict[Hashable, Any] = {}
        for write in group:
            tx = PostgresTransaction(connection, self.url)
            tx.kept = kept  # what one has read holds for the next: they are one transaction
            connection.execute("SAVEPOINT write")
            try:
                write.result = write.fn(tx)
                connection.execute("RELEASE SAVEPOINT write")
                write.callbacks = tx.callbacks
            except BaseException as error:
                if connection.closed:
                    raise
                connection.execute("ROLLBACK TO SAVEPOINT write")
                connection.execute("RELEASE SAVEPOINT write")
                kept.clear()
                if isinstance(error, TRANSIENT):
                    alone.append(write)
                else:
                    write.error = error
        return alone

    async def close(self) -> None:
        while self.groups:
            await asyncio.wait(self.groups)
        await self.lookups.close()
        await asyncio.to_thread(self.threads.shutdown)
        await asyncio.to_thread(self.pool.close)

    async def _in_thread(
        self, read_only: bool, fn: Callable[[Transaction], T]
    ) -> tuple[T, list[Callable[[], None]]]:
        loop = asyncio.get_running_loop()
        # Shielded: a caller that goes away must not leave a connection in the middle of its work.
        return await asyncio.shield(loop.run_in_executor(self.threads, self._run, read_only, fn))

    def _run(self, read_only: bool, fn: Callable[[Transaction], T]) -> tuple[T, list[Callable[[], None]]]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.pool.connection() as connection:
                    tx = PostgresTransaction(connection, self.url)
                    if read_only:
                        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    result = fn(tx)
                return result, tx.callbacks
            except TRANSIENT:
                if attempt == ATTEMPTS:
                    raise
            except (psycopg.OperationalError, PoolTimeout) as error:
                raise _unavailable(error) from None
        raise AssertionError("unreachable")


def _unavailable(error: BaseException) -> Unavailable:
    return Unavailable(f"The database does not answer: {error}", remedy="check that it runs")
