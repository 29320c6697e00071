"""What explodes is stopped, and the error says by which limit; the server goes on meanwhile."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.receiver import Receiver, slow
from tests.scenarios.test_engine import executions, load
from tests.scenarios.test_hooks import hooked, send
from tests.servers import RunningServer
from tieline.errors import InvalidInput

BOMB = '{{replace(1.t; "/(x+x+)+(y|z)$/"; "-")}}'
DOUBLING = [
    {"id": 2, "module": "util:SetVariable2", "mapper": {"name": "v", "scope": "execution", "value": "{{1.t}}"}},
    {"id": 3, "module": "builtin:BasicRepeater", "mapper": {"start": "1", "repeats": "40", "step": "1"}},
    {"id": 4, "module": "util:GetVariable2", "mapper": {"name": "v"}},
    {"id": 5, "module": "util:SetVariable2", "mapper": {"name": "v", "scope": "execution", "value": "{{4.v}}{{4.v}}"}},
]  # fmt: skip


def repeater(number: int, repeats: str = "10000") -> dict[str, Any]:
    mapper = {"start": "1", "repeats": repeats, "step": "1"}
    return {"id": number, "module": "builtin:BasicRepeater", "parameters": {}, "mapper": mapper}


def compose(number: int, value: str) -> dict[str, Any]:
    return {"id": number, "module": "util:ComposeTransformer", "parameters": {}, "mapper": {"value": value}}


EXPLOSIONS: list[tuple[list[dict[str, Any]], dict[str, Any], str]] = [
    ([repeater(2, "10001")], {}, "from 0 to 10000"),
    ([repeater(2), repeater(3), repeater(4), compose(5, "x")], {}, "TIELINE_OPERATIONS_LIMIT"),
    ([compose(2, BOMB)], {"t": "x" * 4000}, "the limit of 1 s"),
    (DOUBLING, {"t": "x" * 1000}, "16,777,216"),
    ([compose(2, "{{1.t}}" * 40)], {"t": "x" * 1_000_000}, "16,777,216"),
    ([{"id": 2, "module": "json:ParseJSON", "mapper": {"json": "{{1.t}}"}}], {"t": "[" * 100_000}, "JSON"),
    ([{"id": 2, "module": "util:FunctionSleep", "mapper": {"duration": "301"}}], {}, "1 to 300"),
]


def test_what_explodes_is_stopped_by_a_limit_that_is_named(start_server: Any) -> None:
    server = start_server(operations_limit=2000)
    trigger = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}
    for flow, event, told in EXPLOSIONS:
        number = hooked(server, flow=[trigger, *flow], metadata={"scenario": {"dlq": False}})
        assert send(server, number, json.dumps(event).encode()).status == 200
        row = executions(server)[0]
        assert (row.scenario_id, row.status) == (number, "error"), told
        assert row.error is not None
        assert told in row.error["message"]


def test_deep_recursion_is_refused_before_anything_runs(server: RunningServer) -> None:
    deep = "{{" + "(" * 5000 + "1" + ")" * 5000 + "}}"
    trigger = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}
    number = load(server, json.dumps({"name": "deep", "metadata": {}, "flow": [trigger, compose(2, deep)]}))
    with pytest.raises(InvalidInput, match="limit of 200"):
        server.run(server.app.state.engine.activate(server.account_id, number))
    nested = (
        '{"name": "n", "metadata": {}, "flow": [{"id": 1, "module": "a:B", "mapper": '
        + "[" * 3000
        + "]" * 3000
        + "}]}"
    )
    answer = server.request("POST", "/control/scenarios", json_body={"blueprint": nested})
    assert answer.status in {200, 422}


def test_a_run_that_takes_too_long_ends_and_the_server_goes_on(start_server: Any, receiver: Receiver) -> None:
    server = start_server(execution_timeout=0.5)
    receiver.default = slow(30)
    call = {"url": receiver.url, "method": "get"}
    trigger = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}
    number = hooked(server, flow=[trigger, {"id": 2, "module": "http:ActionSendData", "mapper": call}])
    assert send(server, number).status == 200
    (row,) = executions(server)
    assert row.error is not None
    assert (row.error["name"], "TIELINE_EXECUTION_TIMEOUT" in row.error["message"]) == (
        "ScenarioTimeoutError",
        True,
    )


def test_a_long_computation_does_not_hold_up_the_others(start_server: Any) -> None:
    server = start_server(operations_limit=20_000)
    trigger = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}
    number = hooked(server, flow=[trigger, repeater(2), repeater(3), compose(4, "x")])
    assert send(server, number).status == 200
    began, slowest = time.monotonic(), 0.0
    while server.get("/control/executions")[0]["status"] in {"queued", "running"}:
        asked = time.monotonic()
        assert server.request("GET", "/readyz", key=None).status == 200
        slowest = max(slowest, time.monotonic() - asked)
        assert time.monotonic() - began < 60
    assert slowest < 5
