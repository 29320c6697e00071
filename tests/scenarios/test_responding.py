"""Webhook responses, and scenarios that call others."""

from __future__ import annotations

import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.receiver import Receiver, status
from tests.scenarios.office import HOOK, Office, failure, module, output
from tieline.modules.errors import ModuleError

if TYPE_CHECKING:
    from tests.conftest import StartServer
    from tests.servers import RunningServer

START = "scenario-service:StartSubscenario"
CALL = "scenario-service:CallSubscenario"
RETURN = "scenario-service:ReturnData"


@pytest.fixture
def office(server: RunningServer) -> Office:
    return Office(server)


def respond(number: int, body: Any, code: str = "200", **headers: str) -> dict[str, Any]:
    listed = [{"key": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return module(number, "gateway:WebhookRespond", {"status": code, "body": body, "headers": listed})


def test_the_sender_waits_for_what_the_scenario_answers(any_server: RunningServer) -> None:
    office = Office(any_server)
    number = office.load(
        HOOK, respond(2, '{"hello": "{{1.name}}"}', "201", Content_Type="application/json", X_Mine="1")
    )
    office.activate(number)
    request = urllib.request.Request(
        office.url(number), b'{"name": "Ada"}', {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert (answer.status, answer.read()) == (201, b'{"hello": "Ada"}')
        assert answer.headers["X-Mine"] == "1"
        assert answer.headers["Content-Type"] == "application/json"
        # It may not act as a page of this server.
        assert answer.headers["Content-Security-Policy"] == "sandbox"


def test_only_the_first_answer_counts_and_a_later_one_is_a_warning(office: Office) -> None:
    number = office.load(HOOK, respond(2, "one"), respond(3, "two"))
    office.activate(number)
    assert office.post(number, {}) == (200, b"one")
    (run,) = office.executions(number)
    assert run.status == "warning"
    assert run.warnings == ["module 3: the webhook was answered already"]


def test_without_an_answer_the_usual_one_is_given(start_server: StartServer) -> None:
    office = Office(start_server(hook_reply_timeout=0.3))
    never = {"name": "", "conditions": [[{"a": "{{1.x}}", "o": "exist"}]]}
    ended = office.load(HOOK, {**respond(2, "no"), "filter": never})
    office.activate(ended)
    assert office.post(ended, {}) == (200, b"Accepted")
    late = office.load(HOOK, module(2, "util:FunctionSleep", {"duration": "2"}), respond(3, "late"))
    office.activate(late)
    began = time.monotonic()
    assert office.post(late, {}) == (200, b"Accepted")
    assert time.monotonic() - began < 1.9
    assert [run.status for run in office.executions(late)] == ["success"]


def test_with_one_commit_the_answer_is_given_at_the_end_of_the_cycle_or_not_at_all(office: Office) -> None:
    thrown = module(3, "builtin:Throw", {"type": "RuntimeError"})
    for flow, said in (([respond(2, "done")], b"done"), ([respond(2, "done"), thrown], b"Accepted")):
        number = office.load(HOOK, *flow, autoCommit=False)
        office.activate(number)
        assert office.post(number, {}) == (200, said)


@pytest.mark.parametrize(
    "bad",
    [
        respond(2, "x", "99"),
        respond(2, "x", Set_Cookie="a=b"),
        respond(2, "x", **{f"H{n}": "1" for n in range(17)}),
    ],
)
def test_answers_that_cannot_be_given(office: Office, bad: dict[str, Any]) -> None:
    assert failure(office.run(office.load(HOOK, bad), {}))[0] == "BundleValidationError"


INPUTS = [
    {"name": "who", "type": "text", "required": True},
    {"name": "times", "type": "number", "default": "2"},
    {"name": "at", "type": "date"},
]
OUTPUTS = [{"name": "greeting", "type": "text"}, {"name": "count", "type": "number"}]


def called(office: Office, *flow: dict[str, Any], **settings: Any) -> int:
    start = module(1, START, metadata={"interface": INPUTS})
    last = module(9, RETURN, {"greeting": "Hello {{var.input.who}}", "count": "{{1.times * 2}}"})
    io = {"io": {"input_spec": INPUTS, "output_spec": OUTPUTS}}
    return office.load(start, *(flow or (last,)), name="child", top=io, **settings)


def caller(office: Office, child: int, inputs: dict[str, Any], *, wait: bool = True, **more: Any) -> int:
    step = module(2, CALL, inputs, parameters={"scenario": 77, "shouldWaitForExecutionEnd": wait}, **more)
    number = office.load(
        HOOK, step, module(8, "util:ComposeTransformer", {"value": "{{2.greeting}} {{2.count}}"})
    )
    office.bind(number, "scenario", 77, child)
    return number


def test_a_called_scenario_takes_typed_inputs_and_gives_typed_outputs(any_server: RunningServer) -> None:
    office = Office(any_server)
    child = called(office)
    run = office.run(caller(office, child, {"who": "{{1.name}}", "at": "2026-01-05"}), {"name": "Ada"})
    assert output(run, 8) == [{"value": "Hello Ada 4"}]
    (inner,) = office.executions(child)
    assert (inner.type, inner.depth, inner.trace) == ("called", 1, run.execution.id)
    assert output(office.execution(inner.id), 1) == [
        {"who": "Ada", "times": 2, "at": {"$date": "2026-01-05T00:00:00.000Z"}}
    ]


def test_nobody_waits_for_a_scenario_that_is_only_set_off(office: Office) -> None:
    child = called(office)
    run = office.run(caller(office, child, {"who": "Ada"}, wait=False), {})
    (inner,) = office.executions(child)
    assert output(run, 2) == [{"executionId": inner.id}]
    assert inner.status == "success"


@pytest.mark.parametrize(
    ("inputs", "field"),
    [({"who": ""}, "who"), ({"who": "x", "times": "many"}, "times"), ({"who": "x", "at": "soon"}, "at")],
)
def test_inputs_that_do_not_fit_are_named(office: Office, inputs: dict[str, Any], field: str) -> None:
    run = office.run(caller(office, called(office), inputs), {})
    assert failure(run)[0] == "BundleValidationError"
    assert run.execution.error is not None
    assert run.execution.error["field"] == field
    with pytest.raises(ModuleError, match=field):
        office.run(called(office), inputs)


def test_a_failure_of_the_called_scenario_is_the_callers(office: Office) -> None:
    child = called(
        office, module(2, "builtin:Throw", {"type": "DataError", "message": "no such person"}), dlq=False
    )
    resume = module(3, "builtin:Resume", {"greeting": "{{2.error.type}}", "count": "{{2.error.message}}"})
    run = office.run(caller(office, child, {"who": "x"}, onerror=[resume]), {})
    (value,) = output(run, 8)
    assert value["value"].startswith("DataError the called scenario failed: no such person")
    assert office.executions(child)[0].status == "error"


def test_a_scenario_that_calls_itself_is_stopped(office: Office) -> None:
    step = module(2, CALL, {"who": "{{1.who}}"}, parameters={"scenario": 77})
    child = called(office, step)
    office.bind(child, "scenario", 77, child)
    office.run(child, {"who": "x"})
    runs = office.executions(child)
    assert max(run.depth for run in runs) == 11
    assert all(run.status == "error" for run in runs)
    deepest = max(runs, key=lambda run: run.depth)
    assert deepest.error is not None
    assert "TIELINE_TRACE_DEPTH" in deepest.error["message"]


def test_a_call_that_is_repeated_after_a_failure_is_a_new_one(office: Office, receiver: Receiver) -> None:
    once = module(2, "http:ActionSendData", {"url": f"{receiver.url}/once", "method": "post"})
    shaky = module(
        3,
        "http:ActionSendData",
        {"url": f"{receiver.url}/shaky", "method": "get"},
        parameters={"handleErrors": True},
    )
    last = module(9, RETURN, {"greeting": "ok"})
    receiver.by_path["/shaky"] = status(503)
    child = called(office, once, shaky, last, dlq=False)
    retry = module(4, "builtin:Retry", {"count": "1", "delay": "0"})
    run = office.run(caller(office, child, {"who": "x"}, onerror=[retry]), {})
    assert output(run, 8) == []
    assert [r.status for r in office.executions(child)] == ["error", "error"]
    assert [d.path for d in receiver.deliveries].count("/once") == 2  # two calls, each of its own
