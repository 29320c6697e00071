"""Bodies of requests that are no records: what find, get, messages, analytics, teams and the extensions are sent."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tieline.records.analytics import AnalyticsQuery, FunnelQuery, ProjectQuery
from tieline.records.contact import CustomField, Flag, Text
from tieline.records.fields import Record, field
from tieline.records.person import Person
from tieline.records.timeline import MessageRef, ToDo

Words = list[str] | UnsetType
Number = int | UnsetType


class GetManyRequest(Record):
    """Which records."""

    uniqueids: Annotated[list[str], field("Unique IDs", "Identifiers, at most 1000.")]
    team: Annotated[Flag, field("Team", "The team's copies.")] = UNSET
    format: Annotated[Flag, field("Format", "Custom fields also carry name and formatted.")] = UNSET


class IdentifierBody(Record):
    """Which record, by any of these."""

    id: Annotated[Text, field("ID", "Any identifier.")] = UNSET
    uniqueid: Annotated[Text, field("Unique ID", "Any identifier.")] = UNSET
    identifier: Annotated[Text, field("Identifier", "Any identifier.")] = UNSET
    email: Annotated[Text, field("Email", "An e-mail address.")] = UNSET
    phone: Annotated[Text, field("Phone", "A phone number.")] = UNSET
    domain: Annotated[Text, field("Domain", "A domain.")] = UNSET


class FindBody(Record):
    """A search as older clients send it; every query parameter may stand here as well."""

    query: Annotated[Text, field("Query", "Another name of freeformquery.")] = UNSET
    freeformquery: Annotated[Text, field("Free Form Query", "A query in words.")] = UNSET
    limit: Annotated[Number, field("Limit", "Another name of pagesize.")] = UNSET


class SubmittedPerson(Person):
    """A person, and what they sent by a form."""

    form: Annotated[Text, field("Form", "Name of the form.", access="w")] = UNSET
    message: Annotated[Text, field("Message", "What they wrote.", access="w")] = UNSET
    url: Annotated[Text, field("URL", "Page of the form.", access="w")] = UNSET
    fields: Annotated[dict[str, Any] | UnsetType, field("Fields", "Other fields.", access="w")] = UNSET


class MessagesGetRequest(Record):
    """Which messages."""

    messages: Annotated[list[MessageRef], field("Messages", "As the timeline answers them.")]
    wait: Annotated[Number, field("Wait", "Nothing here needs waiting for.")] = UNSET


class MessageBodyRequest(Record):
    """Which message."""

    key: Annotated[str, field("Key", "Key of the message.")]


class AnalyticsRequest(Record):
    """Named queries."""

    queries: Annotated[dict[str, AnalyticsQuery], field("Queries", "Name to query.")]
    usertags: Annotated[Words, field("User Tags", "Tags of members.")] = UNSET


class ProjectAnalyticsRequest(Record):
    """Named queries."""

    queries: Annotated[dict[str, ProjectQuery], field("Queries", "Name to query.")]
    usertags: Annotated[Words, field("User Tags", "Tags of members.")] = UNSET


class FunnelAnalyticsRequest(Record):
    """Named queries."""

    queries: Annotated[dict[str, FunnelQuery], field("Queries", "Name to query.")]
    usertags: Annotated[Words, field("User Tags", "Tags of members.")] = UNSET


class MemberKeywords(Record):
    """Tags to add and to take away."""

    add: Annotated[Words, field("Add", "Tags to add.")] = UNSET
    remove: Annotated[Words, field("Remove", "Tags to take away.")] = UNSET


class TeamMemberUpdate(Record):
    """What changes for a member; what is absent stays."""

    key: Annotated[str, field("Key", "Account address of the member.")]
    role: Annotated[Text, field("Role", "Role by id or name.")] = UNSET
    node: Annotated[Text, field("Node", "Path of the sub-team.")] = UNSET
    node_by_parts: Annotated[Words, field("Node By Parts", "The same path as a list.")] = UNSET
    secondary_nodes: Annotated[Words, field("Secondary Nodes", "Further sub-teams.")] = UNSET
    visible_at: Annotated[Words, field("Visible At", "Where else the member is seen.")] = UNSET
    custom_fields: Annotated[list[CustomField] | UnsetType, field("Custom Fields", "Of the member.")] = UNSET
    keywords: Annotated[MemberKeywords | UnsetType, field("Keywords", "Tags of the member.")] = UNSET


class TeamMembersUpdate(Record):
    """Several members in turn."""

    members: Annotated[list[TeamMemberUpdate], field("Members", "One after the other.")]


# --- extensions ------------------------------------------------------------------------------------------------------

TYPES = tuple((word, word) for word in ("people", "companies", "projects", "person", "company", "project"))


DRY = field("Dry Run", "Check only; change nothing.")


class Keyed(Record):
    """Which entry."""

    key: Annotated[str, field("Key", "Key of the entry.")]
    dryrun: Annotated[Flag, DRY] = UNSET


class ToDoUpdate(ToDo):
    """Which to-do, and the fields that change."""

    key: Annotated[Text, field("Key", "Key of the to-do.", required=True)] = UNSET
    subject: Annotated[Text, field("Subject", "What is to be done.")] = UNSET


class NoteUpdateRequest(Keyed):
    """Which note, and what it is to say."""

    subject: Annotated[Text, field("Subject", "The subject line.")] = UNSET
    body: Annotated[Text, field("Body", "The text.")] = UNSET
    bodytype: Annotated[Text, field("Body Type", "Plain text or HTML.", options=(("text", "Text"), ("html", "HTML")))] = UNSET  # fmt: skip


class OpenedRequest(Keyed):
    """An e-mail was opened."""

    date: Annotated[int | str | UnsetType, field("Date", "When; now when absent.")] = UNSET
    cookie: Annotated[Text, field("Cookie", "Tells devices apart.")] = UNSET
    about: Annotated[dict[str, str] | UnsetType, field("About", "address, agent, place of the opener.")] = (
        UNSET
    )


class OfSubscription(Record):
    """Which subscription."""

    uniqueid: Annotated[str, field("Unique ID", "Id of the subscription.")]


class RedeliverRequest(Record):
    """Which delivery."""

    delivery: Annotated[int, field("Delivery", "Its number.")]


class MergeRequest(Record):
    """Two records that are the same."""

    into: Annotated[str, field("Into", "The record that stays: identifier.")]
    from_: Annotated[str, field("From", "The one that joins it: identifier.")] = msgspec.field(name="from")
    type: Annotated[Text, field("Type", "Kind; people when absent.", options=TYPES)] = UNSET
    dryrun: Annotated[Flag, DRY] = UNSET


class UnmergeRequest(Record):
    """A merge, by its change or by the record."""

    change: Annotated[Number, field("Change", "The change that merge answered.")] = UNSET
    id: Annotated[Text, field("ID", "The record: its latest merge is taken back.")] = UNSET
    type: Annotated[Text, field("Type", "Kind; people when absent.", options=TYPES)] = UNSET
    dryrun: Annotated[Flag, DRY] = UNSET


class DecideRequest(Record):
    """What becomes of two records that may be the same."""

    id: Annotated[int, field("ID", "The pair, as the list names it.")]
    decision: Annotated[Text, field("Decision", "merge or apart.", required=True, options=(("merge", "Merge"), ("apart", "Apart")))] = UNSET  # fmt: skip
