"""Idempotency-Key: a write that is repeated is done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.conftest import FakeClock
from tests.servers import Answer, RunningServer
from tieline.api.idempotency import fingerprint
from tieline.store.tables import change, entry, idempotency

TODO = {"subject": "Call Rosa", "participants": ["rosa@x.example"]}


def send(api: RunningServer, key: str, body: object = TODO, **params: str) -> Answer:
    return api.request(
        "POST", "/v1/timeline/todo/create", json_body=body, headers={"Idempotency-Key": key}, **params
    )


def count(api: RunningServer, table: Any) -> int:
    wanted = select(func.count()).select_from(table).where(table.c.account_id == api.account_id)
    return int(api.read(lambda tx: tx.scalar(wanted)))


def test_a_repeat_does_nothing_and_answers_the_same(api: RunningServer) -> None:
    first, second = send(api, "k-1"), send(api, "k-1")
    assert first.status == second.status == 200
    assert first.body == second.body == b'{"errorcode":0}'
    assert count(api, entry) == 1
    assert send(api, "k-2").body == b'{"errorcode":0}'
    assert count(api, entry) == 2


def test_without_a_key_every_request_counts(api: RunningServer) -> None:
    for _ in range(2):
        api.post("/v1/timeline/todo/create", TODO)
    assert count(api, entry) == 2
    assert count(api, idempotency) == 0


def test_the_answer_itself_is_kept(api: RunningServer) -> None:
    """A new subscription has a new id each time; its repeat has the first one's."""
    body = {"event": "person.change", "target_url": "http://127.0.0.1:9/x"}
    answers = [
        api.request("POST", "/v1/webhooks/subscribe", json_body=body, headers={"Idempotency-Key": "s"}).json()
        for _ in range(2)
    ]
    assert answers[0]["uniqueid"] == answers[1]["uniqueid"]
    assert len(api.get("/v1/webhooks")["list"]) == 1


def test_another_request_with_the_same_key_is_a_conflict(api: RunningServer) -> None:
    send(api, "k")
    answer = send(api, "k", {"subject": "Something else"})
    assert (answer.status, answer.errorcode) == (200, 409)
    assert answer.message.startswith("Idempotency-Key: ")
    headers = {"Idempotency-Key": "k"}
    answer = api.request("POST", "/v1/timeline/content/create", json_body=TODO, headers=headers)
    assert answer.errorcode == 409
    assert count(api, entry) == 1


def test_the_older_path_is_the_same_request(api: RunningServer) -> None:
    send(api, "k")
    headers = {"Idempotency-Key": "k"}
    answer = api.request("POST", "/v1/createtodo/", json_body=TODO, headers=headers)
    assert answer.errorcode == 0
    assert count(api, entry) == 1


def test_credentials_are_no_part_of_the_request(api: RunningServer) -> None:
    send(api, "k")
    assert send(api, "k", api_key=api.api_key, user=api.email).errorcode == 0
    assert count(api, entry) == 1


def test_keys_belong_to_the_account(api: RunningServer) -> None:
    other = api.with_account()
    send(api, "shared")
    assert send(other, "shared", {"subject": "Another"}).errorcode == 0
    assert count(other, entry) == 1


def test_deletes_too(api: RunningServer) -> None:
    api.post("/v1/people/create", {"emails": [{"value": "a@x.example"}]})
    headers = {"Idempotency-Key": "gone"}
    for _ in range(2):
        answer = api.request("DELETE", "/v1/people/delete", headers=headers, uniqueid="a@x.example")
        assert answer.json() == {"errorcode": 0}
    answer = api.request("DELETE", "/v1/people/delete", headers=headers, uniqueid="b@x.example")
    assert answer.errorcode == 409


def test_a_failed_write_keeps_nothing(api: RunningServer) -> None:
    headers = {"Idempotency-Key": "k"}
    body = {"emails": [{"value": "a@x.example"}], "stage": "nonsense"}
    assert api.request("POST", "/v1/people/create", json_body=body, headers=headers).errorcode == 400
    body["stage"] = "lead"
    assert api.request("POST", "/v1/people/create", json_body=body, headers=headers).errorcode == 0
    assert count(api, idempotency) == 1


def test_reads_take_no_notice(api: RunningServer) -> None:
    headers = {"Idempotency-Key": "k"}
    for query in ("a", "b"):
        answer = api.request("POST", "/v1/people/find", json_body={"query": query}, headers=headers)
        assert answer.errorcode == 0
    assert count(api, idempotency) == 0


@pytest.mark.parametrize("key", ["x" * 256, "caf\xe9", "a\tb"])
def test_keys_that_cannot_be_used(api: RunningServer, key: str) -> None:
    answer = send(api, key)
    assert (answer.status, answer.errorcode) == (200, 400)
    assert answer.message.startswith("Idempotency-Key: is not usable")
    assert count(api, entry) == 0


def test_a_key_is_forgotten_after_a_day(api: RunningServer, fake_clock: FakeClock) -> None:
    send(api, "k")
    fake_clock.advance(hours=23, minutes=59)
    send(api, "k")
    assert count(api, entry) == 1
    fake_clock.advance(minutes=2)
    assert send(api, "k", {"subject": "Something else"}).errorcode == 0
    assert count(api, entry) == 2


def test_the_same_request_at_the_same_moment(api: RunningServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(api, "burst").body, range(16)))
    assert set(answers) == {b'{"errorcode":0}'}
    assert count(api, entry) == 1


def test_the_answer_is_stored_with_the_write(api: RunningServer) -> None:
    """Both in one transaction: a write that is undone leaves no answer behind."""
    from tieline.api import idempotency as room

    def act(fail: bool) -> Callable[[Any], bytes]:
        def write(tx: Any) -> bytes:
            from tieline.crm import accounts, timeline
            from tieline.records.timeline import ToDo

            caller = accounts.caller_by_id(tx, api.account_id)
            timeline.create_todo(tx, caller, ToDo(subject="Once"))
            if fail:
                raise RuntimeError("pulled the plug")
            return b"{}"

        return write

    with pytest.raises(RuntimeError, match="plug"):
        api.write(room.once, api.account_id, "k", "hash", act(fail=True))
    assert (count(api, entry), count(api, idempotency), count(api, change)) == (0, 0, 0)
    assert api.write(room.once, api.account_id, "k", "hash", act(fail=False)) == b"{}"
    assert api.write(room.once, api.account_id, "k", "hash", act(fail=True)) == b"{}"
    assert (count(api, entry), count(api, idempotency)) == (1, 1)


def test_fingerprints() -> None:
    same = fingerprint("POST", "/a", {"b": "1", "api_key": "x", "user": "y"}, b"{}")
    assert same == fingerprint("POST", "/a", {"b": "1", "api_key": "z"}, b"{}")
    others = [
        fingerprint("DELETE", "/a", {"b": "1"}, b"{}"),
        fingerprint("POST", "/b", {"b": "1"}, b"{}"),
        fingerprint("POST", "/a", {"b": "2"}, b"{}"),
        fingerprint("POST", "/a", {"b": "1"}, b"{ }"),
    ]
    assert len({same, *others}) == 5
