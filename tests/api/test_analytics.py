"""Analytics and message opens over the wire (contract 2.8, 2.9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_contract import check
from tests.servers import RunningServer

ROSA = "rosa@fjordfoods.example"


def ask(api: RunningServer, name: str, *queries: dict[str, Any], **more: Any) -> Any:
    body = {"queries": {f"q{number}": query for number, query in enumerate(queries)}, **more}
    path = f"/v1/analytics/{name}"
    return check("post", path, api.request("POST", path, json_body=body))


def test_answers_are_grouped_under_the_names_of_the_queries(api: RunningServer) -> None:
    call = {"style": "call", "from": ROSA, "direction": "inbound", "duration": 3}
    assert api.post("/v1/timeline/communication/create", call)["errorcode"] == 0
    found = ask(
        api, "activity", {"measures": ["inbcalls", "inbcallmins"]}, {"period_scale": "quarter", "periods": 2}
    )
    assert list(found) == ["q0", "q1"]
    [bucket] = found["q0"]
    assert (bucket["inbcalls"], bucket["inbcallmins"], len(bucket)) == (1, 3, 4)
    assert [one["inbcalls"] for one in found["q1"]] == [0, 1]
    assert ask(api, "activity") == {}


def test_a_lead_goes_its_way(api: RunningServer) -> None:
    person = {"emails": [{"value": ROSA}], "segment": "customer"}
    for stage in ("lead", "current"):
        api.post("/v1/people/create", {**person, "stage": stage})
    [bucket] = ask(api, "leads", {})["q0"]
    assert (bucket["new"], bucket["qualified"], bucket["lost"]) == (1, 1, 0)
    [row] = ask(api, "funnel", {"segment": "customer", "metrics": ["leadcount", "lead_combined_conversion"]})[
        "q0"
    ]
    assert row == {"key": "customer", "leadcount": 1, "lead_combined_conversion": 1}
    assert ask(api, "funnel", {}, usertags=["sales"])["q0"] == []


def test_projects_with_their_values(api: RunningServer) -> None:
    api.post("/v1/projects/create", {"name": "Harbour", "stage": "current", "value": 120000})
    api.post("/v1/projects/create", {"name": "Shed", "stage": "lost"})
    rows = ask(api, "projects", {"metrics": ["stage", "meta_value"]})["q0"]
    assert [(row["name"], row["stage"], row["meta_value"]) for row in rows] == [
        ("Harbour", "current", 120000)
    ]


@pytest.mark.parametrize(
    ("name", "body", "start"),
    [
        ("activity", {}, "queries: is required"),
        ("leads", {"queries": []}, "queries: is required"),
        ("activity", {"queries": {"a": 1}}, "queries.a: expected an object"),
        ("activity", {"queries": {"a": {"scale": "hour"}}}, "queries.a.scale: must be one of"),
        ("activity", {"queries": {"a": {"max": "many"}}}, "queries.a.max: expected a number"),
        ("leads", {"queries": {"a": {"measures": ["calls"]}}}, "queries.a.measures: “calls” is unknown"),
        ("projects", {"queries": {"a": {"always": "never"}}}, "queries.a.always: must be one of"),
        ("projects", {"queries": {"a": {"relative": 1}}}, "queries.a.relative: needs a period"),
        ("funnel", {"queries": {"a": {"relative": 10**9}}}, "queries.a.start: is too far away"),
        ("funnel", {"queries": {}, "usertags": "sales"}, "expected a list"),
        ("activity", {"queries": {str(n): {} for n in range(51)}}, "queries: at most 50"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered(
    sqlite_api: RunningServer, name: str, body: dict[str, Any], start: str
) -> None:
    answer = sqlite_api.request("POST", f"/v1/analytics/{name}", json_body=body)
    assert (answer.status, answer.errorcode) == (200, 400)
    assert answer.message.startswith(start)


def test_a_refresh_counts_members(api: RunningServer) -> None:
    path = "/v1/analytics/teamactivity/update"
    first = check("get", path, api.request("GET", path))
    assert (first["users"], first["updated"], first["skipped"]) == (1, 1, 0)
    assert first["oldest"] == first["newest"]
    again = check("get", path, api.request("GET", path, wait=100))
    assert (again["updated"], again["skipped"], again["newest"]) == (0, 1, first["newest"])
    told = check("get", path, api.request("GET", path, skip="true"))
    assert (told["updated"], told["skipped"]) == (0, 0)
    assert api.get(path, wait="long")["errorcode"] == 400


def test_opens_that_were_reported_are_told(api: RunningServer) -> None:
    mail = {"style": "email", "from": "me@x.example", "recipients": [{"value": ROSA}], "threadid": "t"}
    api.post("/v1/timeline/communication/create", mail)
    path = "/v1/messages/opens"
    assert check("get", path, api.request("GET", path)) == {"errorcode": 0, "messages": [], "more": False}
    key = api.post("/v1/people/timeline", {"id": ROSA})["messages"][0]["key"]
    report = {"key": key, "date": "2026-05-01T09:30:00Z", "cookie": "c1", "about": {"address": ROSA}}
    assert api.post("/v1/x/messages/opened", report)["errorcode"] == 0
    [message] = check("get", path, api.request("GET", path))["messages"]
    assert message["message"].startswith(f"{api.settings.base_url}/people/")
    assert message["opens"] == [
        {"about": {"address": ROSA}, "breakdown": [{"date": 1777627800000, "cookie": "c1"}]}
    ]
    assert api.get(path, **{"from": message["date"] + 1})["messages"] == []
    for bad in ({"from": "yesterday"}, {"from": -1}, {"cursor": "x.y"}):
        assert api.get(path, **bad)["errorcode"] == 400
    for refused in ({}, {"key": key, "about": ["x"]}, {"key": key, "date": "soon"}):
        assert api.post("/v1/x/messages/opened", refused)["errorcode"] == 400
    assert api.post("/v1/x/messages/opened", {"key": "nothing"})["errorcode"] == 404
