"""The owner's API: who may do what, and that errors say what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tieline.control.routes import routes

if TYPE_CHECKING:
    from tests.servers import RunningServer

(MOUNT,) = routes()
TABLE = sorted(
    {
        (method, re.sub(r"\{[^}]*:int\}", "1", re.sub(r"\{\w+\}", "x", route.path)))
        for route in MOUNT.routes  # type: ignore[attr-defined]
        for method in route.methods
        if method != "HEAD"
    }
)
OWNERS = {
    ("POST", "/accounts"),
    ("GET", "/accounts"),
    ("POST", "/accounts/key"),
    ("POST", "/accounts/password"),
    ("POST", "/team/members"),
    ("POST", "/team/members/remove"),
    ("GET", "/doctor"),
}


@pytest.fixture
def owner(server: RunningServer) -> str:
    server.app.state.owner_token = "the owner's token"
    return "the owner's token"


@pytest.mark.parametrize(("method", "path"), TABLE)
def test_nobody_without_a_key(server: RunningServer, owner: str, method: str, path: str) -> None:
    for key in (None, "wrong"):
        answer = server.request(method, f"/control{path}", key=key)
        assert answer.status == 401
        assert answer.json()["error"]["code"]


def test_a_key_may_do_what_its_account_may(server: RunningServer, owner: str) -> None:
    assert server.request("POST", "/control/team", json_body={"name": "Office"}).status == 200
    for method, path in TABLE:
        answer = server.request(method, f"/control{path}")
        assert (answer.status == 403) == ((method, path) in OWNERS), path
        assert answer.status < 500, path


def test_the_owner_says_for_which_account(server: RunningServer, owner: str) -> None:
    other = server.with_account("other@example.org")
    open_ = server.request("GET", "/control/scenarios", key=owner)
    assert open_.status == 422
    assert "--account" in open_.json()["error"]["message"]
    chosen = {"X-Tieline-Account": other.email}
    assert server.request("GET", "/control/scenarios", key=owner, headers=chosen).json() == []
    nobody = {"X-Tieline-Account": "nobody@example.org"}
    assert server.request("GET", "/control/scenarios", key=owner, headers=nobody).status == 404


def test_the_account_is_only_for_the_owner_to_choose(server: RunningServer, owner: str) -> None:
    other = server.with_account("other@example.org")
    server.request("POST", "/control/connections", json_body={"name": "mine", "email": server.email, "api_key": server.api_key, "url": server.url})  # fmt: skip
    chosen = {"X-Tieline-Account": server.email}
    found = other.request("GET", "/control/connections", headers=chosen).json()
    assert "mine" not in str(found)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff"])
def test_a_body_that_is_no_object(server: RunningServer, owner: str, body: bytes) -> None:
    for method, path in TABLE:
        if method == "POST":
            answer = server.request(method, f"/control{path}", body=body, key=owner)
            assert answer.status < 500, path
