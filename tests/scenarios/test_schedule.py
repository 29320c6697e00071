"""When a scenario is due: every type, daylight saving, days that do not exist."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tieline.errors import InvalidInput
from tieline.scenarios.schedule import check, next_run, upcoming

ZONE = "Europe/Stockholm"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("scheduling", "after", "expected"),
    [
        ({"type": "on-demand"}, "2026-01-05T10:00", None),
        ({"type": "immediately"}, "2026-01-05T10:00", None),
        ({"type": "indefinitely", "interval": 900}, "2026-01-05T10:00", "2026-01-05T10:15"),
        ({"type": "once", "date": "2026-01-06T08:00:00"}, "2026-01-05T10:00", "2026-01-06T08:00"),
        ({"type": "once", "date": "2026-01-04T08:00:00"}, "2026-01-05T10:00", None),
        ({"type": "daily", "time": "09:30"}, "2026-01-05T09:30", "2026-01-06T09:30"),
        ({"type": "daily", "time": "09:30:15"}, "2026-01-05T09:30", "2026-01-05T09:30:15"),
        ({"type": "weekly", "days": [0], "time": "07:00"}, "2026-01-05T10:00", "2026-01-11T07:00"),
        ({"type": "weekly", "days": [1, 5], "time": "07:00"}, "2026-01-05T10:00", "2026-01-09T07:00"),
        ({"type": "monthly", "days": [31], "time": "07:00"}, "2026-02-01T00:00", "2026-03-31T07:00"),
        ({"type": "yearly", "months": [2], "days": [29], "time": "07:00"}, "2026-01-01T00:00", "2028-02-29T07:00"),
        ({"type": "daily", "time": "02:30"}, "2026-03-28T12:00", "2026-03-29T03:30"),
        ({"type": "daily", "time": "09:00", "between": ["2026-02-01T00:00:00", None]}, "2026-01-05T10:00", "2026-02-01T09:00"),
        ({"type": "daily", "time": "09:00", "between": [None, "2026-01-05T12:00:00"]}, "2026-01-05T10:00", None),
    ],
)  # fmt: skip
def test_the_next_time(scheduling: dict[str, Any], after: str, expected: str | None) -> None:
    assert next_run(check(scheduling), ms(after), ZONE) == (None if expected is None else ms(expected))


def test_a_time_that_comes_twice_runs_once_and_daily_stays_daily() -> None:
    times = upcoming({"type": "daily", "time": "02:30"}, ms("2026-10-24T12:00"), ZONE, 3)
    assert times[0] == int(datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(ZONE), fold=0).timestamp() * 1000)
    assert [datetime.fromtimestamp(t / 1000, ZoneInfo(ZONE)).day for t in times] == [25, 26, 27]


@pytest.mark.parametrize(
    "scheduling",
    [
        {"type": "sometimes"},
        {"type": "indefinitely", "interval": 5},
        {"type": "indefinitely"},
        {"type": "once", "date": "soon"},
        {"type": "daily", "time": "25:00"},
        {"type": "weekly", "days": [7]},
        {"type": "monthly", "days": [0]},
        {"type": "yearly", "months": "May"},
    ],
)
def test_nonsense_is_refused_by_field(scheduling: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as error:
        check(scheduling)
    assert str(error.value.field).startswith("scheduling.")
