"""To-dos and notes after they were made (an extension): list, complete, reopen, change, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import UNSET

from tieline.api import queries
from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.api.trying import tried
from tieline.crm import entries, timeline
from tieline.crm import todos as tasks
from tieline.crm.access import Caller
from tieline.crm.todos import ToDoQuery
from tieline.errors import InvalidInput, NotFound
from tieline.records import codec
from tieline.records.contact import Text
from tieline.records.fields import Record, field
from tieline.records.timeline import ToDo
from tieline.store.database import Transaction

OURS = frozenset({"key", "dryrun"})  # which entry, and whether it is only tried


class NoteUpdate(Record):
    """What a note is to say; what is absent stays."""

    subject: Annotated[Text, field("Subject", "The subject line.")] = UNSET
    body: Annotated[Text, field("Body", "The text.", multiline=True)] = UNSET
    bodytype: Annotated[Text, field("Body Type", "Plain text or HTML.")] = UNSET


async def todos(call: Call) -> bytes:
    """To-dos: `state` (open, done, all), `assignee`, `about`, `before`, `after`, `pagesize`, `pagenumber`."""
    texts = {name: queries.text(call.query, name) for name in ("assignee", "about", "before", "after")}
    query = ToDoQuery(
        state=(queries.text(call.query, "state") or "open").lower(),
        pagesize=queries.whole(call.query, "pagesize"),
        pagenumber=queries.whole(call.query, "pagenumber"),
        **texts,
    )
    page = await call.read_slow(tasks.find, call.caller, query)
    return success(
        availablecount=page.available,
        pagenumber=page.pagenumber,
        pagesize=page.pagesize,
        todos=[tasks.wire(view) for view in page.todos],
    )


async def complete(call: Call) -> bytes:
    """It is done."""
    return await _on_todo(call, lambda tx, caller, key: timeline.complete_todo(tx, caller, key, True))


async def reopen(call: Call) -> bytes:
    """It is to be done after all."""
    return await _on_todo(call, lambda tx, caller, key: timeline.complete_todo(tx, caller, key, False))


async def update(call: Call) -> bytes:
    """Other words, date or people: the fields of todo/create; what is absent stays."""
    sent = {name: value for name, value in call.record_object("todo").items() if name not in OURS}
    changed = codec.convert(ToDo, sent)
    return await _on_todo(call, lambda tx, caller, key: timeline.change_todo(tx, caller, key, changed))


async def delete(call: Call) -> bytes:
    """The end of a to-do; a communication with a reminder is not one."""

    def remove(tx: Transaction, caller: Caller, key: str) -> None:
        if tasks.get_todo(tx, caller, key)["style"] != "todo":
            raise InvalidInput("is a reminder of another entry", field="key", remedy="complete it instead")
        timeline.delete_entry(tx, caller, key)

    return await _on_todo(call, remove)


async def update_note(call: Call) -> bytes:
    """What a note says: `subject`, `body`, `bodytype`."""
    sent = codec.convert(
        NoteUpdate, {name: value for name, value in call.object().items() if name not in OURS}
    )

    def change(tx: Transaction, caller: Caller, key: str) -> None:
        _note(tx, caller, key)
        timeline.change_text(
            tx,
            caller,
            key,
            subject=UNSET if sent.subject is None else sent.subject,
            text=UNSET if sent.body is None else sent.body,
            bodytype=UNSET if sent.bodytype is None else sent.bodytype,
        )

    return await _act(call, change)


async def delete_note(call: Call) -> bytes:
    """The end of a note."""

    def remove(tx: Transaction, caller: Caller, key: str) -> None:
        _note(tx, caller, key)
        timeline.delete_entry(tx, caller, key)

    return await _act(call, remove)


def _note(tx: Transaction, caller: Caller, key: str) -> None:
    if entries.find(tx, caller.account_id, key)["style"] != "note":
        raise NotFound("The note was not found")


async def _on_todo(call: Call, change: Callable[[Transaction, Caller, str], Any]) -> bytes:
    def checked(tx: Transaction, caller: Caller, key: str) -> None:
        tasks.get_todo(tx, caller, key)
        change(tx, caller, key)

    return await _act(call, checked)


async def _act(call: Call, change: Callable[[Transaction, Caller, str], Any]) -> bytes:
    parameters = call.parameters()
    key = queries.text(parameters, "key")
    if key is None:
        raise InvalidInput("is required", field="key", remedy="the key that the list or the timeline answers")

    def act(tx: Transaction) -> bytes:
        change(tx, call.caller, key)
        return success()

    return await call.write(tried(parameters, act))
