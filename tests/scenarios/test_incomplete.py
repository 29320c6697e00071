"""Incomplete executions: what is kept, how it goes on, and who waits for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.receiver import Receiver, status, text
from tests.scenarios.office import HOOK, Office, failure, module, output
from tieline.errors import Conflict, InvalidInput
from tieline.scenarios import incomplete, library
from tieline.scenarios.failures import LADDER

if TYPE_CHECKING:
    from tests.conftest import FakeClock, StartServer
    from tests.servers import RunningServer


class Desk(Office):
    """An office whose open incomplete executions are looked at."""

    keeps = True

    def open(self, number: int) -> list[incomplete.IncompleteView]:
        self.server.idle()
        return self.server.read(incomplete.listed, self.server.account_id, number)

    def resume(self, one: incomplete.IncompleteView, **how: Any) -> None:
        self.server.write(incomplete.resume, self.server.account_id, one.id, **how)
        self.server.idle()

    def get(self, one: incomplete.IncompleteView) -> incomplete.IncompleteView:
        return self.server.read(incomplete.get, self.server.account_id, one.id)


@pytest.fixture
def desk(server: RunningServer) -> Desk:
    return Desk(server)


def call(receiver: Receiver, number: int = 2, path: str = "/a", **more: Any) -> dict[str, Any]:
    given = {"url": f"{receiver.url}{path}?n={{{{1.n}}}}", "method": "post"}
    return module(number, "http:ActionSendData", given, parameters={"handleErrors": True}, **more)


def throw(number: int, kind: str) -> dict[str, Any]:
    return module(number, "builtin:Throw", {"type": kind, "message": "bad {{1.n}}"})


def test_a_failed_bundle_is_kept_by_default_and_goes_on_where_it_stopped(
    any_server: RunningServer, receiver: Receiver
) -> None:
    desk = Desk(any_server)
    receiver.by_path["/b"] = status(503)
    number = desk.load(HOOK, call(receiver), call(receiver, 3, "/b"), call(receiver, 4, "/c"))
    run = desk.run(number, {"n": 1}, {"n": 2})
    assert run.execution.status == "warning"
    assert len(run.execution.warnings) == 2
    first, second = desk.open(number)
    assert (first.module_id, first.error["name"], first.state, first.attempts) == (
        3,
        "ConnectionError",
        "waiting",
        0,
    )
    assert first.next_at is not None
    numbered = {"n": 1, "__IMTINDEX__": 1, "__IMTLENGTH__": 2}
    assert desk.get(first).bundles == {"1": numbered, "2": output(run, 2)[0]}
    receiver.by_path["/b"] = text("ok")
    receiver.clear()
    desk.resume(first)
    assert [d.path for d in receiver.deliveries] == ["/b?n=1", "/c?n=1"]
    assert [one.id for one in desk.open(number)] == [second.id]
    (done, *_) = desk.server.read(incomplete.listed, desk.server.account_id, number, every=True)
    assert done.state == "resolved"
    assert done.resolver is not None
    resumed = desk.execution(done.resolver).execution
    assert (resumed.type, resumed.status) == ("resumed", "success")
    with pytest.raises(Conflict, match="resolved"):
        desk.resume(done)


def test_automatic_attempts_follow_the_ladder_and_then_wait_for_a_person(
    fake_clock: FakeClock, desk: Desk, receiver: Receiver
) -> None:
    receiver.default = status(503)
    number = desk.load(HOOK, call(receiver))
    desk.run(number, {"n": 1})
    for attempt, minutes in enumerate(LADDER):
        (one,) = desk.open(number)
        assert one.attempts == attempt
        assert one.next_at is not None
        assert minutes * 60_000 <= one.next_at - int(fake_clock.now * 1000) <= minutes * 66_000
        fake_clock.advance(minutes=minutes * 0.99)
        assert len(desk.open(number)) == len(receiver.deliveries) - attempt
        fake_clock.advance(minutes=minutes * 0.12)
        desk.server.idle()
    (one,) = desk.open(number)
    assert (one.attempts, one.next_at, one.state) == (len(LADDER), None, "waiting")
    assert len(receiver.deliveries) == 1 + len(LADDER)
    keys = {d.headers.get("idempotency-key") for d in receiver.deliveries}
    assert keys == {None}


def test_break_tries_as_often_as_it_says(fake_clock: FakeClock, desk: Desk, receiver: Receiver) -> None:
    receiver.default = status(400)
    breaks = module(9, "builtin:Break", {"retry": True, "count": "2", "interval": "5"})
    number = desk.load(HOOK, call(receiver, onerror=[breaks]), call(receiver, 3, "/after"))
    assert desk.run(number, {"n": 1}).execution.status == "warning"
    for _ in range(4):
        fake_clock.advance(minutes=6)
        desk.server.idle()
    (one,) = desk.open(number)
    assert (one.attempts, one.next_at, len(receiver.deliveries)) == (2, None, 3)
    by_hand = desk.load(HOOK, call(receiver, onerror=[module(9, "builtin:Break", {"retry": False})]))
    desk.run(by_hand, {"n": 1})
    assert [one.next_at for one in desk.open(by_hand)] == [None]


@pytest.mark.parametrize(
    ("kind", "state", "kept"),
    [("DataError", "warning", True), ("BundleValidationError", "warning", True), ("RuntimeError", "error", False),
     ("InvalidConfigurationError", "error", True)],
)  # fmt: skip
def test_the_class_decides_what_is_kept(desk: Desk, kind: str, state: str, kept: bool) -> None:
    number = desk.load(HOOK, throw(2, kind))
    assert desk.run(number, {"n": 1}).execution.status == state
    assert [one.error["name"] for one in desk.open(number)] == [kind] * kept
    assert all(one.next_at is None for one in desk.open(number))


def test_what_says_no_is_not_kept_and_nothing_of_a_first_module_is(desk: Desk, receiver: Receiver) -> None:
    number = desk.load(HOOK, throw(2, "DataError"), dlq=False)
    assert failure(desk.run(number, {"n": 1})) == ("DataError", "bad 1")
    first = desk.load(module(1, "builtin:Throw", {"type": "DataError"}), dlq=True)
    assert desk.run(first).execution.status == "error"
    assert desk.open(number) == desk.open(first) == []
    broken = desk.load(HOOK, {**throw(2, "DataError"), "onerror": [module(3, "builtin:Break")]}, dlq=False)
    assert desk.run(broken, {"n": 1}).execution.status == "error"


def test_a_person_mends_the_bundle_or_the_blueprint(desk: Desk, receiver: Receiver) -> None:
    check = module(2, "json:ParseJSON", {"json": "{{1.text}}"})
    number = desk.load(
        HOOK, check, module(3, "http:ActionSendData", {"url": f"{receiver.url}/{{{{2.v}}}}", "method": "get"})
    )
    desk.run(number, {"text": "no json"}, {"text": "{bad"})
    first, second = desk.open(number)
    with pytest.raises(InvalidInput, match="no module with a bundle"):
        desk.resume(first, bundles={"x": 1})
    desk.resume(first, bundles={"1": {"text": '{"v": "mended"}'}})
    assert [d.path for d in receiver.deliveries] == ["/mended"]
    server = desk.server
    text_ = server.read(library.export_blueprint, server.account_id, number)
    repaired = json.loads(text_)
    repaired["flow"][1]["mapper"]["json"] = '{"v": "repaired"}'
    made = server.write(library.save_version, server.account_id, number, json.dumps(repaired))
    desk.resume(second)
    (still,) = desk.open(number)
    assert (still.id, still.attempts) == (second.id, 1)
    desk.resume(still, version=made.version)
    assert [d.path for d in receiver.deliveries] == ["/mended", "/repaired"]
    assert desk.open(number) == []


def test_another_failure_while_completing_is_kept_as_a_new_one(desk: Desk, receiver: Receiver) -> None:
    receiver.by_path["/a"] = status(503)
    receiver.by_path["/b"] = status(400)
    number = desk.load(HOOK, call(receiver), call(receiver, 3, "/b"))
    desk.run(number, {"n": 1})
    (one,) = desk.open(number)
    receiver.by_path["/a"] = text("ok")
    desk.resume(one)
    (new,) = desk.open(number)
    assert (new.module_id, new.error["name"]) == (3, "RuntimeError")
    assert new.id != one.id


def test_the_later_routes_of_the_router_are_run_too(desk: Desk, receiver: Receiver) -> None:
    receiver.by_path["/a"] = status(503)
    router = {"id": 5, "module": "builtin:BasicRouter", "version": 1, "mapper": None,
              "routes": [{"flow": [call(receiver, 2, "/a"), call(receiver, 3, "/b")]}, {"flow": [call(receiver, 4, "/c")]}]}  # fmt: skip
    number = desk.load(HOOK, router)
    desk.run(number, {"n": 1})
    receiver.by_path["/a"] = text("ok")
    receiver.clear()
    desk.resume(desk.open(number)[0])
    assert [d.path[:2] for d in receiver.deliveries] == ["/a", "/b", "/c"]


def test_what_is_sequential_waits_until_it_is_resolved(any_server: RunningServer, receiver: Receiver) -> None:
    desk = Desk(any_server)
    receiver.by_path["/a"] = status(400)
    number = desk.load(
        HOOK, call(receiver, onerror=[module(9, "builtin:Break", {"retry": False})]), sequential=True
    )
    desk.activate(number)
    for n in (1, 2, 3):
        assert desk.post(number, {"n": n})[0] == 200
    assert sorted(run.status for run in desk.executions(number)) == ["queued", "queued", "warning"]
    receiver.by_path["/a"] = text("ok")
    desk.resume(desk.open(number)[0])
    assert sorted(run.status for run in desk.executions(number)) == [
        "success",
        "success",
        "success",
        "warning",
    ]
    assert [d.path for d in receiver.deliveries] == ["/a?n=1", "/a?n=1", "/a?n=2", "/a?n=3"]
    receiver.by_path["/a"] = status(400)
    for n in (4, 5):
        desk.post(number, {"n": n})
    (one,) = desk.open(number)
    receiver.by_path["/a"] = text("ok")
    desk.server.write(incomplete.remove, desk.server.account_id, one.id)
    desk.server.idle()
    assert desk.open(number) == []
    assert receiver.deliveries[-1].path == "/a?n=5"


@pytest.mark.parametrize(("dataloss", "expected"), [(True, "warning"), (False, "error")])
def test_when_there_is_no_room_the_scenario_says_what_happens(
    start_server: StartServer, dataloss: bool, expected: str
) -> None:
    desk = Desk(start_server(incomplete_bytes=10_000))
    number = desk.load(HOOK, throw(2, "DataError"), dataloss=dataloss)
    run = desk.run(number, {"n": "x" * 6000}, {"n": "y" * 6000}, {"n": "z"})
    assert run.execution.status == expected
    assert [one.size > 6000 for one in desk.open(number)] == ([True, False] if dataloss else [True])


@pytest.mark.parametrize(("policy", "expected"), [("ask", 0), ("retry", 1), ("ignore", 0)])
def test_a_call_whose_outcome_is_unknown_follows_the_policy_of_its_module(
    desk: Desk, receiver: Receiver, policy: str, expected: int
) -> None:
    """The server stopped between the call and its answer: only that it began is in the journal."""
    from tieline.scenarios import journal, state

    server = desk.server
    step = call(receiver, metadata={"x_open": {"uncertain": policy}})
    number = desk.load(HOOK, step, call(receiver, 3, "/after"))
    started = server.write(
        state.start, server.account_id, number, kind="manual", trigger=[{"n": 1}], inline=True
    )
    written = server.write(journal.mark_running, started)
    assert written

    async def begun() -> None:
        log = journal.Journal(server.app.state.database, started, 1, [])
        given = {"url": f"{receiver.url}/a?n=1", "method": "post"}
        await log.begin(journal.Entry("1.1/2", 2, "http:ActionSendData", "started", 1, given))

    server.run(begun())
    server.run(server.app.state.engine.executor.execute(started, 2))
    called = [d.path.partition("?")[0] for d in receiver.deliveries]
    assert called.count("/a") == expected
    assert called.count("/after") == (policy != "ask")
    assert [one.error["name"] for one in desk.open(number)] == ["UncertainError"] * (policy == "ask")
