"""Contract 1.1–1.3: which credential decides, and which 401 is answered."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.servers import Answer, RunningServer
from tieline.api.auth import bearer_of
from tieline.crm import accounts
from tieline.store.database import open_database

KEY_401 = {"errorcode": 1, "message": "The API key was not found"}
BEARER_401 = {"message": "Invalid token: access token is invalid"}
PATH = "/v1/user/profile"


def ask(api: RunningServer, *, bearer: str | None = None, **params: str) -> Answer:
    return api.request("GET", PATH, key=bearer, **params)


def test_the_three_forms_of_a_key(api: RunningServer) -> None:
    for answer in (
        ask(api, user=api.email, api_key=api.api_key),
        ask(api, api_key=api.api_key),
        ask(api, bearer=api.api_key),
    ):
        assert answer.status == 200
        assert answer.json()["profile"]["email"] == api.email


def test_the_query_form_works_on_writes(api: RunningServer) -> None:
    answer = api.request(
        "POST",
        "/v1/people/create",
        key=None,
        api_key=api.api_key,
        user=api.email,
        json_body={"emails": [{"value": "a@x.example"}]},
    )
    assert answer.json() == {"errorcode": 0}
    answer = api.request("DELETE", "/v1/people/delete", key=None, api_key=api.api_key, uniqueid="a@x.example")
    assert answer.json() == {"errorcode": 0}


def test_user_is_the_owner_or_one_of_their_other_addresses(api: RunningServer) -> None:
    caller = api.read(accounts.caller_by_id, api.account_id)
    profile = {"name": "Ada", "country": "US", "timezone": "UTC", "aka": [f"other-{api.email}"]}
    assert ask(api, user=f"other-{api.email}", api_key=api.api_key).json() == KEY_401
    api.write(accounts.update_profile, caller, **profile)
    assert ask(api, user=f"OTHER-{api.email.upper()}", api_key=api.api_key).status == 200
    assert ask(api, user=api.email.upper(), api_key=api.api_key).status == 200


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, KEY_401),
        ({"api_key": ""}, KEY_401),
        ({"api_key": "nobody"}, KEY_401),
        ({"user": "somebody@else.example", "api_key": "KEY"}, KEY_401),
        ({"bearer": "nobody"}, BEARER_401),
        ({"bearer": "nobody", "api_key": "KEY"}, BEARER_401),
    ],
)
def test_refusals(api: RunningServer, params: dict[str, str], expected: dict[str, object]) -> None:
    sent = {name: api.api_key if value == "KEY" else value for name, value in params.items()}
    answer = ask(api, **sent)
    assert (answer.status, answer.json()) == (401, expected)
    assert answer.headers["content-type"] == "application/json"


def test_what_is_ignored(api: RunningServer) -> None:
    """`user_email` always, `user` beside a bearer, the same key in both places (1.2)."""
    assert ask(api, user_email="x@y.example", api_key=api.api_key).status == 200
    assert ask(api, bearer=api.api_key, user="somebody@else.example").status == 200
    assert ask(api, bearer=api.api_key, api_key=api.api_key, user=api.email).status == 200
    assert ask(api, bearer=api.api_key, api_key="nobody").status == 200


def test_an_empty_bearer_does_not_decide(api: RunningServer) -> None:
    answer = api.request("GET", PATH, key=None, headers={"Authorization": "Bearer "}, api_key=api.api_key)
    assert answer.status == 200


@pytest.mark.parametrize("name", ["Basic", "Token"])
def test_other_schemes_are_no_credentials(api: RunningServer, name: str) -> None:
    answer = api.request("GET", PATH, key=None, headers={"Authorization": f"{name} {api.api_key}"})
    assert (answer.status, answer.json()) == (401, KEY_401)


def test_keys_in_other_places_are_no_credentials(api: RunningServer) -> None:
    answer = api.request("GET", PATH, key=None, headers={"X-Api-Key": api.api_key})
    assert answer.status == 401
    answer = api.request("POST", "/v1/people/find", key=None, json_body={"api_key": api.api_key})
    assert answer.status == 401


def test_the_scheme_is_read_in_any_case() -> None:
    assert bearer_of("bearer  abc ") == "abc"
    assert bearer_of("BEARER abc") == "abc"
    assert bearer_of("abc") == ""


def test_a_revoked_key_ends_at_once(api: RunningServer) -> None:
    made, plain = api.write(accounts.create_key, api.account_id, "short-lived")
    assert ask(api, bearer=plain).status == 200
    api.write(accounts.revoke_key, api.account_id, made.id)
    answer = ask(api, bearer=plain)
    assert (answer.status, answer.json()) == (401, BEARER_401)
    assert ask(api, bearer=api.api_key).status == 200


def test_the_last_use_of_a_key_is_noted(api: RunningServer) -> None:
    (before,) = api.read(accounts.list_keys, api.account_id)
    ask(api, bearer=api.api_key)
    (after,) = api.read(accounts.list_keys, api.account_id)
    assert before.last_used is None
    assert after.last_used is not None


def test_a_changed_profile_is_seen_at_once(api: RunningServer) -> None:
    caller = api.read(accounts.caller_by_id, api.account_id)
    assert api.get("/v1/team/members/list")["list"][0]["name"] == "Ada Lindqvist"
    api.write(
        accounts.update_profile,
        caller,
        name="Ada Byron",
        country="SE",
        timezone="Europe/Stockholm",
        aka=[],
    )
    assert api.get("/v1/team/members/list")["list"][0]["name"] == "Ada Byron"


def test_the_actor_of_a_change_is_the_key(api: RunningServer) -> None:
    from sqlalchemy import select

    from tieline.store.tables import change

    api.post("/v1/people/create", {"emails": [{"value": "actor@x.example"}]})
    wanted = select(change.c.actor).where(change.c.account_id == api.account_id)
    (row,) = api.read(lambda tx: tx.all(wanted))
    assert msgspec.json.decode(row["actor"]) == {"kind": "key", "name": "tests", "email": api.email}


def test_a_key_that_another_process_revoked_ends_at_once(postgresql_server: RunningServer) -> None:
    """On SQLite only one process writes."""
    here = postgresql_server.with_account()
    made, plain = here.write(accounts.create_key, here.account_id, "short-lived")
    assert ask(here, bearer=plain).status == 200

    async def elsewhere() -> None:
        database = await open_database(here.settings.database_url, migrate=False)
        await database.write(accounts.revoke_key, here.account_id, made.id)
        await database.close()

    asyncio.run(elsewhere())
    answer = ask(here, bearer=plain)
    assert (answer.status, answer.json()) == (401, BEARER_401)
    assert ask(here, bearer=here.api_key).status == 200
