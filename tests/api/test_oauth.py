"""Contract 1.4 and 1.5 over HTTP: the token endpoint, and what a token is good for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from tests.conftest import FakeClock
from tests.oauth import BACK, ThirdParty
from tests.servers import RunningServer
from tieline.api.routes import ENDPOINTS
from tieline.crm.oauth import apps, grants
from tieline.ids import s256
from tieline.records.vocabulary import SCOPES
from tieline.store.tables import change, oauth_grant, oauth_token, subscription

BEARER_401 = {"message": "Invalid token: access token is invalid"}
PROFILE = "/v1/user/profile"
VERIFIER = "v" * 64


@pytest.fixture
def app(api: RunningServer) -> ThirdParty:
    return ThirdParty.at(api)


def test_a_code_becomes_tokens_that_work_and_can_be_refreshed(app: ThirdParty) -> None:
    made = app.connect("basic read_relation")
    assert made.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (made["token_type"], made["expires_in"], made["scope"]) == ("Bearer", 3600, "basic read_relation")
    assert (
        app.api.request("GET", PROFILE, key=made["access_token"]).json()["profile"]["email"] == app.api.email
    )
    answer = app.token(grant_type="refresh_token", refresh_token=made["refresh_token"])
    assert answer.headers["cache-control"] == "no-store"
    again = answer.json()
    assert again["refresh_token"] == made["refresh_token"]
    for token in (made, again):  # the earlier one lives on to its hour
        assert app.api.request("GET", PROFILE, key=token["access_token"]).status == 200


def test_credentials_in_the_header_in_a_form_and_in_json(app: ThirdParty) -> None:
    given = {"grant_type": "authorization_code", "redirect_uri": BACK}
    code = app.consent(redirect_uri=BACK)
    assert app.post({**given, "code": code}, Authorization=app.basic()).status == 200
    code = app.consent(redirect_uri=BACK)
    body = {**given, "code": code, "client_id": app.app.client_id, "client_secret": app.secret}
    assert app.api.request("POST", "/oauth/token", key=None, json_body=body).status == 200
    code = app.consent(redirect_uri=BACK)
    raw = json.dumps({**body, "code": code}).encode()
    assert app.api.request("POST", "/oauth/token", key=None, body=raw).status == 200


@pytest.mark.parametrize(
    ("given", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "unknown"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, 400, "invalid_grant"),
        (
            {"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "wrong"},
            401,
            "invalid_client",
        ),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": ""}, 401, "invalid_client"),
    ],
)
def test_refusals_say_what_is_wrong(app: ThirdParty, given: dict[str, str], status: int, error: str) -> None:
    answer = app.token(**given)
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("header", ["Basic !", "Basic eA==", "Basic bm9ib2R5OngK"])
def test_a_bad_header_is_answered_with_a_challenge(app: ThirdParty, header: str) -> None:
    given = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = app.post(given, Authorization=header)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")
    answer = app.post({**given, "client_id": "another"}, Authorization=app.basic())
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"grant_type": []}', b"\xff\x00", b"{" * 3000, b"a=" + b"x" * 200_000]
)
def test_what_cannot_be_read_is_an_invalid_request(app: ThirdParty, body: bytes) -> None:
    for path in ("/oauth/token", "/oauth/revoke"):
        answer = app.api.request("POST", path, key=None, body=body)
        assert answer.status in {400, 401}
        assert answer.json()["error"] in {"invalid_request", "invalid_client"}


def test_a_public_app_proves_itself_by_its_challenge(api: RunningServer) -> None:
    app = ThirdParty.at(api, public=True)
    asked = {"code_challenge": s256(VERIFIER), "code_challenge_method": "S256"}
    given = {"grant_type": "authorization_code", "client_id": app.app.client_id}
    code = app.consent(**asked)
    assert app.post({**given, "code": code}).json()["error"] == "invalid_grant"
    made = app.post({**given, "code": code, "code_verifier": VERIFIER}).json()
    refresh = {"grant_type": "refresh_token", "client_id": app.app.client_id}
    one = app.post({**refresh, "refresh_token": made["refresh_token"]}).json()
    two = app.post({**refresh, "refresh_token": made["refresh_token"]}).json()
    assert len({made["refresh_token"], one["refresh_token"], two["refresh_token"]}) == 3
    assert api.request("GET", PROFILE, key=two["access_token"]).status == 200


def test_a_code_sent_several_times_at_once_is_good_for_nothing(app: ThirdParty) -> None:
    given = {"grant_type": "authorization_code", "code": app.consent()}
    with ThreadPoolExecutor(6) as pool:
        answers = [found.result() for found in [pool.submit(app.token, **given) for _ in range(6)]]
    made = [answer.json() for answer in answers if answer.status == 200]
    assert len(made) == 1
    assert {answer.status for answer in answers} == {200, 400}
    assert app.api.request("GET", PROFILE, key=made[0]["access_token"]).json() == BEARER_401


def test_a_refresh_token_sent_several_times_at_once_works_each_time(app: ThirdParty) -> None:
    given = {"grant_type": "refresh_token", "refresh_token": app.connect("basic")["refresh_token"]}
    with ThreadPoolExecutor(6) as pool:
        answers = [found.result() for found in [pool.submit(app.token, **given) for _ in range(6)]]
    assert {answer.status for answer in answers} == {200}
    keys = {answer.json()["access_token"] for answer in answers}
    assert len(keys) == 6
    assert {app.api.request("GET", PROFILE, key=key).status for key in keys} == {200}


def test_browsers_may_ask_and_programs_find_their_way(app: ThirdParty) -> None:
    answer = app.api.request("OPTIONS", "/oauth/token", key=None, headers={"Origin": "https://app.example"})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "*")
    found = app.api.request("GET", "/.well-known/oauth-authorization-server", key=None).json()
    assert found["token_endpoint"] == f"{app.api.url}/oauth/token"
    assert found["scopes_supported"] == list(SCOPES)
    for method in ("GET", "PUT"):
        answer = app.api.request(method, "/oauth/token", key=None)
        assert (answer.status, answer.json()["error"]) == (405, "invalid_request")


def test_a_token_given_back_ends(app: ThirdParty) -> None:
    made = app.connect("basic")
    answer = app.post({"token": made["refresh_token"]}, "/oauth/revoke", Authorization=app.basic())
    assert answer.status == 200
    assert app.api.request("GET", PROFILE, key=made["access_token"]).json() == BEARER_401
    assert app.post({"token": "x"}, "/oauth/revoke", Authorization=app.basic()).status == 200
    assert app.post({"token": "x"}, "/oauth/revoke").status == 401


# What a token is good for

OPERATIONS = [(e.method, path, e.scope) for e in ENDPOINTS for path in (e.path, *e.older)]


def test_every_operation_with_every_scope(app: ThirdParty) -> None:
    """Exactly the scope of the route table opens an operation, and nothing opens it without one."""
    keys = {scope: app.connect(scope)["access_token"] for scope in SCOPES}
    keys["none"] = _changed(app, scopes="")
    for method, path, needed in OPERATIONS:
        for scope, key in keys.items():
            answer = app.api.request(method, path, key=key, json_body={})
            if scope == needed:
                assert answer.status == 200, (method, path, scope)
            else:
                told = {"errorcode": 403, "message": f"This needs the scope {needed}"}
                assert (answer.status, answer.json()) == (403, told), (method, path, scope)


def test_no_operation_with_a_token_that_has_ended(app: ThirdParty) -> None:
    scope = " ".join(SCOPES)
    refresh = app.connect(scope)["refresh_token"]
    expired = _changed(app, expires=1)
    revoked = app.connect(scope)["access_token"]
    app.api.write(grants.disconnect, app.api.account_id, app.app.id)
    for method, path, _ in OPERATIONS:
        for key in (expired, revoked, refresh, app.secret):
            answer = app.api.request(method, path, key=key, json_body={})
            assert (answer.status, answer.json()) == (401, BEARER_401), (method, path)


def _changed(app: ThirdParty, **values: Any) -> str:
    """An access token whose row is changed under it."""
    key: str = app.connect(" ".join(SCOPES))["access_token"]

    def act(tx: Any) -> None:
        newest = tx.scalar(
            select(oauth_token.c.id).where(oauth_token.c.kind == "access").order_by(oauth_token.c.id.desc())
        )
        tx.run(update(oauth_token).where(oauth_token.c.id == newest).values(**values))

    app.api.write(act)
    return key


def test_an_access_token_is_a_bearer_only(app: ThirdParty) -> None:
    key = app.connect("basic")["access_token"]
    for _ in range(2):  # also when it is remembered
        answer = app.api.request("GET", PROFILE, key=None, api_key=key, user=app.api.email)
        assert (answer.status, answer.errorcode) == (401, 1)
        assert app.api.request("GET", PROFILE, key=key).status == 200


def test_an_access_token_is_no_key_to_the_server_itself(app: ThirdParty) -> None:
    key = app.connect(" ".join(SCOPES))["access_token"]
    assert app.api.request("GET", "/control/connections", key=key).status == 401


def test_a_token_ends_with_its_hour(app: ThirdParty, fake_clock: FakeClock) -> None:
    made = app.connect("basic")
    assert app.api.request("GET", PROFILE, key=made["access_token"]).status == 200
    fake_clock.advance(hours=1)
    assert app.api.request("GET", PROFILE, key=made["access_token"]).json() == BEARER_401
    newer = app.token(grant_type="refresh_token", refresh_token=made["refresh_token"]).json()
    assert app.api.request("GET", PROFILE, key=newer["access_token"]).status == 200


def test_revocation_is_felt_at_once(app: ThirdParty) -> None:
    one, two = app.connect("basic")["access_token"], app.connect("basic")["access_token"]
    assert app.api.request("GET", PROFILE, key=one).status == 200
    app.api.write(grants.disconnect, app.api.account_id, app.app.id)
    assert app.api.request("GET", PROFILE, key=one).json() == BEARER_401
    assert app.api.request("GET", PROFILE, key=two).json() == BEARER_401
    three = app.connect("basic")["access_token"]
    assert app.api.request("GET", PROFILE, key=three).status == 200
    app.api.write(apps.revoke, app.api.account_id, app.app.id)
    assert app.api.request("GET", PROFILE, key=three).json() == BEARER_401


def test_the_history_names_the_app_and_its_use_is_noted(app: ThirdParty) -> None:
    key = app.connect("change_relation")["access_token"]
    app.api.write(lambda tx: tx.run(update(oauth_grant).values(last_used=None)))
    body = {"emails": [{"value": "rosa@x.example"}]}
    assert app.api.request("POST", "/v1/people/create", key=key, json_body=body).json() == {"errorcode": 0}
    wanted = select(change.c.actor).where(change.c.account_id == app.api.account_id)
    (row,) = app.api.read(lambda tx: tx.all(wanted))
    assert msgspec.json.decode(row["actor"]) == {"kind": "app", "name": "Mail merge", "email": app.api.email}
    (access,) = app.api.read(grants.list_access, app.api.account_id)
    assert access.last_used is not None


def test_the_webhooks_of_an_app_end_with_its_access(app: ThirdParty) -> None:
    wanted = select(subscription.c.id).where(subscription.c.account_id == app.api.account_id)
    body = {"event": "person.change", "target_url": "http://127.0.0.1:9/"}

    def told() -> int:
        return len(app.api.read(lambda tx: tx.all(wanted)))

    app.api.post("/v1/webhooks/subscribe", body)
    for _ in range(2):
        key = app.connect("read_relation")["access_token"]
        app.api.request("POST", "/v1/webhooks/subscribe", key=key, json_body=body)
    assert told() == 3
    app.api.write(grants.disconnect, app.api.account_id, app.app.id)
    assert told() == 1
    made = app.connect("read_relation")
    app.api.request("POST", "/v1/webhooks/subscribe", key=made["access_token"], json_body=body)
    other = app.connect("read_relation")
    for left, token in ((2, made), (1, other)):  # with the last of its tokens
        app.post({"token": token["refresh_token"]}, "/oauth/revoke", Authorization=app.basic())
        assert told() == left
