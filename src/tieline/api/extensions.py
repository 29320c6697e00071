"""What Tieline answers beyond the Cloze API: everything under /v1/x."""

from __future__ import annotations

from tieline.api import queries
from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm import querying
from tieline.errors import InvalidInput
from tieline.records.kinds import KINDS

MOST = 50


async def suggest(call: Call) -> bytes:
    """How a free-form query may go on: `about` (people, companies, projects), `text`, `limit`."""
    about = queries.text(call.query, "about") or "people"
    kind = next((name for name, found in KINDS.items() if about.lower() in {name, found.plural}), None)
    if kind is None:
        raise InvalidInput(f"“{about}” is unknown", field="about", remedy="people, companies or projects")
    limit = queries.whole(call.query, "limit")
    if limit is not None and not 1 <= limit <= MOST:
        raise InvalidInput("is out of range", field="limit", remedy=f"1 to {MOST}")
    # As it was sent: a space at the end asks for the next words.
    text = call.query.get("text", "")
    found = await call.read_slow(querying.suggestions, call.caller, kind, text, limit or 10)
    return success(list=found)
