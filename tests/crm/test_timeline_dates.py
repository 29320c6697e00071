"""Dates as callers write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieline.crm.dates import SOMEDAY, day_of, read_instant, read_reminder
from tieline.errors import InvalidInput


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (1746093600000, 1746093600000),
        (1746093600000.7, 1746093600000),
        (1746093600, 1746093600000),
        (1746093600.5, 1746093600500),
        ("1746093600000", 1746093600000),
        ("1746093600", 1746093600000),
        (0, 0),
        ("5", 5000),
        (-86400, -86400000),
        ("2026-05-01", ms(2026, 5, 1)),
        ("20260501", ms(2026, 5, 1)),
        ("2026-05-01T09:30:00Z", ms(2026, 5, 1, 9, 30)),
        ("2026-05-01T09:30:00.250Z", ms(2026, 5, 1, 9, 30) + 250),
        ("2026-05-01T09:30:00+02:00", ms(2026, 5, 1, 7, 30)),
        ("2026-05-01T09:30:00+0200", ms(2026, 5, 1, 7, 30)),
        ("2026-05-01 09:30", ms(2026, 5, 1, 9, 30)),
        ("2026-W18-5", ms(2026, 5, 1)),
        ("5/1/2026", ms(2026, 5, 1)),
        ("5/1/26", ms(2026, 5, 1)),
        ("05-01-2026 9:30 pm", ms(2026, 5, 1, 21, 30)),
        ("May 1, 2026", ms(2026, 5, 1)),
        ("1 May 2026 09:30", ms(2026, 5, 1, 9, 30)),
        ("Fri, 01 May 2026 09:30:00 +0200", ms(2026, 5, 1, 7, 30)),
        ("Fri, 01 May 2026 09:30:00 GMT", ms(2026, 5, 1, 9, 30)),
    ],
)
def test_forms(value: Any, expected: int | None) -> None:
    assert read_instant(value, field="date", timezone="UTC") == expected


@pytest.mark.parametrize(
    "value",
    ["x", "tomorrow", "May", "monday", "May 2026", "5/1", "10:30", "32/13/2026", "2026-02-30", True, [], {},
     "1/2/3/4/5/6", "9" * 40, "1e400", float("nan"), float("inf"), 10**18, "٣" * 300, "2026-05-01 10:00 XYZ",
     "2026-05-01T25:00:00", "0001-01-01T00:00:00+14:00"],
)  # fmt: skip
def test_what_is_not_a_date_names_the_field(value: Any) -> None:
    with pytest.raises(InvalidInput, match="due"):
        read_instant(value, field="due", timezone="UTC")


def test_the_date_format_decides_ambiguous_dates() -> None:
    def read(text: str, date_format: str | None) -> int | None:
        return read_instant(text, field="date", timezone="UTC", date_format=date_format)

    assert read("1/2/2021", None) == read("1/2/2021", "us") == read("1/2/2021", "US") == ms(2021, 1, 2)
    assert read("1/2/2021", "international") == ms(2021, 2, 1)
    assert read("2021-01-02", "international") == ms(2021, 1, 2)
    with pytest.raises(InvalidInput, match="dateFormat"):
        read("1/2/2021", "german")


def test_local_dates_use_the_time_zone() -> None:
    def read(text: str) -> int | None:
        return read_instant(text, field="date", timezone="America/New_York")

    assert read("2026-01-15") == ms(2026, 1, 15, 5)
    assert read("7/15/2026 9:00") == ms(2026, 7, 15, 13)
    assert read("2026-03-08T02:30") == ms(2026, 3, 8, 7, 30)  # the skipped hour moves forward
    assert read("2026-11-01T01:30") == ms(2026, 11, 1, 5, 30)  # of the repeated hour, the first
    assert read("2026-01-15T00:00Z") == ms(2026, 1, 15)
    assert day_of(ms(2026, 1, 15, 4), "America/New_York") == "2026-01-14"


@pytest.mark.parametrize("value", [1, 1.0, "1", "someday", " Someday "])
def test_someday(value: Any) -> None:
    assert read_reminder(value, field="due", timezone="UTC") == SOMEDAY


def test_a_reminder_is_otherwise_a_date() -> None:
    assert read_reminder("2026-05-01", field="due", timezone="UTC") == ms(2026, 5, 1)
    assert read_reminder(None, field="due", timezone="UTC") is None
    with pytest.raises(InvalidInput, match="when"):
        read_reminder(True, field="when", timezone="UTC")


@given(st.text(max_size=40) | st.floats() | st.integers())
def test_anything_gives_a_date_or_says_why_not(value: object) -> None:
    with suppress(InvalidInput):
        read = read_reminder(value, field="when", timezone="Asia/Kathmandu")
        assert read is None or isinstance(read, int)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2199, 1, 1)))
def test_an_iso_date_is_read_exactly(moment: datetime) -> None:
    expected = round(moment.replace(tzinfo=UTC, microsecond=0).timestamp() * 1000)
    assert (
        read_instant(moment.replace(microsecond=0).isoformat() + "Z", field="d", timezone="UTC") == expected
    )
