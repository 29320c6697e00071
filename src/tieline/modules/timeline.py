"""The modules of the timeline: communication record, to-do, content."""

from __future__ import annotations

from typing import Any

from tieline.modules import common
from tieline.modules.common import array, entries
from tieline.modules.module import Field, Module, folded, options
from tieline.records.fields import describe_by_wire
from tieline.records.timeline import Communication, Content, Recipient, ToDo
from tieline.records.vocabulary import BODY_TYPES, DIRECTIONS, OUTCOMES

COMMUNICATION_TYPES = (
    ("call", "Call"), ("text", "Text"), ("meeting", "Meeting"), ("email", "Email"), ("direct", "Direct Message"),
)  # fmt: skip
CONTENT_TYPES = (("note", "Note"), ("event", "Timeline Event"), ("todo", "External To Do"))


def _of(record: type[Any], wire: str, label: str, **changes: Any) -> Field:
    info = describe_by_wire(record)[wire]
    values: dict[str, Any] = {
        "type": "text",
        "help": info.help,
        "multiline": info.multiline,
        "required": info.required,
    }
    return Field(wire, label, **{**values, **changes})


def _shared(record: type[Any]) -> dict[str, Field]:
    return {
        "from": _of(record, "from", "From"),
        "name": _of(record, "name", "Name"),
        "date": _of(record, "date", "Date", type="any"),
        "references": array("references", "References", common.REFERENCE_ENTRIES, "Records it is about."),
        "threadid": _of(record, "threadid", "Thread ID", advanced=True),
        "preview": _of(record, "preview", "Preview", advanced=True),
        "bodytype": _of(
            record, "bodytype", "Body Type", type="select", options=options(*BODY_TYPES), advanced=True
        ),
        "body": _of(record, "body", "Body"),
        "links": folded(array("links", "Links", common.LINK_ENTRIES, "Web addresses that belong to it.")),
    }


_C, _N = _shared(Communication), _shared(Content)

MODULES = (
    Module(
        slug="createACommunicationRecord",
        label="Create a Communication Record",
        description="Logs a call, text, meeting, e-mail or message on the timeline of everybody who took part.",
        kind="action",
        noun="communication",
        path="/v1/timeline/communication/create",
        fields=(
            _C["from"],
            _of(
                Communication,
                "style",
                "Communication Type",
                type="select",
                options=options(*COMMUNICATION_TYPES),
            ),
            _C["name"],
            _of(Communication, "subject", "Communication Subject"),
            _C["date"],
            array("recipients", "Recipients", entries(Recipient, "value", "name", "role"), "Who took part."),
            _C["references"],
            _of(Communication, "duration", "Duration", type="number"),
            _C["threadid"],
            _C["preview"],
            _C["bodytype"],
            _C["body"],
            _of(Communication, "due", "Due", type="any", reminder=True),
            _of(Communication, "location", "Location"),
            _of(Communication, "outcome", "Outcome", type="select", options=options(*OUTCOMES)),
            _of(Communication, "direction", "Direction", type="select", options=options(*DIRECTIONS)),
            _C["links"],
        ),
        output=common.DONE,
        sample={"errorcode": 0},
        dry_run=True,
    ),
    Module(
        slug="createAToDo",
        label="Create a To Do",
        description="Adds a task, on the timeline of everybody it concerns.",
        kind="action",
        noun="todo",
        path="/v1/timeline/todo/create",
        fields=(
            _of(ToDo, "subject", "Subject"),
            _of(ToDo, "participants", "Participants", type="array"),
            _of(ToDo, "when", "When", type="any", reminder=True),
            _of(ToDo, "assigner", "Assigner", advanced=True),
            _of(ToDo, "assignee", "Assignee", type="select", choices="members"),
        ),
        output=common.DONE,
        sample={"errorcode": 0},
        dry_run=True,
    ),
    Module(
        slug="createAContent",
        label="Create a Content",
        description="Adds a note, an event or a to-do of another program to the timeline.",
        kind="action",
        noun="content",
        path="/v1/timeline/content/create",
        fields=(
            _of(Content, "style", "Content Type", type="select", options=options(*CONTENT_TYPES)),
            _N["from"],
            _N["date"],
            _of(Content, "source", "Source"),
            _of(Content, "uniqueid", "Content Unique ID"),
            _N["name"],
            _of(Content, "subject", "Subject"),
            _N["bodytype"],
            _N["body"],
            _N["preview"],
            _N["threadid"],
            _N["references"],
            _N["links"],
        ),
        output=common.DONE,
        sample={"errorcode": 0},
        dry_run=True,
    ),
)
