"""Subscriptions and what is sent to them (3.6, 3.7, 5)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.contact import Flag, Text
from tieline.records.fields import Record, field
from tieline.records.relation import Stamp

EVENTS = tuple(
    f"{kind}.{what}" for what in ("change", "audit.change") for kind in ("person", "project", "company")
)
# Ours: what happens on the timeline.
ENTRY_EVENTS = tuple(
    f"{noun}.{what}"
    for noun in ("todo", "communication", "content")
    for what in ("create", "change", "delete")
)
EVERY_EVENT = EVENTS + ENTRY_EVENTS
CLIENT_TYPES = (("human", "Labels instead of keys"),)


class WebhookFilter(Record):
    """A fragment of the record, and one of its changes; both must match."""

    person: Annotated[dict[str, Any] | UnsetType, field("Person", "Members it must have.")] = UNSET
    company: Annotated[dict[str, Any] | UnsetType, field("Company", "Members it must have.")] = UNSET
    project: Annotated[dict[str, Any] | UnsetType, field("Project", "Members it must have.")] = UNSET
    changes: Annotated[dict[str, Any] | UnsetType, field("Changes", "What must have changed.")] = UNSET


class SubscribeRequest(Record, rename=None):
    """A standing request to be told of changes (5.1)."""

    event: Annotated[
        Text, field("Event", "What to be told of.", required=True, options=tuple((e, e) for e in EVERY_EVENT))
    ] = UNSET
    target_url: Annotated[
        Text, field("Target URL", "Where notifications are sent.", required=True, format="url")
    ] = UNSET
    scope: Annotated[Text, field("Scope", "local, team or hierarchy:/path.")] = UNSET
    filters: Annotated[Any, field("Filters", "Fragments of record and changes; one must match.")] = UNSET
    client_type: Annotated[
        Text, field("Client Type", "“human” gets labels instead of keys.", options=CLIENT_TYPES)
    ] = UNSET
    client_reference: Annotated[
        Text, field("Client Reference", "Your name for it; the same name replaces.")
    ] = UNSET
    ttl: Annotated[int | float | str | UnsetType | None, field("Time to Live", "Seconds until it ends.")] = (
        UNSET
    )


class UnsubscribeRequest(Record, rename=None):
    """The end of a subscription (5.2)."""

    event: Annotated[Text, field("Event", "The event it was for.", required=True)] = UNSET
    uniqueid: Annotated[Text, field("Unique ID", "Id of the subscription.")] = UNSET
    client_reference: Annotated[Text, field("Client Reference", "Your name for it.")] = UNSET


class Usage(Record):
    """How a subscription has fared."""

    suspend_reason: Annotated[Text, field("Suspend Reason", "Why it rests.")] = UNSET
    last_successful_send: Annotated[Stamp, field("Last Successful Send", "", format="instant")] = UNSET
    last_send_attempt: Annotated[Stamp, field("Last Send Attempt", "", format="instant")] = UNSET
    success_count: Annotated[int | UnsetType, field("Success Count", "Attempts that were confirmed.")] = UNSET
    fail_count: Annotated[int | UnsetType, field("Fail Count", "Attempts that were not.")] = UNSET
    suspend_date: Annotated[Stamp, field("Suspend Date", "", format="instant")] = UNSET
    resume_date: Annotated[Stamp, field("Resume Date", "", format="instant")] = UNSET


class Subscription(Record, rename=None):
    """A subscription as the list shows it (3.6). The id is sent in both spellings."""

    uniqueid: Annotated[Text, field("Unique ID", "Id of the subscription.")] = UNSET
    uniqueId: Annotated[Text, field("Unique ID", "The same id.")] = UNSET
    event: Annotated[Text, field("Event", "What it is told of.")] = UNSET
    target_url: Annotated[Text, field("Target URL", "Where notifications are sent.")] = UNSET
    client_type: Annotated[Text, field("Client Type", "“human” gets labels.")] = UNSET
    client_reference: Annotated[Text, field("Client Reference", "The caller's name for it.")] = UNSET
    scope: Annotated[Text, field("Scope", "Whose records.")] = UNSET
    date: Annotated[Stamp, field("Date", "When it was made.", format="instant")] = UNSET
    ttl: Annotated[int | float | UnsetType | None, field("Time to Live", "Seconds.")] = UNSET
    suspended: Annotated[Flag, field("Suspended", "Present only when it rests.")] = UNSET
    usage: Annotated[Usage | UnsetType, field("Usage", "How it has fared.")] = UNSET
    filters: Annotated[list[dict[str, Any]] | UnsetType, field("Filters", "Fragments; one must match.")] = (
        UNSET
    )


class Notification(Record):
    """One element of the array that is sent (5.4)."""

    event: Annotated[Text, field("Event", "What happened.")] = UNSET
    person: Annotated[Any, field("Person", "The person as it is now.")] = UNSET
    company: Annotated[Any, field("Company", "The company as it is now.")] = UNSET
    project: Annotated[Any, field("Project", "The project as it is now.")] = UNSET
    changes: Annotated[
        dict[str, Any] | UnsetType, field("Changes", "Before and after of each audited field.")
    ] = UNSET
