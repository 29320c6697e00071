"""Timeline entries from the page: log what happened, plan what comes, tick it off."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import relations, timeline
from tieline.crm.access import Caller
from tieline.errors import InvalidInput
from tieline.records.kinds import Kind
from tieline.records.timeline import Communication, Recipient, Reference, ToDo
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database
from tieline.web.forms import values_of
from tieline.web.page import go
from tieline.web.pages.lists import kind_of

STYLES = {"note": "Note", "call": "Call", "email": "E-mail", "meeting": "Meeting", "todo": "To-do"}
# What people write of a call that reached nobody.
OUTCOMES = (
    ("voicemail", "leftvm"),
    ("voice mail", "leftvm"),
    ("left a message", "leftvm"),
    ("no answer", "noanwser"),
)


async def log(request: Request) -> Response:
    """One line about the past or the future."""
    kind, caller = kind_of(request), await session.signed_in(request)
    values = await values_of(request)
    key = request.path_params["key"]
    if not values.get("text"):
        raise InvalidInput("is empty", field="text", remedy="write what happened or what is to be done")
    if values.get("style") not in STYLES:
        raise InvalidInput("is unknown", field="style", remedy=f"one of: {', '.join(STYLES)}")
    await database(request).write(_log, caller, kind, key, values)
    return go(request, f"/{kind.plural}/{key}", f"{STYLES[values['style']]} added.")


async def done(request: Request) -> Response:
    """Tick off."""
    key = request.path_params["key"]
    return await _tick(
        request,
        lambda tx, caller: timeline.complete_todo(tx, caller, key, True),
        "Done.",
        f"/entries/{key}/open",
    )


async def reopen(request: Request) -> Response:
    """Open again."""
    key = request.path_params["key"]
    return await _tick(
        request, lambda tx, caller: timeline.complete_todo(tx, caller, key, False), "Open again.", None
    )


async def delete(request: Request) -> Response:
    """Delete an entry."""
    key = request.path_params["key"]
    return await _tick(request, lambda tx, caller: timeline.delete_entry(tx, caller, key), "Deleted.", None)


async def _tick(
    request: Request, act: Callable[[Transaction, Caller], None], message: str, undo: str | None
) -> Response:
    caller = await session.signed_in(request)
    values = await values_of(request)
    await database(request).write(act, caller)
    back = values.get("back", "")
    target = back if back.startswith("/") and not back.startswith("//") else "/agenda"
    return go(request, target, message, undo=undo)


def _log(tx: Transaction, caller: Caller, kind: Kind, key: str, values: dict[str, str]) -> None:
    row = relations.find_row(tx, caller, kind.name, key)
    text, style, when = values["text"], values["style"], values.get("when") or None
    if style == "todo":
        timeline.create_todo(
            tx, caller, ToDo(subject=text, when=when, references=[_about(kind, row["sync_key"])])
        )
    elif style == "note":
        timeline.add_note(tx, caller, row["id"], text)
    else:
        timeline.create_communication(
            tx, caller, _communication(caller, kind, row["sync_key"], style, text, when)
        )


def _communication(
    caller: Caller, kind: Kind, key: str, style: str, text: str, when: str | None
) -> Communication:
    record = Communication(style=style, subject=text, date=when, direction="outbound", from_=caller.email)
    if kind.name == "person":
        record.recipients = [Recipient(value=key, role="to")]
    else:
        record.references = [_about(kind, key)]
    if style == "call":
        lower = text.lower()
        record.outcome = next((outcome for words, outcome in OUTCOMES if words in lower), "connected")
    return record


def _about(kind: Kind, key: str) -> Reference:
    return Reference(value=key, type=kind.name)
