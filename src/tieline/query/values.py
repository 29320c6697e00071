"""The values a record has for a field of a query (contract 6.2). Pure: a record in wire form and its derived values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]
DERIVED = {
    "lasttalked": "last_talked",
    "lastchanged": "last_changed",
    "wentquiet": "went_quiet",
    "duenext": "due_next",
    "score": "score",
}
PARTS = ("formatted", "street", "suite", "pobox", "city", "region", "postcode", "country")


def _entries(name: str, part: str) -> Callable[[Record, Record], Iterator[Any]]:
    return lambda record, row: (entry.get(part) for entry in record.get(name) or ())


def _mobile(record: Record, row: Record) -> Iterator[Any]:
    return (entry.get("value") for entry in record.get("phones") or () if entry.get("mobile"))


def _domains(record: Record, row: Record) -> Iterator[Any]:
    yield from record.get("domains") or ()
    for entry in record.get("emails") or ():
        yield str(entry.get("value") or "").rpartition("@")[2]


def _companies(record: Record, row: Record) -> Iterator[Any]:
    for name in ("companies", "clientcompanies", "partnercompanies"):
        yield from (entry.get("name") for entry in record.get(name) or ())
    yield from (entry.get("organization") for entry in record.get("workHistory") or ())


def company_domains(record: Record) -> Iterator[Any]:
    """The domains of the linked companies, and of the record's own e-mail addresses."""
    for name in ("companies", "clientcompanies", "partnercompanies"):
        for entry in record.get(name) or ():
            yield from entry.get("domains") or ()
    yield from _domains(record, {})


def _addresses(record: Record, row: Record) -> Iterator[Any]:
    for entry in record.get("addresses") or ():
        yield " ".join(str(entry[part]) for part in PARTS if entry.get(part))


def _location(record: Record, row: Record) -> Iterator[Any]:
    yield from _addresses(record, row)
    yield from (record.get("location"), record.get("country"))


def _country(record: Record, row: Record) -> Iterator[Any]:
    yield from _entries("addresses", "country")(record, row)
    yield record.get("country")


def _links(record: Record, row: Record) -> Iterator[Any]:
    for entry in record.get("appLinks") or ():
        yield {"source": entry.get("source"), "uniqueid": entry.get("uniqueid")}


def _firstmet(record: Record, row: Record) -> Iterator[Any]:
    yield row.get("first_met") or row.get("first_seen")


def _created(record: Record, row: Record) -> Iterator[Any]:
    yield record.get("createdDate") or row.get("first_seen")


def _urls(record: Record, row: Record) -> Iterator[Any]:
    yield from _entries("urls", "address")(record, row)


def texts(record: Record, row: Record) -> Iterator[Any]:
    """The fields that 6.2 `match` looks at."""
    for field in (
        "name", "first", "middle", "last", "headline", "jobtitle", "summary", "description", "household",
    ):  # fmt: skip
        yield record.get(field)
    yield from _entries("emails", "value")(record, row)
    for entry in record.get("phones") or ():
        yield "".join(char for char in str(entry.get("value") or "") if char.isdigit())
    for field in ("domains", "keywords"):
        yield from record.get(field) or ()
    yield from _entries("companies", "name")(record, row)
    yield from _entries("workHistory", "organization")(record, row)
    yield from _entries("addresses", "city")(record, row)
    yield from (value for value in _entries("customFields", "value")(record, row) if isinstance(value, str))


READERS: dict[str, Callable[[Record, Record], Iterator[Any]]] = {
    "text": texts,
    "email": _entries("emails", "value"),
    "phone": _entries("phones", "value"),
    "mobile": _mobile,
    "domain": _domains,
    "applink": _links,
    "source": _entries("appLinks", "source"),
    "company": _companies,
    "url": _urls,
    "address": _addresses,
    "picture": _entries("pictures", "url"),
    "tag": lambda record, row: iter(record.get("keywords") or ()),
    "view": lambda record, row: iter(record.get("views") or ()),
    "collaborator": lambda record, row: iter(record.get("projectTeam") or ()),
    "city": _entries("addresses", "city"),
    "region": _entries("addresses", "region"),
    "postcode": _entries("addresses", "postcode"),
    "country": _country,
    "location": _location,
    "firstmet": _firstmet,
    "created": _created,
    "start": lambda record, row: iter((record.get("startDate"),)),
    "end": lambda record, row: iter((record.get("endDate"),)),
}


def values(field: str, record: Record, row: Record) -> list[Any]:
    """Every value of the field; an unset one, `none` included, is left out."""
    head, _, name = field.partition(":")
    found: Iterator[Any]
    if head == "custom":
        found = _custom(record, name)
    elif head == "social":
        found = (entry.get("value") for entry in record.get("socials") or () if entry.get("type") == name)
    elif field in DERIVED:
        found = iter((row.get(DERIVED[field]),))
    elif field in READERS:
        found = READERS[field](record, row)
    else:
        found = iter((record.get(field),))
    unset: tuple[Any, ...] = (None, "", "none") if field in {"segment", "stage", "step"} else (None, "")
    return [value for value in found if value not in unset]


def _custom(record: Record, name: str) -> Iterator[Any]:
    for entry in record.get("customFields") or ():
        if str(entry.get("id") or "").lower() == name.lower():
            value = entry.get("value")
            if isinstance(value, list):
                yield from value
            elif value is not None:
                yield value
            else:
                yield from (entry.get("min"), entry.get("max"))
