"""What Tieline answers beyond the Cloze API: everything under /v1/x."""

from __future__ import annotations

from typing import Any

from tieline import clock
from tieline.api import lenient, queries
from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm import derived, querying, relations, scoring
from tieline.crm.dates import read_instant
from tieline.crm.opens import record_open
from tieline.errors import InvalidInput, NoIdentifier
from tieline.records.kinds import KINDS
from tieline.store.database import Transaction

MOST = 50
MOST_TEXT = 500


async def score(call: Call) -> bytes:
    """A record's relationship score and what makes it: `id`, `type` (people, companies, projects)."""
    identifier = lenient.identifier_parameter(call.query, strict_wire=call.strict)
    if identifier is None:
        raise NoIdentifier("No identifiers available", remedy="give id")
    kind, team = _kind(call, "type"), queries.boolean(call.query, "team") or False

    def read(tx: Transaction) -> dict[str, Any]:
        row = relations.find_row(tx, call.caller, kind, identifier, team=team)
        touches = derived.touches_of(tx, row["id"], kind)
        return {"syncKey": row["sync_key"], **scoring.explained(touches, clock.now_ms())}

    return success(**await call.read_slow(read))


def _kind(call: Call, parameter: str) -> str:
    asked = queries.text(call.query, parameter) or "people"
    kind = next((name for name, found in KINDS.items() if asked.lower() in {name, found.plural}), None)
    if kind is None:
        raise InvalidInput(f"“{asked}” is unknown", field=parameter, remedy="people, companies or projects")
    return kind


async def suggest(call: Call) -> bytes:
    """How a free-form query may go on: `about` (people, companies, projects), `text`, `limit`."""
    kind = _kind(call, "about")
    limit = queries.whole(call.query, "limit")
    if limit is not None and not 1 <= limit <= MOST:
        raise InvalidInput("is out of range", field="limit", remedy=f"1 to {MOST}")
    # As it was sent: a space at the end asks for the next words.
    text = call.query.get("text", "")
    found = await call.read_slow(querying.suggestions, call.caller, kind, text, limit or 10)
    return success(list=found)


async def opened(call: Call) -> bytes:
    """A mail program saw that an e-mail was opened: `key` of the message, `date`, `cookie`, `about` the opener."""
    body = call.object()
    key = queries.text(body, "key")
    if key is None:
        raise InvalidInput("is required", field="key", remedy="send the key of an e-mail")
    at = read_instant(body.get("date"), field="date", timezone=call.caller.timezone)
    cookie, about = queries.text(body, "cookie") or "", body.get("about") or {}
    if not isinstance(about, dict) or not all(isinstance(value, str) for value in about.values()):
        raise InvalidInput(
            "expected an object of texts", field="about", remedy="send {address, agent, place}"
        )

    def act(tx: Transaction) -> bytes:
        record_open(tx, call.caller, key, at=at, cookie=cookie[:MOST_TEXT], about=_shortened(about))
        return success()

    return await call.write(act)


def _shortened(about: dict[str, str]) -> dict[str, str]:
    return {name[:MOST_TEXT]: value[:MOST_TEXT] for name, value in list(about.items())[:10]}
