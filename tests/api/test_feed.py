"""The feed (contract 2.7): what it delivers, in which order, and that it skips nothing while others write."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from tests.api.test_contract import check
from tests.servers import RunningServer


class Consumer:
    """Somebody who polls. `seen` is the last delivered version of each record."""

    def __init__(self, api: RunningServer, plural: str = "people", **query: Any) -> None:
        self.api, self.path, self.plural = api, f"/v1/{plural}/feed", plural
        self.first: dict[str, Any] = query
        self.cursor = ""
        self.order: list[int] = []
        self.seen: dict[str, Any] = {}
        self.changes: list[dict[str, Any]] = []

    def poll(self) -> int:
        """One call; how many records it brought."""
        query = {"cursor": self.cursor} if self.cursor else self.first
        answer = check("get", self.path, self.api.request("GET", self.path, **query))
        assert answer["errorcode"] == 0, answer
        self.cursor = answer["cursor"]
        records = answer.get(self.plural)
        if records is None:
            records = [entry["person"] for entry in answer["results"]]
            self.changes += [entry["changes"] for entry in answer["results"]]
        assert answer["availablecount"] >= len(records)
        for record in records:
            self.seen[record["syncKey"]] = record
            self.order.append(record.get("lastChanged", 0))
        return len(records)

    def catch_up(self) -> int:
        total = 0
        while found := self.poll():
            total += found
        return total


def person(api: RunningServer, name: str, **more: Any) -> None:
    found = api.post("/v1/people/create", {"emails": [{"value": f"{name}@x.example"}], "name": name, **more})
    assert found["errorcode"] == 0, found


def test_first_everything_then_what_changes(api: RunningServer) -> None:
    for number in range(5):
        person(api, f"p{number}")
    consumer = Consumer(api, pagesize=2)
    assert [consumer.poll() for _ in range(4)] == [2, 2, 1, 0]
    assert consumer.order == sorted(consumer.order)
    person(api, "p1", headline="Buyer")
    person(api, "p5")
    assert consumer.poll() == 2
    assert consumer.poll() == 0
    assert [record["name"] for record in consumer.seen.values()] == ["p0", "p1", "p2", "p3", "p4", "p5"]
    assert any(record.get("headline") == "Buyer" for record in consumer.seen.values())


def test_every_kind_has_one(api: RunningServer) -> None:
    api.post("/v1/companies/create", {"name": "Fjord Foods", "domains": ["fjordfoods.example"]})
    api.post("/v1/projects/create", {"name": "Harbour"})
    assert Consumer(api, "companies").catch_up() == 1
    assert Consumer(api, "projects").catch_up() == 1


def test_restrictions_travel_in_the_cursor(api: RunningServer) -> None:
    person(api, "rosa", stage="lead", segment="customer")
    person(api, "otto", stage="current", segment="customer")
    consumer = Consumer(api, stage="lead")
    query = Consumer(api, freeformquery="stage:lead")
    words = Consumer(api, freeformquery="rosa")
    assert (consumer.catch_up(), query.catch_up(), words.catch_up()) == (1, 1, 1)
    person(api, "ada", stage="lead")
    person(api, "otto", headline="Cook")
    assert (consumer.catch_up(), query.catch_up(), words.catch_up()) == (1, 1, 0)
    person(api, "rosa", stage="out")  # it leaves, and is not told of
    assert (consumer.catch_up(), query.catch_up()) == (0, 0)


def test_keys_and_summaries(api: RunningServer) -> None:
    person(api, "rosa")
    keys, summary = Consumer(api, keysonly="true"), Consumer(api, summaryonly="true")
    keys.catch_up(), summary.catch_up()
    (record,) = keys.seen.values()
    assert record.keys() == {"syncKey"}
    (record,) = summary.seen.values()
    assert record.keys() == {"syncKey", "name", "emails"}


def test_modified_after(api: RunningServer) -> None:
    person(api, "rosa")
    person(api, "otto")
    stamp = api.get("/v1/people/get", uniqueid="otto@x.example")["person"]["lastChanged"]
    assert Consumer(api, modifiedafter=stamp).catch_up() == 1
    later = Consumer(api, modifiedafter="now")
    assert later.catch_up() == 0
    person(api, "rosa", headline="Buyer")
    assert later.catch_up() == 1
    assert api.get("/v1/people/feed", modifiedafter="yesterday")["errorcode"] == 400


def test_audited_changes(api: RunningServer) -> None:
    person(api, "rosa", stage="lead")
    stamp = api.get("/v1/people/get", uniqueid="rosa@x.example")["person"]["lastChanged"]
    consumer = Consumer(api, includeauditedchanges="true")
    consumer.catch_up()
    assert consumer.changes == [{}]
    person(api, "rosa", headline="Buyer")
    consumer.catch_up()
    assert consumer.changes == [{}, {}]
    person(api, "rosa", stage="current")
    person(api, "rosa", stage="out", segment="customer")
    consumer.catch_up()
    found = consumer.changes[-1]
    assert found.pop("_since") >= stamp
    assert found == {
        "stage": {"before": "lead", "after": "out"},
        "segment": {"before": "none", "after": "customer"},
    }
    person(api, "rosa", stage="lead")
    person(api, "rosa", stage="out")
    consumer.catch_up()
    assert consumer.changes[-1] == {}  # it is what it was


def test_audited_changes_while_catching_up(api: RunningServer) -> None:
    """A record that changes again between two batches: each change is told once, none is left out."""
    for name in ("a", "b", "c"):
        person(api, name, stage="lead")
    consumer = Consumer(api, includeauditedchanges="true", pagesize=1)
    consumer.catch_up()
    consumer.changes.clear()
    for name in ("a", "b", "c"):
        person(api, name, stage="current")
    consumer.poll()  # a
    person(api, "b", stage="out")  # b moves away before its first change was delivered
    person(api, "a", stage="out")
    consumer.catch_up()
    moves = [(found["stage"]["before"], found["stage"]["after"]) for found in consumer.changes]
    assert moves == [("lead", "current"), ("lead", "current"), ("lead", "out"), ("current", "out")]


@pytest.mark.parametrize("wrong", ["x", "e30", "AAAA" * 20, "ü", "…"])
def test_a_wrong_cursor(api: RunningServer, wrong: str) -> None:
    found = api.get("/v1/people/feed", cursor=wrong)
    assert (found["errorcode"], "cursor" in found["message"]) == (400, True)


def test_a_cursor_is_good_for_one_feed_of_one_account(api: RunningServer) -> None:
    cursor = api.get("/v1/people/feed")["cursor"]
    assert len(cursor) < 500
    assert api.get("/v1/people/feed", cursor=cursor)["errorcode"] == 0
    assert api.get("/v1/companies/feed", cursor=cursor)["errorcode"] == 400
    assert api.with_account().get("/v1/people/feed", cursor=cursor)["errorcode"] == 400
    forged = ("A" if cursor[30] != "A" else "B").join((cursor[:30], cursor[31:]))
    assert api.get("/v1/people/feed", cursor=forged)["errorcode"] == 400


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_skipped_while_others_write(api: RunningServer, seed: int) -> None:
    """Three writers change 25 people while two consumers poll: in the end both know every latest state."""
    rng = random.Random(seed)
    consumers = [
        Consumer(api, pagesize=rng.choice([1, 3, 7])),
        Consumer(api, pagesize=4, includeauditedchanges="true"),
    ]
    stages = ["lead", "future", "current", "past", "out"]
    failures: list[BaseException] = []

    def write(numbers: list[tuple[int, str]]) -> None:
        try:
            for number, stage in numbers:
                person(api, f"p{number}", stage=stage)
        except BaseException as error:
            failures.append(error)

    plans = [[(rng.randrange(25), rng.choice(stages)) for _ in range(40)] for _ in range(3)]
    writers = [threading.Thread(target=write, args=(plan,)) for plan in plans]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        for consumer in consumers:
            consumer.poll()
    for writer in writers:
        writer.join()
    assert not failures
    latest = {record["syncKey"]: record for record in api.get("/v1/people/find", pagesize=1000)["people"]}
    for consumer in consumers:
        consumer.catch_up()
        assert consumer.seen == latest
        assert consumer.order == sorted(set(consumer.order))


@pytest.mark.parametrize("seed", range(2))
def test_told_changes_lead_to_the_latest_stage(api: RunningServer, seed: int) -> None:
    """Following `changes` alone leads from what was first delivered to the stage each record has."""
    rng = random.Random(seed)
    for number in range(6):
        person(api, f"p{number}", stage="lead")
    consumer = Consumer(api, includeauditedchanges="true", pagesize=2)
    told: dict[str, str] = {}
    for _ in range(60):
        if rng.random() < 0.5:
            person(api, f"p{rng.randrange(6)}", stage=rng.choice(["lead", "current", "out"]))
            continue
        query = {"cursor": consumer.cursor} if consumer.cursor else consumer.first
        answer = api.get("/v1/people/feed", **query)
        consumer.cursor = answer["cursor"]
        for entry in answer["results"]:
            key, stage = entry["person"]["syncKey"], entry["person"]["stage"]
            move = entry["changes"].get("stage")
            if key in told:
                assert (move or {"before": stage})["before"] == told[key]
                assert (move or {"after": told[key]})["after"] == stage
            told[key] = stage
