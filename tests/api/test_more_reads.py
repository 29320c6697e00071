"""Keywords, recipients, submit and similar (contract 2.10, 2.13), each answer checked against the document."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_contract import check
from tests.servers import RunningServer


def project(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **more}


def value(amount: int) -> list[dict[str, Any]]:
    return [{"id": "value", "type": "currency", "value": amount}]


def test_keywords_most_used_first(api: RunningServer) -> None:
    for name, words in (("a", ["VIP", "fair"]), ("b", ["vip"]), ("c", ["vip", "fair", "new"])):
        api.post("/v1/people/create", {"emails": [{"value": f"{name}@x.example"}], "keywords": words})
    api.post("/v1/projects/create", {"name": "Harbour", "keywords": ["fish"]})
    found = check("get", "/v1/user/keywords", api.request("GET", "/v1/user/keywords", type="person"))
    assert found["keywords"] == [
        {"id": "VIP", "count": 3},
        {"id": "fair", "count": 2},
        {"id": "new", "count": 1},
    ]
    assert len(api.get("/v1/user/keywords")["keywords"]) == 4
    assert len(api.get("/v1/user/keywords", type="person", limit=1)["keywords"]) == 1
    assert api.get("/v1/user/keywords", type="project")["keywords"] == [{"id": "fish", "count": 1}]
    assert api.get("/v1/user/keywords", limit="many")["errorcode"] == 400


def test_recipients_are_views(api: RunningServer) -> None:
    api.post("/v1/people/create", {"emails": [{"value": "a@x.example"}], "stage": "lead"})
    found = check("get", "/v1/user/recipients", api.request("GET", "/v1/user/recipients"))
    assert {"my": 1}.items() <= {entry["id"]: entry["count"] for entry in found["list"]}.items()
    shown = api.get("/v1/user/views")["people"]["views"]
    assert [entry["id"] for entry in found["list"]] == [view["id"] for view in shown]


def test_a_submitted_form(api: RunningServer) -> None:
    body = {"name": "Rosa", "emails": [{"value": "rosa@x.example"}], "form": "Viewing", "message": "May I see it?",
            "url": "https://office.example/listing", "fields": {"When": "Friday", "Empty": ""}}  # fmt: skip
    assert check("post", "/v1/people/submit", api.request("POST", "/v1/people/submit", json_body=body)) == {"errorcode": 0}  # fmt: skip
    assert api.get("/v1/people/get", uniqueid="rosa@x.example")["person"]["name"] == "Rosa"
    references = api.post("/v1/people/timeline", {"id": "rosa@x.example"})["messages"]
    (message,) = api.post("/v1/messages/get", {"messages": references})["messages"]
    assert (message["style"], message["subject"]) == ("event", "Viewing")
    assert message["links"][0]["value"] == "https://office.example/listing"
    text = api.post("/v1/messages/body", {"key": message["key"]})["body"]
    assert text == "May I see it?\n\nWhen: Friday"


@pytest.mark.parametrize(("field", "wrong"), [("fields", ["x"]), ("message", 5), ("form", {}), ("url", [])])
def test_a_form_that_cannot_be_read_changes_nothing(api: RunningServer, field: str, wrong: Any) -> None:
    found = api.post(
        "/v1/people/submit", {"emails": [{"value": "rosa@x.example"}], "form": "F", field: wrong}
    )
    assert found["errorcode"] == 400
    assert field in found["message"]
    assert api.get("/v1/people/get", uniqueid="rosa@x.example")["errorcode"] == 404


def test_a_dry_form_changes_nothing(api: RunningServer) -> None:
    body = {"emails": [{"value": "rosa@x.example"}], "message": "Hello", "dryrun": True}
    assert api.post("/v1/people/submit", body) == {"errorcode": 0}
    assert api.get("/v1/people/get", uniqueid="rosa@x.example")["errorcode"] == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_similar_projects_best_first(api: RunningServer, method: str) -> None:
    oslo = [{"street": "Strand 1", "city": "Oslo"}]
    for body in (
        project(
            "Harbour", segment="project", keywords=["sea", "cold"], addresses=oslo, customFields=value(100)
        ),
        project("Twin", segment="project", keywords=["Sea", "cold"], addresses=oslo, customFields=value(120)),
        project("Cousin", segment="project", keywords=["sea"], customFields=value(1000)),
        project("Neighbour", addresses=[{"city": "oslo", "street": "Strand 2"}]),
        project("Stranger", keywords=["hill"], customFields=value(126)),
    ):
        assert api.post("/v1/projects/create", body) == {"errorcode": 0}
    given: dict[str, Any] = {"json_body": {"id": "Harbour"}} if method == "POST" else {"uniqueid": "Harbour"}
    found = check(
        method.lower(), "/v1/projects/similar", api.request(method, "/v1/projects/similar", **given)
    )
    assert [record["name"] for record in found["projects"]] == ["Twin", "Cousin", "Neighbour"]
    assert found["availablecount"] == 3
    few = api.get("/v1/projects/similar", uniqueid="Harbour", pagesize=1)
    assert (len(few["projects"]), few["availablecount"]) == (1, 3)
    assert api.get("/v1/projects/similar", uniqueid="Nothing")["errorcode"] == 404
    assert api.get("/v1/projects/similar")["errorcode"] != 0
