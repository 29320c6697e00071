"""Merges (an extension): join on request, take back, and compare what waits to be compared."""

from __future__ import annotations

from typing import Any

from tieline.api import queries
from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.api.trying import tried
from tieline.crm import relations, reviewing, unmerging
from tieline.crm.access import Caller
from tieline.crm.writing import join
from tieline.errors import InvalidInput, NotFound
from tieline.records.kinds import KINDS
from tieline.store.database import Transaction

DECISIONS = ("merge", "apart")


async def merge(call: Call) -> bytes:
    """Join two records: `type`, `into`, `from` (identifiers). Answers the change, which unmerge takes."""
    body = call.object()
    kind = kind_of(body)
    into, other = (_required(body, name) for name in ("into", "from"))

    def act(tx: Transaction) -> bytes:
        ids = [relations.find_row(tx, call.caller, kind, text)["id"] for text in (into, other)]
        if ids[0] == ids[1]:
            raise InvalidInput("is the same record already", field="from")
        written = join(tx, call.caller, kind, ids)
        return success(change=written.change_id, syncKey=written.sync_key)

    return await call.write(tried(body, act))


async def unmerge(call: Call) -> bytes:
    """Take a merge back: `change`, or `id` (with `type`) for the latest merge of that record."""
    body = call.object()
    change, identifier = queries.whole(body, "change"), queries.text(body, "id")

    def act(tx: Transaction) -> bytes:
        found = change
        if found is None:
            if identifier is None:
                raise InvalidInput("is required", field="change", remedy="give change, or id")
            row = relations.find_row(tx, call.caller, kind_of(body), identifier)
            found = unmerging.latest(tx, call.caller, row["id"])
            if found is None:
                raise NotFound("This record was not merged, or that was taken back", field="id")
        written = unmerging.unmerge(tx, call.caller, found)
        return success(records=[{"syncKey": one.sync_key} for one in written])

    return await call.write(tried(body, act))


async def waiting(call: Call) -> bytes:
    """Pairs that wait to be compared, the oldest first."""

    def read(tx: Transaction) -> list[dict[str, Any]]:
        return [_shown(tx, call.caller, pair) for pair in reviewing.waiting(tx, call.caller)]

    found = await call.read_slow(read)
    return success(availablecount=await call.read(reviewing.count, call.caller), list=found)


async def decide(call: Call) -> bytes:
    """What became of a pair: `id`, `decision` (merge, apart)."""
    body = call.object()
    review_id, decision = queries.whole(body, "id"), queries.text(body, "decision")
    if review_id is None:
        raise InvalidInput("is required", field="id", remedy="the id that the list answers")
    if decision not in DECISIONS:
        raise InvalidInput(f"“{decision}” is unknown", field="decision", remedy="merge or apart")

    def act(tx: Transaction) -> bytes:
        pair = reviewing.get(tx, call.caller, review_id)
        if decision == "apart":
            reviewing.keep_apart(tx, call.caller, pair.kind, pair.first_id, pair.second_id)
            return success()
        return success(change=join(tx, call.caller, pair.kind, [pair.first_id, pair.second_id]).change_id)

    return await call.write(act)


def kind_of(parameters: dict[str, Any]) -> str:
    """The kind that `type` names; people when it is absent. Raises InvalidInput."""
    asked = queries.text(parameters, "type") or "people"
    kind = next((name for name, found in KINDS.items() if asked.lower() in {name, found.plural}), None)
    if kind is None:
        raise InvalidInput(f"“{asked}” is unknown", field="type", remedy="people, companies or projects")
    return kind


def _required(body: dict[str, Any], name: str) -> str:
    text = queries.text(body, name)
    if text is None:
        raise InvalidInput("is required", field=name, remedy="give an identifier of a record")
    return text


def _shown(tx: Transaction, caller: Caller, pair: reviewing.Pair) -> dict[str, Any]:
    rows = [relations.by_id(tx, caller.account_id, one) for one in (pair.first_id, pair.second_id)]
    return {
        "id": pair.id,
        "type": pair.kind,
        "created": pair.created,
        "shared": pair.reason,
        "records": [relations.wire_bytes(row) for row in rows if row is not None],
    }
