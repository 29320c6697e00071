"""The timeline (contract 2.8): creating communications, content and to-dos, completing, changing, deleting them.

Reading is in `timeline_reading`, and available here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import bindparam, func, select

from tieline import clock
from tieline.crm import changes, drafts, entries, notes, participants, touches
from tieline.crm.access import Caller, require_own_account
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


def _create(tx: Transaction, caller: Caller, sent: Any, draft_of: Callable[[Caller, Any], Draft]) -> EntryKey:
    """The common way of all three: skip, check, match a repeat, store, link, touch."""
    if given(sent.skip_import):
        return ""
    require_own_account(caller, text_of(sent.account))
    draft = draft_of(caller, sent)
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
    talked = touches.talked_at(draft.style, draft.date)
    touches.touch(tx, caller, concerned, talked_at=talked, due=draft.due)
    touches.expect(tx, row["id"], draft.style, draft.date)
    return str(row["key"])


def _replace(tx: Transaction, caller: Caller, existing: Row, draft: Draft) -> None:
    links = participants.link(tx, caller, draft.mentions)
    concerned = [*entries.linked(tx, existing["id"]), *(relation_id for relation_id, _ in links)]
    stamp = next_stamp(tx, caller.account_id)
    entries.replace(tx, existing, draft, changed=stamp)
    _record(tx, caller, existing, draft.document, stamp)
    entries.unlink(tx, existing["id"])
    entries.link(tx, existing["id"], draft.date, links)
    touches.changed(tx, caller, concerned)
    touches.expect(tx, existing["id"], draft.style, draft.date)


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
    if "document" in columns:
        _record(tx, caller, row, columns["document"], stamp)
    if links is not None:
        entries.unlink(tx, row["id"])
        entries.link(tx, row["id"], row["date"], links)
        concerned += [relation_id for relation_id, _ in links]
    touches.changed(tx, caller, concerned)


def _record(tx: Transaction, caller: Caller, row: Row, document: str, stamp: int) -> None:
    """The change of what an entry says, for the history and the activity."""
    before, after = (msgspec.json.decode(text) for text in (row["document"], document))
    before.pop("opens", None)  # an opener's doing, which stays
    after.pop("opens", None)
    changes.record_entry_change(tx, caller, row["key"], before=before, after=after, at=stamp)


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
