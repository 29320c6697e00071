"""Full-text search on both dialects: every word is the beginning of some word of the record."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, Text, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql import cast, column, table

from tieline.store.tables import relation

WORD = re.compile(r"\w+")
MOST_WORDS = 12
LONGEST = 200  # characters of a word; PostgreSQL refuses one of more than 2 kB

relation_text = table("relation_text", column("rowid"), column("search"))


def words(text: str) -> list[str]:
    """The words of a text that are searched for."""
    return [word[:LONGEST] for word in WORD.findall(text.replace("_", " "))[:MOST_WORDS]]


def matches(
    dialect: str, terms: list[str], name: str = "search_terms"
) -> tuple[ColumnElement[bool], dict[str, str]]:
    """The condition on `relation` and its parameter. `terms` are words as `words` gives them."""
    if dialect == "sqlite":
        # Quoted, so that nothing in a word is read as FTS5 syntax.
        query = " ".join(f'"{term}"*' for term in terms)
        found = select(relation_text.c.rowid).where(
            literal_column("relation_text").op("MATCH")(bindparam(name, type_=Text))
        )
        return relation.c.id.in_(found), {name: query}
    query = " & ".join(f"{term}:*" for term in terms)
    return func.to_tsvector("simple", relation.c.search).op("@@")(
        cast(bindparam(name, type_=Text), TSQUERY)
    ), {name: query}
