"""Who an entry is about (contract 2.8): from the identifiers that a caller gives to relations of the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET

from tieline.crm import identity, relations
from tieline.crm.access import Caller
from tieline.crm.drafts import Mention, is_own
from tieline.records import normalize
from tieline.records.contact import Email, Phone
from tieline.records.person import Person
from tieline.store.database import Transaction

_PEOPLE_ROLES: Final = frozenset({"from", "to", "cc", "bcc"})
_ANY_KIND: Final = ("person", "company", "project")


def link(tx: Transaction, caller: Caller, mentions: Iterable[Mention]) -> list[tuple[int, str]]:
    """(relation id, role) of everybody and everything named, in order.

    People named by e-mail or phone who are not known yet are created as discovered; companies and projects
    are linked only when they exist. The caller's own addresses name nobody.
    """
    found: dict[tuple[int, str], None] = {}
    for mention in mentions:
        if any(is_own(caller, value) for value in mention.values):
            continue
        relation_id = _existing(tx, caller, mention)
        if relation_id is None:
            relation_id = _discovered(tx, caller, mention)
        if relation_id is not None:
            found[relation_id, mention.role] = None
    return list(found)


def _kinds(mention: Mention) -> tuple[str, ...]:
    if mention.kind is not None:
        return (mention.kind,)
    return ("person",) if mention.role in _PEOPLE_ROLES else _ANY_KIND


def _existing(tx: Transaction, caller: Caller, mention: Mention) -> int | None:
    for kind in _kinds(mention):
        for value in mention.values:
            relation_id = identity.resolve(tx, caller.account_id, kind, value, caller.country)
            if relation_id is not None:
                return relation_id
    return None


def _discovered(tx: Transaction, caller: Caller, mention: Mention) -> int | None:
    if "person" not in _kinds(mention):
        return None
    body = next(_people(mention), None)
    if body is None:
        return None
    return relations.upsert(tx, caller, "person", body, mode="create", discovered=True).relation_id


def _people(mention: Mention) -> Iterator[Person]:
    """A person for each value that an unknown person can be made from."""
    name = mention.name or UNSET
    for value in mention.values:
        if address := normalize.email(value):
            yield Person(name=name, emails=[Email(value=address)])
        elif _is_phone(value, mention):
            yield Person(name=name, phones=[Phone(value=value, mobile=True)])


def _is_phone(value: str, mention: Mention) -> bool:
    """A reference may be another program's number; only what is written like a phone makes a person."""
    if not normalize.looks_like_phone(value):
        return False
    digits = sum(character.isdigit() for character in value)
    return digits >= 7 and (mention.role != "reference" or digits < len(value))
