"""Polling triggers: what is new, in order, each thing once; where they start; cycles and limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.receiver import Receiver, status
from tests.scenarios.test_engine import activate, executions, load
from tests.scenarios.test_line import words
from tieline.scenarios import history
from tieline.scenarios.polling import POLLING, Position, advanced, fresh

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.servers import RunningServer

WATCH = POLLING["cloze:watchChanges"]


def watching(receiver: Receiver, limit: int = 3, cycles: int = 1, **more: Any) -> str:
    mapper = {"url": f"{receiver.url}/{{{{1.name}}}}", "method": "post", "bodyType": "raw", "data": "x"}
    return json.dumps({
        "name": "watching", "metadata": {"scenario": {"roundtrips": cycles}},
        "scheduling": {"type": "indefinitely", "interval": 60},
        "flow": [
            {"id": 1, "module": "cloze:watchChanges", "parameters": {"type": "people", "limit": str(limit)}, "mapper": {}, **more},
            {"id": 2, "module": "http:ActionSendData", "parameters": {"handleErrors": True}, "mapper": mapper},
        ],
    })  # fmt: skip


def people(server: RunningServer, *names: str) -> None:
    for name in names:
        server.post("/v1/people/create", {"name": name, "emails": [{"value": f"{name}@x.example"}]})


def tick(clock: FakeClock, server: RunningServer) -> list[str]:
    clock.advance(61)
    return [row.status for row in executions(server)]


def test_what_is_new_comes_once_in_order_a_limit_at_a_time(
    fake_clock: FakeClock, server: RunningServer, receiver: Receiver
) -> None:
    people(server, "before")
    fake_clock.advance(1)
    number = load(server, watching(receiver, limit=3, cycles=2))
    activate(server, number)
    fake_clock.advance(1)
    assert tick(fake_clock, server) == ["success"]
    assert receiver.deliveries == []
    people(server, *"abcdefgh")
    tick(fake_clock, server)
    assert words(receiver, 6) == [f"/{name}" for name in "abcdef"]  # two cycles of three
    tick(fake_clock, server)
    assert words(receiver, 8)[6:] == ["/g", "/h"]
    people(server, "c")  # nothing changes, so nothing comes
    server.post("/v1/people/update", {"emails": [{"value": "b@x.example"}], "stage": "lead"})
    tick(fake_clock, server)
    assert words(receiver, 9)[8:] == ["/b"]
    again = server.run(server.app.state.engine.replay(server.account_id, executions(server)[0].id))
    server.idle()
    assert words(receiver, 10)[9:] == ["/b"]
    assert server.read(history.get_execution, server.account_id, again).execution.status == "success"
    tick(fake_clock, server)
    assert len(receiver.deliveries) == 10


def test_where_it_starts_is_chosen(fake_clock: FakeClock, server: RunningServer, receiver: Receiver) -> None:
    people(server, "a")
    fake_clock.advance(days=1)
    people(server, "b", "c")
    number = load(server, watching(receiver, limit=10))
    items = server.get(f"/control/scenarios/{number}/start")
    assert [item["name"] for item in items] == ["c", "b", "a"]
    activate(server, number)
    for chosen, expected in (
        ({"from": "all"}, ["/a", "/b", "/c"]),
        ({"from": "since", "date": "2026-01-06T00:00:00"}, ["/b", "/c"]),
        ({"from": "id", "id": items[0]["syncKey"]}, ["/c"]),
        ({"from": "now"}, []),
    ):
        fake_clock.advance(1)
        receiver.clear()
        assert server.request("POST", f"/control/scenarios/{number}/start", json_body=chosen).status == 200
        tick(fake_clock, server)
        assert [delivery.path for delivery in receiver.deliveries] == expected, chosen
    for wrong, field in (
        ({"from": "id", "id": "x"}, "id"),
        ({"from": "since", "date": "x"}, "date"),
        ({"from": "x"}, "from"),
    ):
        refused = server.request("POST", f"/control/scenarios/{number}/start", json_body=wrong)
        assert (refused.status, refused.json()["error"]["field"]) == (422, field)


def test_a_failed_cycle_does_not_move_on_and_an_imported_position_counts(
    fake_clock: FakeClock, server: RunningServer, receiver: Receiver
) -> None:
    people(server, "a")
    fake_clock.advance(10)
    since = int(fake_clock.now * 1000)
    people(server, "b", "c")
    number = load(
        server, watching(receiver, data={"epochType": "date", "lastDate": since - 1, "lastId": None})
    )
    activate(server, number)
    receiver.answers(status(400))
    assert tick(fake_clock, server) == ["error"]
    assert words(receiver, 1) == ["/b"]
    tick(fake_clock, server)
    assert words(receiver, 3) == ["/b", "/b", "/c"]
    tick(fake_clock, server)
    assert len(receiver.deliveries) == 3
    wrong = json.loads(watching(receiver, limit=0))
    bad = load(server, json.dumps(wrong))
    server.run(server.app.state.engine.run_once(server.account_id, bad))
    assert executions(server)[0].error["field"] == "limit"  # type: ignore[index]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 12), max_size=30), st.integers(1, 5), st.integers(0, 12))
def test_nothing_is_lost_or_repeated(moments: list[int], limit: int, start: int) -> None:
    """Items with equal moments, read a few at a time, come each once, in order."""
    items = [{"syncKey": str(n), "lastChanged": at} for n, at in enumerate(sorted(moments))]
    position, seen = Position(start), []
    for _ in range(len(items) + 1):
        asked = [item for item in items if item["lastChanged"] >= position.last][: limit + len(position.ids)]
        got = fresh(WATCH, asked, position, limit)
        position = advanced(WATCH, got, position)
        seen += got
    assert seen == [item for item in items if int(item["lastChanged"]) >= start]


def test_a_start_with_one_of_many_of_the_same_moment() -> None:
    from tieline.errors import InvalidInput
    from tieline.scenarios.polling import start_with

    items = [{"syncKey": key, "lastChanged": 5} for key in "abc"]
    position = start_with(WATCH, items, "b")
    assert [item["syncKey"] for item in fresh(WATCH, items, position, 10)] == ["b", "c"]
    with pytest.raises(InvalidInput):
        start_with(WATCH, items, "z")
