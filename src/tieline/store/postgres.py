"""PostgreSQL: the same functions on a psycopg pool, in threads."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from tieline.errors import Unavailable
from tieline.store.database import Database, Params, Row, Transaction
from tieline.store.lookups import LookUps
from tieline.store.statements import LookUp, Prepared

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

    async def close(self) -> None:
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
                raise Unavailable(
                    f"The database does not answer: {error}", remedy="check that it runs"
                ) from None
        raise AssertionError("unreachable")
