"""The analytics (contract 2.9) against a hand-made diary, and against a naive computation."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.crm.diary import DAY, NOW, Diary, open_diary
from tieline.crm import analytics, finding, opens, timeline
from tieline.crm.accounts import caller_by_id, create_account, list_accounts, update_profile
from tieline.crm.analytics.metrics import METRICS
from tieline.crm.analytics.periods import periods_of
from tieline.crm.analytics.streams import TEAM_ACTIVITY
from tieline.crm.settings import AccountSettings, StepSetting, save_settings
from tieline.errors import InvalidInput, NotFound
from tieline.records.analytics import AnalyticsQuery, FunnelQuery, ProjectQuery
from tieline.records.codec import convert
from tieline.store.database import Database

ME = "dana@example.org"
ROSA = "rosa@x.example"
STOCKHOLM = "Europe/Stockholm"


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
async def diary(database: Database) -> AsyncIterator[Diary]:
    async with open_diary(database, timezone=STOCKHOLM) as opened:
        yield opened


def at(diary: Diary, text: str) -> None:
    """Go to that moment; only forward, as time does."""
    diary.clock.now = moment(text) / 1000


def about(days: float) -> Any:
    """So many days; writes at one moment are a millisecond apart."""
    return pytest.approx(days * DAY, abs=20)


async def activity(diary: Diary, **query: Any) -> list[dict[str, Any]]:
    return await diary.ask(analytics.activity, convert(AnalyticsQuery, query))


async def leads(diary: Diary, **query: Any) -> list[dict[str, Any]]:
    return await diary.ask(analytics.leads, convert(AnalyticsQuery, query))


async def projects(diary: Diary, **query: Any) -> list[dict[str, Any]]:
    return await diary.ask(analytics.projects, convert(ProjectQuery, query))


async def funnel(diary: Diary, usertags: tuple[str, ...] = (), **query: Any) -> dict[str, dict[str, Any]]:
    rows = await diary.ask(analytics.funnel, convert(FunnelQuery, query), list(usertags))
    return {row["key"]: row for row in rows}


async def test_activity_of_a_quarter(diary: Diary) -> None:
    to_rosa: dict[str, Any] = {"from": ME, "recipients": [{"value": ROSA}]}
    from_rosa: dict[str, Any] = {"from": ROSA, "recipients": [{"value": ME}]}
    for sent in (
        {"style": "email", "date": "2026-11-03T09:00:00Z", **to_rosa},
        # Still October in UTC, but November in Stockholm.
        {"style": "email", "date": "2026-10-31T23:30:00Z", **from_rosa},
        {"style": "email", "date": "2026-12-01T09:00:00Z", "campaignId": "autumn", **from_rosa},
        {"style": "call", "date": "2026-11-05T09:00:00Z", "duration": 1.5, **to_rosa},
        {"style": "call", "date": "2026-11-05T10:00:00Z", "duration": 2, **to_rosa},
        {"style": "call", "date": "2026-11-05T11:00:00Z", "duration": 12, **to_rosa},
        {"style": "call", "date": "2026-12-05T11:00:00Z", "outcome": "leftvm", **from_rosa},
        {"style": "meeting", "date": "2026-12-06T11:00:00Z", "duration": 45, "measureas": "#Viewing", **to_rosa},
        {"style": "meeting", "date": "2027-01-20T11:00:00Z", "duration": 45, **to_rosa},  # planned
        {"style": "text", "date": "2027-01-02T11:00:00Z", **to_rosa},
        {"style": "direct", "date": "2027-01-03T11:00:00Z", **from_rosa},
    ):  # fmt: skip
        await diary.communication(**sent)
    november, december, january = await activity(diary, scale="month", max=3)
    assert [b["key"] for b in (november, december, january)] == ["2026-11", "2026-12", "2027-01"]
    assert november["stamp"] == moment("2026-10-31T23:00:00")
    assert seen(november) == {
        "sentmails": 1, "rcvdstandard": 1, "outbcalls": 3, "outbcallmins": 15.5, "outbcalls_short": 1,
        "outbcalls_short_mins": 1.5, "outbcalls_medium": 1, "outbcalls_medium_mins": 2, "outbcalls_long": 1,
        "outbcalls_long_mins": 12,
    }  # fmt: skip
    assert seen(december) == {
        "rcvdbulk": 1,
        "inbcalls": 1,
        "inbcalls_short": 1,
        "meetings": 1,
        "meetingmins": 45,
    }
    assert seen(january) == {"sentmessages": 1, "rcvdmessages": 1}
    [quarter] = await activity(diary, scale="quarter", end="2026-12-24", measures=["#viewing", "meetings"])
    assert quarter == {"key": "2026Q4", "stamp": moment("2026-09-30T22:00:00"), "#viewing": 1, "meetings": 1}


def seen(bucket: dict[str, Any]) -> dict[str, Any]:
    """The measures that are not 0."""
    return {name: value for name, value in bucket.items() if value and name not in {"key", "stamp"}}


async def test_notes_to_dos_steps_and_opens_have_their_own_moments(diary: Diary) -> None:
    steps = [StepSetting("customer", "lead", key, key.title()) for key in ("first", "second")]
    await diary.do(lambda tx, caller: save_settings(tx, caller.account_id, AccountSettings(steps=steps)))
    at(diary, "2026-10-05T12:00:00")
    await diary.add(emails=[{"value": ROSA}], segment="customer", stage="lead", step="first")
    note = await diary.content(uniqueid="1", body="Likes herring", references=[{"value": ROSA}])
    todo = await diary.todo(participants=[ROSA])
    mail = await diary.communication(recipients=[{"value": ROSA}], **{"from": ME})
    at(diary, "2026-11-05T12:00:00")
    await diary.do(timeline.change_text, note, text="Likes salmon")
    await diary.do(timeline.change_text, note, text="Likes salmon")  # nothing changes
    await diary.do(timeline.complete_todo, todo)
    await diary.do(opens.record_open, mail, about={"address": ROSA})
    await diary.do(opens.record_open, mail, at=moment("2026-11-06T12:00:00"), about={"address": ROSA})
    at(diary, "2026-12-05T12:00:00")
    await diary.content(
        uniqueid="1", update=True, date="2026-10-05T12:00:00Z", body="Likes cod", references=[{"value": ROSA}]
    )
    await diary.add(emails=[{"value": ROSA}], step="second")
    october, november, december = await activity(diary, max=3)
    assert seen(october) == {"creatednotes": 1, "newtodos": 1, "sentmails": 1}
    assert seen(november) == {"updatednotes": 1, "donetodos": 1, "mailopens": 2}
    assert seen(december) == {"updatednotes": 1, "donesteps": 1}


async def test_team_activity_is_of_one(diary: Diary) -> None:
    await diary.add("project", name="Kitchen", stage="won", customFields=[{"id": "value", "value": 1250.5}])
    [member] = await diary.ask(analytics.team_activity, AnalyticsQuery())
    assert (member["user"], member["name"]) == (ME, "Dana")
    assert set(member["buckets"][0]) == {"key", "stamp", *TEAM_ACTIVITY}
    assert member["buckets"][0]["meta_value"] == 1250.5
    assert await diary.ask(analytics.team_activity, AnalyticsQuery(tag="sales")) == []


async def test_a_refresh_within_fifteen_minutes_is_skipped(diary: Diary) -> None:
    async def update(**given: Any) -> tuple[Any, ...]:
        found = await diary.do(analytics.update_team_activity, **{"tag": "", "only_report": False, **given})
        return found.users, found.skipped, found.updated, found.oldest

    assert await update(only_report=True) == (1, 0, 0, None)
    assert await update() == (1, 0, 1, NOW)
    diary.clock.forward(14 * 60)
    assert await update() == (1, 1, 0, NOW)
    diary.clock.forward(60)
    assert await update() == (1, 0, 1, NOW + 15 * 60_000)
    assert await update(only_report=True) == (1, 0, 0, NOW + 15 * 60_000)
    assert await update(tag="sales") == (0, 0, 0, None)


async def lead(diary: Diary, name: str, **fields: Any) -> None:
    await diary.add(name=name, emails=[{"value": f"{name}@x.example"}], **fields)


async def test_leads_by_source(diary: Diary) -> None:
    web, fair = (
        [{"id": "lead-source", "type": "keywords", "value": word}] for word in ("web", ["web", "fair"])
    )
    at(diary, "2026-10-05T12:00:00")
    await lead(diary, "ada", stage="lead", customFields=web)
    await lead(diary, "bo", stage="lead", customFields=fair)
    await lead(diary, "cy", stage="lead")
    await lead(diary, "di", stage="current")  # never a lead
    await diary.add("company", name="Acme", domains=["acme.example"], stage="lead")  # no person
    at(diary, "2026-11-05T12:00:00")
    await lead(diary, "ada", stage="future")
    await lead(diary, "ada", stage="lead")
    await lead(diary, "ada", stage="current")
    await lead(diary, "bo", stage="out")
    await lead(diary, "cy", stage="past")
    await lead(diary, "di", stage="past")
    at(diary, "2026-12-05T12:00:00")
    october, november, december = await leads(diary, max=3)
    assert october == {
        "key": "2026-10",
        "stamp": moment("2026-09-30T22:00:00"),
        "new": 3,
        "qualified": 0,
        "lost": 0,
        "bysource": {
            "fair": {"new": 1, "qualified": 0, "lost": 0},
            "none": {"new": 1, "qualified": 0, "lost": 0},
            "web": {"new": 2, "qualified": 0, "lost": 0},
        },
    }
    assert (november["new"], november["qualified"], november["lost"]) == (1, 1, 2)
    assert november["bysource"]["web"] == {"new": 1, "qualified": 1, "lost": 1}
    assert (december["new"], december["bysource"]) == (0, {})
    assert await leads(diary, measures=["lost"], end="2026-11-30") == [
        {"key": "2026-11", "stamp": november["stamp"], "lost": 2}
    ]


async def project(diary: Diary, name: str, stage: str, value: float | None = None, **fields: Any) -> None:
    amount = {} if value is None else {"customFields": [{"id": "value", "value": value}]}
    await diary.add("project", name=name, stage=stage, **amount, **fields)


async def test_projects_of_the_pipeline(diary: Diary) -> None:
    at(diary, "2026-10-05T12:00:00")
    await project(diary, "Kitchen", "future", 900, endDate="2027-01-20", segment="project")
    await project(diary, "Roof", "current", 5000, endDate="2027-02-20", startDate="2026-11-01")
    await project(diary, "Garden", "pending", startDate="2027-03-01")
    await project(diary, "Garage", "current", 70)
    await project(diary, "Idea", "none", 1)
    at(diary, "2027-01-15T08:00:00")
    await project(diary, "Garage", "won")

    async def names(**query: Any) -> list[str]:
        return [row["name"] for row in await projects(diary, **query)]

    assert await names() == ["Roof", "Kitchen", "Garden"]
    assert await names(scale="month") == ["Kitchen", "Garden"]
    assert await names(scale="month", relative=1) == ["Roof"]
    assert await names(scale="month", always="in-period") == ["Kitchen", "Garage", "Garden"]
    assert await names(mode="active") == ["Roof", "Garden"]
    assert await names(mode="active", scale="month") == ["Roof"]
    assert await names(mode="active", scale="quarter") == ["Roof", "Garden"]
    rows = {row["name"]: row for row in await projects(diary, always="in-period")}
    assert rows["Roof"] == {
        "syncKey": rows["Roof"]["syncKey"], "name": "Roof", "segment": "none", "stage": "current", "nextstep": "none",
        "meta_value": 5000, "project_start": "2026-11-01", "project_active": "2026-10-05", "project_end": "2027-02-20",
    }  # fmt: skip
    assert (rows["Garage"]["project_active"], rows["Garage"]["project_end"]) == ("2026-10-05", "2027-01-15")
    assert set((await projects(diary, metrics=["stage"]))[0]) == {"syncKey", "name", "stage"}


async def test_the_funnel(diary: Diary) -> None:
    at(diary, "2027-01-01T12:00:00")
    await lead(diary, "ada", stage="lead", segment="customer")
    await lead(diary, "bo", stage="lead", segment="partner")
    for name in ("one", "two", "three", "four"):
        await project(diary, name, "future", segment="project")
    at(diary, "2027-01-03T12:00:00")
    await lead(diary, "ada", stage="current")
    await project(diary, "one", "current")
    await project(diary, "two", "lost")
    at(diary, "2027-01-06T12:00:00")
    await project(diary, "three", "current")
    await project(diary, "one", "won")
    metrics = [
        "leadcount", "futurecount", "currentcount", "woncount", "lostcount", "cumulative_future", "cumulative_won",
        "future_current", "period_future_lost", "future_time", "current_time", "won_time", "lead_uncombined_conversion",
        "future_uncombined_conversion", "future_combined_conversion",
    ]  # fmt: skip
    rows = await funnel(diary, metrics=metrics)
    assert list(rows) == ["customer", "partner", "project"]
    assert rows["project"] == {
        "key": "project", "leadcount": 0, "futurecount": 4, "currentcount": 2, "woncount": 1, "lostcount": 1,
        "cumulative_future": 1, "cumulative_won": 1, "future_current": 2, "period_future_lost": 1, "future_time": about(2),
        "current_time": about(3), "won_time": None, "lead_uncombined_conversion": None, "future_uncombined_conversion": 0.5,
        "future_combined_conversion": 0.25,
    }  # fmt: skip
    assert (rows["customer"]["leadcount"], rows["customer"]["lead_uncombined_conversion"]) == (1, 1)
    assert (rows["partner"]["leadcount"], rows["partner"]["lead_uncombined_conversion"]) == (1, 0)
    assert rows["customer"]["currentcount"] == 0, "the later stages are projects'"
    people = await funnel(diary, segment="Customers", metrics=["currentcount", "lead_combined_conversion"])
    assert people == {"customer": {"key": "customer", "currentcount": 1, "lead_combined_conversion": 1}}
    later = await funnel(diary, start="2027-01-05", metrics=["futurecount", "currentcount", "future_time"])
    assert later["project"] == {
        "key": "project",
        "futurecount": 0,
        "currentcount": 1,
        "future_time": about(5),
    }
    closed = await funnel(
        diary, start="2027-01-01", bounds="start", scale="day", metrics=["futurecount", "currentcount"]
    )
    assert closed["project"] == {"key": "project", "futurecount": 4, "currentcount": 0}
    assert await funnel(diary, usertags=("sales",)) == {}


async def test_a_funnel_of_some(diary: Diary) -> None:
    web, fair = (
        [{"id": "lead-source", "type": "keywords", "value": word}] for word in ("web", ["web", "Fair"])
    )
    await lead(
        diary, "ada", stage="lead", segment="customer", customFields=web, keywords=["VIP"], assignTo="me"
    )
    await lead(diary, "bo", stage="lead", segment="partner", customFields=fair)
    await lead(diary, "cy", stage="lead", segment="partner")

    async def counts(**query: Any) -> dict[str, int]:
        return {
            key: row["leadcount"]
            for key, row in (await funnel(diary, metrics=["leadcount"], **query)).items()
        }

    assert await counts() == {"customer": 1, "partner": 2}
    assert await counts(leadsegment="partner") == {"partner": 2}
    assert await counts(mode="leadsource") == {"none": 1, "Fair": 1, "web": 2}
    assert await counts(mode="leadsource", leadsources=["fair"]) == {"Fair": 1, "web": 1}
    assert await counts(mode="user") == {"none": 2, ME: 1}
    assert await counts(users=["me"]) == {"customer": 1}
    assert await counts(tag="vip") == {"customer": 1}
    assert await counts(tag="lead-source:fair") == {"partner": 1}
    [row] = (
        await funnel(
            diary,
            leadsegment="partner",
            metrics=["leadcount"],
            submetrics={"bysource": [{"mode": "leadsource", "metrics": ["leadcount"]}]},
        )
    ).values()
    assert row["bysource"] == [
        {"key": "Fair", "leadcount": 1}, {"key": "none", "leadcount": 1}, {"key": "web", "leadcount": 1},
    ]  # fmt: skip


async def test_steps_of_the_funnel(diary: Diary) -> None:
    steps = [
        StepSetting("project", stage, key, key.title())
        for stage, key in (("current", "offer"), ("current", "sign"))
    ]
    await diary.do(lambda tx, caller: save_settings(tx, caller.account_id, AccountSettings(steps=steps)))
    at(diary, "2026-12-01T12:00:00")
    for name in ("one", "two"):
        await project(diary, name, "current", segment="project", step="offer")
    at(diary, "2027-01-01T12:00:00")
    await project(diary, "three", "current", segment="project", step="offer")
    await project(diary, "one", "current", step="sign")
    at(diary, "2027-01-04T12:00:00")
    await project(diary, "one", "won")
    await project(diary, "two", "lost", step="none")
    names = [
        "stepcount", "period_stepcount", "stepwoncount", "steplostcount", "stepnextcount", "stepintocount",
        "stepintolostcount", "averagesteptime", "mediansteptime", "cumulative_stepcount", "step_uncombined_conversion",
    ]  # fmt: skip
    rows = await funnel(diary, mode="step", metrics=names)
    assert rows["offer"] == {
        "key": "offer", "stepcount": 3, "period_stepcount": 1, "stepwoncount": 0, "steplostcount": 1, "stepnextcount": 1,
        "stepintocount": 0, "stepintolostcount": 0, "averagesteptime": about(32.5), "mediansteptime": about(32.5),
        "cumulative_stepcount": 3, "step_uncombined_conversion": 0,
    }  # fmt: skip
    assert (rows["sign"]["stepcount"], rows["sign"]["stepwoncount"], rows["sign"]["stepintocount"]) == (
        1,
        1,
        1,
    )
    assert rows["sign"]["step_uncombined_conversion"] == 1
    [whole] = (await funnel(diary, metrics=["stepcount"])).values()
    assert whole == {"key": "project", "stepcount": 3}


async def test_what_was_done_for_the_funnel(diary: Diary) -> None:
    await lead(diary, "ada", stage="lead", segment="customer")
    ada = "ada@x.example"
    out: dict[str, Any] = {"from": ME, "recipients": [{"value": ada}], "threadid": "t"}
    back: dict[str, Any] = {"from": ada, "recipients": [{"value": ME}], "threadid": "t"}
    await diary.communication(date=NOW - 5 * DAY, **back)
    await diary.communication(date=NOW - 4 * DAY, **out)
    await diary.communication(date=NOW - 3 * DAY, **back)
    await diary.communication(style="call", date=NOW - 2 * DAY, duration=4, **out)
    await diary.communication(style="call", date=NOW - 1 * DAY, outcome="noanswer", **out)
    await diary.communication(style="meeting", date=NOW - DAY // 2, duration=30, measureas="dropin", **out)
    await diary.communication(style="postal", date=NOW - DAY // 2, **out)
    await diary.communication(style="meeting", date=NOW + DAY, **out)  # planned
    await diary.todo(participants=[ada])
    names = [
        "touch", "engagement", "interaction", "outreach", "average_touches", "lasttouch", "lastactivity", "lastengagement",
        "mailreplies", "mailclicks", "remails", "recalls", "recallmins", "remessages", "dropins", "dropinmins", "postalstd",
        "postalbulk", "sentmails", "newtodos", "donetodos",
    ]  # fmt: skip
    [row] = (await funnel(diary, metrics=names)).values()
    assert row == {
        "key": "customer", "touch": 5, "engagement": 3, "interaction": 2, "outreach": 3, "average_touches": 5,
        "lasttouch": NOW - DAY // 2, "lastactivity": NOW, "lastengagement": NOW - DAY // 2, "mailreplies": 1,
        "mailclicks": 0, "remails": 2, "recalls": 1, "recallmins": 0, "remessages": 0, "dropins": 1, "dropinmins": 30,
        "postalstd": 1, "postalbulk": 0, "sentmails": 1, "newtodos": 1, "donetodos": 0,
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["segment", "step", "leadsource", "user"])
async def test_every_metric_answers_for_every_mode(diary: Diary, mode: str) -> None:
    await lead(diary, "ada", stage="lead", segment="customer")
    await diary.communication(**{"from": ME, "recipients": [{"value": "ada@x.example"}]})
    rows = await funnel(diary, mode=mode, metrics=list(METRICS))
    assert rows
    assert all(row.keys() == {"key", *METRICS} for row in rows.values())


async def test_what_was_deleted_or_merged_counts_once_or_not_at_all(diary: Diary) -> None:
    await lead(diary, "ada", stage="lead")
    await lead(diary, "bo", stage="lead")
    await diary.add(emails=[{"value": "ada@x.example"}, {"value": "bo@x.example"}])
    [bucket] = await leads(diary, measures=["new"])
    assert bucket["new"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"scale": "fortnight"}, "scale"),
        ({"max": 0}, "max"),
        ({"max": 401}, "max"),
        ({"min": -1}, "min"),
        ({"start": "soon"}, "start"),
        ({"start": "2027-02-01", "end": "2027-01-01"}, "start"),
        ({"start": "1900-01-01"}, "start"),
        ({"end": "9999-12-31"}, "start"),
        ({"start": "2000-01-01", "scale": "day"}, "max"),
        ({"measures": ["sentmail"]}, "measures"),
        ({"measures": ["#"]}, "measures"),
    ],
)
async def test_queries_that_make_no_sense(diary: Diary, query: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await activity(diary, **query)
    assert (refused.value.field, bool(refused.value.remedy)) == (field, field != "scale")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"segment": "nobody"}, "segment"),
        ({"mode": "colour"}, "mode"),
        ({"metrics": ["wincount"]}, "metrics"),
        ({"submetrics": {"x": 1}}, "submetrics.[...]"),
        ({"submetrics": {"key": []}}, "submetrics"),
        ({"submetrics": {"x": [{"mode": "user", "metrics": ["none"]}]}}, "submetrics.x.metrics"),
    ],
)
async def test_funnels_that_make_no_sense(diary: Diary, query: dict[str, Any], field: str) -> None:
    await lead(diary, "ada", stage="lead")
    with pytest.raises(InvalidInput) as refused:
        await funnel(diary, **query)
    assert refused.value.field == field


async def test_opens_are_told_page_by_page(diary: Diary) -> None:
    await diary.communication(date=NOW - 9 * DAY, body='never "opens":[ed', recipients=[{"value": ROSA}])
    keys = [
        await diary.communication(date=NOW - age * DAY, recipients=[{"value": ROSA}], threadid="t")
        for age in (3, 2, 1)
    ]
    for key in keys[1:]:
        await diary.do(opens.record_open, key, at=NOW, cookie="c", about={"agent": "Mail"})
    await diary.do(opens.record_open, keys[2], at=NOW + 1, about={"agent": "Mail"})

    async def page(since: int = 0, cursor: str = "") -> opens.OpensPage:
        return await diary.ask(opens.opened, since=since, cursor=cursor, base_url="https://crm.example")

    found = await page()
    assert [message["date"] for message in found.messages] == [NOW - 2 * DAY, NOW - DAY]
    assert found.cursor is None
    last = found.messages[1]
    assert last["message"].startswith("https://crm.example/people/")
    assert (last["threadId"], last["opens"]) == (
        "t",
        [{"about": {"agent": "Mail"}, "breakdown": [{"date": NOW, "cookie": "c"}, {"date": NOW + 1}]}],
    )
    assert len((await page(since=NOW - DAY)).messages) == 1
    assert (await diary.message(keys[2])).keys().isdisjoint({"opens"})
    old, opens.PAGE = opens.PAGE, 1  # type: ignore[misc]
    try:
        first = await page()
        assert first.cursor is not None
        second = await page(cursor=first.cursor)
        assert [m["date"] for m in (*first.messages, *second.messages)] == [NOW - 2 * DAY, NOW - DAY]
        assert second.cursor is None
    finally:
        opens.PAGE = old  # type: ignore[misc]
    with pytest.raises(InvalidInput):
        await page(cursor="x")
    with pytest.raises(NotFound):
        await diary.do(opens.record_open, "nothing")
    with pytest.raises(InvalidInput):
        await diary.do(opens.record_open, await diary.todo())


async def test_a_new_version_of_a_mail_keeps_its_opens(diary: Diary) -> None:
    key = await diary.communication(date=NOW - DAY, key="m1", recipients=[{"value": ROSA}])
    await diary.do(opens.record_open, key)
    await diary.communication(date=NOW - DAY, key="m1", update=True, body="New", recipients=[{"value": ROSA}])
    assert len((await diary.ask(opens.opened, since=0, cursor="", base_url="")).messages) == 1


ZONES = ("UTC", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "America/Sao_Paulo", STOCKHOLM)
SCALES = st.sampled_from(["year", "quarter", "month", "week", "day"])
YEAR = 370 * DAY


def naive_key(scale: str, instant: int, zone: str) -> str:
    day = datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).date()
    return {
        "year": f"{day.year}",
        "quarter": f"{day.year}Q{(day.month + 2) // 3}",
        "month": day.isoformat()[:7],
        "week": f"{day.isocalendar().year}W{day.isocalendar().week:02}",
        "day": day.isoformat(),
    }[scale]


async def new_account(diary: Diary, zone: str) -> Diary:
    """Another account in the same database, its clock a year back."""
    diary.clock.now = (NOW - YEAR) / 1000
    found = await diary.database.write(create_account, f"{len(await accounts(diary))}@example.org")
    caller = await diary.database.read(caller_by_id, found.id)
    await diary.database.write(update_profile, caller, name="", country="US", timezone=zone, aka=[])
    return Diary(diary.database, await diary.database.read(caller_by_id, found.id), diary.clock)


async def accounts(diary: Diary) -> list[Any]:
    return await diary.database.read(list_accounts)


COMMUNICATIONS = st.lists(
    st.tuples(
        st.integers(0, YEAR // 60_000),
        st.sampled_from(["email", "call", "meeting", "text"]),
        st.sampled_from(["inbound", "outbound"]),
        st.integers(0, 30),
    ),
    max_size=25,
)
NAMES = {"email": ("rcvdstandard", "sentmails"), "call": ("inbcalls", "outbcalls"), "meeting": ("meetings",) * 2, "text": ("rcvdmessages", "sentmessages")}  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone=st.sampled_from(ZONES), scale=SCALES, most=st.integers(1, 15), sent=COMMUNICATIONS)
async def test_activity_is_what_counting_by_hand_gives(
    diary: Diary, zone: str, scale: str, most: int, sent: list[tuple[int, str, str, int]]
) -> None:
    own = await new_account(diary, zone)
    own.clock.now = NOW / 1000
    counts: Counter[tuple[str, str]] = Counter()
    for age, style, direction, minutes in sent:
        date = NOW - age * 60_000
        await own.communication(
            style=style, direction=direction, date=date, duration=minutes, recipients=[{"value": ROSA}]
        )
        key = naive_key(scale, date, zone)
        counts[key, NAMES[style][direction == "outbound"]] += 1
        if style in {"call", "meeting"}:
            counts[
                key, "meetingmins" if style == "meeting" else f"{direction.removesuffix('ound')}callmins"
            ] += minutes
    buckets = await activity(own, scale=scale, max=most)
    assert len(buckets) == most
    assert buckets[-1]["key"] == naive_key(scale, NOW, zone)
    for bucket in buckets:
        expected = {name: value for (key, name), value in counts.items() if key == bucket["key"] and value}
        assert {n: v for n, v in seen(bucket).items() if "_" not in n} == expected
        assert (
            naive_key(scale, bucket["stamp"], zone)
            == bucket["key"]
            != naive_key(scale, bucket["stamp"] - 1, zone)
        )


MOVES = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(["none", "future", "current", "pending", "won", "lost"]),
        st.integers(1, 40 * DAY // 60_000),
    ),
    max_size=14,
)
RANKS = {"none": 0, "lost": 0, "future": 2, "current": 3, "pending": 4, "won": 5}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=MOVES, scale=SCALES)
async def test_the_funnel_is_what_following_by_hand_gives(
    diary: Diary, steps: list[tuple[int, str, int]], scale: str
) -> None:
    own = await new_account(diary, STOCKHOLM)
    ways: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, stage, wait in steps:
        own.clock.now = min(own.clock.now + wait * 60, NOW / 1000)
        await project(own, f"Project {number}", stage, segment="project")
        if stage != (ways[number][-1][1] if ways[number] else "none"):
            ways[number].append((await last_change(own, f"Project {number}"), stage))
    own.clock.now = max(NOW / 1000, own.clock.now)
    rows = await funnel(own, scale=scale, metrics=[m for m in METRICS if "step" not in m])
    assert set(rows) == ({"project"} if steps else set())
    if not steps:
        return
    [period] = await own.ask(lambda tx, caller: periods_of(caller, AnalyticsQuery(scale=scale)))
    expected = followed(list(ways.values()), period.begins, period.ends)
    assert {name: rows["project"][name] for name in expected} == expected


async def last_change(diary: Diary, name: str) -> int:
    page = await diary.ask(finding.find, "project", finding.FindQuery(name=name, detailed=True))
    return int(page.records[0]["lastChanged"])


def followed(ways: list[list[tuple[int, str]]], begins: int, ends: int) -> dict[str, Any]:
    """The funnel's figures by looking at one project after the other."""

    def inside(at: int) -> bool:
        return begins <= at < ends

    made: dict[str, Any] = {}
    for stage in ("future", "current", "pending", "won", "lost"):
        came = [(way, n) for way in ways for n, (at, to) in enumerate(way) if to == stage]
        fresh = [(way, n) for way, n in came if inside(way[n][0])]
        made[f"{stage}count"] = len({id(way) for way, _ in fresh})
        here = [way for way in ways if way and way[-1][1] == stage]
        kept = [way for way in here if inside(way[-1][0])]
        made[f"cumulative_{stage}"] = len(kept if stage in {"won", "lost"} else here)
        spent = [way[n + 1][0] - way[n][0] for way, n in came if n + 1 < len(way) and inside(way[n + 1][0])]
        made[f"{stage}_time"] = round(statistics.median(spent)) if spent else None
        if stage in {"future", "current", "pending"}:
            best = [(way, max((RANKS[to] for _, to in way[n + 1 :]), default=0)) for way, n in fresh]
            for name, least in (("uncombined", RANKS[stage] + 1), ("combined", RANKS["won"])):
                on = {id(way) for way, rank in best if rank >= least}
                share = round(len(on) / made[f"{stage}count"], 4) if fresh else None
                made[f"{stage}_{name}_conversion"] = share
    for name in (
        name for name in METRICS if name.startswith("period_") and "step" not in name and "lead" not in name
    ):
        before, after = name.removeprefix("period_").split("_")
        went = [
            (way, n)
            for way in ways
            for n in range(1, len(way))
            if (way[n - 1][1], way[n][1]) == (before, after)
        ]
        made[name] = len({id(way) for way, n in went if inside(way[n][0])})
        made[f"{before}_{after}"] = len({id(way) for way, _ in went})
    return made
