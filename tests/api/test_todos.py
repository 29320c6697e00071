"""To-dos and notes after they were made, with their changes and webhook events (an extension)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.receiver import Receiver
from tests.servers import RunningServer


def todo(api: RunningServer, subject: str, **more: Any) -> None:
    assert api.post("/v1/timeline/todo/create", {"subject": subject, **more})["errorcode"] == 0


def listed(api: RunningServer, **query: Any) -> list[dict[str, Any]]:
    found = api.get("/v1/x/todos", **query)
    assert found["errorcode"] == 0, found
    made: list[dict[str, Any]] = found["todos"]
    return made


def subjects(api: RunningServer, **query: Any) -> list[str]:
    return [entry["subject"] for entry in listed(api, **query)]


def test_lists(api: RunningServer) -> None:
    api.post("/v1/people/create", {"emails": [{"value": "rosa@x.example"}], "name": "Rosa"})
    todo(api, "Later", when="2030-05-01")
    todo(api, "Soon", when="2030-01-01", participants=["rosa@x.example"])
    todo(api, "Some day")
    assert subjects(api) == ["Soon", "Later", "Some day"]
    assert subjects(api, about="rosa@x.example") == ["Soon"]
    assert subjects(api, before="2030-02-01") == ["Soon"]
    assert subjects(api, after="2030-02-01") == ["Later"]
    assert subjects(api, assignee="me", pagesize=1, pagenumber=2) == ["Later"]
    (entry,) = listed(api, about="rosa@x.example")
    assert entry["participants"][0]["name"] == "Rosa"
    for wrong in ({"state": "lost"}, {"before": "never"}, {"assignee": "nobody@x.example"}):
        assert api.get("/v1/x/todos", **wrong)["errorcode"] == 400
    assert api.get("/v1/x/todos", about="nobody@x.example")["errorcode"] == 404


def test_complete_reopen_change_delete(api: RunningServer) -> None:
    todo(api, "Call", when="2030-01-01")
    (entry,) = listed(api)
    key = {"key": entry["key"]}
    assert api.post("/v1/x/todos/complete", key) == {"errorcode": 0}
    assert (subjects(api), subjects(api, state="done"), subjects(api, state="all")) == (
        [],
        ["Call"],
        ["Call"],
    )
    assert api.post("/v1/x/todos/reopen", key) == {"errorcode": 0}
    update = {**key, "subject": "Ring", "when": 1}
    assert api.post("/v1/x/todos/update", update) == {"errorcode": 0}
    (entry,) = listed(api)
    assert (entry["subject"], entry["due"]) == ("Ring", 1)
    assert api.post("/v1/x/todos/update", {**key, "subject": ""})["errorcode"] == 400
    assert api.request("DELETE", f"/v1/x/todos/delete?key={key['key']}").json() == {"errorcode": 0}
    assert api.post("/v1/x/todos/complete", key)["errorcode"] == 404
    assert api.post("/v1/x/todos/complete", {})["errorcode"] == 400


def test_what_is_not_a_todo(api: RunningServer) -> None:
    api.post("/v1/people/create", {"emails": [{"value": "rosa@x.example"}], "timelineNotes": ["Hello"]})
    (note,) = api.post("/v1/people/timeline", {"id": "rosa@x.example"})["messages"]
    for path in ("complete", "reopen", "update"):
        assert api.post(f"/v1/x/todos/{path}", {"key": note["key"]})["errorcode"] == 404
    assert api.request("DELETE", f"/v1/x/todos/delete?key={note['key']}").errorcode == 404
    todo(api, "Call")
    (entry,) = listed(api)
    assert api.post("/v1/x/notes/update", {"key": entry["key"], "body": "x"})["errorcode"] == 404
    other = api.with_account()
    assert other.post("/v1/x/todos/complete", {"key": entry["key"]})["errorcode"] == 404
    reminder = {"style": "call", "from": "rosa@x.example", "subject": "Hi", "due": "2030-01-01"}
    api.post("/v1/timeline/communication/create", reminder)
    found = next(one for one in listed(api) if one["style"] == "call")
    assert api.request("DELETE", f"/v1/x/todos/delete?key={found['key']}").errorcode == 400
    assert api.post("/v1/x/todos/complete", {"key": found["key"]})["errorcode"] == 0


def test_notes(api: RunningServer) -> None:
    api.post("/v1/people/create", {"emails": [{"value": "rosa@x.example"}], "timelineNotes": ["Hello"]})
    (note,) = api.post("/v1/people/timeline", {"id": "rosa@x.example"})["messages"]
    update = {"key": note["key"], "body": "<b>Bye</b>", "bodytype": "html"}
    assert api.post("/v1/x/notes/update", update) == {"errorcode": 0}
    found = api.post("/v1/messages/body", {"key": note["key"]})
    assert (found["body"], found["mimeType"]) == ("<b>Bye</b>", "text/html")
    assert api.request("DELETE", f"/v1/x/notes/delete?key={note['key']}").json() == {"errorcode": 0}
    assert api.post("/v1/people/timeline", {"id": "rosa@x.example"})["messages"] == []


def test_events(api: RunningServer, receiver: Receiver) -> None:
    for event in ("todo.create", "todo.change", "todo.delete", "content.change", "communication.create"):
        sent: dict[str, Any] = {"event": event, "target_url": receiver.url}
        if event == "todo.change":
            sent["filters"] = [{"todo": {"subject": "Call"}, "changes": {"done": "*"}}]
        assert api.post("/v1/webhooks/subscribe", sent)["errorcode"] == 0
    todo(api, "Call", when="2030-01-01")
    todo(api, "Write")
    keys = {entry["subject"]: {"key": entry["key"]} for entry in listed(api)}
    for subject in ("Call", "Write"):
        api.post("/v1/x/todos/complete", keys[subject])
    api.post("/v1/x/todos/update", {**keys["Call"], "when": "2030-02-01"})  # the filter asks for done
    api.request("DELETE", f"/v1/x/todos/delete?key={keys['Write']['key']}")
    api.post(
        "/v1/timeline/communication/create", {"style": "call", "from": "rosa@x.example", "subject": "Hi"}
    )
    api.idle()
    told = sorted(
        (
            delivery.json()[0]["event"],
            next(value["subject"] for name, value in delivery.json()[0].items() if name in NOUNS),
        )
        for delivery in receiver.deliveries
    )
    assert told == [
        ("communication.create", "Hi"),
        ("todo.change", "Call"),
        ("todo.create", "Call"),
        ("todo.create", "Write"),
        ("todo.delete", "Write"),
    ]
    (change,) = [one.json()[0] for one in receiver.deliveries if one.json()[0]["event"] == "todo.change"]
    assert change["changes"].keys() == {"done"}


NOUNS = {"todo", "communication", "content"}


@pytest.mark.parametrize("path", ["/v1/x/todos/complete", "/v1/x/notes/update"])
def test_once(api: RunningServer, path: str) -> None:
    headers = {"Idempotency-Key": "k1"}
    assert api.request("POST", path, json_body={"key": "nothing"}, headers=headers).errorcode == 404
