"""SQL from SQLAlchemy Core, compiled once per shape and dialect, run on the driver's own cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    true,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.sql import ClauseElement, FromClause, column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import LRUCache


class _SqliteCompiler(SQLiteCompiler):
    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        # INDEXED BY …, NOT INDEXED: SQLite keeps no statistics of who has how many records, we do.
        return text


class _Sqlite(SQLiteDialect):
    statement_compiler = _SqliteCompiler
    supports_statement_cache = True


DIALECTS: dict[str, SqlDialect] = {
    "sqlite": _Sqlite(paramstyle="named"),
    "postgresql": postgresql.dialect(paramstyle="pyformat"),  # type: ignore[no-untyped-call]
}
# Shapes of statements built at run time (a find has a few hundred); the module-level ones are compiled for good.
_shapes: dict[str, LRUCache[Any, Any]] = {name: LRUCache(1000) for name in DIALECTS}


class Statement:
    """A statement built once, at import. Values come in through `bindparam` names.

    `per_dialect` gives one clause for each dialect where the two differ (an upsert). `as_stored`: booleans are not made
    of SQLite's 0 and 1, which takes time in a long row.
    """

    def __init__(
        self, clause: ClauseElement | None = None, *, as_stored: bool = False, **per_dialect: ClauseElement
    ) -> None:
        self.as_stored = as_stored
        self.clauses = {name: per_dialect.get(name, clause) for name in DIALECTS}
        self.compiled: dict[str, Compiled] = {}
        self.writes = written_by(self.clauses["sqlite"])

    def for_dialect(self, dialect: str) -> Compiled:
        """The compiled form, made on first use."""
        found = self.compiled.get(dialect)
        if found is None:
            clause = self.clauses[dialect]
            assert clause is not None
            found = self.compiled[dialect] = Compiled.of(clause, dialect, self.as_stored)
        return found


ONE: ColumnElement[int] = literal_column("1")


class LookUp:
    """One row by exact values, which `Database.look_up` answers in the shortest way that the database has.

    `build` makes the select from a function that gives the value of a name; `types` are the names with their types. On
    PostgreSQL everything that is looked up at the same moment is one statement: `several` takes a list for each name
    and answers rows with the position `n`, counted from 1.
    """

    def __init__(
        self, build: Callable[[Callable[[str], Any]], Select[Any]], types: Mapping[str, TypeEngine[Any]]
    ) -> None:
        self.names = tuple(types)
        self.one = Statement(build(bindparam))
        self.several = Statement(postgresql=_several(build, types))


def _several(
    build: Callable[[Callable[[str], Any]], Select[Any]], types: Mapping[str, TypeEngine[Any]]
) -> Select[Any]:
    if not types:
        return build(bindparam).limit(ONE)
    lists: list[ColumnElement[Any]] = [cast_to(bindparam(name), ARRAY(kind)) for name, kind in types.items()]
    columns: list[Any] = [column(name, kind) for name, kind in types.items()]
    asked = func.unnest(*lists).table_valued(*columns, with_ordinality="n", name="asked").render_derived()
    found = build(lambda name: asked.c[name]).limit(ONE).lateral("found")
    return select(asked.c.n, found).join_from(asked, found, true())


def written_by(clause: ClauseElement | None) -> str | None:
    """The table that a statement inserts into, updates or deletes from; None for one that reads."""
    return str(getattr(clause.table, "name", "")) if isinstance(clause, Insert | Update | Delete) else None


Executable = Statement | ClauseElement


@dataclass(slots=True)
class Prepared:
    """Ready for the cursor: text, parameters, and the result columns that must become booleans."""

    sql: str
    params: Mapping[str, Any]
    booleans: tuple[str, ...]

    def row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A driver's row with its booleans as booleans."""
        if not self.booleans:
            return row
        made = dict(row)
        for name in self.booleans:
            if made[name] is not None:
                made[name] = bool(made[name])
        return made


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement in one dialect's words, with the values that were written into it."""

    compiled: SQLCompiler
    sql: str
    fixed: dict[str, Any]
    expanding: bool
    booleans: tuple[str, ...]

    @classmethod
    def of(cls, clause: ClauseElement, dialect: str, as_stored: bool) -> Compiled:
        compiled = clause.compile(dialect=DIALECTS[dialect])
        assert isinstance(compiled, SQLCompiler)
        return cls(
            compiled,
            compiled.string,
            {name: value for name, value in compiled.params.items() if not compiled.binds[name].required},
            bool(compiled.post_compile_params),
            () if as_stored else booleans_of(clause, dialect),
        )

    def prepared(self, params: Mapping[str, Any] | None) -> Prepared:
        """With these values. Lists given to IN are spread."""
        if not params:
            values: Mapping[str, Any] = self.fixed
        elif self.fixed:
            values = {**self.fixed, **params}
        else:
            values = params
        if not self.expanding:
            return Prepared(self.sql, values, self.booleans)
        state = self.compiled._process_parameters_for_postcompile(self.compiled.construct_params(values))
        return Prepared(state.statement, {**values, **state.parameters}, self.booleans)


def prepare(statement: Executable, dialect: str, params: Mapping[str, Any] | None) -> Prepared:
    """Text and parameters of a statement; a shape seen before is not compiled again."""
    if isinstance(statement, Statement):
        return statement.for_dialect(dialect).prepared(params)
    found: Any = statement._compile_w_cache(
        DIALECTS[dialect],
        compiled_cache=_shapes[dialect],
        column_keys=[],
        for_executemany=False,
        schema_translate_map=None,
    )
    compiled, extracted = found[0], found[1]
    values = compiled.construct_params(dict(params or {}), extracted_parameters=extracted, escape_names=False)
    if compiled.post_compile_params:
        state = compiled._process_parameters_for_postcompile(values)
        return Prepared(state.statement, {**values, **state.parameters}, booleans_of(statement, dialect))
    return Prepared(compiled.string, values, booleans_of(statement, dialect))


def booleans_of(clause: ClauseElement, dialect: str) -> tuple[str, ...]:
    """Result columns that SQLite answers as 0 and 1."""
    if dialect != "sqlite":
        return ()
    columns = getattr(clause, "selected_columns", None)
    if columns is None:
        columns = getattr(clause, "_returning", None) or ()
    return tuple(column.name for column in columns if isinstance(column.type, Boolean))


@cache
def _insert(table: Table, names: tuple[str, ...]) -> tuple[Statement, str | None]:
    clause = insert(table).values({name: bindparam(name) for name in names})
    key = table.autoincrement_column
    generated = key.name if key is not None and key.name not in names else None
    return Statement(clause.returning(table.c[generated]) if generated else clause), generated


@cache
def _defaults(table: Table) -> dict[str, Any]:
    return {
        column.name: column.default.arg  # type: ignore[attr-defined]
        for column in table.columns
        if column.default is not None and column.default.is_scalar
    }


def inserting(table: Table, values: Mapping[str, Any]) -> tuple[Statement, dict[str, Any], str | None]:
    """The insert of these values with the table's defaults, and the name of the id it generates."""
    complete = {**_defaults(table), **values}
    statement, generated = _insert(table, tuple(complete))
    return statement, complete, generated


def upsert(
    table: Table,
    *,
    columns: Sequence[str],
    conflict: Sequence[str],
    update: Sequence[str] = (),
    where: Any = None,
) -> Statement:
    """Insert `columns`, or on a conflict in those columns update `update` (nothing when empty)."""
    made: dict[str, ClauseElement] = {}
    for name, build in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert)):
        clause: Any = build(table).values({column: bindparam(column) for column in columns})
        if update:
            clause = clause.on_conflict_do_update(
                index_elements=list(conflict),
                index_where=where,
                set_={column: clause.excluded[column] for column in update},
            )
        else:
            clause = clause.on_conflict_do_nothing(index_elements=list(conflict), index_where=where)
        made[name] = clause
    return Statement(sqlite=made["sqlite"], postgresql=made["postgresql"])
