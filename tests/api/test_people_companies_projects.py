"""People, companies and projects over HTTP (contract 2.3–2.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import StartServer
from tests.servers import RunningServer

ROSA = {
    "name": "Rosa Lindqvist",
    "headline": "Buyer at Fjord Foods",
    "stage": "lead",
    "segment": "customer",
    "emails": [{"value": "rosa@fjordfoods.example", "work": True, "preferred": True}],
    "phones": [{"value": "+46 70 555 01 20", "mobile": True}],
    "keywords": ["trade-fair"],
    "customFields": [{"id": "lead-source", "type": "keywords", "value": "trade-fair"}],
    "appLinks": [{"source": "erp.fjordfoods.example", "uniqueid": "C-1042", "label": "ERP"}],
}
KINDS = {
    "people": ("person", ROSA, "rosa@fjordfoods.example"),
    "companies": (
        "company",
        {"name": "Fjord Foods", "domains": ["fjordfoods.example"]},
        "fjordfoods.example",
    ),
    "projects": (
        "project",
        {"name": "Harbour", "appLinks": [{"source": "erp.x.example", "uniqueid": "7"}]},
        "Harbour",
    ),
}


@pytest.fixture(params=list(KINDS))
def plural(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make(api: RunningServer, plural: str) -> tuple[str, str]:
    """Creates the kind's sample; its noun and an identifier."""
    noun, body, identifier = KINDS[plural]
    assert api.post(f"/v1/{plural}/create", body) == {"errorcode": 0}
    return noun, identifier


def test_the_life_of_a_record(api: RunningServer, plural: str) -> None:
    noun, identifier = make(api, plural)
    found = api.get(f"/v1/{plural}/get", uniqueid=identifier)
    assert set(found) == {"errorcode", noun}
    record = found[noun]
    assert record["name"] == KINDS[plural][1]["name"]
    assert (len(record["syncKey"]), len(record["direct"])) == (43, 22)
    assert {"segment", "stage", "step"} <= record.keys()
    assert record["step"] == "none"

    update = {"syncKey": record["syncKey"], "stage": "current"}
    assert api.post(f"/v1/{plural}/update", update) == {"errorcode": 0}
    changed = api.get(f"/v1/{plural}/get", uniqueid=record["syncKey"])[noun]
    assert changed["stage"] == "current"
    assert changed["lastChanged"] > record["lastChanged"]

    assert api.request("DELETE", f"/v1/{plural}/delete", uniqueid=record["direct"]).json() == {"errorcode": 0}
    gone = api.get(f"/v1/{plural}/get", uniqueid=identifier)
    assert gone == {"errorcode": 404, "message": f"The {noun} was not found"}
    again = api.request("DELETE", f"/v1/{plural}/delete", uniqueid=record["direct"]).json()
    assert again["errorcode"] == 404


@pytest.mark.parametrize("name", ["id", "uniqueid", "identifier"])
def test_names_of_the_identifier(api: RunningServer, plural: str, name: str) -> None:
    _, identifier = make(api, plural)
    expected = api.get(f"/v1/{plural}/get", uniqueid=identifier)
    assert expected["errorcode"] == 0
    assert api.get(f"/v1/{plural}/get", **{name: identifier}) == expected
    assert api.post(f"/v1/{plural}/get", {name: identifier}) == expected
    assert api.post(f"/v1/{plural}/get", {}, **{name: identifier}) == expected
    answer = api.request("DELETE", f"/v1/{plural}/delete", json_body={name: identifier})
    assert answer.json() == {"errorcode": 0}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "ROSA@fjordfoods.example"),
        ("phone", "+46705550120"),
        ("uniqueid", "erp.fjordfoods.example:C-1042"),
    ],
)
def test_lenient_names_of_the_identifier(api: RunningServer, name: str, value: str) -> None:
    make(api, "people")
    assert api.get("/v1/people/get", **{name: value})["person"]["name"] == "Rosa Lindqvist"


def test_no_identifier(api: RunningServer, plural: str) -> None:
    for answer in (
        api.get(f"/v1/{plural}/get"),
        api.get(f"/v1/{plural}/get", uniqueid=""),
        api.post(f"/v1/{plural}/get", {}),
        api.post(f"/v1/{plural}/create", {}),
        api.post(f"/v1/{plural}/update", {"stage": "current"}),
        api.request("DELETE", f"/v1/{plural}/delete").json(),
    ):
        assert answer["errorcode"] == 11
        assert answer["message"].startswith("No identifiers available")


def test_what_only_a_team_has(api: RunningServer, plural: str) -> None:
    _, identifier = make(api, plural)
    for answer in (
        api.get(f"/v1/{plural}/get", uniqueid=identifier, team="true"),
        api.post(f"/v1/{plural}/getmany", {"uniqueids": [identifier], "team": True}),
        api.request("DELETE", f"/v1/{plural}/delete", uniqueid=identifier, team="true").json(),
        api.get(f"/v1/{plural}/find", scope="team"),
    ):
        assert answer["errorcode"] == 403
        assert "not a member of a team" in answer["message"]
    assert api.get(f"/v1/{plural}/get", uniqueid=identifier)["errorcode"] == 0


def test_get_many(api: RunningServer, plural: str) -> None:
    noun, identifier = make(api, plural)
    key = api.get(f"/v1/{plural}/get", uniqueid=identifier)[noun]["syncKey"]
    answer = api.post(f"/v1/{plural}/getmany", {"uniqueids": [key, "nobody", identifier]})
    assert [record["syncKey"] for record in answer[plural]] == [key, key]
    assert api.post(f"/v1/{plural}/getmany", {"uniqueids": []}) == {"errorcode": 0, plural: []}


@pytest.mark.parametrize("value", [None, "one", {"a": 1}, [["a"]], ["x"] * 1001])
def test_get_many_asked_wrongly(api: RunningServer, value: object) -> None:
    answer = api.post("/v1/people/getmany", {"uniqueids": value})
    assert answer["errorcode"] == 400
    assert answer["message"].startswith("uniqueids: ")


def test_format_names_custom_fields(api: RunningServer) -> None:
    make(api, "people")
    plain = api.get("/v1/people/get", uniqueid="rosa@fjordfoods.example")["person"]["customFields"][0]
    shown = api.get("/v1/people/get", uniqueid="rosa@fjordfoods.example", format="1")["person"]
    assert "name" not in plain
    assert shown["customFields"][0]["name"] == "Lead Source"
    assert "formatted" in shown["customFields"][0]


def test_detailed_projects(api: RunningServer) -> None:
    body = {"name": "Harbour", "projectTeam": [api.email], "clientpeople": [ROSA]}
    api.post("/v1/projects/create", body)
    plain = api.get("/v1/projects/get", uniqueid="Harbour")["project"]
    detailed = api.get("/v1/projects/get", uniqueid="Harbour", detailed="true")["project"]
    assert not {"clientpeople", "projectTeam"} & plain.keys()
    assert detailed["clientpeople"][0]["name"] == "Rosa Lindqvist"
    assert detailed["projectTeam"] == [api.email]


def fill(api: RunningServer, count: int) -> None:
    for number in range(count):
        api.post(
            "/v1/people/create",
            {"name": f"Person {number:02}", "emails": [{"value": f"p{number}@x.example"}]},
        )


def names(answer: dict[str, Any]) -> list[str]:
    return [person["name"] for person in answer["people"]]


def test_find_pages(api: RunningServer) -> None:
    fill(api, 13)
    first = api.get("/v1/people/find", sort="name")
    assert (first["availablecount"], first["pagenumber"], first["pagesize"]) == (13, 1, 10)
    assert names(first) == [f"Person {number:02}" for number in range(10)]
    second = api.get("/v1/people/find", sort="name", pagenumber=2)
    assert names(second) == ["Person 10", "Person 11", "Person 12"]
    assert names(api.get("/v1/people/find", sort="name", recordnumber=13, pagenumber=1)) == ["Person 12"]
    beyond = api.get("/v1/people/find", pagenumber=9)
    assert (beyond["people"], beyond["availablecount"]) == ([], 13)
    assert api.get("/v1/people/find", pagesize=5000)["pagesize"] == 1000
    assert api.get("/v1/people/find", pagesize=0)["pagesize"] == 10
    assert api.get("/v1/people/find", countonly="True") == {"errorcode": 0, "availablecount": 13}


def test_find_forms(api: RunningServer) -> None:
    fill(api, 3)
    expected = api.get("/v1/people/find", freeformquery="Person 01", pagesize=2)
    assert names(expected) == ["Person 01"]
    assert api.post("/v1/people/find", {"freeformquery": "Person 01", "pagesize": 2}) == expected
    assert api.post("/v1/people/find", {"query": "Person 01", "limit": 2}) == expected
    assert api.get("/v1/people/find", query="Person 01", max=2) == expected
    assert names(api.get("/v1/people/find", email="p2@x.example")) == ["Person 02"]
    assert api.post("/v1/people/find", {"countonly": True})["availablecount"] == 3


def test_find_keys_and_summaries(api: RunningServer) -> None:
    make(api, "people")
    (record,) = api.get("/v1/people/find", keysonly="true")["people"]
    assert set(record) == {"syncKey"}
    (record,) = api.get("/v1/people/find", summaryonly="true")["people"]
    assert set(record) == {"syncKey", "name", "emails"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pagesize", "many"),
        ("pagenumber", "1.5"),
        ("recordnumber", "9" * 40),
        ("countonly", "perhaps"),
        ("sort", "beauty"),
        ("sortdir", "sideways"),
        ("group", "weather"),
        ("stage", "nonsense"),
        ("segment", "nonsense"),
        ("step", "nonsense"),
    ],
)
def test_find_asked_wrongly(api: RunningServer, name: str, value: str) -> None:
    make(api, "people")
    answer = api.request("GET", "/v1/people/find", **{name: value})
    assert (answer.status, answer.errorcode) == (200, 400)
    assert answer.message.startswith(f"{name}: ")


def test_a_message_may_accompany_success(api: RunningServer) -> None:
    answer = api.post("/v1/people/create", {"notes": "no identifier", "skipWithoutIds": True})
    assert answer["errorcode"] == 0
    assert "message" in answer


def test_dry_runs_change_nothing(api: RunningServer, plural: str) -> None:
    _, body, identifier = KINDS[plural]
    assert api.post(f"/v1/{plural}/create", {**body, "dryrun": True}) == {"errorcode": 0}
    assert api.get(f"/v1/{plural}/get", uniqueid=identifier)["errorcode"] == 404
    wrong = api.post(f"/v1/{plural}/create", {**body, "dryrun": True, "stage": "nonsense"})
    assert wrong["errorcode"] == 400


def test_accounts_do_not_see_each_other(api: RunningServer, plural: str) -> None:
    noun, identifier = make(api, plural)
    key = api.get(f"/v1/{plural}/get", uniqueid=identifier)[noun]["syncKey"]
    other = api.with_account()
    for wanted in (identifier, key):
        assert other.get(f"/v1/{plural}/get", uniqueid=wanted)["errorcode"] == 404
        assert other.request("DELETE", f"/v1/{plural}/delete", uniqueid=wanted).errorcode == 404
    assert other.get(f"/v1/{plural}/find")["availablecount"] == 0
    assert other.post(f"/v1/{plural}/update", {"syncKey": key, "name": "Mine"})["errorcode"] == 404


def test_lenient_bodies(api: RunningServer) -> None:
    assert api.post("/v1/people/create", {"person": ROSA}) == {"errorcode": 0}
    assert api.post("/v1/people/create", {"email": "flat@x.example", "name": "Flat"}) == {"errorcode": 0}
    assert api.get("/v1/people/get", uniqueid="flat@x.example")["person"]["emails"] == [
        {"value": "flat@x.example"}
    ]
    wrong = api.post("/v1/people/create", {"emails": [{"email": "inner@x.example"}]})
    assert wrong == {"errorcode": 11, "message": "No identifiers available"}


def test_the_strict_wire(start_server: StartServer) -> None:
    """What the live service answers to the forms that it does not know (0.4)."""
    server = start_server(strict_wire=True)
    for body in (
        {"email": "flat@x.example", "name": "Flat"},
        {"person": ROSA},
        {"emails": [{"email": "inner@x.example"}]},
    ):
        answer = server.post("/v1/people/create", body)
        assert answer == {"errorcode": 11, "message": "No identifiers available"}
    assert server.post("/v1/people/create", ROSA) == {"errorcode": 0}
    assert server.get("/v1/people/find", pagesize=1, limit=7)["pagesize"] == 1
    assert server.get("/v1/people/find", limit=7)["pagesize"] == 10
    assert server.get("/v1/people/find", email="nobody@x.example")["availablecount"] == 1
    for name in ("id", "uniqueid"):
        assert server.get("/v1/people/get", **{name: "rosa@fjordfoods.example"})["errorcode"] == 0
    assert server.get("/v1/people/get", email="rosa@fjordfoods.example")["errorcode"] == 11
    note = {"style": "note", "body": "x"}
    assert server.post("/v1/timeline/content/create", note)["errorcode"] == 400
