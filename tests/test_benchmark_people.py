"""The people that benchmarks load in bulk are stored exactly as if they had been sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from benchmarks import loading, people
from tieline.crm import accounts, relations
from tieline.crm.settings import save_settings
from tieline.records import Person
from tieline.records.codec import convert
from tieline.store.database import Database, Transaction, open_database
from tieline.store.tables import identifier, relation, relation_count

COUNT = 60
OWN = ("id", "account_id", "sync_key", "document", "first_seen", "last_changed", *loading.DERIVED)


def _upserted(tx: Transaction) -> None:
    made = accounts.create_account(tx, loading.EMAIL, name="Bench")
    save_settings(tx, made.id, people.settings())
    caller = accounts.caller_by_id(tx, made.id)
    for number in range(COUNT):
        relations.upsert(tx, caller, "person", convert(Person, people.body(3, number)), mode="create")


def _stored(tx: Transaction) -> dict[str, Any]:
    everybody: dict[str, Any] = {}
    for row in tx.all(select(relation)):
        document = msgspec.json.decode(row["document"])
        keys = {document.pop(key) for key in ("syncKey", "direct", "portableId")}
        assert row["last_changed"] >= document.pop("firstSeen") == row["first_seen"]
        found = tx.all(select(identifier).where(identifier.c.relation_id == row["id"]))
        everybody[row["id"]] = (
            list(document.items()),  # in the same order
            {name: value for name, value in dict(row).items() if name not in OWN},
            {(one["kind"], one["type"], one["value"]) for one in found}
            - {("person", "key", key) for key in keys},
        )
        assert len(keys) == 3
    counted = select(relation_count).where(relation_count.c.records > 0)
    everybody["counts"] = sorted(tuple(dict(row).values())[1:] for row in tx.all(counted))
    return everybody


@pytest.mark.timeout(120)
async def test_loaded_people_are_stored_as_sent_ones(database: Database, tmp_path: Any) -> None:
    await database.write(_upserted)
    sent = await database.read(_stored)
    url = f"sqlite:///{tmp_path / 'loaded.db'}"
    await loading.load([url], seed=3, count=COUNT)
    loaded = await open_database(url)
    assert await loaded.read(_stored) == sent
    await loaded.close()
