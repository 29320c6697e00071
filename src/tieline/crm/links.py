"""Records inside a record (2.4): companies of a person, people and companies of a project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from tieline.crm.access import Caller
from tieline.crm.identity import named
from tieline.crm.matching import match, may_create
from tieline.crm.merging import Wire
from tieline.errors import InvalidInput, NotFound
from tieline.records.codec import convert
from tieline.records.kinds import KINDS
from tieline.store.database import Row, Statement, Transaction
from tieline.store.statements import upsert as upsert_rows
from tieline.store.tables import link, relation

# Field of the outer record -> kind of the inner ones.
ROLES = {
    "companies": "company",
    "projects": "project",
    "clientpeople": "person",
    "partnerpeople": "person",
    "clientcompanies": "company",
    "partnercompanies": "company",
}
LINKED = tuple(ROLES)
DETAILED = ("clientpeople", "partnerpeople", "clientcompanies", "partnercompanies")
BRIEF = ("syncKey", "name", "domains")

ADD = upsert_rows(
    link, columns=("from_id", "to_id", "role", "position"), conflict=("from_id", "to_id", "role")
)
ROW = Statement(select(relation).where(relation.c.id == bindparam("relation_id")))
DOCUMENT = Statement(
    update(relation).where(relation.c.id == bindparam("relation_id")).values(document=bindparam("document"))
)
INNER = Statement(
    select(relation.c.id, relation.c.kind, relation.c.document, relation.c.last_changed, link.c.role)
    .join(link, link.c.to_id == relation.c.id)
    .where(link.c.from_id == bindparam("relation_id"))
    .order_by(link.c.role, link.c.position)
)
OUTER = Statement(
    select(relation.c.id, relation.c.kind, relation.c.document, link.c.role)
    .join(link, link.c.from_id == relation.c.id)
    .where(link.c.to_id == bindparam("relation_id"))
)


class Links(msgspec.Struct):
    """The records inside a body, by role."""

    given: dict[str, list[Wire]]


class Linked(msgspec.Struct):
    """What linking did."""

    changed: bool
    message: str | None


def split_links(kind: str, given: Wire) -> Links:
    """The inner records that a kind may carry."""
    roles = ("companies", "projects") if kind == "person" else DETAILED if kind == "project" else ()
    return Links({role: list(given[role]) for role in roles if given.get(role)})


def link_records(
    tx: Transaction, caller: Caller, links: Links, row_id: int, outer: Wire, upsert: Callable[..., Any]
) -> Linked:
    """Upsert and link every inner record; the outer record's brief list of companies is brought up to date."""
    skipped: list[str] = []
    changed = False
    for role, records in links.given.items():
        for position, inner in enumerate(records):
            inner_id = _inner(tx, caller, role, position, inner, outer, skipped, upsert)
            if inner_id is None or inner_id == row_id:
                continue
            changed |= _link(tx, role, position, row_id, inner_id, outer)
    message = f"Skipped: {', '.join(skipped)}" if skipped else None
    return Linked(changed, message)


def _inner(
    tx: Transaction,
    caller: Caller,
    role: str,
    position: int,
    inner: Any,
    outer: Wire,
    skipped: list[str],
    upsert: Callable[..., Any],
) -> int | None:
    kind = ROLES[role]
    place = f"{role}[{position}]"
    if not isinstance(inner, dict):
        raise InvalidInput("expected an object", field=place, remedy="send a record")
    if caller.on_team_copy and outer.get("node"):
        inner = {"defaultNode": outer["node"], **inner}  # what belongs together is seen together
    try:
        body = convert(KINDS[kind].type, inner)
        if match(tx, caller, kind, inner, "create").ids or (
            may_create(kind, inner, caller.country) and kind != "project"
        ):
            return int(upsert(tx, caller, kind, body, mode="create").relation_id)
    except InvalidInput as error:
        error.field = f"{place}.{error.field}" if error.field else place
        raise
    except NotFound:
        pass
    name = str(inner.get("name") or "").strip()
    if name and (found := named(tx, caller.account_id, kind, name)):
        return found[0]
    if name and role == "companies":
        jobs = outer.setdefault("workHistory", [])
        if all(job.get("organization", "").casefold() != name.casefold() for job in jobs):
            jobs.append({"organization": name})
        return None
    skipped.append(f"{place} {name}".strip())
    return None


def _link(tx: Transaction, role: str, position: int, outer_id: int, inner_id: int, outer: Wire) -> bool:
    row = tx.one(ROW, {"relation_id": inner_id})
    assert row is not None
    if role == "projects":
        # The project is the one that holds its people; the person only shows it.
        added = tx.run(
            ADD, {"from_id": inner_id, "to_id": outer_id, "role": "clientpeople", "position": position}
        )
        return bool(added) | _show(outer, "projects", brief(row))
    added = tx.run(ADD, {"from_id": outer_id, "to_id": inner_id, "role": role, "position": position})
    if role == "companies":
        return bool(added) | _show(outer, "companies", brief(row))
    if ROLES[role] == "person" and added:
        inner = msgspec.json.decode(row["document"])
        if _show(inner, "projects", {name: outer[name] for name in BRIEF if name in outer}):
            tx.run(DOCUMENT, {"relation_id": inner_id, "document": msgspec.json.encode(inner).decode()})
    return bool(added)


def brief(row: Row) -> Wire:
    """What an outer record shows of an inner one."""
    document = msgspec.json.decode(row["document"])
    return {name: document[name] for name in BRIEF if name in document}


def _show(record: Wire, field: str, shown: Wire) -> bool:
    """Put a brief record into a list, replacing the one with the same key. True when that changed anything."""
    entries = record.setdefault(field, [])
    for position, entry in enumerate(entries):
        if entry.get("syncKey") == shown.get("syncKey"):
            entries[position] = shown
            return bool(entry != shown)
    entries.append(shown)
    return True


def inner_records(tx: Transaction, relation_id: int) -> dict[str, list[Wire]]:
    """The records linked from a relation, by role."""
    made: dict[str, list[Wire]] = {}
    for row in tx.all(INNER, {"relation_id": relation_id}):
        document = msgspec.json.decode(row["document"])
        made.setdefault(row["role"], []).append({**document, "lastChanged": row["last_changed"]})
    return made


def people_of(tx: Transaction, relation_id: int) -> list[Wire]:
    """The people linked to a company, in brief."""
    return [brief(row) for row in tx.all(OUTER, {"relation_id": relation_id}) if row["role"] == "companies"]


def refresh_brief(tx: Transaction, relation_id: int, record: Wire) -> None:
    """A company or project was renamed: the records that show it show its new name."""
    shown = {name: record[name] for name in BRIEF if name in record}
    rows = tx.all(OUTER, {"relation_id": relation_id})
    if record.get("syncKey") is None:
        return
    people = [row for row in rows if row["role"] == "companies"]
    people += [row for row in tx.all(INNER, {"relation_id": relation_id}) if row["kind"] == "person"]
    for row in people:
        field = "companies" if row["role"] == "companies" else "projects"
        document = msgspec.json.decode(row["document"])
        if _show(document, field, shown):
            tx.run(DOCUMENT, {"relation_id": row["id"], "document": msgspec.json.encode(document).decode()})
