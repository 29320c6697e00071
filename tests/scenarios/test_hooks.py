"""Custom webhooks: who may send, what bodies become, the structure of events, the queue."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.scenarios.test_engine import activate, executions, load
from tieline import clock
from tieline.expressions import Buffer, from_json
from tieline.scenarios import history, hook_bodies, library, structure

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.servers import Answer, RunningServer

HOOKED = {
    "name": "hooked", "metadata": {},
    "flow": [
        {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}},
        {"id": 2, "module": "util:ComposeTransformer", "parameters": {}, "mapper": {"value": "{{1.word}}"}},
    ],
}  # fmt: skip


def hooked(server: RunningServer, **more: Any) -> int:
    number = load(server, json.dumps({**HOOKED, **more}))
    activate(server, number)
    return number


def options(server: RunningServer, number: int, **given: Any) -> Any:
    return server.post(f"/control/scenarios/{number}/hook", given)


def send(
    server: RunningServer, number: int, body: bytes = b'{"word": "x"}', method: str = "POST", **headers: str
) -> Answer:
    path = urlsplit(server.get(f"/control/scenarios/{number}/hook")["url"]).path
    sent = {"Content-Type": "application/json", **{n.replace("_", "-"): v for n, v in headers.items()}}
    return server.request(method, path, body=body, headers=sent, key=None)


def test_only_those_who_know_the_secret_and_sit_in_the_network(server: RunningServer) -> None:
    number = hooked(server)
    assert send(server, number).status == 200
    found = options(server, number, check="header", new_secret=True)
    secret = found["new_secret"]
    assert (found["secret"], len(secret) > 30) == (True, True)
    assert secret not in json.dumps(server.get(f"/control/scenarios/{number}/hook"))
    assert send(server, number).status == 401
    assert send(server, number, X_Webhook_Secret="guess").status == 401
    assert send(server, number, X_Webhook_Secret=secret).status == 200
    options(server, number, header="Authorization")
    assert send(server, number, Authorization=f"Bearer {secret}").status == 200
    options(server, number, networks=["203.0.113.0/24", "2001:db8::/32"])
    assert send(server, number, Authorization=f"Bearer {secret}").status == 403
    options(server, number, networks=["203.0.113.0/24", "127.0.0.1"])
    assert send(server, number, Authorization=f"Bearer {secret}").status == 200
    options(server, number, secret=None)
    assert send(server, number, Authorization=f"Bearer {secret}").status == 401
    options(server, number, check="none", method="PUT")
    assert send(server, number).status == 405
    assert send(server, number, method="PUT").status == 200
    assert len(executions(server)) == 5


def test_signed_events(server: RunningServer) -> None:
    number = hooked(server)
    body = b'{"word": "signed"}'
    options(server, number, check="hmac", secret="s3cret")
    digest = hmac.digest(b"s3cret", body, hashlib.sha256)
    for given in (f"sha256={digest.hex()}", digest.hex().upper(), base64.b64encode(digest).decode()):
        assert send(server, number, body, X_Hub_Signature_256=given).status == 200, given
    assert send(server, number, b'{"word": "other"}', X_Hub_Signature_256=digest.hex()).status == 401
    secret = options(server, number, check="standard", new_secret=True)["new_secret"]
    assert send(server, number, body, **_standard(secret, body, 0)).status == 200
    assert send(server, number, body, **_standard(secret, body, 400)).status == 401
    assert send(server, number, b"{}", **_standard(secret, body, 0)).status == 401


def _standard(secret: str, body: bytes, age: int) -> dict[str, str]:
    from standardwebhooks import Webhook

    at = int(clock.now()) - age
    from datetime import UTC, datetime

    signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook_id": "msg_1", "webhook_timestamp": str(at), "webhook_signature": signature}


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/json", b'{"a": 1}', [{"q": "1", "a": 1}]),
        ("application/json", b'\xef\xbb\xbf[{"a": 1}, 2]', [{"q": "1", "a": 1}, {"q": "1", "value": 2}]),
        ("application/vnd.x+json", b'"text"', [{"q": "1", "value": "text"}]),
        ("application/json", b'{"q": "body"}', [{"q": "body"}]),
        ("application/x-www-form-urlencoded", b"a=1&b=x%20y&b=z&c=", [{"q": "1", "a": "1", "b": ["x y", "z"], "c": ""}]),
        ("text/plain", b"plain words", [{"q": "1", "value": "plain words"}]),
        ("text/plain; charset=latin-1", "å".encode("latin-1"), [{"q": "1", "value": "å"}]),
        ("text/plain", b'{"a": 1}', [{"q": "1", "a": 1}]),
        ("text/plain", b"{a smile", [{"q": "1", "value": "{a smile"}]),
        ("application/xml", b"<a/>", [{"q": "1", "value": "<a/>"}]),
        ("image/png", b"\x89PNG", [{"q": "1", "value": Buffer(b"\x89PNG")}]),
        ("", b"", [{"q": "1"}]),
    ],
)  # fmt: skip
def test_every_form_of_body(kind: str, body: bytes, expected: list[dict[str, Any]]) -> None:
    assert hook_bodies.bundles_of_request({"content-type": kind}, {"q": "1"}, body) == expected


def test_a_form_with_files_runs_with_their_bytes(server: RunningServer) -> None:
    number = hooked(server)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="word"\r\n\r\nhello\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
        b"\x00\xffbytes\r\n--b--\r\n"
    )
    assert send(server, number, body, Content_Type="multipart/form-data; boundary=b").status == 200
    assert send(server, number, body, Content_Type="multipart/form-data").status == 400
    assert send(server, number, b"{", Content_Type="application/json").status == 400
    (row,) = executions(server)
    found = server.read(history.get_execution, server.account_id, row.id)
    assert found.operations[-1].output == [{"value": "hello"}]
    file = from_json(found.trigger)[0]["file"]  # type: ignore[index,call-overload]
    assert (file["name"], file["mime"], file["data"].data) == ("a.txt", "text/plain", b"\x00\xffbytes")


def test_data_that_looks_like_an_encoding_stays_data(server: RunningServer) -> None:
    number = hooked(server)
    body = {"word": {"$date": "never"}, "other": {"$kw": "x"}}
    assert send(server, number, json.dumps(body).encode()).status == 200
    (row,) = executions(server)
    assert row.status == "success"
    again = server.post(f"/control/executions/{row.id}/replay", {})["execution"]
    executions(server)
    found = server.read(history.get_execution, server.account_id, again)
    assert (from_json(found.trigger), found.execution.status) == ([body], "success")


def test_headers_method_text_and_own_keys(server: RunningServer) -> None:
    number = hooked(server)
    options(
        server,
        number,
        headers=True,
        method="any",
        stringify=True,
        dedupe="{{1.value}}",
        check="header",
        secret="s",
    )
    for body in (b'{"word": 1}', b'{"word": 1}', b'{"word": 2}'):
        assert send(server, number, body, X_Webhook_Secret="s", X_Trace_Me="yes").status == 200
    rows = executions(server)
    assert len(rows) == 2
    (bundle,) = server.read(history.get_execution, server.account_id, rows[-1].id).trigger or []
    assert (bundle["value"], bundle["__IMTMETHOD__"]) == ('{"word": 1}', "POST")
    names = {header["name"] for header in bundle["__IMTHEADERS__"]}
    assert "x-trace-me" in names
    assert "x-webhook-secret" not in names
    for given, field in (
        ({"networks": ["everywhere"]}, "networks"),
        ({"method": "FETCH"}, "method"),
        ({"check": "magic"}, "check"),
        ({"dedupe": "{{nosuch("}, "dedupe"),
        ({"header": "a b"}, "header"),
    ):
        refused = server.request("POST", f"/control/scenarios/{number}/hook", json_body=given)
        assert (refused.status, refused.json()["error"]["field"]) == (422, field)


def test_the_structure_is_learnt_and_then_asked_for(server: RunningServer) -> None:
    number = load(server, json.dumps(HOOKED))
    url = server.post(f"/control/scenarios/{number}/hook/learn", {"from": "next"})["url"]
    assert send(server, number, b'{"word": "x", "n": 1, "list": [{"a": true}, {"b": "y"}]}').status == 200
    found = server.get(f"/control/scenarios/{number}/hook")
    assert found["url"] == url
    assert [(f["name"], f["type"]) for f in found["structure"]] == [
        ("word", "text"), ("n", "number"), ("list", "array"),
    ]  # fmt: skip
    assert [f["name"] for f in found["structure"][2]["spec"]] == ["a", "b"]
    assert send(server, number).status == 410  # it learns once, and the scenario is off
    assert server.read(library.get_scenario, server.account_id, number).version == 2
    activate(server, number)
    options(server, number, strict=True)
    wrong = send(server, number, b'{"n": "many"}')
    assert (wrong.status, "n must be of type number" in wrong.body.decode()) == (400, True)
    assert send(server, number, b'{"n": "5", "list": [{"a": false, "c": 1}], "new": 1}').status == 200
    executions(server)
    server.post(f"/control/scenarios/{number}/hook/learn", {"from": "last"})
    names = [f["name"] for f in server.get(f"/control/scenarios/{number}/hook")["structure"]]
    assert names == ["word", "n", "list", "new"]


def test_a_missing_required_field_is_named() -> None:
    spec = [
        {"name": "who", "type": "collection", "required": True, "spec": [{"name": "age", "type": "number"}]}
    ]
    assert structure.misfit(spec, {}) == "who is missing"
    assert structure.misfit(spec, {"who": {"age": []}}) == "who.age must be of type number"
    assert structure.misfit(spec, {"who": {"age": 7, "more": 1}}) is None


def test_events_wait_for_the_due_time_and_can_be_run_or_taken_out(
    fake_clock: FakeClock, server: RunningServer
) -> None:
    """At nine two events run, in order; the others wait for the day after."""
    blueprint = json.loads(json.dumps(HOOKED))
    blueprint["flow"][0]["parameters"]["maxResults"] = 2
    number = hooked(server, **{**blueprint, "scheduling": {"type": "daily", "time": "13:00"}})
    for n in range(6):
        assert send(server, number, json.dumps({"word": n}).encode()).status == 200
        fake_clock.advance(1)
    assert {row.status for row in executions(server)} == {"waiting"}
    queue = server.get(f"/control/scenarios/{number}/queue")
    assert [(w["trigger"][0]["word"], w["why"]) for w in queue] == [(n, "the due time") for n in range(6)]
    server.request("DELETE", f"/control/scenarios/{number}/queue/{queue[1]['id']}")
    server.post(f"/control/scenarios/{number}/queue/{queue[5]['id']}/run", {})
    assert [row.status for row in executions(server)] == ["success", *["waiting"] * 3, "skipped", "waiting"]
    fake_clock.advance(hours=1)
    assert [row.status for row in executions(server)] == [
        "success",
        "waiting",
        "waiting",
        "success",
        "skipped",
        "success",
    ]
    skipped = server.get("/control/executions", status="skipped")
    assert "taken out of the queue" in skipped[0]["error"]["message"]
    assert server.request("DELETE", f"/control/scenarios/{number}/queue/{queue[0]['id']}").status == 409
    server.request("DELETE", f"/control/scenarios/{number}/queue")
    assert server.get(f"/control/scenarios/{number}/queue") == []
    other = server.with_account()
    assert other.request("GET", f"/control/scenarios/{number}/queue").status == 404
    assert other.request("GET", f"/control/scenarios/{number}/hook").status == 404


def test_events_wait_for_their_window(fake_clock: FakeClock, server: RunningServer) -> None:
    evening = {"type": "immediately", "restrict": [{"time": ["18:00", "20:00"]}]}
    number = hooked(server, scheduling=evening)
    assert send(server, number).status == 200
    assert [row.status for row in executions(server)] == ["queued"]
    fake_clock.advance(hours=6, minutes=1)
    assert [row.status for row in executions(server)] == ["success"]


def test_too_many_requests_and_a_full_queue(start_server: Any) -> None:
    server = start_server(hook_rate=3, hook_queue=2)
    number = hooked(server, scheduling={"type": "daily", "time": "13:00"})
    assert [send(server, number).status for _ in range(4)] == [200, 200, 400, 429]
