"""Pauses with alarm and probe, and the scenario that takes every failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.receiver import Receiver, status, text
from tests.scenarios.office import HOOK, Office, module, output
from tests.scenarios.test_mail import Mailbox, mailbox
from tieline.errors import InvalidInput
from tieline.scenarios import library
from tieline.scenarios.pausing import PROBES

if TYPE_CHECKING:
    from tests.conftest import FakeClock, StartServer
    from tests.servers import RunningServer

__all__ = ["mailbox"]


@pytest.fixture
def office(server: RunningServer) -> Office:
    return Office(server)


def shaky(receiver: Receiver, path: str = "/a") -> dict[str, Any]:
    """A call that fails with a RuntimeError, which is not kept, when the other side says 500."""
    given = {"url": f"{receiver.url}{path}?n={{{{1.n}}}}", "method": "post"}
    return module(2, "http:ActionSendData", given, parameters={"handleErrors": True})


def view(office: Office, number: int) -> library.ScenarioView:
    office.server.idle()
    return office.server.read(library.get_scenario, office.server.account_id, number)


def fail_thrice(office: Office, number: int) -> None:
    for n in range(3):
        assert office.post(number, {"n": n})[0] == 200
        office.server.idle()


def test_errors_in_a_row_pause_events_wait_and_a_probe_lets_them_run(
    fake_clock: FakeClock, office: Office, receiver: Receiver
) -> None:
    receiver.default = status(500)
    number = office.load(HOOK, shaky(receiver))
    office.activate(number)
    fail_thrice(office, number)
    paused = view(office, number)
    assert paused.active
    assert paused.paused_reason is not None
    assert "3 executions in a row" in paused.paused_reason
    assert paused.paused_until == int(fake_clock.now * 1000) + PROBES[0] * 60_000
    for n in (3, 4, 5):
        assert office.post(number, {"n": n})[0] == 200
    assert [run.status for run in office.executions(number)].count("queued") == 3
    assert len(receiver.deliveries) == 3

    fake_clock.advance(minutes=PROBES[0])
    again = view(office, number)  # one was tried, and failed
    assert len(receiver.deliveries) == 4
    assert again.paused_until == int(fake_clock.now * 1000) + PROBES[1] * 60_000

    receiver.default = text("ok")
    fake_clock.advance(minutes=PROBES[1])
    works = view(office, number)
    assert (works.active, works.paused_until, works.paused_reason, works.errors) == (True, None, None, 0)
    assert sorted(d.path for d in receiver.deliveries[4:]) == ["/a?n=4", "/a?n=5"]
    assert [run.status for run in office.executions(number)].count("success") == 2


def test_after_the_last_probe_it_is_switched_off(
    fake_clock: FakeClock, office: Office, receiver: Receiver
) -> None:
    receiver.default = status(500)
    number = office.load(HOOK, shaky(receiver))
    office.activate(number)
    fail_thrice(office, number)
    for n, minutes in enumerate(PROBES):
        office.post(number, {"n": 10 + n})
        fake_clock.advance(minutes=minutes)
        view(office, number)
    off = view(office, number)
    assert (off.active, off.paused_until) == (False, None)
    assert off.paused_reason is not None
    assert f"{len(PROBES)} probes failed too" in off.paused_reason


def test_a_person_ends_the_pause(any_server: RunningServer, receiver: Receiver) -> None:
    office = Office(any_server)
    receiver.default = status(500)
    number = office.load(HOOK, shaky(receiver))
    office.activate(number)
    fail_thrice(office, number)
    office.post(number, {"n": 7})
    receiver.default = text("ok")
    office.activate(number)
    assert view(office, number).paused_until is None
    assert receiver.deliveries[-1].path == "/a?n=7"


@pytest.mark.parametrize("kind", ["DataError", "BundleValidationError"])
def test_failures_of_single_bundles_do_not_add_up(office: Office, kind: str) -> None:
    number = office.load(HOOK, module(2, "builtin:Throw", {"type": kind}), dlq=False)
    office.activate(number)
    fail_thrice(office, number)
    assert view(office, number).paused_reason is None


def test_what_needs_a_person_is_switched_off_and_told(start_server: StartServer, mailbox: Mailbox) -> None:
    office = Office(
        start_server(
            smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none", smtp_user="me",
            smtp_password="s3cret", smtp_from="tie@x.example",
        )
    )  # fmt: skip
    number = office.load(
        HOOK, module(2, "builtin:Throw", {"type": "InvalidConfigurationError", "message": "no key"})
    )
    office.activate(number)
    office.post(number, {})
    off = view(office, number)
    assert not off.active
    assert off.paused_reason is not None
    assert "Switched off after execution" in off.paused_reason
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("dana@example.org", "Tieline: “s” needs you")
    body = mail.get_body()
    assert body is not None
    assert "no key" in body.get_content()


def test_one_scenario_takes_every_unhandled_failure(office: Office, receiver: Receiver) -> None:
    server = office.server
    office.keeps = True
    taker = office.load(HOOK, module(2, "util:ComposeTransformer", {
        "value": "{{1.scenario.name}}: {{1.error.name}} {{1.error.message}} {{1.kept}} {{1.trigger.n}}"}), name="taker")  # fmt: skip
    server.run(server.app.state.engine.set_catch_all(server.account_id, taker))
    bad = {"type": "{{1.type}}", "message": "no"}
    failing = office.load(HOOK, module(2, "builtin:Throw", bad), name="bad")
    handled = office.load(HOOK, {**module(2, "builtin:Throw", bad), "onerror": [module(3, "builtin:Ignore")]})
    office.run(handled, {"type": "RuntimeError"})
    run = office.run(failing, {"type": "RuntimeError", "n": 1})
    office.run(failing, {"type": "DataError", "n": 2})
    taken = sorted(office.executions(taker), key=lambda one: (one.created, one.id))
    said = sorted(output(office.execution(one.id), 2)[0]["value"] for one in taken)
    assert said == ["bad: DataError no true 2", "bad: RuntimeError no false 1"]
    assert {one.type for one in taken} == {"failure"}
    assert run.execution.id in {one.trace for one in taken}


def test_a_failing_catch_all_is_not_told_of_itself(office: Office) -> None:
    server = office.server
    taker = office.load(HOOK, module(2, "builtin:Throw", {"type": "RuntimeError"}), name="taker")
    server.run(server.app.state.engine.set_catch_all(server.account_id, taker))
    office.run(office.load(HOOK, module(2, "builtin:Throw", {"type": "RuntimeError"})), {})
    assert [run.status for run in office.executions(taker)] == ["error"]
    plain = office.load(module(1, "util:BasicTrigger", parameters={"values": [{"spec": []}]}))
    with pytest.raises(InvalidInput, match="custom webhook"):
        server.run(server.app.state.engine.set_catch_all(server.account_id, plain))
    server.run(server.app.state.engine.set_catch_all(server.account_id, None))
    office.run(office.load(HOOK, module(2, "builtin:Throw", {"type": "RuntimeError"})), {})
    assert len(office.executions(taker)) == 1
