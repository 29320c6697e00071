"""Communications, content and to-dos (contract 2.8)."""

from __future__ import annotations

from urllib.parse import urlencode

from tieline.api import queries
from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm import opens as opening
from tieline.crm import timeline
from tieline.errors import InvalidInput
from tieline.records import codec
from tieline.records.timeline import Communication, Content, MessageRef, TimelineQuery, ToDo
from tieline.store.database import Transaction


async def communication(call: Call) -> bytes:
    """An e-mail, call, text, meeting or message that happened elsewhere."""
    sent = call.record(Communication, "communication")

    def act(tx: Transaction) -> bytes:
        timeline.create_communication(tx, call.caller, sent)
        return success()

    return await call.write(act)


async def content(call: Call) -> bytes:
    """A note, event, file or external to-do."""
    sent = call.record(Content, "content")

    def act(tx: Transaction) -> bytes:
        timeline.create_content(tx, call.caller, sent)
        return success()

    return await call.write(act)


async def todo(call: Call) -> bytes:
    """A task."""
    sent = call.record(ToDo, "todo")

    def act(tx: Transaction) -> bytes:
        timeline.create_todo(tx, call.caller, sent)
        return success()

    return await call.write(act)


async def entries(call: Call) -> bytes:
    """A record's entries, newest first."""
    asked = codec.convert(TimelineQuery, call.object())
    page = await call.read(timeline.timeline, call.caller, call.kind.name, asked)
    return success(messages=page.messages, stamp=page.stamp or None)


async def messages(call: Call) -> bytes:
    """Entries by key."""
    sent = call.object().get("messages")
    if sent is None:
        raise InvalidInput("is required", field="messages", remedy="send [{key, changed}]")
    refs = codec.convert(list[MessageRef], sent)
    found = await call.read(timeline.messages, call.caller, refs, strict=call.strict)
    return success(messages=found)


async def body(call: Call) -> bytes:
    """The body of an entry, as it was sent."""
    key = queries.text(call.object(), "key")
    if key is None:
        raise InvalidInput("is required", field="key", remedy="send the key of a message")
    found = await call.read(timeline.body, call.caller, key)
    return success(body=found.body, mimeType=found.mime_type)


async def opens(call: Call) -> bytes:
    """E-mails that were opened, from that moment on; `next` leads to more."""
    since = queries.whole(call.query, "from") or 0
    if since < 0:
        raise InvalidInput("is out of range", field="from", remedy="send UTC milliseconds")
    cursor, base = queries.text(call.query, "cursor") or "", call.settings.base_url
    page = await call.read_slow(opening.opened, call.caller, since=since, cursor=cursor, base_url=base)
    query = urlencode({"from": since, "cursor": page.cursor or ""})
    following = f"{base}/v1/messages/opens?{query}" if page.cursor else None
    return success(messages=page.messages, more=page.cursor is not None, next=following)
