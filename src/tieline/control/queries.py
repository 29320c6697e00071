"""Free-form queries: how one is read, and what it finds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dateutil import parser as dates

from tieline.control.frame import Context
from tieline.crm import accounts, finding, querying
from tieline.crm.access import Caller
from tieline.crm.settings import AccountSettings, load_settings
from tieline.errors import InvalidInput
from tieline.query.explain import sentence
from tieline.query.filter import plain
from tieline.records.kinds import KINDS

NOBODY = Caller(0, "")  # before the first account: the shipped words, UTC


async def explain(context: Context) -> Any:
    """The Filter of a query, in the contract's form, and a sentence that says the same (6.2)."""
    kind, body = _kind(context), await context.body()
    caller = context.caller
    if caller is None and not await context.database.read(accounts.list_accounts):
        caller = NOBODY
    caller = caller or context.account
    settings = AccountSettings()
    if caller is not NOBODY:
        settings = await context.database.read(load_settings, caller.account_id)
    found = querying.read(caller, kind, _text(body), settings, _moment(body.get("now")))
    words = sentence(found, querying.words_for(settings, kind), KINDS[kind].plural)
    return {**plain(found), "sentence": words}


async def find(context: Context) -> Any:
    """The records that a query finds, and how many there are in all."""
    kind, body = _kind(context), await context.body()
    limit = body.get("limit", 50)
    if not isinstance(limit, int) or not 1 <= limit <= finding.MOST:
        raise InvalidInput("is out of range", field="limit", remedy=f"1 to {finding.MOST}")
    asked = finding.FindQuery(freeformquery=_text(body), pagesize=limit, format=True)
    page = await context.database.read(finding.find, context.account, kind, asked)
    return {"availablecount": page.available, KINDS[kind].plural: page.records}


def _kind(context: Context) -> str:
    wanted = str(context.request.path_params["kind"])
    for name, kind in KINDS.items():
        if wanted == kind.plural:
            return name
    raise InvalidInput(
        f"“{wanted}” is no kind of record", field="kind", remedy="people, companies or projects"
    )


def _text(body: dict[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str):
        raise InvalidInput("is required", field="text", remedy="write a query")
    return text


def _moment(text: Any) -> datetime | None:
    if text in (None, ""):
        return None
    try:
        found: datetime = dates.isoparse(str(text))
    except ValueError:
        raise InvalidInput(
            f"“{text}” is no moment", field="now", remedy="write 2026-01-15T10:20:30Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
