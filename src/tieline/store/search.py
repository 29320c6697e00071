"""The search index on both dialects: words and facts of `query.findable`, each account's and kind's for themselves.

A Needle is a word or fact, or the beginning of one. A search is a list of groups: at least one needle of every group.
There are two ways to ask: `found` asks the index, `holds` looks at the text of a row that is at hand anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql import cast, column, table

from tieline.query import findable
from tieline.store.database import Dialect
from tieline.store.tables import relation

MOST_WORDS = 12
PREFIXES = 3  # characters of the longest beginning of a word that SQLite keeps an index of

relation_text = table("relation_text", column("rowid"), column("search"))


class Needle(NamedTuple):
    """`text`: a word or fact. `begins`: anything that begins so will do."""

    text: str
    begins: bool = False


Groups = Sequence[Sequence[Needle]]


def words(text: str) -> list[str]:
    """The words of a folded text that are searched for."""
    return findable.words(text)[:MOST_WORDS]


def expression(
    dialect: Dialect, groups: Groups, *, account_id: int, kind: str, unlisted: bool, exact: bool = False
) -> str:
    """The search in the database's own words. `unlisted`: archived and hidden records too.

    `exact` takes beginnings of words as whole words: what is found so is found anyway, and sooner.
    """
    marks = ("l", "u") if unlisted else ("l",)
    scopes = [f"{account_id:05x}{kind[1]}{mark}" for mark in marks]

    def written(needle: Needle, scope: str) -> str:
        open_ended = needle.begins and not exact
        if dialect == "sqlite":
            return f'"{scope}{needle.text}"{"*" if open_ended else ""}'
        return f"'{scope}{needle.text}'{':*' if open_ended else ''}"

    either, both = (" OR ", " AND ") if dialect == "sqlite" else (" | ", " & ")
    return both.join(
        f"({either.join(written(needle, scope) for needle in group for scope in scopes)})" for group in groups
    )


def slow_to_open(groups: Groups) -> bool:
    """Whether SQLite must join the lists of many words before it knows the first match."""
    return any(
        needle.begins and (len(needle.text) > PREFIXES or needle.text.startswith("="))
        for group in groups
        for needle in group
    )


def found(dialect: Dialect, name: str) -> ColumnElement[bool]:
    """That the index finds the row; the parameter of that name is an `expression`."""
    if dialect == "sqlite":
        return relation.c.id.in_(ids(name))
    unlisted = or_(relation.c.archived, relation.c.hidden)
    tokens = func.relation_words(relation.c.search, relation.c.account_id, relation.c.kind, unlisted)
    return tokens.op("@@")(cast(bindparam(name, type_=Text), TSQUERY))


def ids(name: str) -> Select[tuple[int]]:
    """SQLite: the ids that the index finds."""
    return select(relation_text.c.rowid).where(
        literal_column("relation_text").op("MATCH")(bindparam(name, type_=Text))
    )


def holds(dialect: Dialect, names: Iterable[str]) -> ColumnElement[bool]:
    """That the text of the row holds one of the parameters of these names, each a `pattern`."""
    place = func.instr if dialect == "sqlite" else func.strpos
    text = literal(" ") + relation.c.search + literal(" ")
    tests = [place(text, bindparam(name, type_=Text)) > 0 for name in names]
    return or_(*tests) if tests else false()


def pattern(needle: Needle) -> str:
    """What the text of a row holds when it has this needle."""
    return f" {needle.text}" if needle.begins else f" {needle.text} "
