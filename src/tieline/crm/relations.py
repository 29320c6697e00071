"""People, companies and projects: get, get many, delete. Create and update are in `writing`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, update

from tieline.crm import changes, links
from tieline.crm.access import Caller, reading, require_removal, sees
from tieline.crm.identity import resolve
from tieline.crm.settings import AccountSettings, load_settings
from tieline.crm.storing import BY_ID, decode
from tieline.crm.writing import Written, check_version, revert, rewrite, upsert
from tieline.errors import NoIdentifier, NotFound
from tieline.records.codec import convert
from tieline.records.codec import decode as decode_record
from tieline.records.company import Company
from tieline.records.kinds import KINDS
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import relation

__all__ = [
    "Written", "by_id", "delete_relation", "find_row", "get", "get_many", "get_row", "record_of", "revert", "rewrite", "touched",
    "upsert", "wire_bytes", "wire_text",
]  # fmt: skip

MOST = 1000  # getmany answers at most so many
DELETE = Statement(delete(relation).where(relation.c.id == bindparam("relation_id")))
TOUCH = Statement(
    update(relation).where(relation.c.id == bindparam("relation_id")).values(last_changed=bindparam("stamp"))
)


def get_row(tx: Transaction, account_id: int, kind: str, identifier: str, country: str = "US") -> Row | None:
    """The row that an identifier of 2.3 means."""
    relation_id = resolve(tx, account_id, kind, identifier, country)
    return None if relation_id is None else tx.one(BY_ID, {"relation_id": relation_id})


def find_row(
    tx: Transaction, caller: Caller, kind: str, identifier: str | None, *, team: bool = False
) -> Row:
    """The row that an identifier means. Raises NoIdentifier without one, NotFound, PermissionDenied without a team."""
    caller = reading(caller, team=team)
    if not identifier or not identifier.strip():
        raise NoIdentifier("No identifiers available", remedy="give uniqueid")
    row = get_row(tx, caller.account_id, kind, identifier, caller.country)
    if row is None or not sees(caller, row):
        raise NotFound(f"The {kind} was not found")
    return row


def by_id(tx: Transaction, account_id: int, relation_id: int) -> Row | None:
    """The row of an id, if it is the account's."""
    row = tx.one(BY_ID, {"relation_id": relation_id})
    return row if row is not None and row["account_id"] == account_id else None


def record_of(row: Row) -> dict[str, Any]:
    """The record of a row in wire form, as find and get answer it."""
    return {**decode(row), "lastChanged": row["last_changed"]}


def wire_bytes(row: Row) -> msgspec.Raw:
    """The same as JSON, spliced from the stored text without decoding it."""
    return msgspec.Raw(wire_text(row).encode())


def wire_text(row: Row) -> str:
    """The same as text."""
    return f'{row["document"][:-1]},"lastChanged":{row["last_changed"]}}}'


def get(
    tx: Transaction,
    caller: Caller,
    kind: str,
    identifier: str | None,
    *,
    team: bool = False,
    format: bool = False,
    detailed: bool = False,
) -> Person | Company | Project:
    """A record (2.5). Raises NotFound, NoIdentifier."""
    found = get_wire(tx, caller, kind, identifier, team=team, format=format, detailed=detailed)
    return (
        decode_record(KINDS[kind].type, bytes(found))
        if isinstance(found, msgspec.Raw)
        else convert(KINDS[kind].type, found)
    )


def get_wire(
    tx: Transaction,
    caller: Caller,
    kind: str,
    identifier: str | None,
    *,
    team: bool = False,
    format: bool = False,
    detailed: bool = False,
) -> Any:
    """The same, ready for the wire."""
    return get_version(tx, caller, kind, identifier, team=team, format=format, detailed=detailed)[0]


def get_version(
    tx: Transaction,
    caller: Caller,
    kind: str,
    identifier: str | None,
    *,
    team: bool = False,
    format: bool = False,
    detailed: bool = False,
) -> tuple[Any, int]:
    """The same with the `lastChanged` it has."""
    row = find_row(tx, caller, kind, identifier, team=team)
    return _answered(tx, caller, kind, row, format=format, detailed=detailed), int(row["last_changed"])


def _answered(tx: Transaction, caller: Caller, kind: str, row: Row, *, format: bool, detailed: bool) -> Any:
    if not format and not (detailed and kind != "person"):
        return wire_bytes(row) if kind != "project" else shown(record_of(row), detailed=False)
    record = record_of(row)
    if detailed and kind == "project":
        record.update(links.inner_records(tx, row["id"]))
    if detailed and kind == "company":
        record["people"] = links.people_of(tx, row["id"])
    if format:
        record = formatted(record, load_settings(tx, caller.account_id))
    return shown(record, detailed=detailed)


def shown(record: dict[str, Any], *, detailed: bool) -> dict[str, Any]:
    """A project without `detailed` leaves its team out (2.5)."""
    if detailed:
        return record
    return {name: value for name, value in record.items() if name != "projectTeam"}


def formatted(record: dict[str, Any], settings: AccountSettings) -> dict[str, Any]:
    """Custom fields with their label and a value for people (7, 32)."""
    entries = []
    for entry in record.get("customFields") or ():
        definition = settings.custom_field(entry["id"])
        choices = definition.choices if definition else {}
        value = entry.get("value")
        text = ", ".join(str(choices.get(str(v), v)) for v in (value if isinstance(value, list) else [value]))
        entries.append({**entry, "name": definition.label if definition else entry["id"], "formatted": text})
    return {**record, "customFields": entries} if entries else record


def get_many(
    tx: Transaction,
    caller: Caller,
    kind: str,
    identifiers: Sequence[str],
    *,
    team: bool = False,
    format: bool = False,
) -> list[Any]:
    """Records in the order asked; unknown ids are skipped, at most 1000 (2.5)."""
    caller = reading(caller, team=team)
    settings = load_settings(tx, caller.account_id)
    found: list[Any] = []
    for identifier in list(identifiers)[:MOST]:
        row = get_row(tx, caller.account_id, kind, str(identifier), caller.country)
        if row is not None and sees(caller, row):
            record = shown(record_of(row), detailed=kind != "project")
            found.append(formatted(record, settings) if format else record)
    return found


def delete_relation(
    tx: Transaction,
    caller: Caller,
    kind: str,
    identifier: str | None,
    *,
    team: bool = False,
    expected: int | None = None,
) -> int:
    """Remove a record, its links and its identifiers; timeline entries stay (2.5). Returns the change's id."""
    caller = reading(caller, team=team)
    row = find_row(tx, caller, kind, identifier)
    require_removal(caller, row)
    check_version(tx, kind, [row["id"]], expected)
    before = record_of(row)
    changes.next_stamp(tx, caller.account_id)
    change_id = changes.record_change(
        tx, caller, kind=kind, action="delete", relation_id=row["id"], before=before, after=None
    )
    tx.run(DELETE, {"relation_id": row["id"]})
    return change_id


def touched(tx: Transaction, caller: Caller, relation_id: int) -> None:
    """A timeline entry concerns this record: its `lastChanged` moves and `*.change` subscribers are told (5.4)."""
    row = tx.one(BY_ID, {"relation_id": relation_id})
    if row is None:
        return
    before = record_of(row)
    stamp = changes.next_stamp(tx, caller.account_id)
    tx.run(TOUCH, {"relation_id": relation_id, "stamp": stamp})
    changes.record_change(
        tx,
        caller,
        kind=row["kind"],
        action="touch",
        relation_id=relation_id,
        before=before,
        after={**before, "lastChanged": stamp},
    )
