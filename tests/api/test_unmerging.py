"""Merges taken back and looked at first (extensions of contract 2.4)."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.servers import RunningServer
from tieline.crm.matching import different
from tieline.crm.settings import load_settings, save_settings
from tieline.store.database import Transaction

ROSA, OTTO = "rosa@x.example", "otto@x.example"


def create(api: RunningServer, address: str, **more: Any) -> dict[str, Any]:
    assert api.post("/v1/people/create", {"emails": [{"value": address}], **more})["errorcode"] == 0
    return read(api, address)


def read(api: RunningServer, identifier: str) -> dict[str, Any]:
    found = api.get("/v1/people/get", uniqueid=identifier)
    assert found["errorcode"] == 0, found
    record: dict[str, Any] = found["person"]
    return record


def plain(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in {"lastChanged", "views"}}


def merge(api: RunningServer, *addresses: str) -> None:
    body = {"emails": [{"value": address} for address in addresses]}
    assert api.post("/v1/people/update", body) == {"errorcode": 0}


def unmerge(api: RunningServer, **body: Any) -> list[str]:
    found = api.post("/v1/x/unmerge", body)
    assert found["errorcode"] == 0, found
    return [record["syncKey"] for record in found["records"]]


def timeline(api: RunningServer, identifier: str) -> list[str]:
    references = api.post("/v1/people/timeline", {"id": identifier})["messages"]
    found = api.post("/v1/messages/get", {"messages": references})["messages"]
    return sorted(message["subject"] for message in found)


def call(api: RunningServer, address: str, subject: str) -> None:
    sent = {"style": "call", "from": address, "subject": subject}
    assert api.post("/v1/timeline/communication/create", sent)["errorcode"] == 0


def test_what_was_merged_comes_apart_exactly(api: RunningServer) -> None:
    companies = [{"name": "Fjord", "domains": ["fjord.example"]}]
    rosa = create(api, ROSA, name="Rosa Lind", stage="lead", keywords=["a"], companies=companies)
    otto = create(api, OTTO, name="Otto Lind", segment="customer", keywords=["a", "b"], headline="Cook")
    api.post("/v1/projects/create", {"name": "Harbour", "clientpeople": [{"emails": [{"value": OTTO}]}]})
    otto = read(api, OTTO)
    call(api, ROSA, "with Rosa")
    call(api, OTTO, "with Otto")
    before = [read(api, ROSA), read(api, OTTO)]
    merge(api, ROSA, OTTO)
    assert read(api, ROSA)["syncKey"] == read(api, OTTO)["syncKey"] == read(api, otto["syncKey"])["syncKey"]
    assert timeline(api, ROSA) == ["with Otto", "with Rosa"]
    assert unmerge(api, id=ROSA) == [rosa["syncKey"], otto["syncKey"]]
    assert [plain(read(api, ROSA)), plain(read(api, OTTO))] == [plain(record) for record in before]
    for key in ("syncKey", "direct", "portableId"):
        assert read(api, otto[key])["name"] == "Otto Lind"
    assert (timeline(api, ROSA), timeline(api, OTTO)) == (["with Rosa"], ["with Otto"])
    people = api.get("/v1/projects/get", uniqueid="Harbour", detailed="true")["project"]["clientpeople"]
    assert [person["name"] for person in people] == ["Otto Lind"]
    assert api.post("/v1/x/unmerge", {"id": ROSA})["errorcode"] == 404
    # They were said to be apart: the same body joins them no more.
    merge(api, ROSA, OTTO)
    assert read(api, ROSA)["syncKey"] != read(api, otto["syncKey"])["syncKey"]


def test_later_changes_go_to_whom_they_belong(api: RunningServer) -> None:
    create(api, ROSA, name="Rosa", headline="Buyer")
    create(
        api,
        OTTO,
        name="Otto",
        jobtitle="Cook",
        customFields=[{"id": "role", "type": "keyword", "value": "cxo"}],
    )
    merge(api, ROSA, OTTO)
    edits = {"headline": "Seller", "jobtitle": "Chef", "gender": "male", "keywords": ["new"]}
    fields = [{"id": "role", "type": "keyword", "value": "vp"}]
    api.post(
        "/v1/people/update", {"emails": [{"value": OTTO, "work": True}], **edits, "customFields": fields}
    )
    call(api, OTTO, "later, Otto")
    call(api, ROSA, "later, Rosa")
    unmerge(api, id=OTTO)
    rosa, otto = read(api, ROSA), read(api, OTTO)
    assert (rosa["headline"], rosa.get("jobtitle"), rosa["keywords"]) == ("Seller", None, ["new"])
    assert (otto["jobtitle"], otto.get("headline"), otto["emails"]) == (
        "Chef",
        None,
        [{"value": OTTO, "work": True}],
    )
    assert otto["customFields"][0]["value"] == "vp"
    assert "customFields" not in rosa
    assert (timeline(api, ROSA), timeline(api, OTTO)) == (["later, Rosa"], ["later, Otto"])


WORDS = ["red", "green", "blue"]


def some_values(rng: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in ("headline", "jobtitle", "household", "location"):
        if rng.random() < 0.5:
            made[name] = rng.choice(WORDS)
    if rng.random() < 0.6:
        made["keywords"] = rng.sample(WORDS, rng.randint(1, 3))
    if rng.random() < 0.6:
        made["stage"] = rng.choice(["lead", "current", "none"])
    if rng.random() < 0.5:
        made["customFields"] = [{"id": "budget", "type": "text", "value": rng.choice(WORDS)}]
    if rng.random() < 0.5:
        made["urls"] = [{"address": f"https://{rng.choice(WORDS)}.example"}]
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.booleans())
def test_merge_edit_unmerge(api: RunningServer, rng: random.Random, edited: bool) -> None:
    """Originals plus attributed edits: nothing of either is lost, and every edit is found with one of them."""
    api = api.with_account()
    originals = [
        create(api, ROSA, name="Rosa", **some_values(rng)),
        create(api, OTTO, name="Otto", **some_values(rng)),
    ]
    merge(api, ROSA, OTTO)
    edits = some_values(rng) if edited else {}
    api.post("/v1/people/update", {"emails": [{"value": ROSA}], **edits})
    merged = read(api, ROSA)
    unmerge(api, id=ROSA)
    parted = [read(api, ROSA), read(api, OTTO)]
    for was, now in zip(originals, parted, strict=True):
        assert now["syncKey"] == was["syncKey"]
        for name in ("headline", "jobtitle", "household", "location", "stage"):
            assert now.get(name) in {was.get(name), edits.get(name)}, name
        for name in ("keywords", "urls", "emails"):
            assert all(item in now.get(name, []) for item in was.get(name, [])), name
    for name, value in edits.items():
        if name not in {"keywords", "urls", "customFields"}:
            assert merged.get(name) == value
            assert value in [record.get(name) for record in parted], name
        elif name != "customFields":
            assert all(any(item in record.get(name, []) for record in parted) for item in value), name
    if not edits:
        assert [plain(record) for record in parted] == [plain(record) for record in originals]


def test_the_later_merge_comes_first(api: RunningServer) -> None:
    for name in ("a", "b", "c"):
        create(api, f"{name}@x.example", name=name)
    first = api.post("/v1/x/merge", {"into": "a@x.example", "from": "b@x.example"})["change"]
    second = api.post("/v1/x/merge", {"into": "c@x.example", "from": "a@x.example"})["change"]
    assert api.post("/v1/x/unmerge", {"change": first})["errorcode"] == 409
    unmerge(api, change=second)
    unmerge(api, id="b@x.example")
    assert [read(api, f"{name}@x.example")["name"] for name in ("a", "b", "c")] == ["a", "b", "c"]
    assert api.post("/v1/x/unmerge", {"change": second})["errorcode"] == 400
    assert api.post("/v1/x/unmerge", {"change": 10**9})["errorcode"] == 404
    assert api.post("/v1/x/unmerge", {})["errorcode"] == 400
    assert api.post("/v1/x/merge", {"into": "a@x.example", "from": "a@x.example"})["errorcode"] == 400


def review(api: RunningServer) -> None:
    def change(tx: Transaction) -> None:
        settings = load_settings(tx, api.account_id)
        save_settings(tx, api.account_id, msgspec.structs.replace(settings, merge="review"))

    api.write(change)


def test_a_family_address_waits_for_a_person(api: RunningServer) -> None:
    review(api)
    family, office = "lind@x.example", {"value": "+46 8 555 01 20"}
    create(api, family, name="Rosa Lind", phones=[office])
    api.post("/v1/people/create", {"emails": [{"value": family}], "name": "Otto Lind"})
    api.post("/v1/people/create", {"phones": [office], "name": "Ada Berg"})
    api.post(
        "/v1/people/create", {"emails": [{"value": family}], "name": "Rosa M. Lind", "headline": "Buyer"}
    )
    people = {person["name"]: person for person in api.get("/v1/people/find")["people"]}
    assert people.keys() == {"Rosa Lind", "Otto Lind", "Ada Berg"}
    assert people["Rosa Lind"]["headline"] == "Buyer"
    found = api.get("/v1/x/merges")
    assert found["availablecount"] == len(found["list"]) == 2
    pair = found["list"][0]
    assert {record["name"] for record in pair["records"]} == {"Rosa Lind", "Otto Lind"}
    assert {"type": "email", "value": family} in pair["shared"]
    assert api.post("/v1/x/merges/decide", {"id": pair["id"], "decision": "apart"}) == {"errorcode": 0}
    assert api.post("/v1/x/merges/decide", {"id": pair["id"], "decision": "apart"})["errorcode"] == 404
    other = api.get("/v1/x/merges")["list"]
    assert len(other) == 1
    assert api.post("/v1/x/merges/decide", {"id": other[0]["id"], "decision": "merge"})["change"]
    assert api.get("/v1/people/find", countonly="true")["availablecount"] == 2
    api.post("/v1/people/create", {"emails": [{"value": family}], "name": "Otto Lind", "headline": "Cook"})
    assert api.get("/v1/x/merges")["list"] == []
    assert api.get("/v1/people/find", countonly="true")["availablecount"] == 2


def test_two_records_named_by_one_body_wait(api: RunningServer) -> None:
    review(api)
    create(api, ROSA, name="Rosa")
    create(api, OTTO)
    merge(api, ROSA, OTTO)
    (pair,) = api.get("/v1/x/merges")["list"]
    assert len(pair["records"]) == 2
    assert api.with_account().get("/v1/x/merges")["list"] == []
    assert (
        api.with_account().post("/v1/x/merges/decide", {"id": pair["id"], "decision": "merge"})["errorcode"]
        == 404
    )
    for wrong in ({}, {"id": pair["id"]}, {"id": pair["id"], "decision": "maybe"}):
        assert api.post("/v1/x/merges/decide", wrong)["errorcode"] == 400


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Rosa Lind", "Otto Lind", True), ("Rosa Lind", "R. Lind", False), ("Rosa Lind", "Rosa Maria Berg", False),
        ("Rosa", "Rosa Lind", False), ("Lind", "Rosa Lind", False), ("Otto", "Rosa Lind", True), ("", "Rosa", False),
        ("Chris Lind", "Christina Lind", False),
    ],
)  # fmt: skip
def test_other_names(one: str, other: str, expected: bool) -> None:
    assert different({"name": one}, {"name": other}) is expected
