"""What a record can be found by in the search index: its words, and facts such as `=tag=vip`. Pure.

A word is a run of letters and digits, folded. A fact is `=field=value`: the folded value, everything but letters and
digits of it written as `_` and its code, so that it holds no blank and equals another exactly when the values do.
`=has=field` says that a field has any value. Facts say the same as `matching` (a test holds them to it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from tieline.query.values import Record, company_domains, values
from tieline.records import normalize

WORD: Final = re.compile(r"[^\W_]+")
OTHER: Final = re.compile(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\s]")
LONGEST: Final = 200  # characters of a word or fact: PostgreSQL refuses one of more than 2 kB
WORDS_LIMIT: Final = 8_000  # characters of all words
FACTS_LIMIT: Final = 500_000  # characters of all facts: a tsvector holds 1 MB

CUT: Final = "=cut=words"  # of a record that has more words, or longer values, than are kept

# Texts that a query compares as a whole.
COMPARED: Final = (
    "segment", "stage", "step", "assignee", "tag", "collaborator", "city", "region", "postcode", "country",
    "company", "domain", "source", "jobtitle", "industry", "first", "last", "location",
)  # fmt: skip
# Fields that a query asks for at all: "with phone", "without tags".
PRESENT: Final = (
    "segment", "stage", "step", "assignee", "tag", "email", "phone", "mobile", "birthday", "address", "picture", "url",
    "company", "notes", "jobtitle", "headline", "city", "region", "postcode", "country", "domain", "industry", "applink",
    "source", "first", "last", "summary", "location", "collaborator",
)  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a folded text."""
    return [word[:LONGEST] for word in WORD.findall(text)]


@lru_cache(maxsize=20_000)
def fact(field: str, value: str) -> str | None:
    """The fact that a field has this value, case and accents ignored; None when the value is too long for one."""
    made = f"={_written(field.lower())}={_written(normalize.fold(value))}"
    return made if len(made) <= LONGEST else None


@cache
def _has(field: str) -> str | None:
    return fact("has", field)


def has(field: str) -> str | None:
    """The fact that a field has any value."""
    return _has(field) if field in PRESENT else fact("has", field)


def part(value: str) -> str:
    """What the facts of a value hold that holds this text."""
    return _written(normalize.fold(value))


def searchable(record: Mapping[str, Any]) -> str:
    """The text of the search index for a record in wire form: facts and words, parted by single blanks."""
    facts = " ".join(dict.fromkeys(_facts(record)))
    found = " ".join(
        dict.fromkeys(
            word for text in values("text", record, {}) for word in words(normalize.fold(str(text)))
        )
    )
    if len(found) > WORDS_LIMIT:
        found = f"{CUT} {_cut(found, WORDS_LIMIT)}"
    return f"{_cut(facts, FACTS_LIMIT)} {found}".strip()


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rpartition(" ")[0]


def _written(text: str) -> str:
    return OTHER.sub(lambda found: f"_{ord(found[0]):02x}", text)


def _facts(record: Record) -> Iterator[str]:
    for field in PRESENT:
        if found := values(field, record, {}):
            yield from filter(None, [has(field)])
            if field in COMPARED:
                yield from _each(field, found)
    for value in values("birthday", record, {}):
        yield from filter(None, [fact("day", str(value)[-5:])])
    for entry in record.get("socials") or ():
        name = str(entry.get("type") or "")
        handle = normalize.social(name, str(entry.get("value") or ""))
        yield from filter(None, [has(f"social:{name}"), fact(f"social:{name}", handle or "")])
    for value in filter(None, (normalize.domain(str(value)) for value in company_domains(record))):
        yield from _each("at", [value])
    for name in {str(entry.get("id") or "").lower(): None for entry in record.get("customFields") or ()}:
        found = values(f"custom:{name}", record, {})
        if found and found != [False]:
            yield from filter(None, [has(f"custom:{name}")])
        yield from _each(
            f"custom:{name}",
            [
                value
                for value in found
                if isinstance(value, str | int | float) and not isinstance(value, bool)
            ],
        )


def _each(field: str, found: list[Any]) -> Iterator[str]:
    return (fact(field, str(value)) or CUT for value in found)
