"""History: found again by its words, kept no longer than wanted, concealed; replayed with any version, dry or real."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.office import Office, module, output
from tieline.errors import Conflict, InvalidInput, NotFound
from tieline.scenarios import history, library, retention, state
from tieline.scenarios.retention import shape

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.receiver import Receiver
    from tests.servers import RunningServer

HOOK = module(1, "gateway:CustomWebHook")
DAY = 86_400_000


def compose(number: int, value: str) -> dict[str, Any]:
    return module(number, "util:ComposeTransformer", {"value": value})


def found(office: Office, **asked: Any) -> list[str]:
    rows = office.server.read(history.list_executions, office.server.account_id, **asked)
    return [row.id for row in rows]


def test_executions_are_found_by_words_module_status_time_and_scenario(
    any_server: RunningServer, fake_clock: FakeClock
) -> None:
    office = Office(any_server)
    first = office.load(HOOK, compose(2, "Ring {{1.name}}"))
    second = office.load(HOOK, module(2, "json:ParseJSON", {"json": "{{1.text}}"}), name="t")
    a = office.run(first, {"name": 'Rosa "the buyer" 100%_Lindqvist'}).execution.id
    fake_clock.advance(days=2)
    b = office.run(second, {"text": '{"Ort": "Malmö"}'}).execution.id
    c = office.run(second, {"text": "{broken"}).execution.id
    assert found(office) == [c, b, a]
    assert found(office, text="ring rosa") == [a]
    assert found(office, text='"THE buyer" 100%_l') == [a]
    assert found(office, text="100__") == []
    assert found(office, text="not json") == [c]
    assert found(office, text="malmö") == [b]
    assert found(office, text=a) == [a]
    assert found(office, module="Compose a string") == found(office, module="util:composetransformer") == [a]
    assert found(office, module="JSON: parse") == [c, b]
    assert found(office, module="Create a Person") == []
    assert found(office, status="error") == [c]
    assert found(office, scenario_id=first) == [a]
    day = history.moment("2026-01-07", "UTC")
    assert found(office, after=day) == [c, b]
    assert found(office, before=day) == [a]
    assert found(office, text="malmö", module="json:ParseJSON", status="success", after=day) == [b]
    assert found(office, limit=1) == [c]


def test_days_are_those_of_the_account() -> None:
    assert history.moment("2026-01-31", "Asia/Tokyo") == history.moment("2026-01-30T15:00:00+00:00", "UTC")
    start, end = history.moment("2026-03-29", "Europe/Stockholm"), history.moment("2026-03-29", "Europe/Stockholm", end=True)  # fmt: skip
    assert start is not None
    assert end is not None
    assert end - start == 23 * 3_600_000
    assert history.moment("", "UTC") is None
    with pytest.raises(InvalidInput, match="2026-01-31"):
        history.moment("soon", "UTC")


def test_the_oldest_go_by_age_and_by_size(any_server: RunningServer, fake_clock: FakeClock) -> None:
    office = Office(any_server)
    number = office.load(HOOK, compose(2, "{{1.text}}"))
    made = []
    for _ in range(4):
        made.append(office.run(number, {"text": "x" * 400_000}).execution.id)
        fake_clock.advance(1)
    any_server.write(state.prune, 30, 0)
    assert found(office) == made[::-1], "no limit: all stay"
    any_server.write(state.prune, 30, 4)  # each holds its text three or four times
    assert found(office) == made[:1:-1]
    assert any_server.write(retention.prune_size, 1) == 1
    assert found(office) == [made[3]], "the newest stays, however large"
    fake_clock.advance(days=30)
    any_server.write(state.prune, 30, 4)
    assert found(office) == []


def test_the_server_prunes_by_its_settings(start_server: Any) -> None:
    server = start_server(history_days=3, history_megabytes=1)
    office = Office(server)
    number = office.load(HOOK, compose(2, "{{1.text}}"))
    made = [office.run(number, {"text": "x" * 400_000}).execution.id for _ in range(3)]
    job = type("Job", (), {"payload": {}})
    server.run(server.app.state.engine.handlers()["executions.prune"](job))
    assert found(office) == made[2:]


def test_of_a_confidential_execution_only_the_shape_stays(server: RunningServer) -> None:
    office = Office(server)
    number = office.load(HOOK, compose(2, "{{1.secret}}"), confidential=True)
    view = office.run(number, {"secret": "geheim", "list": [{"n": 1, "at": None}, {"n": 2}]})
    assert view.execution.status == "success"
    assert "geheim" not in json.dumps([view.trigger, [op.output for op in view.operations]])
    assert view.trigger == [{"secret": "text", "list": [{"n": "number", "at": None}]}]
    assert output(view, 2) == [{"value": "text"}]
    assert found(office, text="geheim") == []
    with pytest.raises(Conflict, match="was not kept"):
        server.run(server.app.state.engine.replay(server.account_id, view.execution.id))
    assert shape({"$date": "2026-01-01T00:00:00.000Z"}) == "date"


def replayed(
    office: Office, execution: str, version: int | None = None, dry: bool = False
) -> history.ExecutionView:
    engine = office.server.app.state.engine
    started = office.server.run(engine.replay(office.server.account_id, execution, version, dry_run=dry))
    office.server.idle()
    return office.execution(started)


def test_a_replay_runs_the_version_that_is_asked_for(server: RunningServer) -> None:
    office = Office(server)
    number = office.load(HOOK, compose(2, "one {{1.name}}"))
    first = office.run(number, {"name": "Ada"}).execution.id
    changed = json.dumps({"name": "s", "flow": [HOOK, compose(2, "two {{1.name}}")], "metadata": {}})
    server.write(library.save_version, server.account_id, number, changed)
    assert output(replayed(office, first), 2) == [{"value": "two Ada"}]
    again = replayed(office, first, 1)
    assert output(again, 2) == [{"value": "one Ada"}]
    assert (again.execution.version, again.execution.type) == (1, "manual")
    with pytest.raises(NotFound):
        replayed(office, first, 9)


def test_a_dry_run_reads_but_writes_nothing(server: RunningServer, receiver: Receiver) -> None:
    office = Office(server)
    ask = {"method": "get", "url": f"{receiver.url}/ask", "parseResponse": True}
    tell = {
        "method": "post",
        "url": f"{receiver.url}/tell",
        "bodyType": "raw",
        "contentType": "application/json",
        "data": {"name": "{{1.name}}"},
        "parseResponse": True,
    }
    person = {"name": "{{1.name}}", "emails": [{"value": "ada@x.example"}]}
    mail = {"to": ["a@x.example"], "subject": "Hello", "text": "{{1.name}}"}
    number = office.load(
        HOOK,
        module(2, "http:ActionSendData", ask),
        module(3, "http:ActionSendData", tell),
        module(4, "cloze:createAPerson", person, parameters={"__IMTCONN__": 1}),
        module(6, "util:FunctionIncrement", parameters={"reset": "scenario"}),
        module(7, "email:ActionSendEmail", mail),
        module(8, "cloze:findPeople", {"limit": "5"}, parameters={"__IMTCONN__": 1}),
    )
    real = replay_of(office, number)
    view = replayed(office, real, dry=True)
    assert (view.execution.type, view.execution.status) == ("dry", "success"), view.execution.error
    assert [delivery.path for delivery in receiver.deliveries] == ["/ask"]
    requests = {op.module_id: op.exchange for op in view.operations if op.exchange}
    assert (requests[3][0]["method"], json.loads(requests[3][0]["body"])) == ("POST", {"name": "Ada"})
    assert "not sent" in requests[3][0]["answer"]
    assert requests[4][0]["body"]["name"] == "Ada"
    assert requests[8][0]["method"] == "GET"
    assert output(view, 8) == [], "nobody was made"
    assert output(view, 6) == output(replayed(office, real, dry=True), 6) == [{"i": 1}], "the counter stays"
    row = server.read(library.get_scenario, server.account_id, number)
    assert row.errors == 0


def replay_of(office: Office, number: int) -> str:
    """An execution that has not run, with data to replay: what is tried dry must not need a real run."""
    server = office.server

    def store(tx: Any) -> str:
        return state.start(
            tx, server.account_id, number, kind="manual", trigger=[{"name": "Ada"}], waits=True
        )

    return server.write(store)
