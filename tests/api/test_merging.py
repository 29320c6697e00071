"""How given values join a record: the table of 2.4, row by row, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers import RunningServer

ADA = "ada@analytical.example"


def update(api: RunningServer, body: dict[str, Any], plural: str = "people") -> None:
    base = {"people": {"emails": [{"value": ADA}]}, "companies": {"domains": ["analytical.example"]}}
    assert api.post(f"/v1/{plural}/update", {**base.get(plural, {"name": "Engine"}), **body}) == {
        "errorcode": 0
    }


def read(api: RunningServer, plural: str = "people") -> dict[str, Any]:
    identifier = {"people": ADA, "companies": "analytical.example", "projects": "Engine"}[plural]
    (record,) = (
        value
        for name, value in api.get(f"/v1/{plural}/get", uniqueid=identifier).items()
        if name != "errorcode"
    )
    assert isinstance(record, dict)
    return record


ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "absent is unchanged": ({"headline": "Countess"}, {}, {"headline": "Countess"}),
    "null is unchanged": ({"headline": "Countess"}, {"headline": None}, {"headline": "Countess"}),
    "a scalar replaces": ({"headline": "Countess"}, {"headline": "Author"}, {"headline": "Author"}),
    "an empty text clears": ({"headline": "Countess"}, {"headline": ""}, {"headline": None}),
    "a stage by its label": ({}, {"stage": "Lead"}, {"stage": "lead"}),
    "a stage in any case": ({}, {"stage": "LEAD"}, {"stage": "lead"}),
    "none clears a stage": ({"stage": "lead"}, {"stage": "none"}, {"stage": "none"}),
    "nothing clears a stage": ({"stage": "lead"}, {"stage": ""}, {"stage": "none"}),
    "a default fills": ({}, {"defaultStage": "future"}, {"stage": "future"}),
    "a default leaves what is set": ({"stage": "lead"}, {"defaultStage": "future"}, {"stage": "lead"}),
    "a default segment fills": ({}, {"defaultSegment": "customer"}, {"segment": "customer"}),
    "a finished stage is recycled": (
        {"stage": "past"},
        {"defaultStage": "lead", "recycleStage": True},
        {"stage": "lead"},
    ),
    "an open stage is not recycled": (
        {"stage": "current"},
        {"defaultStage": "lead", "recycleStage": True},
        {"stage": "current"},
    ),
    "without recycle a finished stage stays": ({"stage": "out"}, {"defaultStage": "lead"}, {"stage": "out"}),
    "the segment of a finished stage is recycled": (
        {"stage": "past", "segment": "customer"},
        {"defaultSegment": "partner", "recycleSegment": True},
        {"segment": "partner"},
    ),
    "e-mails are a union": (
        {"emails": [{"value": ADA, "work": True}]},
        {"emails": [{"value": ADA.upper(), "home": True}, {"value": "ada@home.example"}]},
        {"emails": [{"value": ADA, "work": True, "home": True}, {"value": "ada@home.example"}]},
    ),
    "an e-mail is retired": (
        {"emails": [{"value": ADA}, {"value": "old@home.example"}]},
        {"emails": [{"value": "old@home.example", "archived": True}]},
        {"emails": [{"value": ADA}, {"value": "old@home.example", "archived": True}]},
    ),
    "preferred moves": (
        {"emails": [{"value": ADA, "preferred": True}]},
        {"emails": [{"value": ADA}, {"value": "ada@home.example", "preferred": True}]},
        {"emails": [{"value": ADA}, {"value": "ada@home.example", "preferred": True}]},
    ),
    "a flag is taken back": (
        {"emails": [{"value": ADA, "work": True}]},
        {"emails": [{"value": ADA, "work": False}]},
        {"emails": [{"value": ADA}]},
    ),
    "phones are one by their digits": (
        {"phones": [{"value": "+46 70 555 01 20"}]},
        {"phones": [{"value": "+46705550120", "mobile": True}]},
        {"phones": [{"value": "+46 70 555 01 20", "mobile": True}]},
    ),
    "faxes are a union": (
        {"faxes": [{"value": "+46 8 555 01 20"}]},
        {"faxes": [{"value": "+4685550120", "work": True}, {"value": "+46 8 555 01 21"}]},
        {"faxes": [{"value": "+46 8 555 01 20", "work": True}, {"value": "+46 8 555 01 21"}]},
    ),
    "an address is one by street and postal code": (
        {"addresses": [{"street": "St James's Square 12", "postcode": "SW1Y"}]},
        {"addresses": [{"street": "st james's square 12", "postcode": "SW1Y", "city": "London"}]},
        {"addresses": [{"street": "st james's square 12", "postcode": "SW1Y", "city": "London"}]},
    ),
    "a handle is one by network and name": (
        {"socials": [{"type": "twitter", "value": "ada"}]},
        {"socials": [{"type": "twitter", "value": "@Ada", "work": True}, {"type": "github", "value": "ada"}]},
        {
            "socials": [
                {"type": "twitter", "value": "ada", "work": True},
                {"type": "github", "value": "ada"},
            ]
        },
    ),
    "a web address is one without its scheme": (
        {"urls": [{"address": "https://ada.example/"}]},
        {"urls": [{"address": "http://ada.example", "name": "Home"}]},
        {"urls": [{"address": "http://ada.example", "name": "Home"}]},
    ),
    "an app link is one by source and id": (
        {"appLinks": [{"source": "erp.example", "uniqueid": "7", "label": "ERP"}]},
        {"appLinks": [{"source": "ERP.example", "uniqueid": "7", "url": "https://erp.example/7"}]},
        {
            "appLinks": [
                {"source": "ERP.example", "uniqueid": "7", "label": "ERP", "url": "https://erp.example/7"}
            ]
        },
    ),
    "a job is one by organization": (
        {"workHistory": [{"organization": "Analytical", "title": "Author"}]},
        {
            "workHistory": [
                {"organization": "analytical", "title": "Editor"},
                {"organization": "Royal Society"},
            ]
        },
        {
            "workHistory": [
                {"organization": "analytical", "title": "Editor"},
                {"organization": "Royal Society"},
            ],
            "jobtitle": "Editor",
        },
    ),
    "words are a union, the first spelling kept": (
        {"keywords": ["VIP", "fair"]},
        {"keywords": ["vip", "new"]},
        {"keywords": ["VIP", "fair", "new"]},
    ),
    "a text of words is split at commas": ({}, {"keywords": "a, b ,,c"}, {"keywords": ["a", "b", "c"]}),
    "a text of words is split where it says": (
        {},
        {"keywords": "a, b; c", "splitAt": ";"},
        {"keywords": ["a, b", "c"]},
    ),
    "several values of a custom field merge": (
        {"customFields": [{"id": "lead-source", "type": "keywords", "value": ["fair"]}]},
        {"customFields": [{"id": "lead-source", "type": "keywords", "value": ["web"]}]},
        {"customFields": [{"id": "lead-source", "type": "keywords", "value": ["fair", "web"]}]},
    ),
    "unless they replace": (
        {"customFields": [{"id": "lead-source", "type": "keywords", "value": ["fair"]}]},
        {"customFields": [{"id": "lead-source", "type": "keywords", "value": ["web"], "replace": True}]},
        {"customFields": [{"id": "lead-source", "type": "keywords", "value": ["web"]}]},
    ),
    "another type replaces": (
        {"customFields": [{"id": "shoe", "type": "text", "value": "36"}]},
        {"customFields": [{"id": "shoe", "type": "text", "value": "37"}]},
        {"customFields": [{"id": "shoe", "type": "text", "value": "37"}]},
    ),
    "null removes a custom field": (
        {"customFields": [{"id": "shoe", "type": "text", "value": "36"}]},
        {"customFields": [{"id": "shoe", "type": "text", "value": None}]},
        {"customFields": None},
    ),
    "an empty text removes a custom field": (
        {"customFields": [{"id": "shoe", "type": "text", "value": "36"}]},
        {"customFields": [{"id": "shoe", "type": "text", "value": ""}]},
        {"customFields": None},
    ),
    "a range has two ends": (
        {},
        {"customFields": [{"id": "budget", "type": "range", "min": 1, "max": 5}]},
        {"customFields": [{"id": "budget", "type": "range", "min": 1, "max": 5}]},
    ),
    "an accumulator adds": (
        {"customFields": [{"id": "paid", "type": "accumulator", "value": 10}]},
        {"customFields": [{"id": "paid", "type": "accumulator", "value": 5}]},
        {"customFields": [{"id": "paid", "type": "accumulator", "value": 15}]},
    ),
    "a counter counts": (
        {"customFields": [{"id": "visits", "type": "counter", "value": 1}]},
        {"customFields": [{"id": "visits", "type": "counter", "value": 1}]},
        {"customFields": [{"id": "visits", "type": "counter", "value": 2}]},
    ),
    "notes replace": ({"notes": "Old"}, {"notes": "New"}, {"notes": "New"}),
    "several notes are lines": ({}, {"notes": ["One", "Two"]}, {"notes": "One\nTwo"}),
    "a picture is kept by its address": (
        {},
        {"picture": "https://ada.example/a.png"},
        {"pictures": [{"url": "https://ada.example/a.png"}]},
    ),
    "an open stage cannot be put away": ({"stage": "lead"}, {"archived": True}, {"archived": None}),
    "a finished one can": ({"stage": "past"}, {"archived": True}, {"archived": True}),
    "and be brought back": ({"stage": "past", "archived": True}, {"archived": False}, {"archived": None}),
    "one without a stage can be put away": ({}, {"archived": True}, {"archived": True}),
    "one with an assignee cannot": ({"assignTo": "me"}, {"archived": True}, {"archived": None}),
    "hidden": ({}, {"visibility": "hidden"}, {"visibility": "hidden"}),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_the_table(api: RunningServer, name: str) -> None:
    stored, body, expected = ROWS[name]
    update(api, stored)
    before = read(api)
    update(api, body)
    after = read(api)
    assert {field: _without_looks(after.get(field)) for field in expected} == expected
    changed = {field for field in {*before, *after} if before.get(field) != after.get(field)}
    assert changed <= {*expected, *body, "lastChanged", "name", "pictures", "picture", "views"}


def _without_looks(value: Any) -> Any:
    """A value as it is compared: a picture's kind is ours to choose."""
    if isinstance(value, list):
        return [
            {
                part: inner
                for part, inner in item.items()
                if part != "type" or "url" not in item or len(item) > 2
            }
            if isinstance(item, dict)
            else item
            for item in value
        ]
    return value


IDENTITY: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "a create by e-mail fills gaps": ("create", "", {"name": "Augusta King", "gender": "female"}, {"name": "Ada Lovelace", "gender": "female"}),
    "an update replaces": ("update", "", {"name": "Augusta King"}, {"name": "Augusta King", "first": "Augusta", "last": "King"}),
    "merge on a create": ("create", "merge", {"name": "Augusta King", "gender": ""}, {"name": "Augusta King"}),
    "replace takes blanks too": ("update", "replace", {"name": "Augusta King", "birthday": ""}, {"birthday": None}),
    "a create leaves a birthday": ("create", "", {"birthday": "1900-01-01"}, {"birthday": "1815-12-10"}),
    "an update takes a birthday": ("update", "", {"birthday": "1900-01-01"}, {"birthday": "1900-01-01"}),
    "merge leaves blanks out": ("update", "merge", {"birthday": ""}, {"birthday": "1815-12-10"}),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTITY)
def test_replace_identity(api: RunningServer, name: str) -> None:
    mode, rule, body, expected = IDENTITY[name]
    update(api, {"name": "Ada Lovelace", "birthday": "1815-12-10"})
    sent = {"emails": [{"value": ADA}], **body, **({"replaceIdentity": rule} if rule else {})}
    assert api.post(f"/v1/people/{mode}", sent) == {"errorcode": 0}
    found = read(api)
    assert {field: found.get(field) for field in expected} == expected


def test_a_name_made_from_an_address_is_replaced_by_a_create(api: RunningServer) -> None:
    update(api, {})
    assert read(api)["name"] == "ada"
    assert (
        api.post("/v1/people/create", {"emails": [{"value": ADA}], "name": "Ada Lovelace"})["errorcode"] == 0
    )
    assert read(api)["name"] == "Ada Lovelace"


def test_timeline_notes_become_entries(api: RunningServer) -> None:
    update(api, {"timelineNotes": ["Met at the fair"]})
    found = api.post("/v1/people/timeline", {"id": ADA, "filter": ["note"]})
    assert len(found["messages"]) == 1


def test_only_configured_fields_when_asked(api: RunningServer) -> None:
    body = {
        "emails": [{"value": ADA}],
        "validation": "schema",
        "customFields": [{"id": "shoe", "type": "text", "value": "36"}],
    }
    found = api.post("/v1/people/create", body)
    assert found["errorcode"] == 400
    assert "customFields[0].id" in found["message"]
    assert api.get("/v1/people/get", uniqueid=ADA)["errorcode"] == 404


def test_aliases_are_stripped_before_matching(api: RunningServer) -> None:
    update(api, {})
    tagged = ADA.replace("@", "+news@")
    assert api.post("/v1/people/update", {"emails": [{"value": tagged}], "stripAliases": True, "headline": "X"})["errorcode"] == 0  # fmt: skip
    assert read(api)["headline"] == "X"
    assert [entry["value"] for entry in read(api)["emails"]] == [ADA]


@pytest.mark.parametrize("plural", ["companies", "projects"])
def test_the_default_stage_of_other_kinds(api: RunningServer, plural: str) -> None:
    finished = "past" if plural == "companies" else "won"
    update(api, {"stage": finished}, plural)
    update(api, {"defaultStage": "current"}, plural)
    assert read(api, plural)["stage"] == finished
    update(api, {"defaultStage": "current", "recycleStage": True}, plural)
    assert read(api, plural)["stage"] == "current"


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([{"emails": [{"value": "a@x.example"}], "appLinks": [{"source": "e.example", "uniqueid": "1"}]}], 1),
        (
            [
                {"emails": [{"value": "a@x.example"}], "name": "Ann"},
                {"phones": [{"value": "+46 70 555 01 20", "mobile": True}], "name": "Ann B"},
                {
                    "emails": [{"value": "a@x.example"}],
                    "phones": [{"value": "+46705550120", "mobile": True}],
                },
            ],
            1,
        ),
        (
            [
                {"name": "Ann", "phones": [{"value": "+46 8 555 01 20"}], "uniqueids": ["1"]},
                {"name": "Bob", "phones": [{"value": "+46 8 555 01 20"}], "uniqueids": ["2"]},
            ],
            1,  # exactly one record had the number when Bob came
        ),
    ],
    ids=["one", "two are one", "a single number"],
)  # fmt: skip
def test_which_records_are_one(api: RunningServer, rows: list[dict[str, Any]], left: int) -> None:
    for body in rows:
        assert api.post("/v1/people/create", body)["errorcode"] == 0, body
    assert api.get("/v1/people/find", countonly="true")["availablecount"] == left


def test_records_that_turn_out_to_be_one_keep_everything(api: RunningServer) -> None:
    first = {"emails": [{"value": "a@x.example"}], "name": "Ann", "keywords": ["one"], "headline": "Old"}
    second = {"phones": [{"value": "+46705550120", "mobile": True}], "name": "Ann", "keywords": ["two"], "headline": "New"}  # fmt: skip
    api.post("/v1/people/create", first)
    api.post("/v1/people/create", second)
    keys = [api.get("/v1/people/get", uniqueid=key)["person"]["syncKey"] for key in ("a@x.example", "+46705550120")]  # fmt: skip
    both = {"emails": [{"value": "a@x.example"}], "phones": [{"value": "+46705550120", "mobile": True}]}
    assert api.post("/v1/people/update", both)["errorcode"] == 0
    found = [api.get("/v1/people/get", uniqueid=key)["person"] for key in keys]
    assert found[0] == found[1]
    assert found[0]["syncKey"] == keys[0]
    assert set(found[0]["keywords"]) == {"one", "two"}
    assert found[0]["headline"] == "New"  # of the one that was changed last


words = st.lists(st.sampled_from(["a", "A", "b", "ö", "Ö", "c d"]), max_size=4)
emails = st.lists(
    st.fixed_dictionaries(
        {"value": st.sampled_from([ADA, ADA.upper(), "b@x.example", "c@x.example"])},
        optional={"work": st.booleans(), "home": st.booleans(), "archived": st.booleans(), "preferred": st.booleans()},
    ),
    max_size=3,
)  # fmt: skip
bodies = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Ada", "Ada Lovelace", ""]),
        "headline": st.sampled_from(["x", "", None]),
        "stage": st.sampled_from(["lead", "none", "past", ""]),
        "keywords": words,
        "emails": emails,
        "archived": st.booleans(),
        "notes": st.sampled_from(["n", ["a", "b"], ""]),
    },
)


@settings(max_examples=40, deadline=None)
@given(bodies=st.lists(bodies, min_size=1, max_size=3))
def test_saying_it_twice_changes_nothing(sqlite_server: RunningServer, bodies: list[dict[str, Any]]) -> None:
    api = sqlite_server.with_account()
    for body in bodies:
        sent = {**body, "emails": [{"value": ADA}, *body.get("emails", [])]}
        assert api.post("/v1/people/update", sent)["errorcode"] == 0
        once = read(api)
        assert api.post("/v1/people/update", sent)["errorcode"] == 0
        assert read(api) == once
    assert api.get("/v1/people/find", countonly="true")["availablecount"] <= 1
