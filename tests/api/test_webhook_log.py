"""Webhooks beyond the contract: signed, tried, looked at, sent again, taken up again."""

from __future__ import annotations

from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.receiver import Receiver, status
from tests.servers import RunningServer


def subscribe(api: RunningServer, receiver: Receiver) -> str:
    sent = {"event": "person.change", "target_url": receiver.url, "client_reference": "log"}
    found: str = api.post("/v1/webhooks/subscribe", sent)["uniqueid"]
    return found


def change(api: RunningServer, name: str) -> None:
    api.post("/v1/people/create", {"emails": [{"value": f"{name}@x.example"}], "name": name})
    api.idle()


def log(api: RunningServer, **query: Any) -> list[dict[str, Any]]:
    found = api.get("/v1/x/webhooks/deliveries", **query)
    assert found["errorcode"] == 0, found
    made: list[dict[str, Any]] = found["list"]
    return made


def test_a_signed_delivery_is_verified_by_the_standard(api: RunningServer, receiver: Receiver) -> None:
    uniqueid = subscribe(api, receiver)
    change(api, "rosa")
    assert "webhook-signature" not in receiver.deliveries[0].headers
    secret = api.post("/v1/x/webhooks/secret", {"uniqueid": uniqueid})["secret"]
    change(api, "otto")
    delivery = receiver.deliveries[1]
    assert Webhook(secret).verify(delivery.body, delivery.headers)[0]["person"]["name"] == "otto"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(delivery.body + b" ", delivery.headers)
    other = api.post("/v1/x/webhooks/secret", {"uniqueid": uniqueid})["secret"]
    assert other != secret
    change(api, "ada")
    Webhook(other).verify(receiver.deliveries[2].body, receiver.deliveries[2].headers)
    shown = api.request("GET", "/v1/webhooks").body + api.request("GET", "/v1/x/webhooks/deliveries").body
    assert secret.encode() not in shown


def test_a_test_and_its_log(api: RunningServer, receiver: Receiver) -> None:
    uniqueid = subscribe(api, receiver)
    number = api.post("/v1/x/webhooks/test", {"uniqueid": uniqueid})["delivery"]
    api.idle()
    (sent,) = receiver.deliveries[0].json()
    assert (sent["event"], sent["test"]) == ("person.change", True)
    (entry,) = log(api, uniqueid=uniqueid)
    assert (entry["delivery"], entry["state"]) == (number, "delivered")
    assert entry["webhookId"] == receiver.deliveries[0].headers["webhook-id"]
    assert [(one["outcome"], one["status"]) for one in entry["attempts"]] == [("success", 200)]
    assert log(api, state="failed") == []
    assert log(api.with_account()) == []


def test_sent_again_after_the_receiver_was_mended(api: RunningServer, receiver: Receiver) -> None:
    uniqueid = subscribe(api, receiver)
    receiver.answers(status(410))
    change(api, "rosa")
    (entry,) = log(api)
    if entry["state"] != "failed":
        pytest.fail(f"a receiver that is gone is not asked again: {entry}")
    refused = api.post("/v1/x/webhooks/redeliver", {"delivery": entry["delivery"]})
    assert "suspended" in refused["message"]
    assert api.post("/v1/x/webhooks/test", {"uniqueid": uniqueid})["errorcode"] == 409
    assert api.post("/v1/x/webhooks/resume", {"uniqueid": uniqueid}) == {"errorcode": 0}
    assert api.post("/v1/x/webhooks/redeliver", {"delivery": entry["delivery"]}) == {"errorcode": 0}
    api.idle()
    (entry,) = log(api)
    assert [one["outcome"] for one in entry["attempts"]][-1] == "success"
    first, second = receiver.deliveries
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


def test_refusals(api: RunningServer, receiver: Receiver) -> None:
    uniqueid = subscribe(api, receiver)
    other = api.with_account()
    for path in ("secret", "test", "resume"):
        assert other.post(f"/v1/x/webhooks/{path}", {"uniqueid": uniqueid})["errorcode"] == 404
        assert api.post(f"/v1/x/webhooks/{path}", {})["errorcode"] == 400
    assert api.post("/v1/x/webhooks/redeliver", {})["errorcode"] == 400
    assert api.post("/v1/x/webhooks/redeliver", {"delivery": 10**9})["errorcode"] == 404
    assert api.get("/v1/x/webhooks/deliveries", uniqueid="nobody")["errorcode"] == 404
