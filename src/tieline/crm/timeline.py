"""The timeline (contract 2.8): creating communications, content and to-dos, completing, changing, deleting them.

Reading is in `timeline_reading`, and available here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, UnsetType
from sqlalchemy import bindparam, func, select

from tieline import clock
from tieline.crm import accounts, copies, drafts, entries, happenings, notes, participants, touches
from tieline.crm.access import Caller, member_of
from tieline.crm.bodies import cut_preview, preview_of
from tieline.crm.changes import next_stamp
from tieline.crm.dates import SOMEDAY, read_reminder
from tieline.crm.drafts import Draft
from tieline.crm.inputs import choice_of, given, text_of
from tieline.crm.timeline_reading import (
    EntryView,
    MessageBody,
    Participant,
    TimelinePage,
    agenda,
    body,
    entries_of,
    messages,
    next_steps,
    timeline,
    view,
)
from tieline.errors import InvalidInput
from tieline.records.timeline import Communication, Content, Message, ToDo
from tieline.records.vocabulary import BODY_TYPES
from tieline.store.database import Row, Statement, Transaction

__all__ = [
    "EntryKey",
    "EntryView",
    "MessageBody",
    "Participant",
    "TimelinePage",
    "add_note",
    "agenda",
    "body",
    "change_text",
    "change_todo",
    "complete_todo",
    "create_communication",
    "create_content",
    "create_todo",
    "delete_entry",
    "entries_of",
    "messages",
    "next_steps",
    "timeline",
    "view",
]

EntryKey = str  # opaque; empty when nothing was to be written (dryrun, skipImport)

_LOCK = Statement(select(func.pg_advisory_xact_lock(bindparam("account_id"))))


def create_communication(tx: Transaction, caller: Caller, sent: Communication) -> EntryKey:
    """Store an e-mail, call, text, meeting or message that happened elsewhere, or find the one it repeats.

    Raises InvalidInput naming the field, PermissionDenied for another member's account.
    """
    return _create(tx, caller, sent, drafts.of_communication)


def create_content(tx: Transaction, caller: Caller, sent: Content) -> EntryKey:
    """Store a note, event, file or external to-do, or find the one it repeats. Raises as above."""
    return _create(tx, caller, sent, drafts.of_content)


def create_todo(tx: Transaction, caller: Caller, sent: ToDo) -> EntryKey:
    """Store a to-do. Raises InvalidInput naming the field, PermissionDenied for another assignee."""
    return _create(tx, caller, sent, drafts.of_todo)


def add_note(
    tx: Transaction, caller: Caller, relation_id: int, text: str, *, subject: str = "", sample: bool = False
) -> EntryKey:
    """A note about one relation, dated now."""
    key = notes.add(tx, caller, relation_id, text, subject=subject, sample=sample)
    touches.announce(tx, caller, [relation_id])
    return key


def complete_todo(tx: Transaction, caller: Caller, key: str, done: bool = True) -> None:
    """Mark a to-do or reminder as done, or as open again. Raises NotFound, InvalidInput when it is neither."""
    row = _lock_and_find(tx, caller, key)
    if row["due"] is None:
        raise InvalidInput("This entry is no to-do and has no reminder", field="key")
    if (row["done"] is not None) == done:
        return
    _change(tx, caller, row, {"done": clock.now_ms() if done else None})


def change_todo(tx: Transaction, caller: Caller, key: str, sent: ToDo) -> None:
    """Change the given fields of a to-do, or the reminder (`when`) of any entry. Raises NotFound, InvalidInput.

    Fields that are absent stay; participants and references, when given, replace the earlier ones.
    """
    row = _lock_and_find(tx, caller, key)
    message = entries.stored(row)
    columns: dict[str, Any] = {}
    subject = text_of(sent.subject)
    if sent.subject is not UNSET and not subject:
        raise InvalidInput("is required", field="subject", remedy="say what is to be done")
    if subject:
        message.subject = columns["subject"] = subject
    if sent.when is not UNSET:
        columns["due"] = _due(caller, sent)
    if sent.preview is not UNSET:
        message.preview = cut_preview(text_of(sent.preview)) or UNSET
    if given(sent.assignee):
        message.assignee = columns["assignee"] = drafts.assignee_of(caller, sent.assignee)
        if not drafts.is_own(caller, columns["assignee"]):
            raise InvalidInput(
                "a to-do stays on the list it is on", field="assignee", remedy="make a new one for them"
            )
    if given(sent.assigner):
        message.assigner = drafts.assigner_of(caller, sent.assigner)
    links = None
    if sent.participants is not UNSET or sent.references is not UNSET:
        shown, mentions = drafts.concerned(sent)
        message.references = shown or UNSET
        links = participants.link(tx, caller, mentions)
    _change(tx, caller, row, {**columns, "document": _document(message, row)}, links)


def change_text(
    tx: Transaction,
    caller: Caller,
    key: str,
    *,
    subject: str | UnsetType = UNSET,
    text: str | UnsetType = UNSET,
    bodytype: str | UnsetType = UNSET,
) -> None:
    """Change what a note or another entry says; what is not given stays. Raises NotFound, InvalidInput."""
    row = _lock_and_find(tx, caller, key)
    message = entries.stored(row)
    columns: dict[str, Any] = {}
    if subject is not UNSET:
        columns["subject"] = text_of(subject)
        message.subject = columns["subject"] or UNSET
    if text is not UNSET or bodytype is not UNSET:
        kind = choice_of(bodytype, tuple(name for name, _ in BODY_TYPES), field="bodytype")
        kind = kind or text_of(message.bodytype) or "text"
        columns["body"] = row["body"] if text is UNSET else text.replace("\0", "")
        message.bodytype = kind
        message.preview = preview_of(columns["body"] or "", kind) or UNSET
    _change(tx, caller, row, {**columns, "document": _document(message, row)})


def delete_entry(tx: Transaction, caller: Caller, key: str) -> None:
    """Delete an entry; the derived values of its relations follow. Raises NotFound."""
    row = _lock_and_find(tx, caller, key)
    concerned = entries.linked(tx, row["id"])
    entries.remove(tx, row["id"])
    touches.changed(tx, caller, concerned)
    happenings.tell(tx, caller, "delete", row["noun"], before=happenings.state_of(row))


def _create(tx: Transaction, caller: Caller, sent: Any, draft_of: Callable[[Caller, Any], Draft]) -> EntryKey:
    """The common way of all three: skip, check, match a repeat, store, link, touch."""
    if given(sent.skip_import):
        return ""
    caller = copies.writing_to(tx, caller, text_of(sent.account))
    draft = draft_of(caller, sent)
    caller = _assigned(tx, caller, draft)
    if given(sent.dryrun):
        return ""
    _lock(tx, caller)
    existing = entries.match(tx, caller.account_id, draft)
    if existing is not None:
        if draft.update:
            _replace(tx, caller, existing, draft)
        return str(existing["key"])
    links = participants.link(tx, caller, draft.mentions)
    stamp = next_stamp(tx, caller.account_id)
    row = entries.insert(tx, caller.account_id, draft, changed=stamp)
    entries.link(tx, row["id"], draft.date, links)
    concerned = [relation_id for relation_id, _ in links]
    talk = touches.talk_of(draft.style, draft.date, draft.document)
    touches.touch(tx, caller, concerned, talk=talk, due=draft.due)
    touches.expect(tx, row["id"], draft.style, draft.date)
    made = entries.find(tx, caller.account_id, row["key"])
    happenings.tell(tx, caller, "create", draft.noun, after=happenings.state_of(made))
    if isinstance(sent, Content) and given(sent.sendtoteam):
        copies.copy_to_team(tx, caller, row["id"])
    return str(row["key"])


def _assigned(tx: Transaction, caller: Caller, draft: Draft) -> Caller:
    """A to-do for another member stands on their list (2.8)."""
    if draft.noun != "todo" or not draft.assignee or draft.assignee in caller.addresses:
        return caller
    member = member_of(caller, draft.assignee, "assignee")
    return accounts.caller_by_id(tx, member.account_id).acting(caller.actor)


def _replace(tx: Transaction, caller: Caller, existing: Row, draft: Draft) -> None:
    links = participants.link(tx, caller, draft.mentions)
    concerned = [*entries.linked(tx, existing["id"]), *(relation_id for relation_id, _ in links)]
    stamp = next_stamp(tx, caller.account_id)
    entries.replace(tx, existing, draft, changed=stamp)
    entries.unlink(tx, existing["id"])
    entries.link(tx, existing["id"], draft.date, links)
    touches.changed(tx, caller, concerned)
    touches.expect(tx, existing["id"], draft.style, draft.date)
    _tell_change(tx, caller, existing)


def _change(
    tx: Transaction,
    caller: Caller,
    row: Row,
    columns: dict[str, Any],
    links: list[tuple[int, str]] | None = None,
) -> None:
    concerned = entries.linked(tx, row["id"])
    stamp = next_stamp(tx, caller.account_id)
    entries.change(tx, row["id"], {**columns, "changed": stamp})
    if links is not None:
        entries.unlink(tx, row["id"])
        entries.link(tx, row["id"], row["date"], links)
        concerned += [relation_id for relation_id, _ in links]
    touches.changed(tx, caller, concerned)
    _tell_change(tx, caller, row)


def _tell_change(tx: Transaction, caller: Caller, before: Row) -> None:
    after = entries.find(tx, caller.account_id, before["key"])
    states = {"before": happenings.state_of(before), "after": happenings.state_of(after)}
    happenings.tell(tx, caller, "change", before["noun"], **states)


def _due(caller: Caller, sent: ToDo) -> int:
    due = read_reminder(
        given(sent.when), field="when", timezone=caller.timezone, date_format=given(sent.date_format)
    )
    return SOMEDAY if due is None else due


def _document(message: Message, row: Row) -> str:
    return drafts.document_of(message, entries.extras(row))


def _lock(tx: Transaction, caller: Caller) -> None:
    """Writers of one account take turns on PostgreSQL: a repeat must find the entry it repeats."""
    if tx.dialect == "postgresql":
        tx.one(_LOCK, {"account_id": caller.account_id})


def _lock_and_find(tx: Transaction, caller: Caller, key: str) -> Row:
    _lock(tx, caller)
    return entries.find(tx, caller.account_id, key)
