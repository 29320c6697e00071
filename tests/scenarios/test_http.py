"""HTTP modules in scenarios: what they send, what comes of the answer, how they sign."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.receiver import Receiver, redirect, slow, status, text
from tests.scenarios.office import HOOK, Office, failure, module, output
from tieline.scenarios import keychains

if TYPE_CHECKING:
    from tests.servers import RunningServer


@pytest.fixture
def office(server: RunningServer) -> Office:
    return Office(server)


def old(
    receiver: Receiver, variant: str = "", parameters: dict[str, Any] | None = None, **mapper: Any
) -> dict[str, Any]:
    given = {"url": f"{receiver.url}/x", "method": "post", **mapper}
    return module(2, f"http:ActionSendData{variant}", given, parameters=parameters or {})


def new(receiver: Receiver, parameters: dict[str, Any] | None = None, **mapper: Any) -> dict[str, Any]:
    given = {"url": f"{receiver.url}/x", "method": "get", **mapper}
    return module(2, "http:MakeRequest", given, parameters=parameters or {"authenticationType": "noAuth"})


def json_answer(value: Any, code: int = 200) -> Any:
    return text(json.dumps(value), status=code, content_type="application/json")


def test_a_request_carries_query_headers_and_body_and_the_answer_is_parsed(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers(
        text('{"a": [1, {"b": "c"}]}', content_type="application/json", headers={"X-Seen": "yes"})
    )
    call = old(
        receiver, qs=[{"name": "q", "value": "{{1.word}} &?"}], headers=[{"name": "X-Word", "value": "{{1.word}}"}],
        bodyType="raw", contentType="application/json", data='{"word": "{{1.word}}"}', parseResponse=True,
    )  # fmt: skip
    run = office.run(office.load(HOOK, call), {"word": "tie"})
    (sent,) = receiver.wait(1)
    assert (sent.method, sent.path) == ("POST", "/x?q=tie+%26?")
    assert sent.headers["x-word"] == "tie"
    assert sent.headers["content-type"] == "application/json"
    assert sent.json() == {"word": "tie"}
    (bundle,) = output(run, 2)
    assert bundle["statusCode"] == 200
    assert bundle["data"] == {"a": [1, {"b": "c"}]}
    assert {"name": "x-seen", "value": "yes"} in bundle["headers"]
    assert run.execution.status == "success"


def test_forms_and_files_are_sent_as_forms(office: Office, receiver: Receiver) -> None:
    fields = [{"key": "name", "value": "Ada & Co"}]
    office.run(office.load(HOOK, old(receiver, bodyType="x_www_form_urlencoded", formDataFields=fields)), {})
    files = [{"key": "note", "value": "hi"}, {"key": "file", "data": "abc", "fileName": "a.txt"}]
    office.run(office.load(HOOK, old(receiver, bodyType="multipart_form_data", formDataFields=files)), {})
    form, parts = receiver.wait(2)
    assert form.body == b"name=Ada+%26+Co"
    assert parts.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a.txt"' in parts.body
    assert b"\r\n\r\nabc\r\n" in parts.body


@pytest.mark.parametrize(
    ("code", "kind"),
    [(400, "RuntimeError"), (401, "InvalidAccessTokenError"), (403, "InvalidAccessTokenError"), (404, "RuntimeError"),
     (429, "RateLimitError"), (500, "RuntimeError"), (503, "ConnectionError"), (504, "ConnectionError")],
)  # fmt: skip
def test_states_are_errors_where_that_was_asked_for(
    office: Office, receiver: Receiver, code: int, kind: str
) -> None:
    resume = module(3, "builtin:Resume", {"kind": "{{2.error.type}}", "code": "{{2.error.statusCode}}"})
    asked = {**old(receiver, parameters={"handleErrors": True}), "onerror": [resume]}
    receiver.default = status(code, "no")
    shown = office.run(
        office.load(HOOK, asked, module(4, "util:ComposeTransformer", {"value": "{{2.kind}} {{2.code}}"})), {}
    )
    assert output(shown, 4) == [{"value": f"{kind} {code}"}]
    plain = office.run(office.load(HOOK, old(receiver)), {})
    assert output(plain, 2)[0]["statusCode"] == code


@pytest.mark.parametrize(
    ("answer", "more", "kind"),
    [(slow(5), {"timeout": "1"}, "ModuleTimeoutError"), (text("nope", content_type="application/json"), {"parseResponse": True}, "DataError")],
    ids=["slow", "not-json"],
)  # fmt: skip
def test_no_answer_and_no_json(
    office: Office, receiver: Receiver, answer: Any, more: dict[str, Any], kind: str
) -> None:
    receiver.default = answer
    resume = module(3, "builtin:Resume", {"kind": "{{2.error.type}}"})
    run = office.run(office.load(HOOK, {**old(receiver, **more), "onerror": [resume]}), {})
    assert [operation.error["name"] for operation in run.operations if operation.error] == [kind]


def test_redirects_are_followed_only_where_allowed(office: Office, receiver: Receiver) -> None:
    receiver.by_path["/x"] = redirect(f"{receiver.url}/there")
    receiver.by_path["/there"] = text("found")
    assert (
        output(office.run(office.load(HOOK, new(receiver, allowRedirects=True)), {}), 2)[0]["data"] == "found"
    )
    assert (
        output(office.run(office.load(HOOK, new(receiver, allowRedirects=False)), {}), 2)[0]["statusCode"]
        == 302
    )


def keychain(office: Office, kind: str, **fields: str) -> int:
    server = office.server
    made = server.write(
        keychains.create, server.app.state.vault, server.account_id, f"{kind} {len(fields)}", kind, fields
    )
    return made.id


def test_keychains_sign_and_no_history_shows_them(office: Office, receiver: Receiver) -> None:
    server = office.server
    signed = {
        "apiKey": (old(receiver, "APIKeyAuth", {"auth": 75}), keychain(office, "apiKey", key="s3cret", parameter="X-My")),
        "query": (new(receiver, {"authenticationType": "apiKey", "apiKeyKeychain": 75}),
                  keychain(office, "apiKey", key="s3cret", parameter="k", placement="query")),
        "basic": (old(receiver, "BasicAuth", {"key": 75}), keychain(office, "basic", username="ada", password="s3cret")),
    }  # fmt: skip
    for call, local in signed.values():
        number = office.load(HOOK, call)
        with pytest.raises(Exception, match="Not connected"):
            office.run(number, {})
        office.bind(number, "keychain", 75, local)
        run = office.run(number, {})
        assert run.execution.status == "success", run
        assert "s3cret" not in str(run)
    header, query, basic = receiver.wait(3)
    assert header.headers["x-my"] == "s3cret"
    assert query.path == "/x?k=s3cret"
    assert basic.headers["authorization"] == f"Basic {base64.b64encode(b'ada:s3cret').decode()}"
    stored = server.read(lambda tx: tx.all(keychains.EVERY, {"account_id": server.account_id}))
    assert all(b"s3cret" not in bytes(row["secret"]) for row in stored)


def test_oauth_fetches_a_token_keeps_it_and_renews_one_that_is_refused(
    office: Office, receiver: Receiver
) -> None:
    receiver.by_path["/token"] = json_answer({"access_token": "t1", "expires_in": 3600})
    local = keychain(
        office,
        "oauth",
        token_url=f"{receiver.url}/token",
        client_id="me",
        client_secret="s3cret",
        scope="a b",
    )
    number = office.load(HOOK, new(receiver, {"authenticationType": "oAuth", "oAuthKeychain": 9}))
    office.bind(number, "keychain", 9, local)
    office.run(number, {})
    office.run(number, {})
    asked, first, second = receiver.wait(3)
    assert asked.body == b"grant_type=client_credentials&client_id=me&client_secret=s3cret&scope=a+b"
    assert first.headers["authorization"] == second.headers["authorization"] == "Bearer t1"
    receiver.clear()
    receiver.by_path["/token"] = json_answer({"access_token": "t2"})
    receiver.answers(status(401))
    office.run(number, {})
    assert [d.headers.get("authorization") for d in receiver.wait(3)] == ["Bearer t1", None, "Bearer t2"]


def test_the_wrong_kind_of_keychain_is_named(office: Office, receiver: Receiver) -> None:
    number = office.load(HOOK, old(receiver, "BasicAuth", {"key": 1}))
    office.bind(number, "keychain", 1, keychain(office, "apiKey", key="x"))
    kind, message = failure(office.run(number, {}))
    assert kind == "InvalidConfigurationError"
    assert "needs a keychain with User name and password" in message
    assert receiver.deliveries == []


def test_a_secret_header_does_not_follow_to_another_host(office: Office, receiver: Receiver) -> None:
    elsewhere = receiver.url.replace("127.0.0.1", "localhost")
    receiver.by_path["/x"] = redirect(f"{elsewhere}/there")
    number = office.load(HOOK, old(receiver, "APIKeyAuth", {"auth": 1}, followRedirect=True))
    office.bind(number, "keychain", 1, keychain(office, "apiKey", key="s3cret", parameter="X-My"))
    office.run(number, {})
    here, there = receiver.wait(2)
    assert here.headers["x-my"] == "s3cret"
    assert "x-my" not in there.headers


def test_cookies_are_shared_by_the_modules_that_say_so(office: Office, receiver: Receiver) -> None:
    receiver.by_path["/in"] = text("ok", headers={"Set-Cookie": "session=abc; Path=/"})
    calls = [
        module(
            number,
            "http:ActionSendData",
            {"url": receiver.url + path, "method": "get", "shareCookies": shared},
        )
        for number, (path, shared) in enumerate([("/in", True), ("/x", True), ("/x", False)], 2)
    ]
    office.run(office.load(HOOK, *calls), {})
    assert [d.headers.get("cookie") for d in receiver.wait(3)] == [None, "session=abc", None]


def test_a_file_comes_with_its_name(office: Office, receiver: Receiver) -> None:
    receiver.default = text(
        "a,b", content_type="text/csv", headers={"Content-Disposition": 'attachment; filename="l.csv"'}
    )
    get = module(2, "http:ActionGetFile", {"url": f"{receiver.url}/files/1"})
    said = module(
        3, "util:ComposeTransformer", {"value": "{{2.fileName}} {{2.fileSize}} {{toString(2.data)}}"}
    )
    assert output(office.run(office.load(HOOK, get, said), {}), 3) == [{"value": "l.csv 3 a,b"}]


def test_private_addresses_are_refused(start_server: Any, receiver: Receiver) -> None:
    office = Office(start_server(allow_private_targets=""))
    kind, message = failure(office.run(office.load(HOOK, old(receiver)), {}))
    assert kind == "BundleValidationError"
    assert "TIELINE_ALLOW_PRIVATE_TARGETS" in message or "private address" in message
    assert receiver.deliveries == []
