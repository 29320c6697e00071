"""Calls from inside the process: `scope["tieline.account"]` counts as the account, with every scope."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from sqlalchemy import select

from tests.servers import RunningServer
from tieline.crm.access import Actor
from tieline.store.tables import change


async def call(app: Any, method: str, path: str, body: bytes = b"", **extra: Any) -> tuple[int, Any]:
    """One request, straight into the application."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": extra.pop("query_string", b""),
        "headers": [(b"x-tieline-trace", b"e5;depth=1;scenario=3")],
        **extra,
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def actors(api: RunningServer) -> list[Any]:
    wanted = select(change.c.actor).where(change.c.account_id == api.account_id).order_by(change.c.id)
    return [msgspec.json.decode(row["actor"]) for row in api.read(lambda tx: tx.all(wanted))]


def test_an_account_without_a_key(api: RunningServer) -> None:
    inside = {"tieline.account": api.account_id, "tieline.actor": "Welcome"}
    status, answer = api.run(call(api.app, "GET", "/v1/user/profile", **inside))
    assert (status, answer["profile"]["email"]) == (200, api.email)
    body = b'{"emails": [{"value": "rosa@x.example"}]}'
    assert api.run(call(api.app, "POST", "/v1/people/create", body, **inside)) == (200, {"errorcode": 0})
    trace = {"execution": "e5", "depth": 1, "scenario": 3}
    assert actors(api) == [{"kind": "scenario", "name": "Welcome", "email": api.email, "trace": trace}]


def test_an_actor_may_be_given_whole(api: RunningServer) -> None:
    inside = {"tieline.account": api.account_id, "tieline.actor": Actor("import", "contacts.csv")}
    body = b'{"emails": [{"value": "rosa@x.example"}]}'
    api.run(call(api.app, "POST", "/v1/people/create", body, **inside))
    assert actors(api)[0]["kind"] == "import"


def test_credentials_of_the_request_do_not_matter(api: RunningServer) -> None:
    inside = {"tieline.account": api.account_id, "query_string": b"api_key=nobody"}
    assert api.run(call(api.app, "GET", "/v1/user/profile", **inside))[0] == 200


def test_an_account_that_is_gone(api: RunningServer) -> None:
    status, answer = api.run(call(api.app, "GET", "/v1/user/profile", **{"tieline.account": 999_999}))
    assert (status, answer["errorcode"]) == (200, 404)


def test_a_header_cannot_name_the_account(api: RunningServer) -> None:
    headers = {"tieline.account": str(api.account_id)}
    assert api.request("GET", "/v1/user/profile", key=None, headers=headers).status == 401
