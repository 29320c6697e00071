"""The timeline (2.8, 3.5): communications, content, to-dos, and how they are read."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tieline.records.contact import Flag, Text
from tieline.records.fields import Record, field
from tieline.records.relation import Stamp
from tieline.records.vocabulary import BODY_TYPES, DIRECTIONS, OUTCOMES

Number = int | float | str | None | UnsetType
ROLES = (("to", "To"), ("cc", "CC"), ("bcc", "BCC"), ("from", "From"))


class Recipient(Record):
    """Somebody who took part in a communication."""

    value: Annotated[
        Text, field("Value", "E-mail address, phone or social handle.", required=True, format="identifier")
    ] = UNSET
    name: Annotated[Text, field("Name", "Their name.")] = UNSET
    role: Annotated[Text, field("Role", "To, CC, BCC or from.", options=ROLES)] = UNSET


class Reference(Record):
    """A person, company or project that an entry is about."""

    value: Annotated[Text, field("Value", "What identifies the record.", format="identifier")] = UNSET
    name: Annotated[Text, field("Name", "Its name.")] = UNSET
    role: Annotated[Text, field("Role", "To, CC, BCC.", options=ROLES)] = UNSET
    type: Annotated[Text, field("Type", "Person, company or project.", advanced=True)] = UNSET
    ids: Annotated[
        list[str] | UnsetType | None, field("IDs", "Several identifiers of the same record.", advanced=True)
    ] = UNSET


class Link(Record):
    """A web address that belongs to an entry."""

    value: Annotated[Text, field("URL", "The web address.", required=True, format="url")] = UNSET
    title: Annotated[Text, field("Name", "What the link is called.")] = UNSET
    mime_type: Annotated[Text, field("Media Type", "Type of what is behind it.", advanced=True)] = UNSET
    display_type: Annotated[Text, field("Display Type", "How it is shown.", advanced=True)] = UNSET


class Entry(Record):
    """What communications and content have in common."""

    style: Annotated[Text, field("Type", "Kind of entry.", required=True)] = UNSET
    date: Annotated[Stamp, field("Date", "When it happened, or is planned for.", format="instant")] = UNSET
    from_: Annotated[Text, field("From", "Who it comes from.", format="identifier")] = msgspec.field(
        name="from", default=UNSET
    )
    name: Annotated[Text, field("Name", "Name of who it comes from.")] = UNSET
    references: Annotated[list[Reference] | UnsetType | None, field("References", "Records it is about.")] = (
        UNSET
    )
    subject: Annotated[Text, field("Subject", "The subject line.")] = UNSET
    body: Annotated[Text, field("Body", "The text.", multiline=True)] = UNSET
    bodytype: Annotated[Text, field("Body Type", "Plain text or HTML.", options=BODY_TYPES)] = UNSET
    preview: Annotated[Text, field("Preview", "Beginning of the text, at most 1 kB.", multiline=True)] = UNSET
    due: Annotated[Stamp, field("Due", "When to be reminded; 1 is someday.", format="instant")] = UNSET
    threadid: Annotated[Text, field("Thread ID", "Entries of one thread share it.")] = UNSET
    links: Annotated[list[Link] | UnsetType | None, field("Links", "Web addresses that belong to it.")] = (
        UNSET
    )
    update: Annotated[Flag, field("Update", "Replace the entry imported before.", advanced=True)] = UNSET
    account: Annotated[Text, field("Account", "Write into this member's account.", advanced=True)] = UNSET
    date_format: Annotated[Text, field("Date Format", "us or international.", advanced=True)] = UNSET
    dryrun: Annotated[Flag, field("Dry Run", "Check only; change nothing.", advanced=True)] = UNSET
    skip_import: Annotated[Flag, field("Skip Import", "Do nothing and succeed.", advanced=True)] = UNSET
    campaign_id: Annotated[Any, field("Campaign", "Campaign it belongs to.", advanced=True)] = UNSET
    channel_icon: Annotated[Any, field("Channel Icon", "Icon of the channel.", advanced=True)] = UNSET


class Communication(Entry):
    """An e-mail, call, text, meeting or message that happened elsewhere."""

    recipients: Annotated[list[Recipient] | UnsetType | None, field("Recipients", "Who took part.")] = UNSET
    direction: Annotated[Text, field("Direction", "Inbound or outbound.", options=DIRECTIONS)] = UNSET
    outcome: Annotated[Text, field("Outcome", "How a call ended.", options=OUTCOMES)] = UNSET
    duration: Annotated[Number, field("Duration", "Minutes.")] = UNSET
    location: Annotated[Text, field("Location", "Where a meeting takes place.")] = UNSET
    measureas: Annotated[Any, field("Measure As", "How it is counted.", advanced=True)] = UNSET
    key: Annotated[Text, field("Key", "Your id, so that a repeat matches.", advanced=True)] = UNSET


class Content(Entry):
    """A note, event, file or external to-do."""

    uniqueid: Annotated[
        str | int | UnsetType | None, field("Content Unique ID", "Its id where it comes from.")
    ] = UNSET
    source: Annotated[Text, field("Source", "Domain it comes from, such as todoist.com.")] = UNSET
    sendtoteam: Annotated[Flag, field("Send To Team", "Tell the team.", advanced=True)] = UNSET


class ToDo(Record):
    """A task."""

    subject: Annotated[Text, field("Subject", "What is to be done.", required=True)] = UNSET
    when: Annotated[Stamp, field("When", "When it is due; empty or 1 is someday.", format="instant")] = UNSET
    preview: Annotated[Text, field("Preview", "More about it.", multiline=True, advanced=True)] = UNSET
    body: Annotated[Text, field("Body", "The text.", multiline=True, advanced=True)] = UNSET
    participants: Annotated[
        list[str] | str | UnsetType | None, field("Participants", "People and companies it concerns.")
    ] = UNSET
    references: Annotated[
        list[Reference] | UnsetType | None, field("References", "Records it is about.", advanced=True)
    ] = UNSET
    assigner: Annotated[Text, field("Assigner", "Who asks for it.", format="email")] = UNSET
    assignee: Annotated[Text, field("Assignee", "Who does it.", format="email")] = UNSET
    account: Annotated[Text, field("Account", "Write into this member's account.", advanced=True)] = UNSET
    date_format: Annotated[Text, field("Date Format", "us or international.", advanced=True)] = UNSET
    dryrun: Annotated[Flag, field("Dry Run", "Check only; change nothing.", advanced=True)] = UNSET
    skip_import: Annotated[Flag, field("Skip Import", "Do nothing and succeed.", advanced=True)] = UNSET


class MessageRef(Record):
    """A message by its key, with the moment of its last change."""

    key: Annotated[Text, field("Key", "Opaque key of the message.")] = UNSET
    changed: Annotated[Stamp, field("Changed", "When it last changed.", format="instant")] = UNSET


class Message(Record):
    """A timeline entry as messages/get answers it."""

    key: Annotated[Text, field("Key", "Opaque key of the message.")] = UNSET
    changed: Annotated[Stamp, field("Changed", "When it last changed.", format="instant")] = UNSET
    style: Annotated[Text, field("Style", "Kind of entry.")] = UNSET
    date: Annotated[Stamp, field("Date", "When it happened.", format="instant")] = UNSET
    from_: Annotated[Any, field("From", "Who it comes from.")] = msgspec.field(name="from", default=UNSET)
    recipients: Annotated[list[Recipient] | UnsetType | None, field("Recipients", "Who took part.")] = UNSET
    references: Annotated[list[Reference] | UnsetType | None, field("References", "Records it is about.")] = (
        UNSET
    )
    subject: Annotated[Text, field("Subject", "The subject line.")] = UNSET
    preview: Annotated[Text, field("Preview", "Beginning of the text.")] = UNSET
    bodytype: Annotated[Text, field("Body Type", "Plain text or HTML.")] = UNSET
    direction: Annotated[Text, field("Direction", "Inbound or outbound.")] = UNSET
    outcome: Annotated[Text, field("Outcome", "How a call ended.")] = UNSET
    duration: Annotated[Number, field("Duration", "Minutes.")] = UNSET
    location: Annotated[Text, field("Location", "Where.")] = UNSET
    due: Annotated[Stamp, field("Due", "When to be reminded; 1 is someday.", format="instant")] = UNSET
    done: Annotated[Any, field("Done", "When it was completed.")] = UNSET
    threadid: Annotated[Text, field("Thread ID", "The thread.")] = UNSET
    links: Annotated[list[Link] | UnsetType | None, field("Links", "Web addresses that belong to it.")] = (
        UNSET
    )
    uniqueid: Annotated[str | int | UnsetType | None, field("Unique ID", "Its id where it comes from.")] = (
        UNSET
    )
    source: Annotated[Text, field("Source", "Domain it comes from.")] = UNSET
    assigner: Annotated[Text, field("Assigner", "Who asks for it.")] = UNSET
    assignee: Annotated[Text, field("Assignee", "Who does it.")] = UNSET
    changes: Annotated[
        dict[str, Any] | UnsetType, field("Changes", "Before and after of what an audit entry tells of.")
    ] = UNSET


class TimelineQuery(Record):
    """What of a timeline is asked for (2.8)."""

    id: Annotated[Text, field("ID", "What identifies the record.", format="identifier")] = UNSET
    uniqueid: Annotated[Text, field("Unique ID", "Another name for id.")] = UNSET
    limit: Annotated[int | str | UnsetType | None, field("Limit", "About how many.")] = UNSET
    stamp: Annotated[Stamp, field("Stamp", "Where the last answer ended.", format="instant")] = UNSET
    filter: Annotated[list[str] | str | UnsetType | None, field("Filter", "Kinds of entries.")] = UNSET
    shared: Annotated[Flag, field("Shared", "The team's timeline.")] = UNSET
    team: Annotated[Flag, field("Team", "The same.")] = UNSET
    reminders_only: Annotated[Flag, field("Reminders Only", "Only entries with a reminder.")] = UNSET
    documents_only: Annotated[Flag, field("Documents Only", "Only files and entries with links.")] = UNSET
