"""What the Change of a merge keeps: every record as it was, and what pointed at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import select

from tieline.crm.merging import Wire
from tieline.store.database import Row, Transaction
from tieline.store.tables import entry_link, identifier, link


class Original(msgspec.Struct):
    """A record as it was before a merge, and what pointed at it."""

    document: Wire
    last_changed: int
    discovered: bool
    sample: bool
    keys: list[str]
    entries: list[int]
    links_from: list[tuple[int, str, int]]  # to, role, position
    links_to: list[tuple[int, str, int]]  # from, role, position


class Originals(msgspec.Struct):
    """The records of a merge, the survivor first, and what they were joined to."""

    records: list[Original]
    joined: Wire


def keep(tx: Transaction, rows: list[Row], documents: list[Wire], joined: Mapping[str, Any]) -> str:
    """What a Change of a merge keeps, to be read by `unmerge`. Before anything is moved."""
    records = [_original(tx, row, document) for row, document in zip(rows, documents, strict=True)]
    return msgspec.json.encode(Originals(records, dict(joined))).decode()


def _original(tx: Transaction, row: Row, document: Wire) -> Original:
    of = row["id"]
    keys = select(identifier.c.value).where(identifier.c.relation_id == of, identifier.c.type == "key")
    entries = select(entry_link.c.entry_id).where(entry_link.c.relation_id == of).distinct()
    outward = select(link.c.to_id, link.c.role, link.c.position).where(link.c.from_id == of)
    inward = select(link.c.from_id, link.c.role, link.c.position).where(link.c.to_id == of)
    return Original(
        document=document,
        last_changed=row["last_changed"],
        discovered=bool(row["discovered"]),
        sample=bool(row["sample"]),
        keys=[found["value"] for found in tx.all(keys)],
        entries=[found["entry_id"] for found in tx.all(entries)],
        links_from=[(found["to_id"], found["role"], found["position"]) for found in tx.all(outward)],
        links_to=[(found["from_id"], found["role"], found["position"]) for found in tx.all(inward)],
    )
