"""A change: what a write did (5.4, 2.7)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tieline.records.fields import field


class BeforeAfter(msgspec.Struct):
    """The two values of a field."""

    before: Annotated[Any, field("Before", "The value before the write.")] = None
    after: Annotated[Any, field("After", "The value after the write.")] = None


class Change(msgspec.Struct, kw_only=True):
    """What a write did to one record."""

    id: Annotated[int, field("ID", "Number of the change.")]
    at: Annotated[int, field("At", "When, in UTC milliseconds.", format="instant")]
    kind: Annotated[str, field("Kind", "person, company or project.")]
    action: Annotated[str, field("Action", "create, update, delete or merge.")]
    sync_key: Annotated[str, field("Sync Key", "The record.")]
    fields: Annotated[
        dict[str, BeforeAfter], field("Fields", "Before and after of every field, by wire name.")
    ]
    audited: Annotated[
        dict[str, BeforeAfter], field("Audited", "Segment, stage, step and custom fields among them.")
    ]
    actor: Annotated[dict[str, Any], field("Actor", "Who did it, and how.")]
