"""Due times with a real server: stored, previewed everywhere, missed while it was off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from tests.scenarios.test_engine import CUSTOM, activate, executions, load
from tieline import clock
from tieline.errors import InvalidInput
from tieline.scenarios import library
from tieline.store.tables import execution

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.servers import RunningServer, Thread

HOUR = 3_600_000


def timed(**scheduling: Any) -> str:
    return json.dumps({
        "name": "timed", "metadata": {}, "scheduling": scheduling,
        "flow": [{"id": 1, "module": "util:ComposeTransformer", "parameters": {}, "mapper": {"value": "x"}}],
    })  # fmt: skip


def planned(server: RunningServer, number: int) -> int | None:
    return server.read(library.get_scenario, server.account_id, number).next_run


@pytest.mark.parametrize(
    ("missed", "expected"),
    [("once", ["success"]), ("all", ["success"] * 4), ("skip", ["skipped"]), (None, ["success"])],
)
def test_times_missed_while_the_server_was_off(
    fake_clock: FakeClock, tmp_path: Any, missed: str | None, expected: list[str]
) -> None:
    """Off from 12:00 to 16:30: 13:00, 14:00, 15:00 and 16:00 were missed."""
    scheduling = {"type": "indefinitely", "interval": 3600, **({"missed": missed} if missed else {})}
    first = _server(tmp_path)
    server = first.start()
    number = load(server, timed(**scheduling))
    activate(server, number)
    due = planned(server, number)
    assert due == clock.now_ms() + HOUR
    first.stop()
    fake_clock.advance(hours=4, minutes=30)
    second = _server(tmp_path)
    server = second.start()
    try:
        found = executions(server)
        assert [row.status for row in found] == expected
        if missed == "skip":
            assert found[0].error is not None
            assert "4 due times from 2026-01-05" in found[0].error["message"]
        assert planned(server, number) == clock.now_ms() + HOUR
        fake_clock.advance(hours=1)
        assert [row.status for row in executions(server)] == ["success", *expected]
    finally:
        second.stop()


def _server(folder: Any) -> Thread:
    from tests.servers import Thread
    from tieline.settings import load as settings

    return Thread(settings({}, data_dir=str(folder / "data"), port=0, rate_limit=0))


def test_the_next_ten_are_told_and_follow_a_change_at_once(
    fake_clock: FakeClock, server: RunningServer
) -> None:
    number = load(server, timed(type="daily", time="09:00", timezone="Europe/Stockholm"))
    found = server.get(f"/control/scenarios/{number}/next")
    assert (len(found["upcoming"]), found["active"], found["timezone"]) == (10, False, "Europe/Stockholm")
    assert found["upcoming"][0]["local"] == "2026-01-06T09:00:00+01:00"
    activate(server, number)
    assert server.get(f"/control/scenarios/{number}")["upcoming"] == found["upcoming"]
    assert planned(server, number) == found["upcoming"][0]["at"]
    weekly = {"type": "weekly", "days": [5], "time": "17:00", "timezone": "Europe/Stockholm"}
    assert server.post(f"/control/scenarios/{number}/schedule", weekly)["scheduling"] == weekly
    times = server.get(f"/control/scenarios/{number}/next", count=3)["upcoming"]
    assert [at["local"][:16] for at in times] == ["2026-01-09T17:00", "2026-01-16T17:00", "2026-01-23T17:00"]
    assert planned(server, number) == times[0]["at"]
    fake_clock.advance(days=1)  # nine o'clock of the plan before passes
    assert executions(server) == []
    refused = server.request("POST", f"/control/scenarios/{number}/schedule", json_body={"type": "on-demand"})
    assert (refused.status, refused.json()["error"]["field"]) == (422, "scheduling.type")


def test_a_time_that_comes_while_it_still_runs_is_left_out(
    fake_clock: FakeClock, server: RunningServer
) -> None:
    number = load(server, timed(type="indefinitely", interval=60))
    activate(server, number)
    fake_clock.advance(61)
    (first,) = executions(server)
    server.write(lambda tx: tx.run(update(execution).values(status="running")))
    fake_clock.advance(61)
    assert [row.id for row in executions(server)] == [first.id]
    server.write(lambda tx: tx.run(update(execution).values(status="success")))
    fake_clock.advance(61)
    assert len(executions(server)) == 2


def test_what_would_never_run_is_refused(server: RunningServer) -> None:
    with pytest.raises(InvalidInput, match="never comes"):
        activate(server, load(server, timed(type="once", date="2020-01-01T00:00:00")))
    custom = json.loads(CUSTOM)
    with pytest.raises(InvalidInput, match="at intervals"):
        activate(
            server,
            load(server, json.dumps({**custom, "scheduling": {"type": "indefinitely", "interval": 60}})),
        )
    made = server.post("/control/scenarios", {"blueprint": timed(type="daily", time="25:00")})
    assert any("schedule is left out" in finding["message"] for finding in made["findings"])
