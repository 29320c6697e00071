"""Orders, pages and counts of find: the same whether records are gathered or an index is walked, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.conftest import FakeClock
from tieline import clock
from tieline.crm import accounts, fetching, finding, ordering, relations
from tieline.crm.access import Caller
from tieline.crm.finding import FindQuery
from tieline.crm.settings import AccountSettings, StepSetting, save_settings
from tieline.records.codec import convert
from tieline.records.kinds import KINDS
from tieline.store.database import Database, Row, Transaction
from tieline.store.tables import relation, relation_count

SETTINGS = AccountSettings(steps=[StepSetting("customer", "current", key, key) for key in ("call", "offer")])
COUNT = 90
DAY = 86_400_000
SELECTIONS: list[dict[str, Any]] = [
    {},
    {"segment": "customer", "stage": "current"},
    {"stage": "none"},
    {"freeformquery": "tagged vip"},
    {"freeformquery": "jo and customers"},
    {"freeformquery": "email ends with 3.example"},
    {"freeformquery": "archived"},
]  # fmt: skip


def office(tx: Transaction) -> int:
    account_id = accounts.create_account(tx, "me@x.example", name="Me").id
    save_settings(tx, account_id, SETTINGS)
    caller, chance = accounts.caller_by_id(tx, account_id), random.Random(5)
    for number in range(COUNT):
        body: dict[str, Any] = {
            "name": chance.choice(["Jo Smith", "Joan Ash", "Al Moe"]),
            "emails": [{"value": f"p{number}@mail{number % 7}.example"}],
            "keywords": ["vip"] if number % 3 else [],
        }
        if chance.random() < 0.7:
            body |= {"segment": "customer", "stage": chance.choice(["current", "lead"])}
            if body["stage"] == "current" and number % 2:
                body["step"] = chance.choice(["call", "offer"])
        if number % 5 == 0:
            body["assignTo"] = "me"
        elif number % 4 == 1 and "stage" not in body:
            body["archived"] = True
        made = relations.upsert(tx, caller, "person", convert(KINDS["person"].type, body), mode="create")
        now = clock.now_ms()
        derived = {
            "last_talked": now - chance.randrange(9) * DAY,
            "first_met": now - chance.randrange(9, 12) * DAY,
            "went_quiet": now + chance.randrange(-3, 3) * DAY,
            "due_next": now + chance.randrange(-3, 3) * DAY,
            "energy": float(chance.randrange(5)),
            "value": float(chance.randrange(4)),
            "start_date": f"2026-01-0{chance.randrange(1, 9)}",
        }
        some = {name: value for name, value in derived.items() if chance.random() < 0.6}
        if some:
            tx.run(update(relation).where(relation.c.id == made.relation_id).values(some))
    return account_id


def expected(rows: list[Row], sort: str, ascending: bool, group: str | None) -> list[str]:
    """The keys of the rows as 2.6 orders them."""
    stages, now = list(SETTINGS.stages("person")), clock.now_ms()

    def value(row: Row) -> Any:
        if sort == "firstmet":
            return row["first_seen"] if row["first_met"] is None else row["first_met"]
        if sort == "lastchanged":
            return row["last_changed"]
        name = ordering.NULLABLE[sort][0] if sort in ordering.NULLABLE else {"name": "name_key", "created": "first_seen"}.get(sort, f"{sort}_key")  # fmt: skip
        return row[name]

    def rank(row: Row) -> int:
        """0: it has a value; 1: one still to come; 2: none."""
        if value(row) is None:
            return 2
        return int(sort in ordering.PAST_ONLY and value(row) >= now)

    made = sorted(rows, key=lambda row: row["sync_key"], reverse=not ascending)
    known = [row for row in made if rank(row) < 2]
    known.sort(key=value, reverse=not ascending)
    known.sort(key=rank)
    made = known + [row for row in made if rank(row) == 2]
    if group == "stage":
        made.sort(key=lambda row: stages.index(row["stage"]) if row["stage"] in stages else len(stages))
    return [row["sync_key"] for row in made]


@pytest.mark.parametrize("few", [0, 4_000], ids=["walked", "gathered"])
async def test_every_order_gives_the_same_records_in_pages_of_any_size(
    database: Database, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(fetching, "FEW", few)
    monkeypatch.setattr(fetching, "SHALLOW", 20)
    monkeypatch.setattr(fetching, "CHUNK", 7)
    account_id = await database.write(office)

    def keys(
        tx: Transaction, caller: Caller, size: int, asked: dict[str, Any]
    ) -> tuple[list[str], list[int]]:
        found: list[str] = []
        counts: list[int] = []
        for number in range(1, 200):
            page = finding.find(tx, caller, "person", FindQuery(pagesize=size, pagenumber=number, keysonly=True, **asked))  # fmt: skip
            found += [record["syncKey"] for record in page.records]
            counts.append(page.available)
            if not page.records:
                return found, counts
        raise AssertionError("it never ends")

    def compare(tx: Transaction) -> None:
        caller = accounts.caller_by_id(tx, account_id)
        everybody = {row["sync_key"]: row for row in tx.all(select(relation))}
        chance = random.Random(8)
        for number, selection in enumerate(SELECTIONS):
            base, _ = keys(tx, caller, 1000, selection)
            rows = [everybody[key] for key in base]
            assert len(rows) > 3, selection
            for sort in (key for key in ordering.SORTS if key != "distance"):
                direction, group = chance.choice(["asc", "dec"]), chance.choice([None, "stage", "subteam"])
                asked = {**selection, "sort": sort, "sortdir": direction, "group": group}
                wanted = expected(rows, sort, direction == "asc", group)
                found, counts = keys(tx, caller, chance.choice([1, 7, 30, 1000]) if number < 2 else 40, asked)
                assert found == wanted, asked
                assert set(counts) == {len(wanted)}, asked

    await database.read_slow(compare)


async def test_counts_of_many_say_at_least_so_many_and_pages_go_on(
    database: Database, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FEW", "MOST_COUNTED", "AHEAD"):
        monkeypatch.setattr(fetching, name, 10)
    account_id = await database.write(office)

    def read(tx: Transaction) -> None:
        caller = accounts.caller_by_id(tx, account_id)
        shown = [row for row in tx.all(select(relation)) if not row["archived"]]
        everybody, tagged = len(shown), sum('"vip"' in row["document"] for row in shown)
        for text, total in (
            ("smith or joan or al or moe", everybody),
            ("tagged vip", tagged),
            ("email contains mail", everybody),
        ):
            asked = {"freeformquery": text}
            found = finding.find(tx, caller, "person", FindQuery(countonly=True, **asked))
            assert not found.exact
            assert 10 <= found.available < total, text
            seen, number = 0, 0
            while True:
                number += 1
                page = finding.find(tx, caller, "person", FindQuery(pagesize=20, pagenumber=number, **asked))
                seen += len(page.records)
                if not page.records:
                    break
                # Who pages by the count never stops too early.
                assert page.available > seen or (page.exact and page.available == seen), text
            assert (page.available, page.exact, seen) == (seen, True, total), text
            past = finding.find(tx, caller, "person", FindQuery(pagesize=20, pagenumber=90, **asked))
            assert (past.records, past.available) == ([], total), text

    await database.read_slow(read)


async def test_the_counters_are_what_there_is(database: Database, fake_clock: FakeClock) -> None:
    account_id = await database.write(office)
    chance = random.Random(4)

    def act(tx: Transaction) -> None:
        caller = accounts.caller_by_id(tx, account_id)
        rows = tx.all(select(relation.c.sync_key))
        if not rows:
            return
        one, other = (chance.choice(rows)["sync_key"] for _ in range(2))
        move = chance.randrange(4)
        if move == 0:
            relations.delete_relation(tx, caller, "person", one)
            return
        bodies: list[dict[str, Any]] = [
            {"syncKey": one, "stage": chance.choice(["lead", "past", "none"]), "segment": "partner"},
            {"syncKey": one, "stage": "out", "assignTo": "", "archived": chance.random() < 0.6},
            {"syncKey": one, "direct": other},
        ]
        if move == 3:
            row = tx.one(select(relation.c.document).where(relation.c.sync_key == other))
            assert row is not None
            mail = row["document"].partition('"emails":[{"value":"')[2].partition('"')[0]
            bodies[2] = {"syncKey": one, "emails": [{"value": mail}]}  # merges the two
        relations.upsert(tx, caller, "person", convert(KINDS["person"].type, bodies[move - 1]), mode="update")

    def check(tx: Transaction) -> None:
        names = ("segment", "stage", "step", "assignee", "node")
        rows = tx.all(select(relation))
        there = Counter(
            (row["archived"], row["hidden"], *(row[name] or "" for name in names)) for row in rows
        )
        counted = {
            (row["archived"], row["hidden"], *(row[name] for name in names)): row["records"]
            for row in tx.all(select(relation_count))
        }
        assert {key: number for key, number in counted.items() if number} == there

    await database.read(check)
    for _ in range(40):
        await database.write(act)
    await database.read(check)


async def test_every_order_walks_its_index_on_sqlite(
    tmp_path: Any, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tieline.store.database import open_database

    database = await open_database(f"sqlite:///{tmp_path / 'plans.db'}")
    monkeypatch.setattr(fetching, "FEW", 0)
    account_id = await database.write(office)

    def read(tx: Transaction) -> int:
        caller = accounts.caller_by_id(tx, account_id)
        plans: list[str] = []
        execute = tx._execute

        def explained(prepared: Any) -> Any:
            if "ORDER BY" in prepared.sql:
                text = f"EXPLAIN QUERY PLAN {prepared.sql}"
                plans.append("; ".join(row["detail"] for row in execute(_replaced(prepared, text))))
            return execute(prepared)

        monkeypatch.setattr(tx, "_execute", explained)
        for sort in (key for key in ordering.SORTS if key != "distance"):
            for direction in ("asc", "dec"):
                for group in (None, "stage", "subteam"):
                    query = FindQuery(sort=sort, sortdir=direction, group=group, pagesize=1000)
                    finding.find(tx, caller, "person", query)
        for plan in plans:
            assert "USING INDEX ix_relation_" in plan or "USING COVERING INDEX ix_relation_" in plan, plan
            assert "TEMP B-TREE" not in plan, plan
        return len(plans)

    assert await database.read(read) > 16 * 2 * 3
    await database.close()


def _replaced(prepared: Any, sql: str) -> Any:
    return type(prepared)(sql, prepared.params, ())
