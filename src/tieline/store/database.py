"""The store: behaviour is a plain function that takes `tx` first; a database runs it.

await db.read(fn, …)    a consistent snapshot, read only
await db.write(fn, …)   one transaction; answered once it is durable; an exception rolls back this fn alone
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from sqlalchemy import Table

from tieline.errors import InvalidInput
from tieline.store.statements import (
    Executable,
    LookUp,
    Prepared,
    Statement,
    inserting,
    prepare,
    written_by,
)

P = ParamSpec("P")
T = TypeVar("T")

Dialect = Literal["sqlite", "postgresql"]
Row = Mapping[str, Any]
Params = Mapping[str, Any]
Callback = Callable[[], None]

# What scenarios are set up with: read for every execution, written by people now and then.
SETUP = frozenset({"binding", "connection", "hook", "scenario", "scenario_version"})


class Transaction(ABC):
    """What behaviour functions get. SQL is SQLAlchemy Core; it runs on the driver's cursor."""

    dialect: Dialect

    def __init__(self, source: str) -> None:
        self.source = source  # URL of the database: callbacks find what belongs to it
        self.callbacks: list[Callback] = []
        self.kept: dict[Hashable, Any] = {}
        self.changes_setup = False

    def run(self, statement: Executable, params: Params | None = None) -> int:
        """Execute; the number of rows touched."""
        count = int(self._execute(prepare(statement, self.dialect, params)).rowcount)
        if count:
            self._note(statement)
        return count

    def run_many(self, statement: Executable, rows: Sequence[Params]) -> None:
        """Execute once for each row of parameters."""
        for row in rows:
            self._execute(prepare(statement, self.dialect, row))
        self._note(statement)

    def one(self, statement: Executable, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        prepared = prepare(statement, self.dialect, params)
        row = self._execute(prepared).fetchone()
        self._note(statement)
        return None if row is None else prepared.row(row)

    def all(self, statement: Executable, params: Params | None = None) -> list[Row]:
        """Every row."""
        prepared = prepare(statement, self.dialect, params)
        rows = self._execute(prepared).fetchall()
        self._note(statement)
        return [prepared.row(row) for row in rows] if prepared.booleans else rows

    def each(self, statement: Executable, params: Params | None = None) -> Generator[Row, None, None]:
        """Every row, one after the other, without holding them all. Close it when it is not read to its end."""
        prepared = prepare(statement, self.dialect, params)
        for row in self._stream(prepared):
            yield prepared.row(row)

    def scalar(self, statement: Executable, params: Params | None = None) -> Any:
        """The first column of the first row, or None."""
        prepared = prepare(statement, self.dialect, params)
        row = self._execute(prepared).fetchone()
        if row is None:
            return None
        if prepared.booleans:
            row = prepared.row(row)
        return next(iter(row.values())) if isinstance(row, dict) else row[0]

    def insert(self, table: Table, values: Params) -> int:
        """Insert a row, column defaults applied; its generated id, 0 when the table generates none."""
        statement, complete, generated = inserting(table, values)
        cursor = self._execute(prepare(statement, self.dialect, complete))
        self._note(statement)
        if generated is None:
            return 0
        return int(cursor.fetchone()[generated])

    def once(self, name: Hashable, read: Callable[[], T]) -> T:
        """What `read` answers, read once in this transaction. Whoever changes it calls `forget`."""
        if name not in self.kept:
            self.kept[name] = read()
        found: T = self.kept[name]
        return found

    def forget(self) -> None:
        """Everything that was kept is to be read again."""
        self.kept.clear()

    def after_commit(self, callback: Callback) -> None:
        """Call this on the event loop once the transaction is durable; never if it is rolled back."""
        self.callbacks.append(callback)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail alone: an exception undoes it and goes on upwards."""
        kept = len(self.callbacks)
        self._command("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._command("ROLLBACK TO SAVEPOINT part")
            self._command("RELEASE SAVEPOINT part")
            del self.callbacks[kept:]
            self.forget()
            raise
        self._command("RELEASE SAVEPOINT part")

    def _note(self, statement: Executable) -> None:
        """Remember that what scenarios are set up with has changed."""
        writes = statement.writes if isinstance(statement, Statement) else written_by(statement)
        if writes in SETUP:
            self.changes_setup = True

    @abstractmethod
    def _execute(self, prepared: Prepared) -> Any:
        """The driver's cursor after execution."""

    @abstractmethod
    def _stream(self, prepared: Prepared) -> Iterator[Any]:
        """The driver's rows as they come."""

    @abstractmethod
    def _command(self, sql: str) -> None:
        """Run a bare command."""


class Database(ABC):
    """An open database. Made by `open_database`."""

    dialect: Dialect
    url: str

    @property
    def setup_version(self) -> int | None:
        """A number that grows whenever a write changes a table of SETUP, before that write is answered.

        None where other processes write too: nothing that was read may then be kept.
        """
        return None

    @abstractmethod
    async def read(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a short read on a consistent snapshot."""

    @abstractmethod
    async def look_up(self, wanted: LookUp, params: Params) -> Row | None:
        """One row by exact values, as it is at some moment after the call."""

    @abstractmethod
    async def read_slow(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a longer read where it does not keep others waiting."""

    @abstractmethod
    async def write(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a write; answered when it is durable. An exception undoes this fn alone."""

    async def write_short(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for a fn of a few statements that each touch one row. It may run where others wait for it, and may
        be run again when another write fails: it changes nothing but the database."""
        return await self.write(fn, *args, **kwargs)

    @abstractmethod
    async def write_for(
        self,
        account_id: int,
        fn: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a write of one account. Those of an account that wait at the same moment may share a commit."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was begun and close every connection."""


async def open_database(url: str, *, migrate: bool = True) -> Database:
    """Open `sqlite:///path` or `postgresql://…`, migrated to the current schema.

    Raises InvalidInput for another URL, Conflict when the schema is newer than this program, Unavailable when the
    server does not answer.
    """
    if url.startswith("sqlite://"):
        from tieline.store.sqlite import SqliteDatabase

        return await SqliteDatabase.open(url, migrate=migrate)
    if url.startswith(("postgresql://", "postgres://")):
        from tieline.store.postgres import PostgresDatabase

        return await PostgresDatabase.open(url, migrate=migrate)
    raise InvalidInput(
        f"{url.split(':')[0]} is no database Tieline knows",
        field="database",
        remedy="sqlite:///… or postgresql://…",
    )


__all__ = ["Database", "Dialect", "LookUp", "Row", "Statement", "Transaction", "open_database"]
