"""The timeline over HTTP (contract 2.8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import StartServer
from tests.servers import RunningServer

CALL = {
    "style": "call",
    "date": "2026-01-05T10:00:00Z",
    "from": "rosa@fjordfoods.example",
    "name": "Rosa",
    "subject": "Order",
    "body": "<p>Two <b>pallets</b></p>",
    "bodytype": "html",
    "outcome": "noanwser",
    "duration": 12,
}
NOTE = {
    "style": "note",
    "uniqueid": "n1",
    "source": "notes.example",
    "subject": "Remember",
    "body": "Likes herring",
}
TODO = {"subject": "Send offer", "when": "2026-02-01", "participants": ["rosa@fjordfoods.example"]}
ROSA = "rosa@fjordfoods.example"


def entries(api: RunningServer, **asked: Any) -> list[dict[str, Any]]:
    answer = api.post("/v1/people/timeline", {"id": ROSA, **asked})
    assert answer["errorcode"] == 0, answer
    keys = api.post("/v1/messages/get", {"messages": answer["messages"], "wait": 5000})
    assert keys["errorcode"] == 0
    found: list[dict[str, Any]] = keys["messages"]
    return found


def fill(api: RunningServer) -> None:
    note = {**NOTE, "references": [{"value": ROSA}]}
    for path, body in (("communication", CALL), ("content", note), ("todo", TODO)):
        assert api.post(f"/v1/timeline/{path}/create", body) == {"errorcode": 0}


def test_create_and_read(api: RunningServer) -> None:
    fill(api)
    found = {entry["style"]: entry for entry in entries(api)}
    assert set(found) == {"call", "note", "todo"}
    assert found["call"]["subject"] == "Order"
    assert found["call"]["outcome"] == "noanswer"
    body = api.post("/v1/messages/body", {"key": found["call"]["key"]})
    assert body == {"errorcode": 0, "body": CALL["body"], "mimeType": "text/html"}
    assert api.get("/v1/people/get", uniqueid=ROSA)["person"]["name"] == "Rosa"


def test_the_vendors_spelling_on_the_strict_wire(start_server: StartServer) -> None:
    server = start_server(strict_wire=True)
    fill(server)
    assert [entry["outcome"] for entry in entries(server, filter=["call"])] == ["noanwser"]


def test_older_paths(api: RunningServer) -> None:
    for path, body in (("createcommunication", CALL), ("createcontent", NOTE), ("createtodo", TODO)):
        assert api.post(f"/v1/{path}", body) == {"errorcode": 0}


def test_pages(api: RunningServer) -> None:
    for day in range(1, 6):
        body = {**CALL, "date": f"2026-01-0{day}T10:00:00Z", "subject": f"Call {day}"}
        api.post("/v1/timeline/communication/create", body)
    first = api.post("/v1/people/timeline", {"uniqueid": ROSA, "limit": 2})
    assert len(first["messages"]) == 2
    second = api.post("/v1/people/timeline", {"id": ROSA, "limit": 3, "stamp": first["stamp"]})
    assert len(second["messages"]) == 3
    assert "stamp" not in second


@pytest.mark.parametrize("plural", ["companies", "projects"])
def test_other_kinds(api: RunningServer, plural: str) -> None:
    answer = api.post(f"/v1/{plural}/timeline", {"id": "nobody"})
    assert answer["errorcode"] == 404
    body = {"name": "Harbour", "domains": ["harbour.example"]}
    api.post(f"/v1/{plural}/create", body)
    identifier = "Harbour" if plural == "projects" else "harbour.example"
    api.post("/v1/timeline/content/create", {**NOTE, "references": [{"value": identifier}]})
    assert len(api.post(f"/v1/{plural}/timeline", {"id": identifier})["messages"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "code", "field"),
    [
        ("timeline/communication/create", {}, 400, "style"),
        ("timeline/communication/create", {"style": "telepathy"}, 400, "style"),
        ("timeline/communication/create", {**CALL, "date": "the other day"}, 400, "date"),
        (
            "timeline/communication/create",
            {**CALL, "recipients": [{"name": "x"}]},
            400,
            "recipients[0].value",
        ),
        ("timeline/todo/create", {}, 400, "subject"),
        ("timeline/content/create", {**NOTE, "style": "call"}, 400, "style"),
        ("people/timeline", {}, 11, ""),
        ("people/timeline", {"id": "nobody@x.example"}, 404, ""),
        ("people/timeline", {"id": ROSA, "filter": ["telepathy"]}, 400, "filter"),
        ("messages/get", {}, 400, "messages"),
        ("messages/get", {"messages": "all"}, 400, ""),
        ("messages/get", {"messages": [{}]}, 400, "messages[0].key"),
        ("messages/body", {}, 400, "key"),
        ("messages/body", {"key": {"a": 1}}, 400, "key"),
        ("messages/body", {"key": "nothing"}, 404, ""),
    ],
)
def test_refusals(api: RunningServer, path: str, body: dict[str, Any], code: int, field: str) -> None:
    answer = api.post(f"/v1/{path}", body)
    assert answer["errorcode"] == code, answer
    if field:
        assert answer["message"].startswith(f"{field}: "), answer


def test_accounts_do_not_see_each_other(api: RunningServer) -> None:
    fill(api)
    refs = api.post("/v1/people/timeline", {"id": ROSA})["messages"]
    other = api.with_account()
    assert other.post("/v1/messages/get", {"messages": refs}) == {"errorcode": 0, "messages": []}
    assert other.post("/v1/messages/body", {"key": refs[0]["key"]})["errorcode"] == 404
