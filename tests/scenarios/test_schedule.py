"""When a scenario is due: every type, daylight saving, days that do not exist."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieline.errors import InvalidInput
from tieline.scenarios.schedule import next_moment, next_run, to_start, upcoming
from tieline.scenarios.scheduling import check

ZONE = "Europe/Stockholm"
OFFICE = [{"days": [1, 2, 3, 4, 5], "time": ["08:00", "18:00"]}]


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
        ({"type": "daily", "time": "02:30"}, "2026-03-28T12:00", "2026-03-29T03:00"),
        ({"type": "daily", "time": "09:00", "between": ["2026-02-01T00:00:00", None]}, "2026-01-05T10:00", "2026-02-01T09:00"),
        ({"type": "daily", "time": "09:00", "between": [None, "2026-01-05T12:00:00"]}, "2026-01-05T10:00", None),
        ({"type": "daily", "time": "09:00", "timezone": "America/New_York"}, "2026-01-05T10:00", "2026-01-05T15:00"),
        ({"type": "daily", "time": "09:00", "restrict": [{"days": [3]}]}, "2026-01-05T10:00", "2026-01-07T09:00"),
        ({"type": "daily", "time": "09:00", "restrict": [{"time": ["10:00", "11:00"]}]}, "2026-01-05T10:00", None),
        ({"type": "yearly", "months": [2], "days": [30]}, "2026-01-05T10:00", None),
        ({"type": "indefinitely", "interval": 900, "restrict": OFFICE}, "2026-01-05T17:50", "2026-01-06T08:00"),
        ({"type": "indefinitely", "interval": 900, "restrict": OFFICE}, "2026-01-05T17:45", "2026-01-05T18:00"),
        ({"type": "indefinitely", "interval": 86400, "restrict": OFFICE}, "2026-01-09T12:00", "2026-01-12T08:00"),
        ({"type": "indefinitely", "interval": 60, "restrict": [{"time": ["22:00", "06:00"], "days": [1]}]}, "2026-01-06T03:00", "2026-01-06T03:01"),
        ({"type": "indefinitely", "interval": 60, "restrict": [{"time": ["22:00", "06:00"], "days": [1]}]}, "2026-01-06T07:00", "2026-01-12T22:00"),
        ({"type": "indefinitely", "interval": 60, "restrict": [{"months": [7]}]}, "2026-01-06T07:00", "2026-07-01T00:00"),
        ({"type": "indefinitely", "interval": 60, "restrict": [{"time": ["00:00", "24:00"]}]}, "2026-01-06T23:59:30", "2026-01-07T00:00:30"),
        ({"type": "indefinitely", "interval": 60, "restrict": [{"days": [6]}, {"days": [3], "time": ["12:00", "13:00"]}]}, "2026-01-06T07:00", "2026-01-07T12:00"),
        ({"type": "indefinitely", "interval": 60, "between": ["2026-02-01T00:00:00", None]}, "2026-01-06T07:00", "2026-02-01T00:00"),
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
        {"type": "indefinitely", "interval": 0},
        {"type": "indefinitely", "interval": True},
        {"type": "indefinitely", "interval": 1e300},
        {"type": "indefinitely"},
        {"type": "once", "date": "soon"},
        {"type": "daily", "time": "25:00"},
        {"type": "weekly", "days": [7]},
        {"type": "monthly", "days": [0]},
        {"type": "yearly", "months": "May"},
        {"type": "daily", "time": "9:00"},
        {"type": "daily", "time": "09:00Z"},
        {"type": "daily", "time": "09:00", "timezone": "Middle Earth"},
        {"type": "daily", "time": "09:00", "timezone": "../etc/passwd"},
        {"type": "daily", "time": "09:00", "missed": "twice"},
        {"type": "daily", "between": ["2026-02-01", "2026-01-01"]},
        {"type": "daily", "between": "always"},
        {"type": "immediately", "restrict": [{"days": [7]}]},
        {"type": "immediately", "restrict": [{"time": ["09:00"]}]},
        {"type": "immediately", "restrict": ["mornings"]},
        {"type": "once", "date": "99999-01-01"},
    ],
)
def test_nonsense_is_refused_by_field(scheduling: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as error:
        check(scheduling)
    assert str(error.value.field).startswith("scheduling.")


def test_events_wait_for_their_window() -> None:
    office = {"type": "immediately", "restrict": OFFICE, "between": [None, "2026-01-31T00:00:00"]}
    assert next_moment(office, ms("2026-01-05T10:00"), ZONE) == ms("2026-01-05T10:00")
    assert next_moment(office, ms("2026-01-09T20:00"), ZONE) == ms("2026-01-12T08:00")
    assert next_moment(office, ms("2026-02-02T10:00"), ZONE) is None


def test_what_was_missed_follows_the_policy() -> None:
    hourly = {"type": "indefinitely", "interval": 3600}
    due, now = ms("2026-01-05T10:00"), ms("2026-01-05T13:30")
    every = [due + n * 3_600_000 for n in range(4)]
    assert to_start({**hourly, "missed": "all"}, due, now, ZONE) == (every, [])
    assert to_start(hourly, due, now, ZONE) == ([due], [])
    assert to_start({**hourly, "missed": "skip"}, due, now, ZONE) == ([], every)
    assert to_start({**hourly, "missed": "skip"}, due, due + 1000, ZONE) == ([due], [])
    # One that came due a moment before the server did is not missed.
    assert to_start({**hourly, "missed": "skip"}, due, every[3] + 1000, ZONE) == (every[3:], every[:3])


ZONES = (ZONE, "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "Asia/Kathmandu")
CLOCKS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
WINDOWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "days": st.lists(st.integers(0, 6), min_size=1),
            "months": st.lists(st.integers(1, 12), min_size=1),
            "time": st.tuples(CLOCKS, CLOCKS).map(list),
        },
    ),
    max_size=2,
)
SCHEDULES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("indefinitely"), "interval": st.integers(1, 400_000), "restrict": WINDOWS}
    ),
    st.fixed_dictionaries({"type": st.just("daily"), "time": CLOCKS}),
    st.fixed_dictionaries(
        {"type": st.just("weekly"), "time": CLOCKS, "days": st.lists(st.integers(0, 6), min_size=1)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("monthly"), "time": CLOCKS, "days": st.lists(st.integers(1, 31), min_size=1)}
    ),
)


@settings(max_examples=300, deadline=None)
@given(SCHEDULES, st.integers(1_262_304_000_000, 1_893_456_000_000), st.sampled_from(ZONES))
def test_due_times_grow_and_fit(scheduling: dict[str, Any], after: int, zone: str) -> None:
    """For every schedule, moment and zone: later each time, in its windows, on its days, at its hour."""
    times = upcoming(check(scheduling), after, zone, 4)
    assert times == sorted(set(times))
    assert all(at > after for at in times)
    for at in times:
        local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
        assert next_moment(scheduling, at, zone) == at
        if scheduling["type"] == "indefinitely":
            continue
        wished = datetime.combine(local.date(), datetime.strptime(scheduling["time"], "%H:%M").time())
        if local.strftime("%H:%M") == scheduling["time"]:
            assert local.fold == 0
        else:  # only where the clocks were put forward over the time: the first minute after the gap
            before = datetime.fromtimestamp(at / 1000 - 1, ZoneInfo(zone))
            assert before.utcoffset() != local.utcoffset()
            assert before.replace(tzinfo=None) < wished.replace(tzinfo=None) < local.replace(tzinfo=None) or (
                before.date() < local.date()
            )
            continue
        if scheduling["type"] == "weekly":
            assert local.isoweekday() % 7 in scheduling["days"]
        if scheduling["type"] == "monthly":
            assert local.day in scheduling["days"]


@settings(max_examples=100, deadline=None)
@given(st.integers(1_262_304_000_000, 1_893_456_000_000), CLOCKS, st.sampled_from(ZONES))
def test_daily_is_once_a_day(after: int, clock: str, zone: str) -> None:
    times = upcoming({"type": "daily", "time": clock}, after, zone, 8)
    days = [datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).date() for at in times]
    assert len(set(days)) >= 7  # Apia has had a day that did not exist
