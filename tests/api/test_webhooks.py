"""Subscribing over HTTP (contract 5.1, 5.2), and the whole way from a write to a delivery."""

from __future__ import annotations

from tests.receiver import Receiver, receiver
from tests.servers import RunningServer

__all__ = ["receiver"]

TARGET = "http://127.0.0.1:9/hook"


def test_subscribe_list_unsubscribe(api: RunningServer) -> None:
    sent = {
        "event": "person.audit.change",
        "target_url": TARGET,
        "client_reference": "crm",
        "ttl": "3600",
        "filters": [{"person": {"segment": "customer"}}],
    }
    answer = api.post("/v1/webhooks/subscribe", sent)
    assert answer["errorcode"] == 0
    assert len(answer["uniqueid"]) == 86
    (listed,) = api.get("/v1/webhooks")["list"]
    assert listed["uniqueid"] == listed["uniqueId"] == answer["uniqueid"]
    assert listed["filters"] == sent["filters"]
    assert listed["ttl"] == 3600
    assert "suspended" not in listed
    gone = {"event": sent["event"], "uniqueid": answer["uniqueid"] + "\\"}
    assert api.post("/v1/webhooks/unsubscribe", gone) == {"errorcode": 0}
    assert api.post("/v1/webhooks/unsubscribe", gone)["errorcode"] == 404
    assert api.get("/v1/webhooks")["list"] == []


def test_older_paths(api: RunningServer) -> None:
    sent = {"event": "person.change", "target_url": TARGET, "client_reference": "a"}
    assert api.post("/v1/subscribe", sent)["errorcode"] == 0
    assert api.post("/v1/unsubscribe", sent) == {"errorcode": 0}


def test_refusals(api: RunningServer) -> None:
    for sent, field, code in (
        ({"target_url": TARGET}, "event", 400),
        ({"event": "person.born", "target_url": TARGET}, "event", 400),
        ({"event": "person.change"}, "target_url", 400),
        ({"event": "person.change", "target_url": "ftp://x.example"}, "target_url", 400),
        ({"event": "person.change", "target_url": "http://10.0.0.1/"}, "target_url", 403),
        ({"event": "person.change", "target_url": TARGET, "filters": {"a": 1}}, "filters", 400),
        ({"event": "person.change", "target_url": TARGET, "scope": "team"}, "scope", 403),
        ({"event": "person.change", "target_url": TARGET, "ttl": "soon"}, "ttl", 400),
    ):
        answer = api.post("/v1/webhooks/subscribe", sent)
        assert answer["errorcode"] == code, answer
        assert answer["message"].startswith(f"{field}: "), answer
    assert api.get("/v1/webhooks")["list"] == []


def test_from_a_write_to_a_delivery(api: RunningServer, receiver: Receiver) -> None:
    sent = {"event": "person.audit.change", "target_url": receiver.url, "client_reference": "crm"}
    uniqueid = api.post("/v1/webhooks/subscribe", sent)["uniqueid"]
    api.request(
        "POST",
        "/v1/people/create",
        json_body={"name": "Rosa", "stage": "lead", "emails": [{"value": "rosa@x.example"}]},
        headers={"X-Tieline-Trace": "abc123;depth=2;scenario=7"},
    )
    (delivery,) = receiver.wait(1)
    (event,) = delivery.json()
    assert event["event"] == "person.audit.change"
    assert event["changes"]["stage"] == {"before": "none", "after": "lead"}
    assert event["person"] == api.get("/v1/people/get", uniqueid="rosa@x.example")["person"]
    assert delivery.headers["x-cloze-subscription-id"] == uniqueid
    assert delivery.headers["x-cloze-client-reference"] == "crm"
    assert delivery.headers["x-tieline-trace"] == "abc123;depth=2;scenario=7"
    api.idle()
    (listed,) = api.get("/v1/webhooks")["list"]
    assert listed["usage"]["successCount"] == 1
