"""Who is meant: from what people write (2.3) and from what a body carries (2.4) to records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Text, and_, bindparam, cast, column, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from tieline.records import normalize
from tieline.records.vocabulary import SOCIAL_TYPES
from tieline.store.database import LookUp, Statement, Transaction
from tieline.store.tables import identifier, relation

PROBE = Statement(
    select(identifier.c.relation_id)
    .join(relation, relation.c.id == identifier.c.relation_id)
    .where(
        identifier.c.account_id == bindparam("account_id"),
        identifier.c.kind == bindparam("kind"),
        identifier.c.type == bindparam("type"),
        identifier.c.value == bindparam("value"),
    )
    .order_by(relation.c.last_changed.desc())
)
NEWEST = Statement(
    select(relation.c.id)
    .where(relation.c.id.in_(bindparam("several", expanding=True)))
    .order_by(relation.c.last_changed.desc())
)
_mine = (identifier.c.account_id == bindparam("account_id"), identifier.c.kind == bindparam("kind"))
_hit = (identifier.c.type, identifier.c.value, identifier.c.relation_id)
_asked = func.json_each(bindparam("asked")).table_valued("value", name="asked")
_pairs = (
    func.unnest(cast(bindparam("types"), ARRAY(Text)), cast(bindparam("values"), ARRAY(Text)))
    .table_valued(column("type", Text), column("value", Text), name="asked")
    .render_derived()
)
# One probe of the index for each that is asked for. An inner join, or a subquery that could be merged, might be turned
# round: all identifiers of the account, each compared with those.
HITS = Statement(
    sqlite=select(*_hit).join_from(
        _asked,
        identifier,
        and_(
            *_mine,
            identifier.c.type == func.json_extract(_asked.c.value, literal_column("'$[0]'")),
            identifier.c.value == func.json_extract(_asked.c.value, literal_column("'$[1]'")),
        ),
        isouter=True,
    ),
    postgresql=select(literal_column("found.*")).join_from(
        _pairs,
        select(*_hit)
        .where(*_mine, identifier.c.type == _pairs.c.type, identifier.c.value == _pairs.c.value)
        .offset(literal_column("0"))
        .lateral("found"),
        true(),
    ),
)
BY_NAME = Statement(
    select(relation.c.id)
    .where(
        relation.c.account_id == bindparam("account_id"),
        relation.c.kind == bindparam("kind"),
        relation.c.name_key == bindparam("name_key"),
    )
    .order_by(relation.c.last_changed.desc())
)
KEYS = ("syncKey", "direct", "portableId")
# What `PROBE` finds first, with all that `get` needs of it.
FOUND = LookUp(
    lambda value: (
        select(
            relation.c.id, relation.c.document, relation.c.last_changed, relation.c.node, relation.c.assignee
        )
        .join(identifier, relation.c.id == identifier.c.relation_id)
        .where(
            identifier.c.account_id == value("account_id"),
            identifier.c.kind == value("kind"),
            identifier.c.type == value("type"),
            identifier.c.value == value("value"),
        )
        .order_by(relation.c.last_changed.desc())
    ),
    {"account_id": BigInteger(), "kind": Text(), "type": Text(), "value": Text()},
)


class Identifier(NamedTuple):
    """A typed, normalised identifier: one row of the index."""

    type: str
    value: str


def probe(tx: Transaction, account_id: int, kind: str, found: Identifier) -> list[int]:
    """The relations that have this identifier, the one changed last first."""
    values = {"account_id": account_id, "kind": kind, "type": found.type, "value": found.value}
    return [int(row["relation_id"]) for row in tx.all(PROBE, values)]


def probe_all(
    tx: Transaction, account_id: int, kind: str, wanted: Iterable[Identifier]
) -> dict[Identifier, list[int]]:
    """The same for several identifiers at once; those that nobody has are left out."""
    asked = list(wanted)
    values: dict[str, Any] = {"account_id": account_id, "kind": kind}
    if tx.dialect == "sqlite":
        values["asked"] = msgspec.json.encode(asked).decode()
    else:
        values |= {"types": [one.type for one in asked], "values": [one.value for one in asked]}
    hits: dict[Identifier, list[int]] = {}
    for row in tx.all(HITS, values) if asked else ():
        if row["relation_id"] is None:
            continue
        hits.setdefault(Identifier(row["type"], row["value"]), []).append(int(row["relation_id"]))
    for one, found in hits.items():
        if len(found) > 1:
            hits[one] = [int(row["id"]) for row in tx.all(NEWEST, {"several": found})]
    return hits


def named(tx: Transaction, account_id: int, kind: str, name: str) -> list[int]:
    """The relations of exactly that name, case and accents ignored, the one changed last first."""
    values = {"account_id": account_id, "kind": kind, "name_key": normalize.name_key(name)}
    return [int(row["id"]) for row in tx.all(BY_NAME, values)]


def likeliest(account_id: int, kind: str, text: str, country: str) -> dict[str, Any] | None:
    """The values of `FOUND` for what a text means before anything else (2.3); None for a blank one.

    A row found by them is the one that `resolve` finds.
    """
    if ":" not in text and (address := normalize.email(text)):
        found: Identifier | None = Identifier("email", address)
    else:
        found = next(candidates(text, kind, country), None)
    if found is None:
        return None
    return {"account_id": account_id, "kind": kind, "type": found.type, "value": found.value}


def resolve(tx: Transaction, account_id: int, kind: str, text: str, country: str = "US") -> int | None:
    """The relation that an identifier of 2.3 means; None when nobody has it."""
    for candidate in candidates(text.strip(), kind, country):
        if found := probe(tx, account_id, kind, candidate):
            return found[0]
    if kind == "project" and text.strip():
        return next(iter(named(tx, account_id, kind, text)), None)
    return None


def candidates(text: str, kind: str, country: str) -> Iterator[Identifier]:
    """What a text may mean, by its shape, in the order of 2.3."""
    if not text:
        return
    head, colon, tail = text.partition(":")
    if colon and tail and "." in head and "/" not in head and (link := normalize.app_link(head, tail)):
        yield Identifier("applink", link)
    if (
        kind != "project"
        and colon
        and head.lower() in SOCIAL_TYPES
        and (handle := normalize.social(head, tail))
    ):
        yield Identifier("social", handle)
    if address := normalize.email(text):
        yield Identifier("email", address)
    if kind != "project" and normalize.looks_like_phone(text) and (number := normalize.phone(text, country)):
        yield Identifier("phone", number)
    if "@" not in text and (host := normalize.domain(text)):
        yield Identifier("domain", host)
    yield Identifier("key", tail if head.lower() == "direct" and colon else text)
    yield Identifier("uniqueid", text)
    if kind != "project" and " " not in text and (handle := normalize.social("twitter", text)):
        yield Identifier("social", handle)


def of_record(record: Mapping[str, Any], kind: str, country: str) -> dict[Identifier, None]:
    """Every identifier of a record in wire form, archived ones included, in matching order."""
    found: dict[Identifier, None] = {}
    for key in KEYS:
        if record.get(key):
            found[Identifier("key", str(record[key]))] = None
    found.update(dict.fromkeys(_links(record)))
    found.update(dict.fromkeys(_addresses(record, kind)))
    for entry in record.get("phones") or ():
        if number := normalize.phone(str(entry.get("value") or ""), country):
            found[Identifier("phone", number)] = None
            if entry.get("mobile"):
                found[Identifier("mobile", number)] = None
    for entry in record.get("socials") or ():
        if handle := normalize.social(str(entry.get("type") or "twitter"), str(entry.get("value") or "")):
            found[Identifier("social", handle)] = None
    if kind != "project":
        found.update(dict.fromkeys(_places(record)))
    return found


def _links(record: Mapping[str, Any]) -> Iterator[Identifier]:
    for entry in record.get("appLinks") or ():
        if link := normalize.app_link(str(entry.get("source") or ""), str(entry.get("uniqueid") or "")):
            yield Identifier("applink", link)
    for value in record.get("uniqueids") or ():
        yield Identifier("uniqueid", str(value))


def _addresses(record: Mapping[str, Any], kind: str) -> Iterator[Identifier]:
    if kind == "company":
        for value in record.get("domains") or ():
            if host := normalize.domain(str(value)):
                yield Identifier("domain", host)
    for entry in record.get("emails") or ():
        if address := normalize.email(str(entry.get("value") or "")):
            yield Identifier("email", address)


def _places(record: Mapping[str, Any]) -> Iterator[Identifier]:
    for entry in record.get("addresses") or ():
        parts = [str(entry.get(part) or "") for part in ("street", "city", "region", "postcode", "country")]
        if place := normalize.address_key(str(record.get("name") or ""), *parts):
            yield Identifier("address", place)
