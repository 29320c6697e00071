"""What can be seen of a running server: metrics, lines of log, spans, and what the doctor finds."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.api import free_port
from benchmarks.crash import Server
from tests import receiver as receivers
from tests.scenarios.office import HOOK, Office, module
from tests.scenarios.test_engine import post
from tieline import clock
from tieline.modules import connections
from tieline.scenarios import triggers

if TYPE_CHECKING:
    from tests.conftest import StartServer
    from tests.receiver import Receiver
    from tests.servers import RunningServer

EXAMPLE = Path(__file__).parent.parent / "examples" / "stage-change-todo" / "blueprint.json"


def metrics(server: RunningServer, **headers: str) -> dict[str, float]:
    answer = server.request("GET", "/metrics", key=None, headers=headers)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line.rpartition(" ") for line in answer.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_metrics_count_events_executions_and_operations(server: RunningServer, receiver: Receiver) -> None:
    office = Office(server)
    call = module(
        2, "http:ActionSendData", {"url": receiver.url, "method": "post"}, parameters={"handleErrors": True}
    )
    number = office.load(HOOK, call)
    office.activate(number)
    before = metrics(server)
    receiver.answers(receivers.ok(), receivers.status(400))
    for n in range(2):
        assert post(office.url(number), {"n": n})[0] == 200
        server.idle()
    after = metrics(server)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown('tieline_events_total{status="200"}') == 2
    assert grown('tieline_executions_total{status="success"}') == 1
    assert grown('tieline_executions_total{status="error"}') == 1
    assert grown('tieline_operations_total{module="http:ActionSendData",state="failed"}') == 1
    assert grown("tieline_execution_seconds_count") == 2
    assert after['tieline_scenarios{state="active"}'] == 1
    assert after['tieline_unfinished_executions{status="queued"}'] == 0
    assert after["process_resident_memory_bytes"] > 0


def test_metrics_are_for_this_machine_or_for_those_with_the_token(start_server: StartServer) -> None:
    server = start_server()
    for header in ("X-Forwarded-For", "Forwarded"):
        away = server.request("GET", "/metrics", key=None, headers={header: "203.0.113.9"})
        assert away.status == 403
        assert b"TIELINE_METRICS_TOKEN" in away.body
    guarded = start_server(metrics_token="watch", data_dir=f"{server.settings.data_dir}-2")
    assert guarded.request("GET", "/metrics", key=None).status == 401
    assert guarded.request("GET", "/metrics", key="wrong").status == 401
    assert metrics(guarded, Authorization="Bearer watch", **{"X-Forwarded-For": "203.0.113.9"})


async def test_log_lines_and_spans_say_which_execution(tmp_path: Path, receiver: Receiver) -> None:
    """A real process, because logging and spans are set up for the whole of it."""
    server = Server(tmp_path, free_port())
    server.environ |= {
        "TIELINE_LOG_LEVEL": "info",
        "TIELINE_LOG_FORMAT": "json",
        "TIELINE_TRACING": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
    }
    server.cli("account", "create", "owner@observed.example")
    flow = [
        module(
            1,
            "http:ActionSendData",
            {"url": f"{receiver.url}/call", "method": "post"},
            parameters={"handleErrors": True},
        )
    ]
    source = {"name": "observed", "flow": flow, "metadata": {}}
    (tmp_path / "observed.json").write_text(json.dumps(source))
    receiver.by_path["/call"] = receivers.status(400, "no")
    await server.start()
    try:
        made: Any = server.cli("scenario", "import", str(tmp_path / "observed.json"))
        with pytest.raises(RuntimeError):
            server.cli("scenario", "run", str(made["id"]))
        (run,) = server.cli("scenario", "history", str(made["id"]))  # type: ignore[misc]
        receiver.wait(1)
    finally:
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=30)
    execution = run["id"]
    lines = [
        json.loads(line) for line in (tmp_path / "server.log").read_text().splitlines() if line[:1] == "{"
    ]
    (line,) = [line for line in lines if line.get("execution") == execution]
    assert (line["level"], line["logger"]) == ("info", "tieline.scenarios.executing")
    assert "RuntimeError in HTTP: make a request" in line["message"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])

    spans = []
    for delivery in receiver.deliveries:
        if delivery.path == "/v1/traces":
            sent = ExportTraceServiceRequest.FromString(delivery.body)
            spans += [span for r in sent.resource_spans for s in r.scope_spans for span in s.spans]
    (whole,) = [span for span in spans if span.name == "execution"]
    (part,) = [span for span in spans if span.name == "HTTP: make a request"]
    assert part.parent_span_id == whole.span_id
    assert part.status.code == part.status.STATUS_CODE_ERROR
    assert {a.key: a.value.string_value for a in whole.attributes}["tieline.execution"] == execution


def doctor(server: RunningServer) -> dict[str, list[tuple[str, str]]]:
    server.app.state.owner_token = "owner"
    found = server.request("GET", "/control/doctor", key="owner").json()
    assert found["ok"] == all(finding["state"] != "error" for finding in found["findings"])
    told: dict[str, list[tuple[str, str]]] = {}
    for finding in found["findings"]:
        told.setdefault(finding["check"], []).append((finding["state"], finding["message"]))
        assert finding["state"] == "ok" or finding["remedy"]
    return told


def test_the_doctor_finds_what_is_wrong(any_server: RunningServer) -> None:
    server = any_server
    office = Office(server)
    number = office.load(*json.loads(EXAMPLE.read_text())["flow"])
    office.activate(number)
    well = doctor(server)
    assert [f for findings in well.values() for f in findings if f[0] == "error"] == []
    assert set(well) == {"database", "clock", "disk", "hooks", "connections", "work"}
    assert well["hooks"][-1] == ("ok", f"scenario {number} (s): registered")

    hook = server.read(triggers.hook_of, number)
    assert hook is not None
    gone = {"event": hook["event"], "uniqueid": hook["external_id"]}
    assert server.post("/v1/webhooks/unsubscribe", gone)["errorcode"] == 0
    vault = server.app.state.vault
    key = {"email": "a@x.example", "api_key": "none", "url": server.url}
    server.write(connections.create, vault, server.account_id, "Wrong", **key)
    server.post("/v1/people/create", {"name": "Ada", "emails": [{"value": "ada@x.example"}]})
    server.idle()
    clock.set_source(lambda: time.time() - 3600)
    try:
        ill = doctor(server)
    finally:
        clock.set_source(None)
    assert ill["clock"][0][0] == "error"
    assert "in the future" in ill["clock"][0][1]
    assert ill["hooks"][-1] == ("error", f"scenario {number} (s): the other side does not know its webhook")
    assert ill["connections"][-1][0] == "error"


def test_the_doctor_says_that_nobody_reaches_a_server_that_does_not_run(tmp_path: Path) -> None:
    server = Server(tmp_path, free_port())
    server.cli("account", "create", "owner@doctor.example")
    found: Any = server.cli("doctor")
    assert found["ok"] is True
    assert [f["message"] for f in found["findings"] if f["check"] == "hooks"] == [
        "no scenario waits for events"
    ]


def test_a_log_format_that_is_not_known_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path, free_port())
    server.environ["TIELINE_LOG_FORMAT"] = "yaml"
    with pytest.raises(RuntimeError, match="TIELINE_LOG_FORMAT"):
        server.cli("doctor")
