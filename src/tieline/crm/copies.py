"""The copies of a record (contract 2.4): one's own, the team's, another member's; and sharing from one to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, select

from tieline.crm import accounts, derived
from tieline.crm.access import (
    Caller,
    is_own_account,
    member_of,
    require_administrator,
    require_node,
    require_team,
    team_caller,
)
from tieline.crm.matching import match
from tieline.crm.merging import Wire
from tieline.crm.teams import node_path
from tieline.errors import InvalidInput
from tieline.ids import entry as entry_key
from tieline.records.codec import convert
from tieline.records.fields import describe_by_wire
from tieline.records.kinds import KINDS
from tieline.records.vocabulary import NONE
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import entry, entry_link, relation

Upsert = Callable[..., Any]

# What a copy has of its own.
KEYS: Final = frozenset({"syncKey", "direct", "portableId", "node", "archived", "visibility", "projects"})
OWN_ENTRY: Final = frozenset({"id", "account_id", "key", "match_key", "sample"})

ENTRIES = Statement(
    select(entry)
    .join(entry_link, entry_link.c.entry_id == entry.c.id)
    .where(entry_link.c.relation_id == bindparam("relation_id"))
    .order_by(entry.c.id)
)
ENTRY = Statement(select(entry).where(entry.c.id == bindparam("entry_id")))
LINKS = Statement(
    select(relation.c.id, relation.c.kind, relation.c.document, entry_link.c.role)
    .join(entry_link, entry_link.c.relation_id == relation.c.id)
    .where(entry_link.c.entry_id == bindparam("entry_id"))
    .order_by(relation.c.id)
)
BY_MATCH_KEY = Statement(
    select(entry.c.id).where(
        entry.c.account_id == bindparam("account_id"), entry.c.match_key == bindparam("wanted")
    )
)


def writing_to(tx: Transaction, caller: Caller, account: str) -> Caller:
    """The caller on the copy that `account` (2.4) means: own, `team`, or as administrator another member's.

    Raises PermissionDenied, InvalidInput.
    """
    if is_own_account(caller, account):
        return caller
    if account.strip().lower() == "team":
        return team_caller(caller)
    require_administrator(caller, "write into another member's account")
    member = member_of(caller, account, "account")
    return accounts.caller_by_id(tx, member.account_id).acting(caller.actor)


def check_sharing(caller: Caller, given: Mapping[str, Any]) -> None:
    """Raises PermissionDenied or InvalidInput for a `shareTo`, `node` or `defaultNode` that cannot be."""
    for name in ("node", "defaultNode"):
        if given.get(name):
            require_node(caller, node_path(str(given[name]), name))
    if share_to := str(given.get("shareTo") or ""):
        require_team(caller)
        if share_to.lower() != "team":
            member_of(caller, share_to, "shareTo")


def to_be_shared(caller: Caller, given: Mapping[str, Any]) -> bool:
    """Does a write say that its record goes to another copy too?"""
    return not caller.on_team_copy and any(given.get(name) for name in ("shareTo", "node", "defaultNode"))


def share(
    tx: Transaction,
    caller: Caller,
    kind: str,
    relation_id: int,
    record: Wire,
    given: Mapping[str, Any],
    upsert: Upsert,
) -> str | None:
    """Copy a record that is to be shared to where `shareTo` and `node` say. A remark when it was left out, else None."""
    share_to = str(given.get("shareTo") or "")
    segment = record.get("segment") or NONE
    if segment in {word.key for word in KINDS[kind].segments if word.personal}:
        return "Not shared: its segment is personal"
    if record.get("private"):
        return "Not shared: it is private"
    target = team_caller(caller)
    if share_to and share_to.lower() != "team":
        member = member_of(caller, share_to, "shareTo")
        if member.account_id == caller.account_id:
            raise InvalidInput("is yourself", field="shareTo", remedy="name another member, or team")
        target = accounts.caller_by_id(tx, member.account_id).acting(caller.actor)
    body = shareable(kind, record)
    if target.on_team_copy:
        body.update({name: given[name] for name in ("node", "defaultNode") if given.get(name)})
    written = upsert(tx, target, kind, convert(KINDS[kind].type, body), mode="create")
    if given.get("shareTimeline"):
        for row in tx.all(ENTRIES, {"relation_id": relation_id}):
            copy_entry(tx, target, row)
    return str(written.message) if written.message else None


def shareable(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """What another copy is told of a record: neither keys nor private custom fields."""
    info = describe_by_wire(KINDS[kind].type)
    made = {
        name: value
        for name, value in record.items()
        if name not in KEYS and name in info and info[name].access != "r"
    }
    if record.get("assignee"):
        made["assignTo"] = record["assignee"]
    made["customFields"] = [field for field in record.get("customFields") or () if not field.get("private")]
    if record.get("companies"):
        made["companies"] = [
            {name: value for name, value in inner.items() if name not in KEYS}
            for inner in record["companies"]
        ]
    return made


def copy_entry(tx: Transaction, target: Caller, row: Row) -> int | None:
    """Copy a timeline entry to the target's account, for the records that both have; again, it is not doubled."""
    links = _counterparts(tx, target, row["id"])
    if not links:
        return None
    match_key = f"copy:{row['key']}"
    values = {column.name: row[column.name] for column in entry.c if column.name not in OWN_ENTRY}
    found = tx.one(BY_MATCH_KEY, {"account_id": target.account_id, "wanted": match_key})
    if found is not None:
        return int(found["id"])
    made = tx.insert(
        entry, {**values, "account_id": target.account_id, "key": entry_key(), "match_key": match_key}
    )
    for relation_id, role in links.items():
        tx.insert(
            entry_link,
            {"entry_id": made, "relation_id": relation_id, "role": role, "date": row["date"]},
        )
    derived.recompute(tx, links)
    return made


def copy_to_team(tx: Transaction, caller: Caller, entry_id: int) -> None:
    """`sendtoteam` (2.8): the entry also stands with the team's copies. Raises PermissionDenied without a team."""
    row = tx.one(ENTRY, {"entry_id": entry_id})
    if row is not None:
        copy_entry(tx, team_caller(caller), row)


def _counterparts(tx: Transaction, target: Caller, entry_id: int) -> dict[int, str]:
    """The target's records that are the same as those an entry is connected with."""
    found: dict[int, str] = {}
    for row in tx.all(LINKS, {"entry_id": entry_id}):
        record = shareable(row["kind"], msgspec.json.decode(row["document"]))
        for relation_id in match(tx, target, row["kind"], record, "create").ids[:1]:
            found.setdefault(relation_id, row["role"])
    return found
