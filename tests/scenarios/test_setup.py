"""What an execution is set up with is true at every event, also when it changes between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.office import HOOK, Office, module
from tests.scenarios.test_engine import post
from tieline.scenarios import history, library

if TYPE_CHECKING:
    from tests.receiver import Receiver
    from tests.servers import RunningServer

CALL = {"url": "", "method": "post", "bodyType": "raw", "data": "{{1.n}}"}


@pytest.fixture
def office(any_server: RunningServer) -> Office:
    return Office(any_server)


def test_a_new_version_holds_from_the_next_event_on(office: Office, receiver: Receiver) -> None:
    number = office.load(HOOK, module(2, "http:ActionSendData", {**CALL, "url": f"{receiver.url}/first"}))
    office.activate(number)
    assert post(office.url(number), {"n": 1})[0] == 200
    receiver.wait(1)
    source = office.server.read(library.export_blueprint, office.server.account_id, number)
    changed = source.replace("/first", "/second")
    office.server.write(library.save_version, office.server.account_id, number, changed)
    assert post(office.url(number), {"n": 2})[0] == 200
    assert [delivery.path for delivery in receiver.wait(2)] == ["/first", "/second"]


def test_the_history_of_an_execution_is_whole_and_in_order(office: Office, receiver: Receiver) -> None:
    number = office.load(
        HOOK,
        module(2, "http:ActionSendData", {**CALL, "url": f"{receiver.url}/a"}),
        module(3, "http:ActionSendData", {**CALL, "url": f"{receiver.url}/b"}),
    )
    office.activate(number)
    for n in range(12):
        assert post(office.url(number), {"n": n})[0] == 200
    found = office.executions(number)
    assert [row.status for row in found] == ["success"] * 12
    for row in found:
        seen = office.server.read(history.get_execution, office.server.account_id, row.id)
        assert seen.execution.started is not None
        assert [(o.module_id, o.state) for o in seen.operations] == [(1, "done"), (2, "done"), (3, "done")]
        assert row.operations == 3
    bodies = [int(delivery.body) for delivery in receiver.wait(24)]
    assert sorted(bodies) == sorted([*range(12), *range(12)])
