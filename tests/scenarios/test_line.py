"""Executions in order: of a scenario, or of a key; others beside them; both job runners."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from tests.receiver import Receiver, ok, status
from tests.scenarios.test_engine import executions
from tests.scenarios.test_hooks import hooked, send

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.servers import RunningServer


def calling(receiver: Receiver, **metadata: Any) -> dict[str, Any]:
    """Each event is one call that carries its word."""
    mapper = {"url": f"{receiver.url}/{{{{1.word}}}}", "method": "post", "bodyType": "raw", "data": "x"}
    return {
        "metadata": metadata,
        "flow": [
            {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}},
            {"id": 2, "module": "http:ActionSendData", "parameters": {"handleErrors": True}, "mapper": mapper},
        ],
    }  # fmt: skip


def held(receiver: Receiver, path: str) -> Callable[[], None]:
    """The answer to this path comes when it is let go."""
    gate = threading.Event()

    async def respond(request: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(gate.wait, 60)
        return await ok()(request)

    receiver.by_path[path] = respond
    return gate.set


def words(receiver: Receiver, count: int) -> list[str]:
    return [delivery.path for delivery in receiver.wait(count)]


def event(server: RunningServer, number: int, word: str, who: str = "") -> None:
    assert send(server, number, json.dumps({"word": word, "who": who}).encode()).status == 200


def test_a_key_is_in_order_and_others_run_beside_it(any_server: RunningServer, receiver: Receiver) -> None:
    server, let_go = any_server, held(receiver, "/a1")
    number = hooked(server, **calling(receiver, x_open={"sequence": "{{lower(1.who)}}"}))
    for word, who in (("a1", "Ada"), ("a2", "ada"), ("a3", "ADA"), ("b1", "Bo"), ("n1", ""), ("b2", "bo")):
        event(server, number, word, who)
    arrived = words(receiver, 4)
    assert set(arrived) == {"/a1", "/b1", "/b2", "/n1"}
    assert arrived.index("/b1") < arrived.index("/b2")
    assert [w["why"] for w in server.get(f"/control/scenarios/{number}/queue")] == ["its turn"] * 2
    let_go()
    assert words(receiver, 6)[4:] == ["/a2", "/a3"]
    assert [row.status for row in executions(server)] == ["success"] * 6


def test_a_sequential_scenario_is_one_line(any_server: RunningServer, receiver: Receiver) -> None:
    server, let_go = any_server, held(receiver, "/1")
    number = hooked(server, **calling(receiver, scenario={"sequential": True}))
    for n in range(1, 7):
        event(server, number, str(n))
    assert words(receiver, 1) == ["/1"]
    queue = server.get(f"/control/scenarios/{number}/queue")
    server.request("DELETE", f"/control/scenarios/{number}/queue/{queue[1]['id']}")
    let_go()
    assert words(receiver, 5) == ["/1", "/2", "/4", "/5", "/6"]
    assert sorted(row.status for row in executions(server)) == ["skipped", *["success"] * 5]


def test_one_that_waits_to_be_taken_up_again_keeps_its_place(
    fake_clock: FakeClock, server: RunningServer, receiver: Receiver
) -> None:
    number = hooked(server, **calling(receiver, scenario={"sequential": True, "dlq": False}))
    receiver.answers(status(503))
    event(server, number, "1")
    server.idle()
    event(server, number, "2")
    event(server, number, "3")
    server.idle()
    assert words(receiver, 1) == ["/1"]
    why = [w["why"] for w in server.get(f"/control/scenarios/{number}/queue")]
    assert why == ["another attempt", "its turn", "its turn"]
    fake_clock.advance(61)
    server.idle()
    assert words(receiver, 4) == ["/1", "/1", "/2", "/3"]


@pytest.mark.parametrize("taken", ["first", "last"])
def test_taking_out_of_a_line_lets_the_others_go_on(
    fake_clock: FakeClock, server: RunningServer, receiver: Receiver, taken: str
) -> None:
    number = hooked(server, **calling(receiver, scenario={"sequential": True, "dlq": False}))
    receiver.answers(status(503))
    event(server, number, "1")
    server.idle()
    event(server, number, "2")
    queue = server.get(f"/control/scenarios/{number}/queue")
    server.request("DELETE", f"/control/scenarios/{number}/queue/{queue[0 if taken == 'first' else 1]['id']}")
    server.idle()
    fake_clock.advance(61)
    server.idle()
    assert words(receiver, 2) == ["/1", "/2" if taken == "first" else "/1"]
    assert len(receiver.deliveries) == 2
