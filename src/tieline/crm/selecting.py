"""What a find selects: restrictions that are SQL, a search of the index, and what is left to look at record by record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, false, func, not_, or_

from tieline.query.filter import Sort
from tieline.store import search
from tieline.store.database import Dialect, Row
from tieline.store.search import Groups, Needle
from tieline.store.tables import relation

Columns = Any  # `relation.c`, or those of the counters that have the same names
Build = Callable[[Columns], ColumnElement[bool]]


class Restriction(msgspec.Struct, frozen=True):
    """A condition. Restrictions of equal keys build equal SQL, so that a shape of query is compiled once."""

    key: str
    build: Build
    counted: bool = False  # the counters can tell
    groups: Groups | None = None  # the same as a search of the index


class Selection(msgspec.Struct):
    """What a query selects for an account and a kind of record."""

    dialect: Dialect
    account_id: int
    kind: str
    params: dict[str, Any] = {}
    restrictions: list[Restriction] = []
    listed: bool = True  # archived and hidden records are left out
    few: bool = False  # an identifier or exact name: never many
    # A free-form query (6): what the database cannot decide, its own order, and the most it wants.
    keep: Callable[[Row], bool] | None = None
    sort: Sort | None = None
    limit: int | None = None
    again: bool = False  # nothing found: to be searched as text (rule 14)

    def name(self, value: Any) -> str:
        """A parameter with this value."""
        made = f"p{len(self.params)}"
        self.params[made] = value
        return made

    def add(self, restriction: Restriction) -> None:
        """One condition more."""
        self.restrictions.append(restriction)

    @property
    def key(self) -> str:
        """The shape."""
        return " AND ".join(
            [str(self.listed), str(self.few), *(restriction.key for restriction in self.restrictions)]
        )

    def where(self, columns: Columns = relation.c) -> ColumnElement[bool]:
        """Every condition."""
        made = [columns.account_id == bindparam("account_id"), columns.kind == bindparam("kind")]
        if self.listed:
            made += [columns.archived.is_(False), columns.hidden.is_(False)]
        return and_(*made, *(restriction.build(columns) for restriction in self.restrictions))

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of `where`."""
        return {"account_id": self.account_id, "kind": self.kind, **self.params}

    @property
    def groups(self) -> list[Sequence[Needle]]:
        """The search of the index that finds everything selected, and perhaps more (see `searched`)."""
        return [group for restriction in self.restrictions for group in restriction.groups or ()]

    @property
    def searched(self) -> bool:
        """Whether the search of the index decides alone."""
        return self.keep is None and all(restriction.groups for restriction in self.restrictions)

    @property
    def counted(self) -> bool:
        """Whether the counters know how many they are."""
        return self.keep is None and all(restriction.counted for restriction in self.restrictions)

    def expression(self, *, exact: bool = False) -> str:
        """`groups` in the database's words."""
        return search.expression(
            self.dialect,
            self.groups,
            account_id=self.account_id,
            kind=self.kind,
            unlisted=not self.listed,
            exact=exact,
        )


# --- restrictions ----------------------------------------------------------------------------------------------------


def nothing() -> Restriction:
    """That nobody fulfils."""
    return Restriction("false", lambda columns: false())


def flag(column: str, value: bool, *, counted: bool = False) -> Restriction:
    """That a boolean column is so."""
    return Restriction(f"{column} is {value}", lambda columns: columns[column].is_(value), counted)


def equal(
    selection: Selection, column: str, value: Any, *, counted: bool = False, groups: Groups | None = None
) -> Restriction:
    """That a column has this value."""
    name = selection.name(value)
    return Restriction(
        f"{column} = {name}", lambda columns: columns[column] == bindparam(name), counted, groups
    )


def among(
    selection: Selection,
    column: str,
    values: Sequence[Any],
    *,
    counted: bool = False,
    groups: Groups | None = None,
) -> Restriction:
    """That a column has one of these values."""
    name = selection.name(list(values))
    return Restriction(
        f"{column} in {name}",
        lambda columns: columns[column].in_(bindparam(name, expanding=True)),
        counted,
        groups,
    )


def present(column: str, *, counted: bool = False, groups: Groups | None = None) -> Restriction:
    """That a column is set."""
    return Restriction(f"{column} is set", lambda columns: columns[column].is_not(None), counted, groups)


def missing(column: str, *, counted: bool = False) -> Restriction:
    """That a column is unset."""
    return Restriction(f"{column} is unset", lambda columns: columns[column].is_(None), counted)


def negated(part: Restriction) -> Restriction:
    """The opposite."""
    return Restriction(
        f"not ({part.key})", lambda columns: not_(func.coalesce(part.build(columns), false())), part.counted
    )


def together(parts: Sequence[Restriction]) -> Restriction:
    """All of them."""
    groups = [group for part in parts for group in part.groups or ()]
    return Restriction(
        f"({' and '.join(part.key for part in parts)})",
        lambda columns: and_(*(part.build(columns) for part in parts)),
        all(part.counted for part in parts),
        groups if all(part.groups for part in parts) else None,
    )


def alternatives(parts: Sequence[Restriction]) -> Restriction:
    """One of them."""
    groups = [part.groups for part in parts if part.groups is not None and len(part.groups) == 1]
    return Restriction(
        f"({' or '.join(part.key for part in parts)})",
        lambda columns: or_(*(part.build(columns) for part in parts)),
        all(part.counted for part in parts),
        [[needle for group in groups for needle in group[0]]] if len(groups) == len(parts) else None,
    )


def holding(selection: Selection, groups: Groups, *, decided: bool = True) -> Restriction:
    """That the search text has a needle of every group. `decided`: the index may decide that alone."""
    names = [[selection.name(search.pattern(needle)) for needle in group] for group in groups]
    key = " and ".join(f"holds {'|'.join(some)}" for some in names)
    dialect = selection.dialect
    return Restriction(
        f"({key})",
        lambda columns: and_(*(search.holds(dialect, some) for some in names)),
        groups=groups if decided else None,
    )


def holding_part(selection: Selection, part: str, else_holding: str) -> Restriction:
    """That the search text has this anywhere, or else that."""
    names = [selection.name(text) for text in (part, else_holding)]
    return Restriction(f"(part {names})", lambda columns: search.holds(selection.dialect, names))


def first_met(columns: Columns) -> ColumnElement[Any]:
    """The first talk, else when the record was made: as the index ix_relation_met has it."""
    return func.coalesce(columns.first_met, columns.first_seen)
