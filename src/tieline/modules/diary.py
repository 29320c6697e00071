"""Beyond the 22: what happened with a record, and being told of it."""

from __future__ import annotations

from tieline.modules import common
from tieline.modules.common import LIMIT, watch_fields
from tieline.modules.module import Field, Module, options
from tieline.modules.todos import entry_output, event_field
from tieline.records.fields import describe_by_wire
from tieline.records.timeline import Message

NOUNS = (("communication", "A communication"), ("content", "A note, event or file"))
ACTIONS = (("create", "is added"), ("change", "is changed"), ("delete", "is deleted"))
EVENTS = options(
    *((f"{noun}.{action}", f"{what} {done}") for noun, what in NOUNS for action, done in ACTIONS)
)
SAMPLE = {
    "key": "e0Qk3",
    "changed": 1772443800000,
    "style": "call",
    "date": 1772443800000,
    "from": {"value": "rosa@fjordfoods.example", "name": "Rosa Lindqvist"},
    "subject": "Asked for a price",
    "direction": "inbound",
    "outcome": "connected",
    "duration": 12,
}
FILTERS = "mail, meeting, call, sms, message, inapp, todo, nextstep, note, audit, external"

MODULES = (
    Module(
        slug="watchTimeline",
        label="Watch Timeline",
        description="Starts when a communication, note, event or file is added to the timeline, changed or deleted.",
        kind="instant_trigger",
        noun="communication",
        event="{event}",
        fields=watch_fields(event_field(EVENTS)),
        output=(
            *entry_output("communication", "Communication"),
            *entry_output("content", "Content")[1:2],
        ),
        sample={"event": "communication.create", "communication": SAMPLE, "changes": {}},
        extended=True,
    ),
    Module(
        slug="listTimeline",
        label="List Timeline",
        description="Gives a bundle for each entry of a record's timeline, the newest first.",
        kind="search",
        noun="communication",
        path="/v1/{type}/timeline",
        fields=(
            common.RECORD_TYPE,
            Field("id", "Sync Key", help="The sync key, or another identifier such as an e-mail address.", required=True),
            Field("filter", "Only", "array", f"Only these kinds of entries: {FILTERS}."),
            Field("remindersOnly", "Reminders Only", "boolean", "Only entries with a reminder.", advanced=True),
            Field("stamp", "Older Than", "any", "Only entries before this date, or UTC milliseconds.", advanced=True, milliseconds=True),
            LIMIT,
        ),
        output=tuple(Field(one.wire, one.label, help=one.help) for one in describe_by_wire(Message).values()),
        sample=SAMPLE,
        idempotent=True,
        extended=True,
        paging="stamp",
    ),
)  # fmt: skip
