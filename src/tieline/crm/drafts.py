"""From what a caller sends to what the timeline stores (contract 2.8): checked, complete, nothing written yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import UNSET

from tieline import clock
from tieline.crm.access import Caller, member_address, require_manager
from tieline.crm.bodies import cut_preview, preview_of
from tieline.crm.dates import SOMEDAY, read_date_format, read_instant, read_reminder
from tieline.crm.inputs import choice_of, given, number_of, text_of
from tieline.errors import InvalidInput
from tieline.records import normalize
from tieline.records.codec import encode
from tieline.records.timeline import (
    Communication,
    Content,
    Entry,
    Link,
    Message,
    Recipient,
    Reference,
    ToDo,
)
from tieline.records.vocabulary import (
    BODY_TYPES,
    COMMUNICATION_STYLES,
    CONTENT_STYLES,
    DIRECTIONS,
    OUTCOME_ALIASES,
    OUTCOMES,
    STYLE_ALIASES,
)

MAX_MENTIONS: Final = 1000
_RECIPIENT_ROLES: Final = ("to", "cc", "bcc", "from")
_KINDS: Final = {
    "person": "person", "people": "person", "contact": "person",
    "company": "company", "companies": "company", "entity": "company",
    "project": "project", "projects": "project",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody or something an entry names. `kind` is known only when the caller says it."""

    values: tuple[str, ...]  # identifiers of 2.3, any of which may resolve
    role: str  # from | to | cc | bcc | reference | participant
    name: str = ""
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry about to be stored. `document` is what messages/get shows, without key and state."""

    noun: str  # communication | content | todo
    style: str
    filter: str
    date: int
    document: str
    subject: str = ""
    body: str | None = None
    due: int | None = None
    thread: str | None = None
    assignee: str | None = None
    match_key: str | None = None
    from_value: str = ""
    attached: bool = False
    update: bool = False
    mentions: tuple[Mention, ...] = field(default=())


def of_communication(caller: Caller, sent: Communication) -> Draft:
    """Checks and completes a communication. Raises InvalidInput naming the field, PermissionDenied."""
    style = _style(sent.style, COMMUNICATION_STYLES)
    recipients = _recipients(sent.recipients)
    from_value, from_name = _sender(sent, recipients)
    others = [recipient for recipient in recipients if recipient.role != "from"]
    message = _message(caller, sent, style, from_value, from_name)
    if others:
        message.recipients = others
    direction = choice_of(sent.direction, tuple(key for key, _ in DIRECTIONS), field="direction")
    message.direction = direction or _direction(caller, style, from_value, others)
    outcome = choice_of(
        sent.outcome, tuple(key for key, _ in OUTCOMES), field="outcome", aliases=OUTCOME_ALIASES
    )
    message.outcome = outcome or UNSET
    duration = number_of(sent.duration, field="duration")
    message.duration = UNSET if duration is None else duration
    message.location = text_of(sent.location) or UNSET
    key = text_of(sent.key)
    mentions = [
        *([Mention((from_value,), "from", from_name)] if from_value else []),
        *(Mention((text_of(r.value),), text_of(r.role), text_of(r.name)) for r in others),
        *_references(sent.references),
    ]
    return _draft(
        "communication",
        sent,
        message,
        filter=COMMUNICATION_STYLES[style],
        sender=from_value,
        mentions=mentions,
        match_key=f"key:{key}" if key else None,
        extra={"measureas": given(sent.measureas), "uniqueid": key or None},
    )


def of_content(caller: Caller, sent: Content) -> Draft:
    """Checks and completes a note, event, file or external to-do. Raises as `of_communication`."""
    style = _style(sent.style, CONTENT_STYLES)
    uniqueid, source = text_of(sent.uniqueid), text_of(sent.source).lower()
    if style in {"note", "todo"}:
        for name, value in (("uniqueid", uniqueid), ("source", source)):
            if not value:
                raise InvalidInput(f"is required for {style} content", field=name)
    from_value, from_name = text_of(sent.from_), text_of(sent.name)
    message = _message(caller, sent, style, from_value, from_name)
    message.uniqueid = uniqueid or UNSET
    message.source = source or UNSET
    if style == "todo":
        message.due = message.due or SOMEDAY
        message.assignee = caller.email
    mentions = [
        *([Mention((from_value,), "from", from_name)] if from_value else []),
        *_references(sent.references),
    ]
    return _draft(
        "content",
        sent,
        message,
        filter=CONTENT_STYLES[style],
        sender=from_value,
        mentions=mentions,
        match_key=f"content:{source}:{uniqueid}" if source and uniqueid else None,
        extra={"sendtoteam": given(sent.sendtoteam)},
        attached=style == "file",
    )


def of_todo(caller: Caller, sent: ToDo) -> Draft:
    """Checks and completes a to-do. Raises InvalidInput naming the field, PermissionDenied."""
    subject = text_of(sent.subject)
    if not subject:
        raise InvalidInput("is required", field="subject", remedy="say what is to be done")
    due = read_reminder(
        given(sent.when), field="when", timezone=caller.timezone, date_format=given(sent.date_format)
    )
    body = given(sent.body)
    shown, mentions = concerned(sent)
    message = Message(
        style="todo",
        date=clock.now_ms(),
        subject=subject,
        preview=cut_preview(text_of(sent.preview)) or preview_of(str(body or ""), "text") or UNSET,
        bodytype="text" if body else UNSET,
        references=shown or UNSET,
        due=due if due is not None else SOMEDAY,
        assigner=assigner_of(caller, sent.assigner),
        assignee=assignee_of(caller, sent.assignee),
    )
    return Draft(
        noun="todo",
        style="todo",
        filter="todo",
        date=_number(message.date),
        document=encode(message).decode(),
        subject=subject,
        body=body,
        due=_number(message.due),
        assignee=text_of(message.assignee),
        mentions=tuple(mentions),
    )


def concerned(sent: ToDo) -> tuple[list[Reference], list[Mention]]:
    """Participants and references of a to-do: as messages/get shows them, and as they are looked up."""
    participants = _participants(sent.participants)
    mentions = [Mention((value,), "participant") for value in participants]
    mentions += _references(sent.references)
    _limit(mentions)
    return [Reference(value=value) for value in participants] + list(given(sent.references) or ()), mentions


def is_own(caller: Caller, address: str) -> bool:
    """Whether an e-mail address is one of the caller's own."""
    return address.strip().lower() in caller.addresses


def _draft(
    noun: str,
    sent: Entry,
    message: Message,
    *,
    filter: str,
    sender: str,
    mentions: Sequence[Mention],
    match_key: str | None,
    extra: dict[str, Any],
    attached: bool = False,
) -> Draft:
    _limit(mentions)
    extra |= {"campaignId": given(sent.campaign_id), "channelIcon": given(sent.channel_icon)}
    body = given(sent.body)
    due = given(message.due)
    return Draft(
        noun=noun,
        style=text_of(message.style),
        filter=filter,
        date=_number(message.date),
        document=document_of(message, extra),
        subject=text_of(message.subject),
        body=None if body is None else str(body),
        due=None if due is None else _number(due),
        thread=text_of(message.threadid) or None,
        assignee=text_of(message.assignee) or None,
        match_key=match_key,
        from_value=sender.lower(),
        attached=attached or bool(given(message.links)),
        update=bool(given(sent.update)),
        mentions=tuple(mentions),
    )


def _message(caller: Caller, sent: Entry, style: str, from_value: str, from_name: str) -> Message:
    """The fields that communications and content share."""
    zone, date_format = caller.timezone, given(sent.date_format)
    read_date_format(date_format)
    date = read_instant(given(sent.date), field="date", timezone=zone, date_format=date_format)
    due = read_reminder(given(sent.due), field="due", timezone=zone, date_format=date_format)
    bodytype = choice_of(sent.bodytype, tuple(key for key, _ in BODY_TYPES), field="bodytype") or "text"
    preview = cut_preview(text_of(sent.preview)) or preview_of(str(given(sent.body) or ""), bodytype)
    sender = Recipient(value=from_value or UNSET, name=from_name or UNSET)
    return Message(
        style=style,
        date=clock.now_ms() if date is None else date,
        from_=sender if from_value or from_name else UNSET,
        references=list(given(sent.references) or ()) or UNSET,
        subject=text_of(sent.subject) or UNSET,
        preview=preview or UNSET,
        bodytype=bodytype if given(sent.body) else UNSET,
        due=UNSET if due is None else due,
        threadid=text_of(sent.threadid) or UNSET,
        links=_links(sent.links) or UNSET,
    )


def document_of(message: Message, extra: dict[str, Any]) -> str:
    """The message as JSON, with what is kept although messages/get does not show it."""
    kept = {name: value for name, value in extra.items() if value is not None}
    text = encode(message).decode()
    return f"{text[:-1]},{encode(kept).decode()[1:]}" if kept else text


def _style(value: Any, styles: dict[str, str]) -> str:
    style = choice_of(value, styles, field="style", aliases=STYLE_ALIASES)
    if style is None:
        raise InvalidInput(f"is required: one of {', '.join(styles)}", field="style")
    return style


def _recipients(sent: Any) -> list[Recipient]:
    recipients = []
    for position, recipient in enumerate(given(sent) or ()):
        where = f"recipients[{position}]"
        value, name = text_of(recipient.value), text_of(recipient.name)
        if not value:
            raise InvalidInput("is required", field=f"{where}.value")
        role = choice_of(recipient.role, _RECIPIENT_ROLES, field=f"{where}.role") or "to"
        recipients.append(Recipient(value=value, name=name or UNSET, role=role))
    return recipients


def _sender(sent: Communication, recipients: list[Recipient]) -> tuple[str, str]:
    """Identifier and name of who it comes from: at most one, in `from` or among the recipients."""
    senders = [(text_of(r.value), text_of(r.name)) for r in recipients if r.role == "from"]
    if from_value := text_of(sent.from_):
        senders.insert(0, (from_value, text_of(sent.name)))
    if len(senders) > 1:
        raise InvalidInput("only one sender is possible", field="from", remedy="give from or one recipient")
    return senders[0] if senders else ("", text_of(sent.name))


def _direction(caller: Caller, style: str, from_value: str, others: list[Recipient]) -> Any:
    """Outbound when we are the sender; without a sender, inbound only when we are among the recipients."""
    if style == "meeting":
        return UNSET
    if from_value:
        return "outbound" if is_own(caller, from_value) else "inbound"
    return "inbound" if any(is_own(caller, text_of(other.value)) for other in others) else "outbound"


def _references(sent: Any) -> Iterable[Mention]:
    for position, reference in enumerate(given(sent) or ()):
        where = f"references[{position}]"
        kind = choice_of(reference.type, _KINDS, field=f"{where}.type")
        values = [text_of(value) for value in (reference.value, *(given(reference.ids) or ()))]
        role = choice_of(reference.role, _RECIPIENT_ROLES, field=f"{where}.role")
        identifiers = tuple(value for value in values if value)
        if identifiers:
            yield Mention(identifiers, role or "reference", text_of(reference.name), kind and _KINDS[kind])
        elif not text_of(reference.name):
            raise InvalidInput("is required", field=f"{where}.value")


def _participants(sent: Any) -> list[str]:
    found = given(sent) or ()
    parts = found.split(",") if isinstance(found, str) else found
    return list(dict.fromkeys(text for part in parts if (text := text_of(part))))


def _links(sent: Any) -> list[Link]:
    links = []
    for position, link in enumerate(given(sent) or ()):
        if not text_of(link.value):
            raise InvalidInput("is required", field=f"links[{position}].value")
        links.append(link)
    return links


def assigner_of(caller: Caller, value: Any) -> str:
    """Who asks for a to-do: the caller unless somebody else is named. Raises InvalidInput."""
    text = text_of(value)
    if not text:
        return caller.email
    address = normalize.email(text)
    if address is None:
        raise InvalidInput("is not an e-mail address", field="assigner")
    return address


def assignee_of(caller: Caller, value: Any) -> str:
    """Who does it: the caller, or for a manager another member of the team (2.8)."""
    text = text_of(value)
    if not text:
        return caller.email
    if normalize.email(text) is None:
        raise InvalidInput("is not an e-mail address", field="assignee")
    if is_own(caller, text):
        return text.lower()
    require_manager(caller, "assign to other members", "assignee")
    return member_address(caller, text, "assignee")


def _limit(mentions: Sequence[Mention]) -> None:
    if len(mentions) > MAX_MENTIONS:
        raise InvalidInput(f"at most {MAX_MENTIONS} people and records may be named", field="references")


def _number(value: Any) -> int:
    return int(value)
