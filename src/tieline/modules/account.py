"""Beyond the 22: the words of the account, as lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tieline.modules.module import Bundle, Field, Module, options

OF = Field(
    "of", "Of", "select", "Whose words.", required=True, default="people",
    options=options(("people", "People and Companies"), ("projects", "Projects")), closed=True, to="{of}",
)  # fmt: skip
WORD = (
    Field("key", "Key", help="What programs say."),
    Field("name", "Name", help="What people read."),
)


def steps(answer: Mapping[str, Any]) -> Iterator[Bundle]:
    """A bundle for each step, with its place."""
    for segment, stages in (answer.get("segments") or {}).items():
        for stage, place in stages.items():
            for step in place.get("steps") or ():
                yield {"segment": segment, "stage": stage, **step}


def _list(slug: str, label: str, description: str, path: str, **more: Any) -> Module:
    values: dict[str, Any] = {"answer": None if "read" in more else "list", "fields": (), "output": WORD}
    return Module(
        slug=slug,
        label=label,
        description=description,
        kind="search",
        noun="other",
        method="GET",
        path=path,
        idempotent=True,
        extended=True,
        paging="once",
        **{**values, **more},
    )


MODULES = (
    _list(
        "listSegments", "List Segments", "Gives a bundle for each segment of the account.", "/v1/user/segments/{of}",
        fields=(OF,), sample={"key": "customer", "name": "Customers"},
    ),
    _list(
        "listStages", "List Stages", "Gives a bundle for each stage of the account.", "/v1/user/stages/{of}",
        fields=(OF,), sample={"key": "lead", "name": "Lead"},
    ),
    _list(
        "listSteps", "List Steps", "Gives a bundle for each next step of the account, with its segment and stage.", "/v1/user/steps",
        fields=(
            Field("segment", "Segment", "select", "Only steps of this segment.", choices="segments"),
            Field("stage", "Stage", "select", "Only steps of this stage; needs a segment.", choices="stages"),
        ),
        output=(Field("segment", "Segment"), Field("stage", "Stage"), *WORD),
        sample={"segment": "customer", "stage": "lead", "key": "*s-15344457035", "name": "Send the offer"},
        read=steps,
    ),
    _list(
        "listFields", "List Fields", "Gives a bundle for each custom field of the account.", "/v1/user/fields",
        fields=(
            Field(
                "relationtype", "Of", "select", "Only fields of these records.", closed=True,
                options=options(("person", "People"), ("company", "Companies"), ("project", "Projects")),
            ),
        ),
        output=(
            Field("id", "ID", help="What programs say."),
            Field("type", "Type"),
            Field("name", "Name", help="What people read."),
            Field("description", "Description"),
            Field("values", "Values", "collection", "Choices: key to label."),
        ),
        sample={"id": "lead-source", "type": "keywords", "name": "Lead Source"},
    ),
    _list(
        "listTeamMembers", "List Team Members", "Gives a bundle for each member of the team, yourself included.", "/v1/team/members/list",
        output=(
            Field("key", "Key"), Field("name", "Name"), Field("email", "E-mail"),
            Field("isMe", "Is Me", "boolean", "True for whoever asks."),
        ),
        sample={"key": "dana@example.org", "name": "Dana", "email": "dana@example.org", "isMe": True},
    ),
)  # fmt: skip
