"""Dates: texts, zones, tokens, and the functions on them (contract 2.8, 2.9, 2.10.4, 2.11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tieline.expressions import BundleValidationError, DataError, ExpressionError, to_date

from .helpers import run, utc

PRAGUE = "Europe/Prague"
NEW_YORK = "America/New_York"
D = utc(2016, 6, 20, 17, 26, 44, 356000)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2016-06-20T17:26:44.356Z", D),
        ("2016-06-20t17:26:44.356z", D),
        ("2016-06-20 19:26:44 GMT+02:00", utc(2016, 6, 20, 17, 26, 44)),
        ("2016-06-20 19:26+0200", utc(2016, 6, 20, 17, 26)),
        ("2016-06-20T19:26:44+02", utc(2016, 6, 20, 17, 26, 44)),
        ("2016-06-20 17:26:44", utc(2016, 6, 20, 15, 26, 44)),
        ("2016-06-20 17:26:44 UTC", utc(2016, 6, 20, 17, 26, 44)),
        ("2016-06-20", utc(2016, 6, 19, 22)),
        (" 2016-06-20 ", utc(2016, 6, 19, 22)),
        ("2016/06/20", utc(2016, 6, 19, 22)),
        ("2016/06/20 17:26:44", utc(2016, 6, 20, 15, 26, 44)),
        ("2016/06/20 19:26:44+02:00", utc(2016, 6, 20, 17, 26, 44)),
        ("2016/06/20 17:26", utc(2016, 6, 20, 15, 26)),
        ("2016/06/20 5:26 PM", utc(2016, 6, 20, 15, 26)),
        ("06/20/2016", utc(2016, 6, 19, 22)),
        ("6/20/2016 12:05 AM", utc(2016, 6, 19, 22, 5)),
        ("06/20/2016 12:05 pm", utc(2016, 6, 20, 10, 5)),
        ("06/20/2016 17:26:44", utc(2016, 6, 20, 15, 26, 44)),
        ("20.6.2016", utc(2016, 6, 19, 22)),
        ("20.06.2016 17:26", utc(2016, 6, 20, 15, 26)),
        ("2016-06-20T17:26:44.3569Z", D),
        ("2016-06-20T17:26:44.3Z", utc(2016, 6, 20, 17, 26, 44, 300000)),
        ("2016-02-29", utc(2016, 2, 28, 23)),
    ],
)
def test_date_texts(text: str, instant: datetime) -> None:
    assert to_date(text, PRAGUE) == instant
    assert run("addSeconds(1.x; 0)", {"x": text}, timezone=PRAGUE) == instant


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2016", "2016-06", "06-20-2016", "2016-13-01", "2016-02-30", "2015-02-29", "31.4.2016",
        "2016-06-20 25:00", "2016-06-20 17:60", "2016-06-20 17:26:60", "2016-06-20 17", "2016-06-20T",
        "2016-06-20 5:26 PM", "2016/06/20 13:26 PM", "2016/06/20 0:26 PM", "20/06/2016", "0000-01-01",
        "2016-06-20 17:26 +25:00", "2016-06-20 17:26 +02:75", "x2016-06-20", "2016-06-20x", "٢٠١٦-٠٦-٢٠",
        "2016-06/20",
    ],
)  # fmt: skip
def test_texts_that_are_no_dates(text: str) -> None:
    with pytest.raises(BundleValidationError):
        to_date(text, "UTC")


@pytest.mark.parametrize("value", [1482940986, True, None, [], {}, ["2016-06-20"]])
def test_values_that_are_no_dates(value: Any) -> None:
    with pytest.raises(BundleValidationError, match="a date is expected"):
        to_date(value, "UTC")


def test_clock_changes() -> None:
    # A time in the spring gap moves forward by the gap; an ambiguous one takes the first offset.
    assert to_date("2024-03-31 02:30", PRAGUE) == utc(2024, 3, 31, 1, 30)
    assert to_date("2024-10-27 02:30", PRAGUE) == utc(2024, 10, 27, 0, 30)
    before = {"d": utc(2024, 3, 30, 1, 30)}
    assert run("addDays(1.d; 1)", before, timezone=PRAGUE) == utc(2024, 3, 31, 1, 30)
    assert run("addHours(1.d; 24)", before, timezone=PRAGUE) == utc(2024, 3, 31, 1, 30)
    assert run("addDays(1.d; 2)", before, timezone=PRAGUE) == utc(2024, 4, 1, 0, 30)
    assert run('setMonth(1.d; "january")', {"d": utc(2015, 8, 7, 11, 36)}, timezone=PRAGUE) == utc(
        2015, 1, 7, 12, 36
    )
    # The second 02:30 of that night stays what it is when nothing changes.
    second = utc(2024, 10, 27, 1, 30)
    assert run("addDays(1.d; 0)", {"d": second}, timezone=PRAGUE) == second
    assert run("setHour(1.d; 2)", {"d": second}, timezone=PRAGUE) == second


CASES: list[tuple[str, Any]] = [
    ("addMonths(1.end; 1)", utc(2024, 2, 29, 10)),
    ("addMonths(1.end; -2)", utc(2023, 11, 30, 10)),
    ("addMonths(1.end; 13)", utc(2025, 2, 28, 10)),
    ("addYears(1.leap; 1)", utc(2025, 2, 28)),
    ("addYears(1.leap; 4)", utc(2028, 2, 29)),
    ("addDays(1.end; 1.4)", utc(2024, 2, 1, 10)),
    ("addDays(1.end; 1.5)", utc(2024, 2, 2, 10)),
    ("addDays(1.end; -1.5)", utc(2024, 1, 29, 10)),
    ("addHours(1.end; 0.5)", utc(2024, 1, 31, 10, 30)),
    ('addMinutes(1.end; "90")', utc(2024, 1, 31, 11, 30)),
    ("addSeconds(1.end; 0.0014)", utc(2024, 1, 31, 10, 0, 0, 1000)),
    ("addDays(1.end; 1.missing)", utc(2024, 1, 31, 10)),
    ('addDays(1.end; "x")', DataError),
    ("addDays(1.missing; 1)", BundleValidationError),
    ("setSecond(1.d; -1)", utc(2016, 6, 20, 17, 25, 59, 356000)),
    ("setMinute(1.d; -1)", utc(2016, 6, 20, 16, 59, 44, 356000)),
    ("setHour(1.d; 24)", utc(2016, 6, 21, 0, 26, 44, 356000)),
    ("setDate(1.d; 31)", utc(2016, 7, 1, 17, 26, 44, 356000)),
    ("setDate(1.d; -1)", utc(2016, 5, 30, 17, 26, 44, 356000)),
    ("setMonth(1.end; 2)", utc(2024, 2, 29, 10)),
    ("setMonth(1.end; 0)", utc(2023, 12, 31, 10)),
    ("setMonth(1.end; -1)", utc(2023, 11, 30, 10)),
    ('setMonth(1.end; "MARCH")', utc(2024, 3, 31, 10)),
    ('setMonth(1.end; "mar")', utc(2024, 3, 31, 10)),
    ('setMonth(1.end; "3")', utc(2024, 3, 31, 10)),
    ('setMonth(1.end; "Smarch")', DataError),
    ("setYear(1.leap; 2023)", utc(2023, 2, 28)),
    ("setDay(1.d; 1)", utc(2016, 6, 19, 17, 26, 44, 356000)),
    ("setDay(1.d; 2)", utc(2016, 6, 20, 17, 26, 44, 356000)),
    ("setDay(1.d; 0)", utc(2016, 6, 18, 17, 26, 44, 356000)),
    ("setDay(1.d; 14)", utc(2016, 7, 2, 17, 26, 44, 356000)),
    ('setDay(1.d; "Saturday")', utc(2016, 6, 25, 17, 26, 44, 356000)),
    ('setDay(1.d; "Someday")', DataError),
    ("addDays(setDate(now; 1); -1)", utc(2025, 12, 31, 10, 20, 30)),
    ("addDays(setDate(1.d; 1); 2 * 7 - formatDate(addDays(setDate(1.d; 1); \"-\" + 3); \"E\"))",
     utc(2016, 6, 8, 17, 26, 44, 356000)),
    # extensions
    ("addWeekDays(1.d; 5)", utc(2016, 6, 27, 17, 26, 44, 356000)),
    ('addWeekDays("2016-12-10"; 1)', utc(2016, 12, 12)),
    ('addWeekDays("2016-12-10"; -1)', utc(2016, 12, 9)),
    ('addWeekDays("2016-12-08"; -2)', utc(2016, 12, 6)),
    ('addWeekDays("2016-12-09"; 1.9)', utc(2016, 12, 12)),
    ("dateMax(1.end; 1.leap; null)", utc(2024, 2, 29)),
    ("dateMin(emptyarray)", None),
    ('dateDifference("2024-03-31"; "2024-02-29"; "months")', 1),
    ('dateDifference("2024-03-28"; "2024-02-29"; "months")', 0),
    ('dateDifference("2024-02-29"; "2024-03-31"; "months")', -1),
    ('dateDifference("2026-02-28"; "2024-02-29"; "years")', 2),
    ('dateDifference("2024-01-02"; "2024-01-01 12:00"; "days")', 0),
    ('dateDifference("2024-01-15"; "2024-01-01"; "week")', 2),
    ('dateDifference("2024-01-15"; "2024-01-01"; "fortnights")', DataError),
    ('endOfMonth("2024-12-15")', utc(2024, 12, 31, 23, 59, 59, 999000)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), CASES, ids=[case[0] for case in CASES])
def test_date_functions(text: str, value: Any) -> None:
    bundle = {"end": utc(2024, 1, 31, 10), "leap": utc(2024, 2, 29), "d": D}
    if isinstance(value, type) and issubclass(value, ExpressionError):
        with pytest.raises(value):
            run(text, bundle)
    else:
        assert run(text, bundle) == value


def test_the_parts_of_a_date_are_those_of_the_scenario_zone() -> None:
    late = {"d": utc(2024, 6, 30, 22, 30)}
    assert run('month(1.d) + "-" + dayOfMonth(1.d) + "-" + hour(1.d)', late, timezone=PRAGUE) == "7-1-0"
    assert run("startOfMonth(1.d)", late, timezone=PRAGUE) == utc(2024, 6, 30, 22)
    assert run("isWeekend(1.d)", late, timezone=PRAGUE) is False
    assert run("isWeekend(1.d)", late) is True
    assert run('dateDifference("2024-04-01"; "2024-03-31"; "days")', timezone=PRAGUE) == 1
    assert run('dateDifference("2024-04-01"; "2024-03-31"; "hours")', timezone=PRAGUE) == 23


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("YYYY YY Y", "2009 09 2009"), ("Q Qo", "1 1st"), ("M Mo MM MMM MMMM", "1 1st 01 Jan January"),
        ("D Do DD", "3 3rd 03"), ("DDD DDDo DDDD", "3 3rd 003"), ("d do dd ddd dddd", "6 6th Sa Sat Saturday"),
        ("E", "6"), ("w wo ww gg gggg", "1 1st 01 09 2009"), ("W Wo WW GG GGGG", "1 1st 01 09 2009"),
        ("H HH h hh k kk", "14 14 2 02 14 14"), ("A a", "PM pm"), ("m mm s ss", "5 05 6 06"),
        ("S SS SSS SSSS SSSSSSSSS", "0 07 078 0780 078000000"), ("Z ZZ", "+00:00 +0000"),
        ("X x", "1230991506 1230991506078"), ("YYYYMMDD", "20090103"), ("[Today is] dddd", "Today is Saturday"),
        ("[]", ""), ("[a", "[pm"), ("YYYYY", "20092009"), ("T", "T"), ("é日-/", "é日-/"), ("", ""),
        ("SSSSSSSSSS", "0780000000"), ("DDDDD", "0033"), ("MMMMM", "January1"),
    ],
)  # fmt: skip
def test_format_tokens(token: str, text: str) -> None:
    assert run("formatDate(1.d; 1.f)", {"d": utc(2009, 1, 3, 14, 5, 6, 78000), "f": token}) == text


def test_format_at_the_turns_of_years() -> None:
    def show(day: datetime, token: str, zone: str = "UTC") -> str:
        return str(run("formatDate(1.d; 1.f; 1.z)", {"d": day, "f": token, "z": zone}))

    assert show(utc(2021, 1, 1), "GGGG-[W]WW gggg-[w]ww") == "2020-W53 2021-w01"
    assert show(utc(2022, 12, 31), "gggg-ww GGGG-WW") == "2022-53 2022-52"
    assert show(utc(2024, 12, 29), "gggg-ww") == "2025-01"
    assert show(utc(9999, 12, 31), "gggg ww") == "10000 01"
    assert show(utc(1, 1, 1), "YYYY Y") == "0001 1"
    assert show(utc(2024, 7, 1), "Z ZZ", "America/St_Johns") == "-02:30 -0230"
    assert show(utc(2024, 7, 1), "YYYY-MM-DD HH", NEW_YORK) == "2024-06-30 20"
    assert show(utc(1969, 12, 31, 23, 59, 59, 500000), "X x") == "-1 -500"
    assert [show(utc(2024, 1, day), "Do") for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st",
    ]  # fmt: skip


def test_an_unknown_zone_is_ignored() -> None:
    bundle = {"d": utc(2024, 7, 1), "z": "Mars/Base"}
    for zone in ("1.z", '"Mars/Base"', "null", "5", '"../UTC"'):
        assert run(f'formatDate(1.d; "HH"; {zone})', bundle, timezone=PRAGUE) == "02"
    with pytest.raises(DataError, match="not a time zone"):
        run('formatDate(now; "HH")', timezone="Mars/Base")


@pytest.mark.parametrize(
    ("text", "token", "instant"),
    [
        ("2016-12-28 04:03 pm", "YYYY-MM-DD hh:mm a", utc(2016, 12, 28, 16, 3)),
        ("2016-12-28 04:03 p", "YYYY-MM-DD hh:mm a", utc(2016, 12, 28, 16, 3)),
        ("2016-12-28 12:03 AM", "YYYY-MM-DD hh:mm A", utc(2016, 12, 28, 0, 3)),
        ("2016-12-28 12:03 PM", "YYYY-MM-DD hh:mm A", utc(2016, 12, 28, 12, 3)),
        ("28/12/16", "DD.MM.YY", utc(2016, 12, 28)),
        ("28/12/69", "DD.MM.YY", utc(1969, 12, 28)),
        ("28/12/68", "DD.MM.YYYY", utc(2068, 12, 28)),
        ("20161228160306", "YYYYMMDDHHmmss", utc(2016, 12, 28, 16, 3, 6)),
        ("2016-12-28T16:03:06.12Z", "YYYY-MM-DDTHH:mm:ss.SSSZ", utc(2016, 12, 28, 16, 3, 6, 120000)),
        ("2016-12-28T16:03:06-05:00", "YYYY-MM-DDTHH:mm:ssZ", utc(2016, 12, 28, 21, 3, 6)),
        ("2016-12-28 16:03 GMT+0200", "YYYY-MM-DD HH:mm ZZ", utc(2016, 12, 28, 14, 3)),
        ("Wednesday, December 28th 2016", "dddd, MMMM Do YYYY", utc(2016, 12, 28)),
        ("wed dec 28 2016", "ddd MMM D YYYY", utc(2016, 12, 28)),
        ("2016-12-28", "YYYY-MM-DD HH:mm", utc(2016, 12, 28)),
        ("2016-12-28 and more", "YYYY-MM-DD", utc(2016, 12, 28)),
        ("  2016 - 12 - 28", "YYYY-MM-DD", utc(2016, 12, 28)),
        ("on 28.12.2016", "[on] DD.MM.YYYY", utc(2016, 12, 28)),
        ("2016", "YYYY", utc(2016, 1, 1)),
        ("12/2016", "MM/YYYY", utc(2016, 12, 1)),
        ("12-28", "MM-DD", utc(2026, 12, 28)),
        ("16:03", "HH:mm", utc(2026, 1, 15, 16, 3)),
        ("24:00 2016-12-28", "HH:mm YYYY-MM-DD", utc(2016, 12, 29)),
        ("2016 366", "YYYY DDD", utc(2016, 12, 31)),
        ("2016 4", "YYYY Q", utc(2016, 10, 1)),
        ("2015 53 7", "GGGG W E", utc(2016, 1, 3)),
        ("-1.5", "X", utc(1969, 12, 31, 23, 59, 58, 500000)),
        ("1482940986.123", "X", utc(2016, 12, 28, 16, 3, 6, 123000)),
        ("on 1482940986123", "[on] x", utc(2016, 12, 28, 16, 3, 6, 123000)),
        ("2016-1-2 3:4:5", "YYYY-MM-DD HH:mm:ss", utc(2016, 1, 2, 3, 4, 5)),
    ],
)
def test_parse_tokens(text: str, token: str, instant: datetime) -> None:
    assert run("parseDate(1.t; 1.f)", {"t": text, "f": token}) == instant


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("soon", "YYYY-MM-DD"), ("", "YYYY"), ("2016-13-01", "YYYY-MM-DD"), ("2016-02-30", "YYYY-MM-DD"),
        ("2016", "YYYY-MM-DD"), ("2016-12", "YYYY-MM-DD"), ("2016-12-28 25:00", "YYYY-MM-DD HH:mm"),
        ("2016-12-28 xx", "YYYY-MM-DD HH"), ("Smarch 1 2016", "MMMM D YYYY"), ("2016 367", "YYYY DDD"),
        ("2014 53 1", "GGGG W E"), ("5", "Q"), ("2016-12-28", ""), ("2016-12-28", "[x]"), ("3", "ww"),
        ("2016-12-28 10:00 +99:00", "YYYY-MM-DD HH:mm Z"), ("99999999999999999", "x"), ("0 2016", "k YYYY"),
        ("25 2016", "k YYYY"), ("-5", "Y"), ("24:01 2016-12-28", "HH:mm YYYY-MM-DD"),
    ],
)  # fmt: skip
def test_texts_that_do_not_fit_the_tokens(text: str, token: str) -> None:
    with pytest.raises(DataError):
        run("parseDate(1.t; 1.f)", {"t": text, "f": token})


def test_parse_without_a_format() -> None:
    instant = utc(2016, 12, 28, 16, 3, 6, 123000)
    for value in (
        "1482940986.123",
        1482940986.123,
        "1482940986123",
        1482940986123,
        "2016-12-28T16:03:06.123Z",
        instant,
    ):
        assert run("parseDate(1.t)", {"t": value}) == instant
    assert run("parseDate(1.t; ; 1.z)", {"t": "2016-12-28", "z": PRAGUE}) == utc(2016, 12, 27, 23)
    for value in ("soon", "", None, True):
        with pytest.raises(DataError):
            run("parseDate(1.t)", {"t": value})


def test_parse_in_a_zone() -> None:
    bundle = {"t": "2016-12-28 16:03", "f": "YYYY-MM-DD HH:mm"}
    assert run('parseDate(1.t; 1.f; "America/New_York")', bundle, timezone=PRAGUE) == utc(2016, 12, 28, 21, 3)
    assert run("parseDate(1.t; 1.f)", bundle, timezone=PRAGUE) == utc(2016, 12, 28, 15, 3)
    # Today is a day of the zone: it is already tomorrow in Auckland.
    late = utc(2026, 1, 15, 20)
    assert run('parseDate("08:00"; "HH:mm"; "Pacific/Auckland")', now=late) == utc(2026, 1, 15, 19)
