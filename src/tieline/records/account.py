"""What an account tells of itself (2.10, 2.11): profile, labels, field definitions, views, members."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.contact import Flag, Text
from tieline.records.fields import Record, field


class Labelled(Record):
    """A key and its label: a segment, stage or step."""

    key: Annotated[Text, field("Key", "What programs say.")] = UNSET
    name: Annotated[Text, field("Name", "What people read.")] = UNSET


class Segment(Labelled):
    """Where a relationship belongs."""


class Stage(Labelled):
    """How far it has come."""


class Step(Labelled):
    """What is next."""


class FieldDefinition(Record):
    """A custom field of the account. An absent or empty map means no restriction."""

    id: Annotated[Text, field("ID", "What programs say.")] = UNSET
    type: Annotated[Text, field("Type", "One of the custom field types.")] = UNSET
    name: Annotated[Text, field("Name", "What people read.")] = UNSET
    description: Annotated[Text, field("Description", "What it means.")] = UNSET
    values: Annotated[dict[str, Any] | UnsetType, field("Values", "Choices: key to label.")] = UNSET
    relations: Annotated[dict[str, Any] | UnsetType, field("Relations", "Kinds of record that have it.")] = (
        UNSET
    )
    segments: Annotated[dict[str, Any] | UnsetType, field("Segments", "Segments that have it.")] = UNSET
    only: Annotated[dict[str, Any] | UnsetType, field("Only", "Kinds it is limited to.")] = UNSET
    locked: Annotated[Flag, field("Locked", "Cannot be changed.")] = UNSET
    uilocked: Annotated[Flag, field("UI Locked", "Cannot be changed on pages.")] = UNSET
    version: Annotated[int | UnsetType, field("Version", "Counts changes of the definition.")] = UNSET
    mergebehavior: Annotated[Text, field("Merge Behaviour", "How values of merged records join.")] = UNSET


class View(Record):
    """A stored selection of records."""

    id: Annotated[Text, field("ID", "What programs say.")] = UNSET
    name: Annotated[Text, field("Name", "What people read.")] = UNSET


class Profile(Record):
    """Whose account this is."""

    email: Annotated[Text, field("Email", "The account's address.", format="email")] = UNSET
    name: Annotated[Text, field("Name", "The person's name.")] = UNSET
    key: Annotated[Text, field("Key", "Key of the account.")] = UNSET
    first: Annotated[Text, field("First Name", "Given name.")] = UNSET
    last: Annotated[Text, field("Last Name", "Family name.")] = UNSET
    country: Annotated[Text, field("Country", "Completes phone numbers.", format="country")] = UNSET
    aka: Annotated[list[str] | UnsetType, field("Also Known As", "Further addresses of one's own.")] = UNSET
    rights: Annotated[dict[str, Any] | UnsetType, field("Rights", "What the account may do.")] = UNSET


class TeamMember(Record):
    """A member of the team (2.11)."""

    key: Annotated[Text, field("Key", "Account address: what members/update takes.")] = UNSET
    name: Annotated[Text, field("Name", "The member's name.")] = UNSET
    email: Annotated[Text, field("Email", "The member's address.")] = UNSET
    is_me: Annotated[Flag, field("Is Me", "The caller.")] = UNSET
    role: Annotated[Text, field("Role", "The member's role, in a team.")] = UNSET
    node: Annotated[Text, field("Node", "The member's sub-team.")] = UNSET
