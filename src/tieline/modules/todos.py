"""Beyond the 22: to-dos after they were made."""

from __future__ import annotations

from tieline.modules import common
from tieline.modules.common import LIMIT, watch_fields
from tieline.modules.module import Field, Module, Option, options
from tieline.records.fields import describe_by_wire
from tieline.records.timeline import Message

STATES = options(("open", "Open"), ("done", "Done"), ("all", "All"))
EVENTS = options(
    ("todo.create", "A to-do is added"),
    ("todo.change", "A to-do is changed or completed"),
    ("todo.delete", "A to-do is deleted"),
)
KEY = Field("key", "To Do Key", help="The key that List To Dos gives.", required=True, choices="todos")
SAMPLE = {
    "key": "e0Qk3",
    "style": "todo",
    "subject": "Send the offer",
    "due": 1772755200000,
    "assignee": "dana@example.org",
    "participants": [{"type": "person", "syncKey": "uR0cJr9F", "name": "Rosa Lindqvist", "role": "about"}],
}
OUTPUT = (
    Field("key", "Key", help="Opaque key of the to-do."),
    Field("style", "Style", help="todo, or the entry that it reminds of."),
    Field("subject", "Subject"),
    Field("due", "Due", "number", "UTC milliseconds; 1 is someday."),
    Field("done", "Done", "number", "When it was completed, in UTC milliseconds."),
    Field("assigner", "Assigner"),
    Field("assignee", "Assignee"),
    Field(
        "participants",
        "Participants",
        "array",
        items=(Field("type", "Type"), Field("syncKey", "Sync Key"), Field("name", "Name")),
    ),
)


def entry_output(noun: str, label: str) -> tuple[Field, ...]:
    """What a trigger of the timeline gives: the entry, and what changed."""
    known = describe_by_wire(Message)
    items = tuple(Field(one.wire, one.label, help=one.help) for one in known.values())
    return (
        Field("event", "Event"),
        Field(noun, label, "collection", items=items),
        Field("changes", "Changes", "collection", "Before and after of each field that changed."),
    )


def event_field(events: tuple[Option, ...]) -> Field:
    """Which event a trigger waits for."""
    return Field(
        "event",
        "Event",
        "select",
        "What starts it.",
        required=True,
        default=events[0].value,
        options=events,
        closed=True,
        to="{event}",
    )


MODULES = (
    Module(
        slug="watchToDos",
        label="Watch To Dos",
        description="Starts when a to-do is added, changed, completed or deleted.",
        kind="instant_trigger",
        noun="todo",
        event="{event}",
        fields=watch_fields(event_field(EVENTS)),
        output=entry_output("todo", "To Do"),
        sample={"event": "todo.create", "todo": SAMPLE, "changes": {}},
        extended=True,
    ),
    Module(
        slug="listToDos",
        label="List To Dos",
        description="Gives a bundle for each to-do or reminder, the next one first.",
        kind="search",
        noun="todo",
        method="GET",
        path="/v1/x/todos",
        answer="todos",
        fields=(
            Field("state", "State", "select", "Which of them.", default="open", options=STATES, closed=True, to="?state"),
            Field("assignee", "Assignee", "select", "Only those of this member.", choices="members", to="?assignee"),
            Field("about", "About", help="Only those about this record: any identifier, such as an e-mail address.", to="?about"),
            Field("before", "Before", "any", "Only those due before this date.", to="?before"),
            Field("after", "After", "any", "Only those due on this date or later.", to="?after"),
            LIMIT,
        ),
        output=OUTPUT,
        sample=SAMPLE,
        idempotent=True,
        extended=True,
    ),
    Module(
        slug="completeAToDo",
        label="Complete a To Do",
        description="Marks a to-do or reminder as done.",
        kind="action",
        noun="todo",
        path="/v1/x/todos/complete",
        fields=(KEY,),
        output=common.DONE,
        sample={"errorcode": 0},
        idempotent=True,
        dry_run=True,
        extended=True,
    ),
    Module(
        slug="deleteAToDo",
        label="Delete a To Do",
        description="Removes a to-do for good.",
        kind="action",
        noun="todo",
        method="DELETE",
        path="/v1/x/todos/delete",
        fields=(KEY,),
        output=common.DONE,
        sample={"errorcode": 0},
        idempotent=True,
        dry_run=True,
        extended=True,
    ),
)  # fmt: skip
