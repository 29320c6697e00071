"""Looking into stored JSON documents in SQL, on both dialects.

`document` is a text column, or a value that `elements` answers. The paths are wire names.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Float,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

Document = ColumnElement[Any]


def text(dialect: str, document: Document, *path: str) -> ColumnElement[str]:
    """The text there; null where there is none."""
    if dialect == "sqlite":
        return cast(func.json_extract(document, _path(path)), Text)
    return cast(func.json_extract_path_text(cast(document, JSON), *path), Text)


def number(dialect: str, document: Document, *path: str) -> ColumnElement[float]:
    """The number there; null where there is none."""
    return cast(text(dialect, document, *path), Float)


def elements(dialect: str, document: Document, *path: str, name: str) -> Any:
    """A row for each entry of the list there, under that name: `.c.value` is the entry."""
    if dialect == "sqlite":
        return func.json_each(document, _path(path)).table_valued("value", name=name)
    found = func.json_extract_path(cast(document, JSON), *path)
    return func.json_array_elements(found).table_valued("value", name=name)


def words(dialect: str, document: Document, *path: str, name: str) -> Any:
    """A row for each text of the list there, or for the only one; `.c.value` is the text, null where there is none."""
    if dialect == "sqlite":
        value = func.json_extract(document, _path(path))
        several = func.json_type(document, _path(path)) == "array"
        found = case((several, value), else_=func.json_array(value))
        return func.json_each(found).table_valued("value", name=name)
    value = func.json_extract_path(cast(document, JSON), *path)
    several = func.json_typeof(value) == "array"
    found = case((several, value), else_=func.json_build_array(value))
    return func.json_array_elements_text(found).table_valued("value", name=name)


def has_word(dialect: str, document: Document, *path: str, word: str) -> ColumnElement[bool]:
    """Whether the list there holds the word, case ignored."""
    found = words(dialect, document, *path, name="word")
    return exists(select(literal(1)).select_from(found).where(_same(found.c.value, word)))


def has_custom_value(dialect: str, document: Document, field_id: str, value: str) -> ColumnElement[bool]:
    """Whether the custom field of that id has that value, or has it among others; case ignored."""
    fields = elements(dialect, document, "customFields", name="field")
    found = words(dialect, fields.c.value, "value", name="word")
    return exists(
        select(literal(1))
        .select_from(fields)
        .join(found, literal(True))
        .where(_same(text(dialect, fields.c.value, "id"), field_id), _same(found.c.value, value))
    )


def apart(dialect: str, statement: Select[Any]) -> Select[Any]:
    """The statement, for use as a subquery that reads each document once.

    PostgreSQL would merge it with what is around it, and parse the document for every use of a value; SQLite keeps the
    parsed document by itself.
    """
    return statement.offset(0) if dialect == "postgresql" else statement


def _same(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    # SQLite lowers ASCII alone: what is written exactly so is found whatever its letters.
    return or_(column == word, func.lower(column) == word.lower())


def _path(path: tuple[str, ...]) -> str:
    return "$" + "".join(f'."{part}"' for part in path)
