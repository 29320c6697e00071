"""Pairs of records that may be the same: compared side by side, and joined or kept apart."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import relations, reviewing
from tieline.crm.access import Caller
from tieline.crm.settings import load_settings
from tieline.crm.writing import join
from tieline.records.kinds import KINDS
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database
from tieline.web.forms import values_of
from tieline.web.page import go, render

FIELDS = (
    ("Stage", "stage"), ("Segment", "segment"), ("Job title", "jobtitle"), ("Headline", "headline"),
    ("Household", "household"), ("Location", "location"),
)  # fmt: skip
LISTS = (("E-mail", "emails"), ("Phone", "phones"), ("Company", "companies"))


async def show(request: Request) -> Response:
    """What waits to be compared."""
    caller = await session.signed_in(request)
    pairs, mode = await database(request).read(_read, caller)
    return await render(request, "merges.html", pairs=pairs, mode=mode, kinds=KINDS)


async def decide(request: Request) -> Response:
    """Join a pair, or keep it apart."""
    caller, values = await session.signed_in(request), await values_of(request)
    merge = values.get("decision") == "merge"
    await database(request).write(_decide, caller, int(request.path_params["number"]), merge)
    return go(request, "/merges", "They are one record now." if merge else "They stay apart.")


def _decide(tx: Transaction, caller: Caller, number: int, merge: bool) -> None:
    pair = reviewing.get(tx, caller, number)
    if merge:
        join(tx, caller, pair.kind, [pair.first_id, pair.second_id])
    else:
        reviewing.keep_apart(tx, caller, pair.kind, pair.first_id, pair.second_id)


def _read(tx: Transaction, caller: Caller) -> tuple[list[dict[str, Any]], str]:
    found = []
    for pair in reviewing.waiting(tx, caller):
        rows = [relations.by_id(tx, caller.account_id, one) for one in (pair.first_id, pair.second_id)]
        records = [relations.record_of(row) for row in rows if row is not None]
        found.append({"pair": pair, "records": records, "lines": _lines(records)})
    return found, load_settings(tx, caller.account_id).merge


def _lines(records: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Label and what each record says, where either says anything."""
    lines = [(label, [str(record.get(name) or "") for record in records]) for label, name in FIELDS]
    for label, name in LISTS:
        lines.append(
            (
                label,
                [
                    ", ".join(
                        str(item.get("value") or item.get("name") or "") for item in record.get(name) or ()
                    )
                    for record in records
                ],
            )
        )
    return [(label, texts) for label, texts in lines if any(text not in ("", "none") for text in texts)]
