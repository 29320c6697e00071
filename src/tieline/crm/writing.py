"""Create and update (2.4): match, merge, store, and tell what changed, in one transaction."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, func, select

from tieline.crm import changes, copies, derived, merging, notes, originals, reviewing
from tieline.crm.access import Caller, require_visible
from tieline.crm.links import LINKED, link_records, split_links
from tieline.crm.matching import Match, match, may_create
from tieline.crm.merged import PLACES, add_views, joined, merged
from tieline.crm.merging import Wire
from tieline.crm.settings import load_settings
from tieline.crm.storing import BY_ID, STORED, adopt, decode, fold, insert_blank, store
from tieline.errors import ChangedSince, Conflict, InvalidInput, NoIdentifier, NotFound
from tieline.records import normalize
from tieline.records.codec import plain
from tieline.records.company import Company
from tieline.records.fields import describe_by_wire
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.store.database import Statement, Transaction

Body = Person | Company | Project
CAPPED = ("customFields", "timelineNotes", *LINKED)  # each of their entries is work while others wait
ANY_VERSION = -1  # whatever it is, as long as it is there

LOCK = Statement(select(func.pg_advisory_xact_lock(bindparam("account_id"))))


class Written(msgspec.Struct):
    """What a write did. `message` says what was skipped although the write succeeded."""

    relation_id: int | None = None
    sync_key: str | None = None
    created: bool = False
    changed: bool = False
    message: str | None = None
    change_id: int | None = None


def upsert(
    tx: Transaction,
    caller: Caller,
    kind: str,
    body: Body,
    *,
    mode: str,
    discovered: bool = False,
    sample: bool = False,
    expected: int | None = None,
) -> Written:
    """Create or enhance a record. `mode`: create or update (2.4).

    `expected`: the `lastChanged` of the version that is meant, or ANY_VERSION; raises ChangedSince for another.
    Raises InvalidInput naming the field, NoIdentifier when nothing identifies the record, NotFound for an unknown key
    on update, PermissionDenied for what only a team has.
    """
    given = _given(body)
    if given.get("skipImport"):
        return Written()
    asking, caller = caller, copies.writing_to(tx, caller, str(given.get("account") or ""))
    copies.check_sharing(asking, given)
    if kind == "person" and given.get("stripAliases"):
        _strip_aliases(given)
    _check_keys(given)
    if tx.dialect == "postgresql":
        # Two writers that create the same new record at the same moment take turns.
        locked = {"account_id": caller.account_id}
        tx.once((LOCK, caller.account_id), lambda: tx.one(LOCK, locked))
    settings = load_settings(tx, caller.account_id)
    found, alike = reviewing.sorted_out(tx, kind, given, match(tx, caller, kind, given, mode), settings.merge)
    check_version(tx, kind, found.ids, expected)
    if not found.ids and not may_create(kind, given, caller.country):
        if given.get("skipWithoutIds"):
            return Written(message="Skipped: no identifiers")
        for name in ("emails", "phones"):
            # One that cannot be read is the likelier mistake, and says where it is.
            merging.union(name, [], given.get(name) or [], caller.country)
        raise NoIdentifier("No identifiers available")
    written = _write(tx, caller, kind, given, found, mode, discovered, sample)
    if written.relation_id is not None and not given.get("dryrun"):
        reviewing.queue(tx, caller, kind, written.relation_id, alike)
        if copies.to_be_shared(asking, given):
            _share(tx, asking, kind, written, given)
    return written


def check_version(tx: Transaction, kind: str, relation_ids: list[int], expected: int | None) -> None:
    """Raises ChangedSince unless exactly one record is meant and it is the expected version."""
    if expected is None:
        return
    rows = [tx.one(BY_ID, {"relation_id": one}) for one in relation_ids]
    row = rows[0] if len(rows) == 1 else None
    if row is None or expected not in (ANY_VERSION, row["last_changed"]):
        raise ChangedSince(
            f"The {kind} is not the version that you mean", field="If-Match", remedy="read it again"
        )


def _share(tx: Transaction, caller: Caller, kind: str, written: Written, given: Wire) -> None:
    row = tx.one(BY_ID, {"relation_id": written.relation_id})
    if row is None or row["account_id"] != caller.account_id:
        return
    remark = copies.share(tx, caller, kind, row["id"], decode(row), given, upsert)
    written.message = "; ".join(filter(None, [written.message, remark])) or None


def _write(
    tx: Transaction,
    caller: Caller,
    kind: str,
    given: Wire,
    found: Match,
    mode: str,
    discovered: bool,
    sample: bool,
) -> Written:
    settings = load_settings(tx, caller.account_id)
    statement = BY_ID if len(found.ids) > 1 else STORED
    rows = [row for one in found.ids if (row := tx.one(statement, {"relation_id": one})) is not None]
    for row in rows:
        require_visible(caller, row)
    documents = [decode(row) for row in rows]
    dry = bool(given.get("dryrun"))
    before = documents[0] if documents else None
    base = joined(documents, rows, caller.country) if len(rows) > 1 else dict(before or {})
    after = merged(caller, kind, base, given, settings, found, mode)
    links = split_links(kind, given)
    if dry:
        return Written(
            relation_id=rows[0]["id"] if rows else None,
            created=not rows,
            changed=before != after or bool(links.given),
        )
    row_id = rows[0]["id"] if rows else insert_blank(tx, caller, kind, after, discovered, sample)
    linked = link_records(tx, caller, links, row_id, after, upsert)
    add_views(after)
    written = Written(row_id, after["syncKey"], not rows, False, linked.message, None)
    remarks = merging.texts(given.get("timelineNotes"))
    if before is not None and len(rows) == 1 and after == before and not linked.changed and not remarks:
        if rows[0]["discovered"] and not discovered:
            adopt(tx, row_id)
        return written
    # The account's clock comes first: who moves it has the account's counters to themselves.
    after["lastChanged"] = changes.next_stamp(tx, caller.account_id)
    undo = None
    if len(rows) > 1:
        undo = originals.keep(tx, rows, documents, base)
        fold(tx, rows[0], rows[1:])
    store(
        tx,
        caller,
        kind,
        row_id,
        after,
        discovered if not rows else bool(rows[0]["discovered"]) and discovered,
        rows[0] if len(rows) == 1 else None,
    )
    for remark in remarks:
        notes.add(tx, caller, row_id, remark)
    if linked.changed or len(rows) > 1:
        derived.recompute(tx, [row_id])
    action = "merge" if len(rows) > 1 else "update" if rows else "create"
    written.changed = True
    written.change_id = changes.record_change(
        tx, caller, kind=kind, action=action, relation_id=row_id, before=before, after=after, undo=undo
    )
    return written


def join(tx: Transaction, caller: Caller, kind: str, relation_ids: list[int]) -> Written:
    """Merge records on request; the first one's keys survive. Raises NotFound, PermissionDenied."""
    if any(tx.one(BY_ID, {"relation_id": one}) is None for one in relation_ids):
        raise NotFound(f"The {kind} was not found")
    return _write(tx, caller, kind, {}, Match(relation_ids, "key"), "update", False, False)


def _given(body: Body) -> Wire:
    """The body in wire form: absent and null fields left out, null values of custom fields kept (they remove)."""
    made = plain(body)
    if isinstance(body.custom_fields, list):
        made["customFields"] = msgspec.to_builtins(body.custom_fields)
    info = describe_by_wire(type(body))
    return {name: value for name, value in made.items() if info[name].access != "r"}


def _check_keys(given: Wire) -> None:
    for name in ("syncKey", "direct", "portableId"):
        if len(str(given.get(name) or "")) > 400:
            raise InvalidInput("is too long", field=name)
    for name in CAPPED:
        if isinstance(given.get(name), list) and len(given[name]) > merging.MAX_ENTRIES:
            raise InvalidInput(f"more than {merging.MAX_ENTRIES} entries", field=name, remedy="send fewer")
    for name, value in given.items():
        if isinstance(value, str) and "\x00" in value:
            given[name] = value.replace("\x00", "")


def _strip_aliases(given: Wire) -> None:
    for entry in given.get("emails") or ():
        if stripped := normalize.email(str(entry.get("value") or ""), strip_aliases=True):
            entry["value"] = stripped


def rewrite(tx: Transaction, caller: Caller, kind: str, relation_id: int, body: Body) -> Written:
    """Set exactly the given fields of a record, lists included: how a form saves.

    Unlike `upsert`, an entry that a list no longer has is gone. Raises InvalidInput naming the field, Conflict when
    another record has one of the identifiers.
    """
    row = tx.one(BY_ID, {"relation_id": relation_id})
    if row is None or row["account_id"] != caller.account_id:
        raise NotFound(f"The {kind} was not found")
    given = _given(body)
    before = decode(row)
    base = {name: value for name, value in before.items() if name not in given or name in PLACES}
    found = Match([relation_id], "key")
    require_visible(caller, row)
    settings = load_settings(tx, caller.account_id)
    after = merged(
        caller,
        kind,
        base,
        {**given, "replaceIdentity": "replace"} if kind == "person" else given,
        settings,
        found,
        "update",
    )
    _refuse_others(tx, caller, kind, relation_id, after)
    links = split_links(kind, given)
    linked = link_records(tx, caller, links, relation_id, after, upsert)
    add_views(after)
    if after == before and not linked.changed:
        return Written(relation_id, before["syncKey"])
    after["lastChanged"] = changes.next_stamp(tx, caller.account_id)
    store(tx, caller, kind, relation_id, after, False)
    change_id = changes.record_change(
        tx, caller, kind=kind, action="update", relation_id=relation_id, before=before, after=after
    )
    return Written(relation_id, after["syncKey"], changed=True, message=linked.message, change_id=change_id)


def _refuse_others(tx: Transaction, caller: Caller, kind: str, relation_id: int, after: Wire) -> None:
    """An identifier that another record has would make two records of one person."""
    for other in match(
        tx, caller, kind, {**after, "syncKey": None, "direct": None, "portableId": None}, "create"
    ).ids:
        if other != relation_id and kind != "project":
            row = tx.one(BY_ID, {"relation_id": other})
            name = row["name"] if row is not None else "Another record"
            raise Conflict(
                f"{name} has one of these addresses or numbers already.",
                remedy="change it there, or merge the two",
            )


def revert(tx: Transaction, caller: Caller, change_id: int) -> Written:
    """Put the fields of a change back to what they were before it, as a new change.

    Fields that were changed again since are left as they are now. Raises NotFound; InvalidInput when there is nothing
    to put back (a creation, a merge, a deletion).
    """
    found, relation_id = changes.get_change(tx, caller, change_id)
    row = tx.one(BY_ID, {"relation_id": relation_id})
    if found.action != "update" or row is None:
        raise InvalidInput("Only an update can be undone.", remedy="change the record by hand")
    require_visible(caller, row)
    before = decode(row)
    after = dict(before)
    for name, values in found.fields.items():
        if before.get(name) == values["after"]:
            if values["before"] is None:
                after.pop(name, None)
            else:
                after[name] = values["before"]
    if after == before:
        return Written(relation_id, before["syncKey"], message="Nothing to undo: it was changed since.")
    after["lastChanged"] = changes.next_stamp(tx, caller.account_id)
    store(tx, caller, found.kind, relation_id, after, bool(row["discovered"]))
    new = changes.record_change(
        tx, caller, kind=found.kind, action="update", relation_id=relation_id, before=before, after=after
    )
    return Written(relation_id, after["syncKey"], changed=True, change_id=new)
