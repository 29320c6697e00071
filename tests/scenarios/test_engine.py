"""The engine with everything real: hooks, deduplication, chains, pausing, schedules, connections."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tieline import clock
from tieline.errors import InvalidInput
from tieline.modules import connections
from tieline.scenarios import history, library, triggers

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.servers import RunningServer

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "stage-change-todo" / "blueprint.json"
SAMPLES = Path(__file__).parent.parent / "data" / "blueprints"


def load(server: RunningServer, source: str) -> int:
    made = server.write(library.import_blueprint, server.account_id, source)
    own = server.write(connections.this_account, server.account_id)
    server.write(library.bind_all, server.account_id, made.id, own.id)
    return made.id


def activate(server: RunningServer, number: int) -> None:
    server.run(server.app.state.engine.activate(server.account_id, number))


def executions(server: RunningServer) -> list[history.ExecutionRow]:
    server.idle()
    return server.read(history.list_executions, server.account_id)


def post(url: str, body: Any, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def webhook(server: RunningServer, number: int) -> str:
    hook = server.read(triggers.hook_of, number)
    assert hook is not None
    return f"{server.url}/hooks/{hook['token']}"


CUSTOM = json.dumps({
    "name": "hook", "metadata": {},
    "flow": [
        {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}},
        {"id": 2, "module": "cloze:createAToDo", "parameters": {}, "mapper": {"subject": "{{1.word}}", "participants": ["t@x.example"]}},
    ],
})  # fmt: skip


@pytest.mark.parametrize(
    "source", [EXAMPLE, SAMPLES / "10-instant-app-trigger.json"], ids=["example", "sample-10"]
)
def test_a_stage_change_runs_the_scenario(any_server: RunningServer, source: Path) -> None:
    server = any_server
    number = load(server, source.read_text())
    activate(server, number)
    assert [s["event"] for s in server.get("/v1/webhooks")["list"]] == ["person.audit.change"]
    server.post(
        "/v1/people/create", {"name": "Ada", "emails": [{"value": "ada@x.example"}], "stage": "future"}
    )
    server.idle()
    server.post("/v1/people/update", {"emails": [{"value": "ada@x.example"}], "stage": "lead"})
    found = executions(server)
    assert {row.status for row in found} == {"success"}
    last = server.read(history.get_execution, server.account_id, found[0].id)
    assert last.operations[-1].input["subject"] in {"Call Ada: a new lead", "Ada moved from future to lead"}
    assert last.operations[-1].exchange[0]["status"] == 200
    server.run(server.app.state.engine.deactivate(server.account_id, number))
    assert server.get("/v1/webhooks")["list"] == []


def test_the_same_event_twice_starts_one_execution(server: RunningServer) -> None:
    number = load(server, CUSTOM)
    assert server.read(triggers.hook_of, number) is None
    activate(server, number)
    url = webhook(server, number)
    for _ in range(2):
        assert post(url, {"word": "hello"}, **{"webhook-id": "msg_1"}) == (200, b"Accepted")
    assert post(url, {"word": "again"}, **{"webhook-id": "msg_2"})[0] == 200
    assert [row.status for row in executions(server)] == ["success", "success"]
    page = server.post("/v1/people/timeline", {"id": "t@x.example"})
    assert len(page["messages"]) == 2


def test_bad_events_and_sleeping_scenarios_are_told(server: RunningServer) -> None:
    number = load(server, CUSTOM)
    activate(server, number)
    url = webhook(server, number)
    request = urllib.request.Request(url, b"{", {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as bad:
        urllib.request.urlopen(request, timeout=60)
    assert bad.value.code == 400
    server.run(server.app.state.engine.deactivate(server.account_id, number))
    assert post(url, {"word": "x"})[0] == 410
    assert post(f"{server.url}/hooks/nobody", {})[0] == 410
    assert executions(server) == []


def test_a_chain_that_grows_too_deep_is_stopped_and_shown(server: RunningServer) -> None:
    number = load(server, CUSTOM)
    activate(server, number)
    deep = {"X-Tieline-Trace": "abc123;depth=10;scenario=9"}
    assert post(webhook(server, number), {"word": "x"}, **deep)[0] == 200
    (row,) = executions(server)
    assert (row.status, row.depth, row.trace) == ("error", 11, "abc123")
    assert row.error is not None
    assert "TIELINE_TRACE_DEPTH" in row.error["message"]


def test_what_cannot_run_is_refused_by_name(server: RunningServer) -> None:
    for file, word in (("14", "Not connected: Leads API key"), ("11", "watchRows")):
        source = next(SAMPLES.glob(f"{file}-*")).read_text()
        with pytest.raises(InvalidInput, match=word):
            activate(server, load(server, source))
    with pytest.raises(InvalidInput, match="Not connected"):
        activate(server, _unbound(server))


def _unbound(server: RunningServer) -> int:
    number = load(server, EXAMPLE.read_text())
    for found in server.read(library.bindings, server.account_id, number):
        server.write(library.bind, server.account_id, number, found.kind, found.foreign_id, None)
    return number


def test_a_schedule_runs_when_it_is_due(fake_clock: FakeClock, start_server: Any) -> None:
    server = start_server()
    source = json.dumps({
        "name": "daily", "metadata": {}, "scheduling": {"type": "indefinitely", "interval": 900},
        "flow": [
            {"id": 1, "module": "cloze:findPeople", "parameters": {}, "mapper": {"limit": 5}},
            {"id": 2, "module": "cloze:createAToDo", "parameters": {}, "mapper": {"subject": "{{1.name}}", "participants": ["{{1.syncKey}}"]}},
        ],
    })  # fmt: skip
    number = load(server, source)
    server.post("/v1/people/create", {"name": "Ada", "emails": [{"value": "ada@x.example"}]})
    activate(server, number)
    due = server.read(library.get_scenario, server.account_id, number).next_run
    assert due == clock.now_ms() + 900_000
    assert executions(server) == []
    fake_clock.advance(901)
    assert [row.status for row in executions(server)] == ["success"]
    assert server.read(library.get_scenario, server.account_id, number).next_run == clock.now_ms() + 900_000
