"""What a person, a company and a project have in common."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.contact import AppLink, CustomField, Flag, Text
from tieline.records.fields import Record, field
from tieline.records.vocabulary import VISIBILITIES

Stamp = int | str | None | UnsetType


class Relation(Record):
    """The fields that every kind of relation has."""

    sync_key: Annotated[Text, field("Sync Key", "Opaque key of the record.", format="identifier")] = UNSET
    direct: Annotated[
        Text, field("Direct", "Short opaque key of the record.", advanced=True, format="identifier")
    ] = UNSET
    portable_id: Annotated[
        Text, field("Portable ID", "Key that stays the same between accounts.", access="r")
    ] = UNSET
    uniqueids: Annotated[
        list[str | int] | str | UnsetType | None, field("Unique IDs", "Keys of your own.", advanced=True)
    ] = UNSET
    name: Annotated[Text, field("Name", "The name.")] = UNSET
    segment: Annotated[Text, field("Segment", "Where the relationship belongs, by key or label.")] = UNSET
    stage: Annotated[Text, field("Stage", "How far it has come, by key or label.")] = UNSET
    step: Annotated[Text, field("Step", "What is next, by key or label.")] = UNSET
    assignee: Annotated[
        Text, field("Assignee", "E-mail address of whoever looks after it.", access="r", format="email")
    ] = UNSET
    keywords: Annotated[list[str] | str | UnsetType | None, field("Keywords", "Tags.")] = UNSET
    app_links: Annotated[
        list[AppLink] | UnsetType | None, field("App Links", "The record in other applications.")
    ] = UNSET
    custom_fields: Annotated[
        list[CustomField] | UnsetType | None, field("Custom Fields", "Fields of the account's own.")
    ] = UNSET
    at_a_glance_notes: Annotated[
        Text, field("At a Glance", "A short note shown on top.", multiline=True, advanced=True)
    ] = UNSET
    notes: Annotated[
        str | list[str] | UnsetType | None, field("Notes", "Anything worth remembering.", multiline=True)
    ] = UNSET
    archived: Annotated[Flag, field("Archived", "Put away: left out of searches.", advanced=True)] = UNSET
    visibility: Annotated[
        Text, field("Visibility", "Visible or hidden.", options=VISIBILITIES, advanced=True)
    ] = UNSET
    views: Annotated[list[str] | UnsetType | None, field("Views", "The views it appears in.", access="r")] = (
        UNSET
    )
    first_seen: Annotated[
        Stamp, field("First Seen", "When the record was made.", access="r", format="instant")
    ] = UNSET
    last_changed: Annotated[
        Stamp, field("Last Changed", "When it last changed.", access="r", format="instant")
    ] = UNSET
    node: Annotated[Text, field("Sub-team", "Path of the sub-team, such as /US/West.", advanced=True)] = UNSET
    # Instructions of a write; never stored.
    default_stage: Annotated[
        Text, field("Default Stage", "Stage when none is set.", access="w", advanced=True)
    ] = UNSET
    default_segment: Annotated[
        Text, field("Default Segment", "Segment when none is set.", access="w", advanced=True)
    ] = UNSET
    default_step: Annotated[
        Text, field("Default Step", "Step when none is set.", access="w", advanced=True)
    ] = UNSET
    recycle_stage: Annotated[
        Flag,
        field(
            "Recycle Stage",
            "Set the default stage when the record is in a finished stage.",
            access="w",
            advanced=True,
        ),
    ] = UNSET
    recycle_segment: Annotated[
        Flag,
        field(
            "Recycle Segment",
            "Set the default segment when the record is in a finished stage.",
            access="w",
            advanced=True,
        ),
    ] = UNSET
    default_assign_to: Annotated[
        Text, field("Default Assignee", "Assignee when none is set.", access="w", advanced=True)
    ] = UNSET
    default_node: Annotated[
        Text, field("Default Sub-team", "Sub-team when none is set.", access="w", advanced=True)
    ] = UNSET
    assign_to: Annotated[
        Text,
        field("Assign To", "E-mail address of a team member.", access="w", advanced=True, format="email"),
    ] = UNSET
    share_to: Annotated[
        Any, field("Share To", "“team” or a member's e-mail address.", access="w", advanced=True)
    ] = UNSET
    share_timeline: Annotated[
        Flag, field("Share Timeline", "Share the entries too.", access="w", advanced=True)
    ] = UNSET
    account: Annotated[
        Text, field("Account", "Write into this member's account.", access="w", advanced=True)
    ] = UNSET
    remove_keywords: Annotated[
        list[str] | str | UnsetType | None,
        field("Remove Keywords", "Tags to take away; a Tieline extension.", access="w", advanced=True),
    ] = UNSET
    clear: Annotated[
        list[str] | str | UnsetType | None,
        field(
            "Clear",
            "Lists to empty before what is given joins them, such as emails or socials.twitter; a Tieline extension.",
            access="w",
            advanced=True,
        ),
    ] = UNSET
    split_at: Annotated[
        Text, field("Split At", "Where a text of keywords is split.", access="w", advanced=True)
    ] = UNSET
    date_format: Annotated[
        Text, field("Date Format", "How dates are written: us or international.", access="w", advanced=True)
    ] = UNSET
    dryrun: Annotated[Flag, field("Dry Run", "Check only; change nothing.", access="w", advanced=True)] = (
        UNSET
    )
    skip_import: Annotated[
        Flag, field("Skip Import", "Do nothing and succeed.", access="w", advanced=True)
    ] = UNSET
    skip_without_ids: Annotated[
        Flag,
        field(
            "Skip Without IDs",
            "Succeed silently when nothing identifies the record.",
            access="w",
            advanced=True,
        ),
    ] = UNSET
    validation: Annotated[
        Text,
        field(
            "Validation", "“schema” refuses custom fields that are not configured.", access="w", advanced=True
        ),
    ] = UNSET
