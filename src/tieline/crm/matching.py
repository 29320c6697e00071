"""Which records a body means (2.4, matching): first hit wins; several strong hits are one record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, select

from tieline.crm.access import Caller
from tieline.crm.identity import KEYS, Identifier, named, of_record, probe_all
from tieline.crm.merging import derived_name
from tieline.errors import NotFound
from tieline.records import normalize
from tieline.store.database import Statement, Transaction
from tieline.store.tables import identifier, relation

# The identifiers that always mean the same record; the others only help when none of these hits.
STRONG = ("applink", "uniqueid", "domain", "email", "mobile", "social")
ADDRESSED = frozenset({"key", "applink"})
DOCUMENT = Statement(select(relation.c.document).where(relation.c.id == bindparam("relation_id")))
NAMES = Statement(select(relation.c.name_key).where(relation.c.id == bindparam("relation_id")))
SOURCES = Statement(
    select(identifier.c.value).where(
        identifier.c.relation_id == bindparam("relation_id"), identifier.c.type == "applink"
    )
)
IS_MOBILE = Statement(
    select(identifier.c.value).where(
        identifier.c.relation_id == bindparam("relation_id"),
        identifier.c.type == "mobile",
        identifier.c.value == bindparam("value"),
    )
)


class Match(NamedTuple):
    """The records that a body hits, first hit first, and by what the first was found."""

    ids: list[int]
    by: str | None
    how: Mapping[int, str] = {}  # by what each was found

    @property
    def addressed(self) -> bool:
        """Found by a key or an app link: the caller knows which record they mean."""
        return self.by in ADDRESSED


def match(tx: Transaction, caller: Caller, kind: str, body: Mapping[str, Any], mode: str) -> Match:
    """The records of the account that the body hits. Raises NotFound for an unknown key on update."""
    found: dict[int, str] = {}
    given = of_record(body, kind, caller.country)
    known = probe_all(tx, caller.account_id, kind, given)
    for key in KEYS:
        if body.get(key):
            hits = known.get(Identifier("key", str(body[key])), [])
            if not hits and mode == "update":
                raise NotFound(
                    f"The {kind} was not found", field=key, remedy="leave the key out to create one"
                )
            found.update(dict.fromkeys(hits, "key"))
    for strong in STRONG:
        for candidate in given:
            if candidate.type == strong:
                for hit in _likeliest(tx, known.get(candidate, []), body):
                    found.setdefault(hit, strong)
    if not found:
        for hit, by in _weak(tx, caller, kind, body, given, known):
            found[hit] = by
            break
    return Match(list(found), next(iter(found.values()), None), found)


def _likeliest(tx: Transaction, hits: list[int], body: Mapping[str, Any]) -> list[int]:
    """Of several records with one identifier the one with the given name, else one whose name fits, changed last."""
    if len(hits) < 2:
        return hits
    name_key = normalize.name_key(str(body.get("name") or ""))
    if same := [hit for hit in hits if _same_name(tx, hit, name_key)]:
        return same[:1]
    return [hit for hit in hits if not different(_document(tx, hit), body)][:1] or hits[:1]


def _document(tx: Transaction, relation_id: int) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(str(tx.scalar(DOCUMENT, {"relation_id": relation_id})))
    return found


def different(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Do two names belong to different people? Without a real name on both sides nobody can tell.

    First names decide, since families share the last: one may be an initial or the beginning of the other.
    """
    if derived_name(one) or derived_name(other):
        return False
    words, others = _words(one), _words(other)
    if not words or not others:
        return False
    if len(words) == 1 or len(others) == 1:
        return not set(words) & set(others)
    first, second = words[0], others[0]
    return not (first.startswith(second) or second.startswith(first))


def _words(record: Mapping[str, Any]) -> list[str]:
    name = str(record.get("name") or " ".join(str(record.get(part) or "") for part in ("first", "last")))
    return [word.strip(".,") for word in normalize.fold(name).split() if word.strip(".,")]


def _weak(
    tx: Transaction,
    caller: Caller,
    kind: str,
    body: Mapping[str, Any],
    given: Iterable[Identifier],
    known: Mapping[Identifier, list[int]],
) -> Iterator[tuple[int, str]]:
    """Rules 4 (numbers that are not mobile), 6 and 7."""
    name_key = normalize.name_key(str(body.get("name") or ""))
    for candidate in given:
        if candidate.type == "phone":
            hits = known.get(candidate, [])
            for hit in hits:
                if (
                    kind == "company"
                    or len(hits) == 1
                    or _same_name(tx, hit, name_key)
                    or _mobile(tx, hit, candidate)
                ):
                    yield hit, "phone"
    for candidate in given:
        if candidate.type == "address":
            for hit in known.get(candidate, []):
                yield hit, "address"
    if kind == "project" and name_key:
        sources = {str(link.get("source") or "").lower() for link in body.get("appLinks") or ()}
        for hit in named(tx, caller.account_id, kind, str(body["name"])):
            stored = {str(row["value"]).partition(":")[0] for row in tx.all(SOURCES, {"relation_id": hit})}
            if not sources & stored:
                yield hit, "name"


def _same_name(tx: Transaction, relation_id: int, name_key: str) -> bool:
    return bool(name_key) and tx.scalar(NAMES, {"relation_id": relation_id}) == name_key


def _mobile(tx: Transaction, relation_id: int, number: Identifier) -> bool:
    return tx.one(IS_MOBILE, {"relation_id": relation_id, "value": number.value}) is not None


def may_create(kind: str, body: Mapping[str, Any], country: str) -> bool:
    """The creation rule of 2.4: does the body carry enough to make a record of?"""
    types = {found.type for found in of_record(body, kind, country)} - {"key"}
    named_ = bool(body.get("name") or body.get("first") or body.get("last"))
    if kind == "person":
        others = {"phone", "social", "applink", "uniqueid", "address"}
        return bool({"email", "mobile"} & types) or (named_ and bool(others & types))
    if kind == "company":
        return "domain" in types or (
            named_ and bool({"email", "phone", "social", "applink", "uniqueid"} & types)
        )
    return bool(body.get("name")) or bool({"applink", "uniqueid"} & types) or bool(body.get("forceCreate"))
