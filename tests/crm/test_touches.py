"""What entries do to the relations they concern: derived values, `lastChanged`, webhooks (contract 2.8, 5.4, 6.2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crm.diary import DAY, NOW, Diary, open_diary
from tieline.crm import timeline
from tieline.crm.derived import recompute
from tieline.crm.scoring import HALF_LIFE, Touch, energy_of, explained, score_at, threshold
from tieline.crm.subscriptions import subscribe
from tieline.crm.touches import handlers
from tieline.http import Door
from tieline.jobs import Job
from tieline.records.codec import convert
from tieline.records.timeline import ToDo
from tieline.records.webhook import SubscribeRequest
from tieline.settings import Settings
from tieline.store import tables
from tieline.store.database import Database, Row

ROSA = "rosa@x.example"


@pytest.fixture
async def diary(database: Database) -> AsyncIterator[Diary]:
    async with open_diary(database) as opened:
        yield opened


async def mail(diary: Diary, age: int, **fields: Any) -> str:
    return await diary.communication(date=NOW - age * DAY, recipients=[{"value": ROSA}], **fields)


async def deliveries(diary: Diary) -> list[Row]:
    return await diary.database.read(lambda tx: tx.all(tables.delivery.select()))


async def test_talks_are_counted_in_any_order(diary: Diary) -> None:
    for age, style in ((5, "email"), (50, "call"), (2, "text"), (7, "meeting"), (9, "direct")):
        await mail(diary, age, style=style)
    row = await diary.known(ROSA)
    assert (row["talks"], row["first_met"], row["last_talked"]) == (5, NOW - 50 * DAY, NOW - 2 * DAY)
    assert row["went_quiet"] == NOW + 28 * DAY
    ages = {"email": 5, "call": 50, "text": 2, "meeting": 7, "message": 9}
    touches = [Touch(style, NOW - age * DAY, "outbound") for style, age in ages.items()]
    assert row["energy"] == pytest.approx(energy_of(touches))


async def test_what_is_no_talk_counts_nothing(diary: Diary) -> None:
    for style in ("postal", "postal-bulk", "inapp"):
        await mail(diary, 1, style=style)
    for style in ("note", "event", "todo", "file"):
        await diary.content(style=style, uniqueid=style, references=[{"value": ROSA}])
    await diary.todo(participants=[ROSA])
    row = await diary.known(ROSA)
    assert (row["talks"], row["first_met"], row["last_talked"], row["energy"]) == (0, None, None, None)


async def test_it_takes_three_talks_to_go_quiet(diary: Diary) -> None:
    await mail(diary, 90)
    await mail(diary, 80)
    assert (await diary.known(ROSA))["went_quiet"] is None
    await mail(diary, 70)
    assert (await diary.known(ROSA))["went_quiet"] == NOW - 40 * DAY


async def test_companies_and_projects_follow_their_people(diary: Diary) -> None:
    rosa = await diary.add(
        emails=[{"value": ROSA}], companies=[{"name": "Fjord", "domains": ["fjord.example"]}]
    )
    project = await diary.add("project", name="Kitchen", clientpeople=[{"emails": [{"value": ROSA}]}])
    other = await diary.add("company", name="Other", domains=["other.example"])
    await mail(diary, 3)
    for kind, identifier in (("person", rosa), ("company", "fjord.example"), ("project", project)):
        row = await diary.known(identifier, kind)
        assert (row["talks"], row["last_talked"]) == (1, NOW - 3 * DAY), kind
    assert (await diary.known(other, "company"))["talks"] == 0
    # named together with its person, a company still counts one talk
    await diary.communication(
        date=NOW - DAY, recipients=[{"value": ROSA}], references=[{"value": "fjord.example"}]
    )
    assert (await diary.known("fjord.example", "company"))["talks"] == 2


async def test_a_reference_makes_an_organisation_talked_to(diary: Diary) -> None:
    await diary.add("company", name="Fjord", domains=["fjord.example"])
    await diary.communication(date=NOW - DAY, references=[{"value": "fjord.example"}])
    assert (await diary.known("fjord.example", "company"))["last_talked"] == NOW - DAY


async def test_the_next_date_due(diary: Diary) -> None:
    async def next_due() -> int | None:
        due: int | None = (await diary.known(ROSA))["due_next"]
        return due

    await diary.todo(participants=[ROSA], when=1)
    assert await next_due() is None
    later = await diary.todo(participants=[ROSA], when=NOW + 9 * DAY)
    sooner = await diary.todo(participants=[ROSA], when=NOW + 2 * DAY)
    await mail(diary, 1, due=NOW + 5 * DAY)
    assert await next_due() == NOW + 2 * DAY
    await diary.do(timeline.complete_todo, sooner)
    assert await next_due() == NOW + 5 * DAY
    await diary.do(timeline.change_todo, later, convert(ToDo, {"when": NOW - DAY}))
    assert await next_due() == NOW - DAY  # past ones included
    await diary.do(timeline.delete_entry, later)
    await diary.do(timeline.complete_todo, sooner, done=False)
    assert await next_due() == NOW + 2 * DAY


async def test_deleting_and_replacing_takes_talks_back(diary: Diary) -> None:
    rosa = await diary.add(
        emails=[{"value": ROSA}], companies=[{"name": "Fjord", "domains": ["fjord.example"]}]
    )
    first, _ = await mail(diary, 9), await mail(diary, 5)
    last = await mail(diary, 1, key="m-1")
    await diary.do(timeline.delete_entry, first)
    await diary.communication(key="m-1", update=True, date=NOW - DAY, recipients=[{"value": "per@x.example"}])
    for kind, identifier in (("person", rosa), ("company", "fjord.example")):
        row = await diary.known(identifier, kind)
        assert (row["talks"], row["first_met"], row["last_talked"]) == (1, NOW - 5 * DAY, NOW - 5 * DAY)
    assert (await diary.known("per@x.example"))["talks"] == 1
    assert (await diary.page("per@x.example"))[0] == [last]


async def test_a_meeting_to_come_is_a_talk_when_its_time_has_come(diary: Diary) -> None:
    await mail(diary, -3, style="meeting")
    assert (await diary.known(ROSA))["talks"] == 0
    [job] = await diary.database.read(_jobs_waiting)
    assert job == ("timeline.happened", NOW + 3 * DAY)
    diary.clock.forward(3 * 86_400)
    entry = await diary.database.read(lambda tx: tx.scalar(tables.entry.select()))
    await handlers(diary.database)["timeline.happened"](Job(1, "timeline.happened", {"entry": entry}, 1))
    row = await diary.known(ROSA)
    assert (row["talks"], row["last_talked"]) == (1, NOW + 3 * DAY)


def _jobs_waiting(tx: Any) -> list[tuple[str, int]]:
    if tx.dialect == "postgresql":
        from sqlalchemy import text

        rows = tx.all(text("SELECT task_name, scheduled_at FROM procrastinate_jobs"))
        return [(row["task_name"], round(row["scheduled_at"].timestamp() * 1000)) for row in rows]
    return [(row["kind"], row["run_at"]) for row in tx.all(tables.job.select())]


async def test_an_entry_moves_last_changed_and_tells_plain_subscribers(diary: Diary) -> None:
    rosa = await diary.add(name="Rosa", emails=[{"value": ROSA}], stage="lead")
    for event in ("person.change", "person.audit.change", "company.change"):
        request = SubscribeRequest(event=event, target_url="https://hooks.example/x")
        await diary.do(subscribe, request, door=Door(Settings()))
    before = (await diary.known(rosa))["last_changed"]
    diary.clock.forward(60)
    await mail(diary, 1)
    row = await diary.known(rosa)
    assert row["last_changed"] > before
    [delivery] = await deliveries(diary)
    [notification] = json.loads(delivery["body"])
    assert notification["event"] == "person.change"
    assert notification["changes"] == {}
    assert notification["person"]["lastChanged"] == row["last_changed"]
    assert notification["person"]["stage"] == "lead"


@pytest.mark.parametrize("style", ["note", "event", "todo", "file"])
async def test_notes_and_the_like_move_last_changed_too(diary: Diary, style: str) -> None:
    rosa = await diary.add(emails=[{"value": ROSA}])
    before = (await diary.known(rosa))["last_changed"]
    key = await diary.content(style=style, uniqueid="1", references=[{"value": ROSA}])
    between = (await diary.known(rosa))["last_changed"]
    await diary.do(timeline.delete_entry, key)
    assert before < between < (await diary.known(rosa))["last_changed"]


async def test_a_repeat_without_update_touches_nobody(diary: Diary) -> None:
    await mail(diary, 1, key="m-1")
    before = await diary.known(ROSA)
    await mail(diary, 1, key="m-1")
    assert dict(await diary.known(ROSA)) == dict(before)


async def test_counting_on_and_counting_anew_agree(diary: Diary) -> None:
    await diary.add(emails=[{"value": ROSA}], companies=[{"name": "Fjord", "domains": ["fjord.example"]}])
    for age in (3, 40, 12):
        await mail(diary, age)
    await diary.todo(participants=[ROSA], when=NOW + DAY)
    counted = [dict(await diary.known(ROSA)), dict(await diary.known("fjord.example", "company"))]
    await diary.database.write(recompute, [row["id"] for row in counted])
    anew = [dict(await diary.known(ROSA)), dict(await diary.known("fjord.example", "company"))]
    for one, other in zip(anew, counted, strict=True):
        assert one.pop("energy") == pytest.approx(other.pop("energy"))
    assert anew == counted


TOUCHES = st.lists(
    st.builds(
        Touch,
        st.sampled_from(["meeting", "call", "email", "text", "message", "note"]),
        st.integers(0, 3000).map(lambda age: NOW - age * DAY),
        st.sampled_from(["inbound", "outbound", ""]),
    ),
    max_size=30,
)


@given(TOUCHES, TOUCHES, st.integers(0, 400))
def test_the_score_grows_with_touches_and_fades_with_time(
    one: list[Touch], more: list[Touch], days: int
) -> None:
    score = score_at(energy_of(one), NOW)
    assert 0 <= score <= 100
    assert score_at(energy_of([*one, *more]), NOW) >= score
    assert score_at(energy_of(one), NOW + days * DAY) <= score
    left = sum(touch.worth * 2 ** ((touch.at - NOW) / HALF_LIFE) for touch in one)
    assert score == pytest.approx(100 * left / (left + 8), abs=0.51)
    assert explained(one, NOW)["sum"] == pytest.approx(left, abs=0.01)


@given(TOUCHES, st.integers(1, 100))
def test_a_bound_of_the_energy_is_a_bound_of_the_score(touches: list[Touch], score: int) -> None:
    energy = energy_of(touches)
    found = score_at(energy, NOW)
    if energy is not None and abs(energy - threshold(score, NOW)) > 1e-6:
        assert (energy >= threshold(score, NOW)) == (found >= score)


def test_the_ends_of_the_score() -> None:
    assert score_at(None, NOW) == 0
    assert score_at(energy_of([Touch("email", NOW, "outbound")]), NOW) == 11
    weekly = [Touch("email", NOW - n * 7 * DAY, "inbound" if n % 2 else "outbound") for n in range(100)]
    assert score_at(energy_of(weekly), NOW) == pytest.approx(75, abs=2)
    assert score_at(energy_of([Touch("meeting", NOW)] * 10_000), NOW) == 100


async def test_timeline_notes_of_a_person_become_notes(diary: Diary) -> None:
    rosa = await diary.add(emails=[{"value": ROSA}], timelineNotes=["Met at the fair", " ", "Likes fish"])
    keys, _ = await diary.page(rosa, filter="note")
    assert [(await diary.message(key))["preview"] for key in keys] == ["Likes fish", "Met at the fair"]
    before = (await diary.known(rosa))["last_changed"]
    await diary.add(emails=[{"value": ROSA}], timelineNotes="Moved")  # nothing else changes
    assert len((await diary.page(rosa))[0]) == 3
    assert (await diary.known(rosa))["last_changed"] > before


async def test_merged_records_add_up_their_talks(diary: Diary) -> None:
    await mail(diary, 9)
    await diary.communication(date=NOW - 2 * DAY, recipients=[{"value": "rosa@home.example"}])
    shared = await diary.communication(
        date=NOW - DAY, recipients=[{"value": ROSA}, {"value": "rosa@home.example"}]
    )
    rosa = await diary.add(emails=[{"value": ROSA}, {"value": "rosa@home.example"}])
    row = await diary.known(rosa)
    assert (row["talks"], row["first_met"], row["last_talked"]) == (3, NOW - 9 * DAY, NOW - DAY)
    keys, _ = await diary.page("rosa@home.example")
    assert len(keys) == 3
    assert keys[0] == shared


async def test_a_company_linked_later_has_the_talks_of_its_people(diary: Diary) -> None:
    await mail(diary, 9)
    await diary.add(emails=[{"value": ROSA}], companies=[{"name": "Fjord", "domains": ["fjord.example"]}])
    assert (await diary.known("fjord.example", "company"))["last_talked"] == NOW - 9 * DAY
