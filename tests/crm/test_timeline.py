"""Communications, content and to-dos: what is stored, who is linked, what is refused (contract 2.8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.crm.diary import DAY, NOW, Diary, open_diary
from tieline.crm import timeline
from tieline.crm.accounts import caller_by_id, create_account
from tieline.errors import InvalidInput, NoIdentifier, NotFound, PermissionDenied
from tieline.records.codec import convert
from tieline.records.timeline import MessageRef, ToDo
from tieline.store.database import Database


@pytest.fixture
async def diary(database: Database) -> AsyncIterator[Diary]:
    async with open_diary(database) as opened:
        yield opened


async def test_a_communication_is_read_back_as_it_was_sent(diary: Diary) -> None:
    key = await diary.communication(
        style="email",
        date="2027-01-10T09:00:00Z",
        **{"from": "rosa@fjordfoods.example"},
        name="Rosa Lindqvist",
        recipients=[{"value": "dana@example.org", "role": "to"}, {"value": "per@x.example", "name": "Per", "role": "CC"}],
        references=[{"value": "fjordfoods.example", "name": "Fjord Foods"}],
        subject="Order 17",
        body="<p>Dear Dana,</p><p>we need <b>more</b> fish.</p>",
        bodytype="html",
        threadid="t-17",
        links=[{"value": "https://shop.example/17", "title": "Order", "mimeType": "text/html"}],
        due="2027-02-01",
    )  # fmt: skip
    assert len(key) == 43
    message = await diary.message(key)
    assert message == {
        "key": key,
        "changed": message["changed"],
        "style": "email",
        "date": NOW - 5 * DAY + 3_600_000,
        "from": {"value": "rosa@fjordfoods.example", "name": "Rosa Lindqvist"},
        "recipients": [
            {"value": "dana@example.org", "role": "to"},
            {"value": "per@x.example", "name": "Per", "role": "cc"},
        ],
        "references": [{"value": "fjordfoods.example", "name": "Fjord Foods"}],
        "subject": "Order 17",
        "preview": "Dear Dana, we need more fish.",
        "bodytype": "html",
        "direction": "inbound",
        "threadid": "t-17",
        "links": [{"value": "https://shop.example/17", "title": "Order", "mimeType": "text/html"}],
        "due": 1_801_440_000_000,
    }
    body = await diary.ask(timeline.body, key)
    assert (body.mime_type, body.body) == ("text/html", "<p>Dear Dana,</p><p>we need <b>more</b> fish.</p>")


async def test_people_who_are_named_are_discovered_and_organisations_are_not(diary: Diary) -> None:
    rosa = await diary.add(name="Rosa", emails=[{"value": "rosa@fjordfoods.example"}])
    company = await diary.add("company", name="Known", domains=["known.example"])
    key = await diary.communication(
        **{"from": "ROSA@fjordfoods.example"},
        recipients=[
            {"value": "dana@example.org"},
            {"value": "Dana@Home.example"},
            {"value": "per.holm@x.example"},
            {"value": "+46 70 555 01 20", "name": "Kim Berg"},
            {"value": "someone"},
        ],
        references=[
            {"value": "known.example"},
            {"value": "unknown.example"},
            {"value": "10042001"},
            {"value": "new@y.example"},
        ],
    )
    per, kim, new = [await diary.known(i) for i in ("per.holm@x.example", "+46705550120", "new@y.example")]
    assert all(row["discovered"] for row in (per, kim, new))
    assert per["segment"] is per["stage"] is None
    assert (per["name"], kim["name"]) == ("per.holm", "Kim Berg")
    assert await diary.row("dana@example.org") is None
    assert await diary.row("unknown.example", "company") is None
    assert await diary.row("10042001") is None
    assert await diary.count("relation") == 5
    for identifier in (rosa, "per.holm@x.example", "+46705550120", "new@y.example"):
        assert (await diary.page(identifier))[0] == [key]
    assert (await diary.page(company, "company"))[0] == [key]


async def test_references_of_either_form(diary: Diary) -> None:
    person = await diary.add(emails=[{"value": "rosa@x.example"}])
    company = await diary.add("company", name="Fjord", domains=["fjord.example"])
    project = await diary.add("project", name="New kitchen")
    key = await diary.communication(
        references=[
            {"name": "Rosa", "type": "person", "ids": ["unknown-id", "rosa@x.example"]},
            {"name": "Fjord", "type": "company", "ids": ["fjord.example"]},
            {"type": "project", "value": "New Kitchen"},
            {"name": "only a name"},
        ]
    )
    for kind, identifier in (("person", person), ("company", company), ("project", project)):
        assert (await diary.page(identifier, kind))[0] == [key]
    other = await diary.communication(references=[{"value": company}, {"value": project}, {"value": person}])
    for kind, identifier in (("person", person), ("company", company), ("project", project)):
        assert other in (await diary.page(identifier, kind))[0]


async def test_an_address_of_a_company_does_not_make_a_person(diary: Diary) -> None:
    await diary.add(
        "company", name="Fjord", domains=["fjord.example"], emails=[{"value": "info@fjord.example"}]
    )
    await diary.communication(references=[{"value": "info@fjord.example"}])
    assert await diary.row("info@fjord.example") is None
    await diary.communication(recipients=[{"value": "info@fjord.example"}])  # recipients are people only
    assert await diary.row("info@fjord.example") is not None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"style": "direct"}, {"style": "message"}),
        ({"style": "DIRECT"}, {"style": "message"}),
        ({"style": "postal-bulk"}, {"style": "postal-bulk"}),
        ({"style": "call", "outcome": "noanwser"}, {"outcome": "noanswer"}),
        ({"style": "call", "outcome": "noanswer"}, {"outcome": "noanswer"}),
        ({"style": "call", "outcome": "leftvm"}, {"outcome": "leftvm"}),
        ({"style": "call", "duration": "12.5"}, {"duration": 12.5}),
        ({"style": "meeting", "duration": 90, "location": " Oslo "}, {"duration": 90, "location": "Oslo"}),
        ({"style": "call", "direction": "Outbound", "from": "x@y.example"}, {"direction": "outbound"}),
        ({"style": "call", "from": "x@y.example"}, {"direction": "inbound"}),
        ({"style": "call", "from": "Dana@home.example"}, {"direction": "outbound"}),
        ({"style": "text", "recipients": [{"value": "+46705550120"}]}, {"direction": "outbound"}),
        ({"style": "text", "recipients": [{"value": "dana@example.org"}]}, {"direction": "inbound"}),
        (
            {"recipients": [{"value": "x@y.example", "name": "X", "role": "from"}]},
            {"from": {"value": "x@y.example", "name": "X"}, "direction": "inbound"},
        ),
        ({"date": None}, {"date": NOW}),
        ({"date": 1_700_000_000}, {"date": 1_700_000_000_000}),
        ({"date": "1/2/2026"}, {"date": 1_767_312_000_000}),
        ({"date": "1/2/2026", "dateFormat": "international"}, {"date": 1_769_904_000_000}),
        ({"due": 1}, {"due": 1}),
        ({"due": "1"}, {"due": 1}),
        ({"body": "x " * 3000}, {"preview": ("x " * 512).strip()}),
        ({"preview": "mine", "body": "text"}, {"preview": "mine", "bodytype": "text"}),
    ],
)
async def test_values_are_normalised(diary: Diary, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    message = await diary.message(await diary.communication(**fields))
    assert {name: message.get(name) for name in expected} == expected


async def test_the_vendors_spelling_in_strict_mode(diary: Diary) -> None:
    key = await diary.communication(style="call", outcome="noanswer")
    assert (await diary.message(key, strict=True))["outcome"] == "noanwser"


async def test_a_meeting_has_no_direction(diary: Diary) -> None:
    assert "direction" not in await diary.message(await diary.communication(style="meeting"))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"style": None}, "style"),
        ({"style": "fax"}, "style"),
        ({"style": "note"}, "style"),
        ({"date": "whenever"}, "date"),
        ({"date": True}, "date"),
        ({"due": "later"}, "due"),
        ({"dateFormat": "german", "date": "1/2/2026"}, "dateFormat"),
        ({"dateFormat": "german"}, "dateFormat"),
        ({"bodytype": "rtf"}, "bodytype"),
        ({"direction": "sideways"}, "direction"),
        ({"outcome": "busy"}, "outcome"),
        ({"duration": "long"}, "duration"),
        ({"duration": -1}, "duration"),
        ({"recipients": [{"name": "nobody"}]}, "recipients[0].value"),
        ({"recipients": [{"value": "a@b.example", "role": "reader"}]}, "recipients[0].role"),
        ({"references": [{}]}, "references[0].value"),
        ({"references": [{"value": "x", "type": "thing"}]}, "references[0].type"),
        ({"links": [{"title": "x"}]}, "links[0].value"),
        ({"from": "a@b.example", "recipients": [{"value": "c@d.example", "role": "from"}]}, "from"),
        ({"recipients": [{"value": f"p{n}@x.example"} for n in range(1001)]}, "references"),
    ],
)
async def test_bad_input_names_the_field_and_stores_nothing(
    diary: Diary, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await diary.communication(**fields)
    assert caught.value.field == named
    assert await diary.count("entry") == await diary.count("relation") == 0


async def test_nobody_writes_into_another_account(diary: Diary) -> None:
    with pytest.raises(PermissionDenied):
        await diary.communication(account="other@example.org")
    await diary.communication(account="Dana@example.org")
    assert await diary.count("entry") == 1


async def test_dry_runs_and_skipped_imports_change_nothing(diary: Diary) -> None:
    assert await diary.communication(dryrun=True, recipients=[{"value": "per@x.example"}]) == ""
    assert await diary.communication(skipImport=True, style="nonsense", date="never") == ""
    assert await diary.todo(dryrun=True) == await diary.todo(skipImport=True, subject="") == ""
    assert await diary.content(dryrun=True, uniqueid="1") == await diary.content(skipImport=True) == ""
    with pytest.raises(InvalidInput):
        await diary.communication(dryrun=True, style="nonsense")
    assert await diary.count("entry") == await diary.count("relation") == 0


async def test_a_repeated_key_matches_and_update_replaces(diary: Diary) -> None:
    key = await diary.communication(key="m-1", subject="First", recipients=[{"value": "per@x.example"}])
    assert await diary.communication(key="m-1", subject="Second") == key
    assert (await diary.message(key))["subject"] == "First"
    assert await diary.communication(key="m-1", subject="Third", update=True, body="new",
                                     recipients=[{"value": "rosa@x.example"}]) == key  # fmt: skip
    message = await diary.message(key)
    assert (message["subject"], message["preview"]) == ("Third", "new")
    assert await diary.count("entry") == 1
    assert (await diary.page("per@x.example"))[0] == []
    assert (await diary.page("rosa@x.example"))[0] == [key]


async def test_without_a_key_update_matches_style_date_sender_and_subject(diary: Diary) -> None:
    same: dict[str, Any] = {"style": "call", "date": "2027-01-10", "from": "per@x.example", "subject": "Hi"}
    key = await diary.communication(**same, body="one")
    assert await diary.communication(**same, body="two") != key  # two calls alike are two calls
    for other in ({"style": "text"}, {"date": "2027-01-11"}, {"from": "q@x.example"}, {"subject": "Ho"}):
        await diary.communication(**{**same, **other}, update=True)
    assert await diary.count("entry") == 6
    changed = await diary.communication(**same, body="three", update=True)
    assert await diary.count("entry") == 6
    assert (await diary.ask(timeline.body, changed)).body == "three"


async def test_content_matches_by_source_and_uniqueid(diary: Diary) -> None:
    note = await diary.content(uniqueid="7", source="Notes.example", subject="A", body="a")
    assert await diary.content(uniqueid=7, source="notes.example", subject="B") == note
    assert await diary.content(uniqueid="7", source="other.example") != note
    await diary.content(uniqueid="7", subject="C", update=True)
    message = await diary.message(note)
    assert (message["subject"], message["uniqueid"], message["source"]) == ("C", "7", "notes.example")


@pytest.mark.parametrize("style", ["note", "todo"])
async def test_notes_and_external_todos_need_uniqueid_and_source(diary: Diary, style: str) -> None:
    for fields, named in (({"uniqueid": None}, "uniqueid"), ({"uniqueid": "1", "source": ""}, "source")):
        with pytest.raises(InvalidInput) as caught:
            await diary.content(style=style, **fields)
        assert caught.value.field == named


async def test_kinds_of_content(diary: Diary) -> None:
    rosa = await diary.add(emails=[{"value": "rosa@x.example"}])
    about = {"references": [{"value": "rosa@x.example"}]}
    event = await diary.content(style="event", source=None, subject="Visited the shop", **about)
    file = await diary.content(style="file", source=None, subject="Offer.pdf", **about)
    todo = await diary.content(style="todo", uniqueid="1", subject="Send offer", **about)
    assert (await diary.message(todo))["due"] == 1
    assert (await diary.message(event)).get("due") is None
    assert set((await diary.page(rosa, filter=["external"]))[0]) == {event, file}
    assert (await diary.page(rosa, filter="todo"))[0] == [todo]
    assert (await diary.page(rosa, documentsOnly=True))[0] == [file]
    assert (await diary.page(rosa, remindersOnly=True))[0] == [todo]


async def test_a_todo(diary: Diary) -> None:
    rosa = await diary.add(name="Rosa", emails=[{"value": "rosa@x.example"}])
    company = await diary.add("company", name="Fjord", domains=["fjord.example"])
    key = await diary.todo(
        when="2027-02-01", preview="About the order", assigner="boss@example.org",
        participants=["rosa@x.example", "+46 70 555 01 20", "fjord.example", "nowhere.example"],
        references=[{"type": "person", "ids": [rosa]}],
    )  # fmt: skip
    message = await diary.message(key)
    assert message["references"][0] == {"value": "rosa@x.example"}
    for name in ("changed", "references"):
        message.pop(name)
    assert message == {
        "key": key, "style": "todo", "date": NOW, "subject": "Call back", "preview": "About the order",
        "due": 1_801_440_000_000, "assigner": "boss@example.org", "assignee": "dana@example.org",
    }  # fmt: skip
    assert (await diary.page(rosa))[0] == (await diary.page(company, "company"))[0] == [key]
    assert (await diary.page("+46705550120"))[0] == [key]


@pytest.mark.parametrize("when", [None, "", 1, "1", "someday"])
async def test_a_todo_without_a_date_is_for_someday(diary: Diary, when: object) -> None:
    assert (await diary.message(await diary.todo(when=when)))["due"] == 1


async def test_participants_may_be_a_text(diary: Diary) -> None:
    key = await diary.todo(participants="per@x.example, rosa@x.example")
    assert (await diary.page("per@x.example"))[0] == (await diary.page("rosa@x.example"))[0] == [key]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"subject": None}, "subject"),
        ({"subject": "  "}, "subject"),
        ({"when": "soon"}, "when"),
        ({"when": []}, "when"),
        ({"assigner": "nobody"}, "assigner"),
        ({"assignee": "nobody"}, "assignee"),
    ],
)
async def test_a_bad_todo_names_the_field(diary: Diary, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        await diary.todo(**fields)
    assert await diary.count("entry") == 0


async def test_assigning_to_others_needs_a_right(diary: Diary) -> None:
    await diary.todo(assignee="Dana@Home.example")
    with pytest.raises(PermissionDenied, match="assignee"):
        await diary.todo(assignee="other@example.org")


async def test_dates_are_read_in_the_time_zone_of_the_account(database: Database) -> None:
    async with open_diary(database, timezone="America/New_York") as diary:
        message = await diary.message(await diary.todo(when="2027-02-01"))
        assert message["due"] == 1_801_440_000_000 + 5 * 3_600_000


async def test_a_timeline_is_paged_from_the_newest_without_splitting_an_instant(diary: Diary) -> None:
    rosa = await diary.add(emails=[{"value": "rosa@x.example"}])
    keys = [
        await diary.communication(
            recipients=[{"value": "rosa@x.example"}], date=NOW - age * DAY, references=[{"value": rosa}]
        )
        for age in (5, 4, 3, 3, 3, 2, 1)
    ]
    assert (await diary.page(rosa))[0] == keys[::-1]
    assert (await diary.page(rosa))[1] is None
    first, stamp = await diary.page(rosa, limit=3)
    assert first == [keys[6], keys[5], keys[4], keys[3], keys[2]]
    assert stamp == NOW - 3 * DAY
    assert await diary.page(rosa, limit=3, stamp=stamp) == ([keys[1], keys[0]], None)
    assert await diary.page(rosa, limit="1", stamp=str(stamp)) == ([keys[1]], NOW - 4 * DAY)
    assert await diary.page(rosa, limit=1, stamp=NOW - 4 * DAY) == ([keys[0]], None)
    assert await diary.page(rosa, limit=1, stamp=0) == ([], None)
    assert len((await diary.page(rosa, limit=0))[0]) == 1


async def test_a_timeline_is_filtered(diary: Diary) -> None:
    to = {"recipients": [{"value": "rosa@x.example"}]}
    keys = {
        style: await diary.communication(style=style, date=NOW - n * DAY, **to)
        for n, style in enumerate(("email", "call", "text", "meeting", "direct", "inapp", "postal", "postal-bulk"))
    }  # fmt: skip
    linked = await diary.communication(links=[{"value": "https://x.example"}], date=NOW - 20 * DAY, **to)

    async def filtered(*names: str) -> list[str]:
        return (await diary.page("rosa@x.example", filter=list(names)))[0]

    assert await filtered("mail") == [keys["email"], keys["postal"], keys["postal-bulk"], linked]
    assert await filtered("sms") == [keys["text"]]
    assert await filtered("message", "INAPP") == [keys["direct"], keys["inapp"]]
    assert await filtered("note", "audit", "nextstep") == []
    assert len(await filtered()) == 9
    assert (await diary.page("rosa@x.example", documentsOnly=True))[0] == [linked]
    with pytest.raises(InvalidInput, match="filter"):
        await filtered("email")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"id": "nobody@x.example"}, NotFound),
        ({"id": ""}, NoIdentifier),
        ({"id": "rosa@x.example", "limit": "many"}, InvalidInput),
        ({"id": "rosa@x.example", "stamp": "now"}, InvalidInput),
        ({"id": "rosa@x.example", "stamp": 10**30}, InvalidInput),
    ],
)
async def test_a_timeline_that_cannot_be_read(
    diary: Diary, fields: dict[str, Any], error: type[Exception]
) -> None:
    await diary.add(emails=[{"value": "rosa@x.example"}])
    with pytest.raises(error):
        await diary.page(fields["id"], **fields)


async def test_messages_come_in_the_order_asked_and_unknown_ones_are_left_out(diary: Diary) -> None:
    one, two = await diary.todo(subject="1"), await diary.todo(subject="2")
    refs = [MessageRef(key=key) for key in (two, "unknown", one, two)]
    found = await diary.ask(timeline.messages, refs)
    assert [message.subject for message in found] == ["2", "1"]
    with pytest.raises(InvalidInput, match="messages"):
        await diary.ask(timeline.messages, [MessageRef()])
    with pytest.raises(NotFound):
        await diary.ask(timeline.body, "unknown")
    body = await diary.ask(timeline.body, one)
    assert (body.body, body.mime_type) == ("", "text/plain")


async def test_nobody_reads_or_changes_the_entries_of_others(diary: Diary) -> None:
    key = await diary.communication(key="m-1", recipients=[{"value": "rosa@x.example"}])
    account = await diary.database.write(create_account, "other@example.org")
    other = await diary.database.read(caller_by_id, account.id)
    stranger = Diary(diary.database, other, diary.clock)
    assert await stranger.ask(timeline.messages, [MessageRef(key=key)]) == []
    for read in (timeline.body, timeline.view):
        with pytest.raises(NotFound):
            await stranger.ask(read, key)
    with pytest.raises(NotFound):
        await stranger.page("rosa@x.example")
    rosa = await diary.known("rosa@x.example")
    assert await stranger.ask(timeline.entries_of, rosa["id"]) == []
    for change in (timeline.delete_entry, timeline.complete_todo):
        with pytest.raises(NotFound):
            await stranger.do(change, key)
    assert await stranger.communication(key="m-1") != key


async def test_the_view_of_an_entry_is_safe(diary: Diary) -> None:
    rosa = await diary.add(name="Rosa", emails=[{"value": "rosa@x.example"}])
    company = await diary.add("company", name="Fjord", domains=["fjord.example"])
    key = await diary.communication(
        **{"from": "rosa@x.example"}, name="Rosa", style="call", duration=3, outcome="leftvm",
        body="<p onclick=x>Hi<script>alert(1)</script></p>", bodytype="html", subject="Hello",
        references=[{"value": "fjord.example"}],
        links=[{"value": "javascript:alert(1)", "title": "bad"}, {"value": "https://x.example", "title": "good"}],
    )  # fmt: skip
    view = await diary.ask(timeline.view, key)
    assert view.body_html == "<p>Hi</p>"
    assert view.links == [("https://x.example", "good")]
    assert {(p.sync_key, p.kind, p.name, p.role) for p in view.participants} == {
        (rosa, "person", "Rosa", "from"), (company, "company", "Fjord", "reference"),
    }  # fmt: skip
    assert (view.sender, view.direction, view.outcome, view.duration) == ("Rosa", "inbound", "leftvm", 3)
    row = await diary.known(rosa)
    assert await diary.ask(timeline.entries_of, row["id"]) == [view]
    assert await diary.ask(timeline.entries_of, row["id"], before=view.date) == []
    assert await diary.ask(timeline.entries_of, row["id"], filters=["mail"]) == []


async def test_a_list_shows_the_beginning_of_a_long_body(diary: Diary) -> None:
    key = await diary.communication(
        body="<p>x</p>" * 10_000, bodytype="html", recipients=[{"value": "a@x.example"}]
    )
    row = await diary.known("a@x.example")
    [listed] = await diary.ask(timeline.entries_of, row["id"])
    assert listed.truncated
    assert len(listed.body_html) <= 20_010
    whole = await diary.ask(timeline.view, key)
    assert not whole.truncated
    assert len(whole.body_html) == 80_000


async def test_completing_and_reopening_a_todo(diary: Diary) -> None:
    key = await diary.todo(participants=["rosa@x.example"], when=NOW + DAY)
    row = await diary.known("rosa@x.example")
    assert [view.key for view in await diary.ask(timeline.next_steps, row["id"])] == [key]
    before = (await diary.message(key))["changed"]
    await diary.do(timeline.complete_todo, key)
    message = await diary.message(key)
    assert message["done"] == NOW
    assert message["changed"] > before
    assert await diary.ask(timeline.next_steps, row["id"]) == await diary.ask(timeline.agenda) == []
    assert (await diary.page("rosa@x.example", remindersOnly=True))[0] == []
    await diary.do(timeline.complete_todo, key)  # done is done
    assert (await diary.message(key))["changed"] == message["changed"]
    await diary.do(timeline.complete_todo, key, done=False)
    assert "done" not in await diary.message(key)
    assert [view.key for view in await diary.ask(timeline.agenda)] == [key]
    note = await diary.content(uniqueid="1")
    with pytest.raises(InvalidInput):
        await diary.do(timeline.complete_todo, note)


async def test_the_agenda_is_ordered_by_date_with_someday_last(diary: Diary) -> None:
    for subject, when in (("someday", 1), ("later", NOW + DAY), ("overdue", NOW - DAY), ("soon", NOW + 1)):
        await diary.todo(subject=subject, when=when)
    await diary.communication(subject="mail", due=NOW)
    found = await diary.ask(timeline.agenda)
    assert [view.subject for view in found] == ["overdue", "mail", "soon", "later", "someday"]
    assert len(await diary.ask(timeline.agenda, limit=2)) == 2


async def test_changing_a_todo_keeps_what_is_not_given(diary: Diary) -> None:
    key = await diary.todo(participants=["rosa@x.example"], when=NOW + DAY, preview="why")
    await diary.do(timeline.change_todo, key, convert(ToDo, {"subject": "Write"}))
    message = await diary.message(key)
    assert (message["subject"], message["due"], message["preview"]) == ("Write", NOW + DAY, "why")
    await diary.do(timeline.change_todo, key, convert(ToDo, {"when": "", "participants": ["per@x.example"]}))
    message = await diary.message(key)
    assert (message["due"], message["references"]) == (1, [{"value": "per@x.example"}])
    assert (await diary.page("rosa@x.example"))[0] == []
    assert (await diary.page("per@x.example"))[0] == [key]
    with pytest.raises(InvalidInput, match="subject"):
        await diary.do(timeline.change_todo, key, convert(ToDo, {"subject": ""}))
    with pytest.raises(PermissionDenied):
        await diary.do(timeline.change_todo, key, convert(ToDo, {"assignee": "other@example.org"}))


async def test_changing_the_text_of_a_note(diary: Diary) -> None:
    key = await diary.content(uniqueid="1", subject="A", body="old", campaignId="c-1")
    await diary.do(timeline.change_text, key, text="<p>new</p>", bodytype="html")
    message = await diary.message(key)
    assert (message["subject"], message["preview"], message["bodytype"]) == ("A", "new", "html")
    assert (await diary.ask(timeline.body, key)).body == "<p>new</p>"
    await diary.do(timeline.change_text, key, subject="")
    assert "subject" not in await diary.message(key)
    assert (await diary.ask(timeline.body, key)).body == "<p>new</p>"


async def test_a_note_about_one_relation(diary: Diary) -> None:
    rosa = await diary.add(emails=[{"value": "rosa@x.example"}])
    row = await diary.known(rosa)
    key = await diary.do(timeline.add_note, row["id"], "Likes fish\0", subject="Taste")
    assert (await diary.page(rosa, filter="note"))[0] == [key]
    assert (await diary.message(key))["preview"] == "Likes fish"


async def test_deleting_an_entry(diary: Diary) -> None:
    key = await diary.communication(key="m-1", recipients=[{"value": "rosa@x.example"}])
    await diary.do(timeline.delete_entry, key)
    assert (await diary.page("rosa@x.example"))[0] == []
    with pytest.raises(NotFound):
        await diary.do(timeline.delete_entry, key)
    assert await diary.communication(key="m-1") != key


async def test_text_that_databases_dislike(diary: Diary) -> None:
    key = await diary.communication(
        key="a\0b", subject="x\0y 😀", body="b\0c", threadid="t\0", **{"from": "per@x.example"}
    )
    message = await diary.message(key)
    assert (message["subject"], message["threadid"]) == ("xy 😀", "t")
    assert (await diary.ask(timeline.body, key)).body == "bc"
    assert await diary.communication(key="ab") == key


async def test_a_todo_may_have_a_body(diary: Diary) -> None:
    key = await diary.todo(body="Ask about\nthe fish")
    assert (await diary.message(key))["preview"] == "Ask about the fish"
    assert (await diary.ask(timeline.body, key)).body == "Ask about\nthe fish"
    with pytest.raises(PermissionDenied):
        await diary.todo(account="other@example.org")
