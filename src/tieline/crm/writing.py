"""Create and update (2.4): match, merge, store, and tell what changed, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update

from tieline import clock, ids
from tieline.crm import changes, copies, derived, merging, notes, originals, reviewing
from tieline.crm.access import Caller, member_address, require_node, require_visible
from tieline.crm.columns import columns_of
from tieline.crm.dates import read_day
from tieline.crm.identity import of_record
from tieline.crm.links import LINKED, link_records, refresh_brief, split_links
from tieline.crm.matching import Match, match, may_create
from tieline.crm.merging import Wire
from tieline.crm.settings import AccountSettings, load_settings, resolve_segment, resolve_stage, resolve_step
from tieline.crm.teams import node_path
from tieline.errors import ChangedSince, Conflict, InvalidInput, NoIdentifier, NotFound
from tieline.records import normalize
from tieline.records.codec import convert, plain
from tieline.records.company import Company
from tieline.records.fields import describe_by_wire
from tieline.records.kinds import KINDS
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.records.vocabulary import NONE, SHIPPED_FIELDS
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import entry_link, identifier, link, relation

Body = Person | Company | Project
ANY_VERSION = -1  # whatever it is, as long as it is there
DATES = ("createdDate", "startDate", "pendingDate", "endDate", "birthday")
HANDLED = frozenset(
    {
        *merging.LISTS,
        *merging.WORDS,
        *merging.IDENTITY,
        *DATES,
        "segment",
        "stage",
        "step",
        "customFields",
        "notes",
        "archived",
        "syncKey",
        "direct",
        "node",
    }
)
PLACES = frozenset({"segment", "stage", "step"})
WAYS = tuple(
    choice for field in SHIPPED_FIELDS if field.id == "do-not-contact" for choice, _ in field.choices
)
OPEN_STAGES = frozenset({"lead", "future", "current"})

LOCK = Statement(select(func.pg_advisory_xact_lock(bindparam("account_id"))))
BY_ID = Statement(select(relation).where(relation.c.id == bindparam("relation_id")))
IDENTIFIERS = Statement(
    select(identifier.c.type, identifier.c.value).where(identifier.c.relation_id == bindparam("relation_id"))
)
STORED = Statement(select(relation).where(relation.c.id == bindparam("relation_id")), as_stored=True)
ADD_IDENTIFIER = Statement(insert(identifier).values({c.name: bindparam(c.name) for c in identifier.c}))
DROP_IDENTIFIER = Statement(
    delete(identifier).where(
        identifier.c.relation_id == bindparam("relation_id"),
        identifier.c.type == bindparam("type"),
        identifier.c.value == bindparam("value"),
    )
)
DELETE = Statement(delete(relation).where(relation.c.id == bindparam("relation_id")))


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
        tx.one(LOCK, {"account_id": caller.account_id})
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
    after = _merged(caller, kind, base, given, settings, found, mode)
    links = split_links(kind, given)
    if dry:
        return Written(
            relation_id=rows[0]["id"] if rows else None,
            created=not rows,
            changed=before != after or bool(links.given),
        )
    row_id = rows[0]["id"] if rows else _insert_blank(tx, caller, kind, after, discovered, sample)
    linked = link_records(tx, caller, links, row_id, after, upsert)
    _add_views(after)
    written = Written(row_id, after["syncKey"], not rows, False, linked.message, None)
    remarks = merging.texts(given.get("timelineNotes"))
    if before is not None and len(rows) == 1 and after == before and not linked.changed and not remarks:
        if rows[0]["discovered"] and not discovered:
            _adopt(tx, row_id)
        return written
    undo = None
    if len(rows) > 1:
        undo = originals.keep(tx, rows, documents, base)
        _fold(tx, rows[0], rows[1:])
    after["lastChanged"] = changes.next_stamp(tx, caller.account_id)
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


def decode(row: Row) -> Wire:
    """The record of a row in wire form, without its `lastChanged` (that is a column)."""
    document: Wire = msgspec.json.decode(row["document"])
    return document


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
    for name, value in given.items():
        if isinstance(value, str) and "\x00" in value:
            given[name] = value.replace("\x00", "")


def _strip_aliases(given: Wire) -> None:
    for entry in given.get("emails") or ():
        if stripped := normalize.email(str(entry.get("value") or ""), strip_aliases=True):
            entry["value"] = stripped


def _merged(
    caller: Caller, kind: str, base: Wire, given: Wire, settings: AccountSettings, found: Match, mode: str
) -> Wire:
    """The record after the write, in wire form."""
    after = dict(base)
    if not base:
        after.update(syncKey=ids.sync_key(), direct=ids.direct(), portableId=ids.direct())
    if "clear" in given:
        after = merging.cleared(after, merging.words(given["clear"]))
    info = describe_by_wire(KINDS[kind].type)
    for name, value in given.items():
        if name not in HANDLED and info[name].access == "rw" and name not in LINKED:
            _set(after, name, value)
    _merge_lists(after, given, caller)
    _merge_names(after, kind, given, found, mode)
    _merge_dates(caller, after, given, settings)
    _merge_places(after, kind, given, settings)
    _merge_assignee(caller, after, given)
    _merge_node(caller, after, given)
    if "notes" in given:
        notes = given["notes"]
        _set(after, "notes", "\n".join(map(str, notes)) if isinstance(notes, list) else notes)
    if "archived" in given:
        _archive(after, bool(given["archived"]))
    after.setdefault("visibility", "visible")
    if kind == "person":
        after["doNotContact"] = _do_not_contact(after)
    return {name: value for name, value in after.items() if value not in (None, "", [], {})}


def _set(after: Wire, name: str, value: Any) -> None:
    if value == "" or value == []:
        after.pop(name, None)
    else:
        after[name] = value


def _merge_lists(after: Wire, given: Wire, caller: Caller) -> None:
    if "pictures" in given:
        given["pictures"] = [{"url": one} if isinstance(one, str) else one for one in given["pictures"]]
    for name in merging.LISTS:
        if name in given:
            after[name] = merging.union(name, after.get(name) or [], given[name], caller.country)
    for name in merging.WORDS:
        if name in given:
            words = merging.words(given[name], given.get("splitAt"))
            if name == "domains":
                words = [normalize.domain(word) or word.lower() for word in words]
            after[name] = merging.join_words(after.get(name) or [], words)
    if "removeKeywords" in given:
        removed = merging.words(given["removeKeywords"], given.get("splitAt"))
        after["keywords"] = merging.without_words(after.get("keywords") or [], removed)
    if given.get("allpictures") and "pictures" in given:
        after["pictures"] = merging.union("pictures", [], given["pictures"], caller.country)
    if "picture" in given:
        others = [entry for entry in after.get("pictures") or [] if entry.get("type") != "profile"]
        after["pictures"] = [
            *([{"type": "profile", "url": given["picture"]}] if given["picture"] else []),
            *others,
        ]
    if given.get("jobtitle"):
        after["jobtitle"] = given["jobtitle"]
    elif "workHistory" in given:
        current: Wire = next((job for job in after["workHistory"] if not job.get("archived")), {})
        if current.get("title"):
            after["jobtitle"] = current["title"]


def _merge_names(after: Wire, kind: str, given: Wire, found: Match, mode: str) -> None:
    if kind == "person":
        rule = str(given.get("replaceIdentity") or "safe").lower()
        if rule not in {"replace", "merge", "safe"}:
            raise InvalidInput(
                f"“{rule}” is unknown", field="replaceIdentity", remedy="one of: replace, merge, safe"
            )
        if rule == "safe":
            rule = "merge" if mode == "update" or found.addressed or not found.ids else "gaps"
        values = merging.identity(after, given, rule)
        if "birthday" not in values:
            given.pop("birthday", None)  # a date is read with the others
        for name, value in values.items():
            if name != "birthday":
                _set(after, name, value)
    elif "name" in given:
        _set(after, "name", given["name"].strip())
    if not after.get("name"):
        _set(after, "name", merging.fallback_name(after))


def _merge_dates(caller: Caller, after: Wire, given: Wire, settings: AccountSettings) -> None:
    style = given.get("dateFormat")
    for name in DATES:
        if name in given:
            if given[name] == "":
                after.pop(name, None)
            else:
                after[name] = read_day(given[name], field=name, timezone=caller.timezone, date_format=style)
    if "customFields" in given:
        entries = [dict(entry) for entry in given["customFields"] or ()]
        for position, entry in enumerate(entries):
            definition = settings.custom_field(str(entry.get("id") or ""))
            kind = entry.get("type") or (definition.type if definition else None)
            if kind == "date" and entry.get("value") not in (None, ""):
                entry["value"] = read_day(
                    entry["value"],
                    field=f"customFields[{position}].value",
                    timezone=caller.timezone,
                    date_format=style,
                )
        after["customFields"] = merging.custom_fields(
            after.get("customFields") or [],
            entries,
            settings,
            strict=given.get("validation") == "schema",
            split_at=given.get("splitAt"),
        )


def _merge_places(after: Wire, kind: str, given: Wire, settings: AccountSettings) -> None:
    """Segment, stage and step, with their defaults and recycling."""
    finished = {word.key for word in KINDS[kind].stages if word.finished}
    is_finished = after.get("stage") in finished
    for name, resolve in (("segment", resolve_segment), ("stage", resolve_stage)):
        default, recycle = given.get(f"default{name.capitalize()}"), given.get(f"recycle{name.capitalize()}")
        text = given.get(name)
        if text is None and default and (not _place(after, name) or (recycle and is_finished)):
            text = default
        if text is not None:
            try:
                after[name] = resolve(settings, kind, str(text)) or NONE
            except InvalidInput as error:
                error.field = name if name in given else f"default{name.capitalize()}"
                raise
        after.setdefault(name, NONE)
    text = given.get("step")
    if text is None and given.get("defaultStep") and not _place(after, "step"):
        text = given["defaultStep"]
    if text is not None:
        after["step"] = (
            resolve_step(settings, str(text), _place(after, "segment"), _place(after, "stage")) or NONE
        )
    after.setdefault("step", NONE)


def _place(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return None if value in (None, "", NONE) else str(value)


def _merge_assignee(caller: Caller, after: Wire, given: Wire) -> None:
    if "assignTo" in given:
        _set(
            after,
            "assignee",
            member_address(caller, given["assignTo"], "assignTo") if given["assignTo"] else "",
        )
    elif given.get("defaultAssignTo") and not after.get("assignee"):
        after["assignee"] = member_address(caller, given["defaultAssignTo"], "defaultAssignTo")


def _merge_node(caller: Caller, after: Wire, given: Wire) -> None:
    """The sub-team (2.4): the one given, else the default, else for a new team copy the member's own."""
    node = given.get("node") or (not after.get("node") and given.get("defaultNode"))
    if node:
        after["node"] = node_path(str(node))
        require_node(caller, after["node"])
    elif caller.on_team_copy and not after.get("node") and caller.team is not None:
        after["node"] = caller.team.node


def _archive(after: Wire, archived: bool) -> None:
    """Archiving is refused silently while somebody works on the record (2.4)."""
    if not archived:
        after.pop("archived", None)
    elif after.get("stage") not in OPEN_STAGES and not after.get("assignee"):
        after["archived"] = True


def _do_not_contact(record: Wire) -> dict[str, bool]:
    """The flags of 3.1, read from the custom field of that name."""
    for entry in record.get("customFields") or ():
        if entry["id"] == "do-not-contact":
            value = entry.get("value")
            said = {str(item) for item in (value if isinstance(value, list) else [value])}
            return {flag: True for flag in WAYS if flag in said}
    return {}


def _add_views(after: Wire) -> None:
    organised = (
        after.get("assignee") or after.get("keywords") or any(_place(after, n) for n in ("segment", "stage"))
    )
    after["views"] = ["my", "defined"] if organised else ["my"]


def joined(documents: list[Wire], rows: list[Row], country: str) -> Wire:
    """Several records as one (2.4): values of the one changed last win, lists are united, the first key survives."""
    order = sorted(range(len(rows)), key=lambda n: int(rows[n]["last_changed"]))
    made: Wire = {}
    for n in order:
        document = documents[n]
        if document.get("name"):  # a name comes with its own parts
            for part in ("first", "middle", "last"):
                made.pop(part, None)
        for name, value in document.items():
            if name in merging.LISTS:
                made[name] = merging.union(name, made.get(name) or [], value, country)
            elif name in merging.WORDS:
                made[name] = merging.join_words(made.get(name) or [], value)
            elif name == "customFields":
                kept = {entry["id"]: entry for entry in made.get(name) or []}
                made[name] = list({**kept, **{entry["id"]: entry for entry in value}}.values())
            elif name == "companies":
                kept = {entry.get("syncKey"): entry for entry in made.get(name) or []}
                made[name] = list({**kept, **{entry.get("syncKey"): entry for entry in value}}.values())
            elif value not in (NONE, "") or name not in made:
                made[name] = value
    for key in ("syncKey", "direct", "portableId"):
        made[key] = documents[0][key]
    made["firstSeen"] = min(document["firstSeen"] for document in documents)
    return made


def _insert_blank(
    tx: Transaction, caller: Caller, kind: str, after: Wire, discovered: bool, sample: bool
) -> int:
    """The row of a new record; its values follow in the same transaction."""
    after["firstSeen"] = clock.now_ms()
    return tx.insert(
        relation,
        {
            "account_id": caller.account_id,
            "kind": kind,
            "sync_key": after["syncKey"],
            "document": "{}",
            "first_seen": after["firstSeen"],
            "last_changed": 0,
            "discovered": discovered,
            "sample": sample,
        },
    )


def store(
    tx: Transaction,
    caller: Caller,
    kind: str,
    row_id: int,
    after: Wire,
    discovered: bool,
    row: Row | None = None,
) -> None:
    """Put a record in wire form, with its `lastChanged`, into its row, its columns and its identifiers.

    `row`: the row as it is now, if that is known. Then only the columns that differ are written: an index of a column
    that is named is written even if the value is the same.
    """
    settings = load_settings(tx, caller.account_id)
    stored = {name: value for name, value in after.items() if name != "lastChanged"}
    document = msgspec.json.encode(convert(KINDS[kind].type, stored)).decode()
    values: dict[str, Any] = {
        "document": document,
        "last_changed": after["lastChanged"],
        "discovered": discovered,
        **columns_of(kind, after, settings),
    }
    if row is not None:
        values = {name: value for name, value in values.items() if row[name] != value}
    tx.run(_updating(tuple(values)), {"relation_id": row_id, **values})
    index(tx, caller, kind, row_id, after)
    if kind != "person":
        refresh_brief(tx, row_id, after)


@lru_cache(maxsize=512)  # a write changes one of a few sets of columns
def _updating(names: tuple[str, ...]) -> Statement:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return Statement(update(relation).where(relation.c.id == bindparam("relation_id")).values(values))


def index(tx: Transaction, caller: Caller, kind: str, row_id: int, record: Wire) -> None:
    """Bring the identifier rows up to date. Keys stay for ever, so that those of merged records keep resolving."""
    wanted = {(found.type, found.value) for found in of_record(record, kind, caller.country)}
    stored = {(row["type"], row["value"]) for row in tx.all(IDENTIFIERS, {"relation_id": row_id})}
    for type_, value in wanted - stored:
        tx.run(
            ADD_IDENTIFIER,
            {
                "account_id": caller.account_id,
                "kind": kind,
                "type": type_,
                "value": value,
                "relation_id": row_id,
            },
        )
    for type_, value in stored - wanted:
        if type_ != "key":
            tx.run(DROP_IDENTIFIER, {"relation_id": row_id, "type": type_, "value": value})


def _fold(tx: Transaction, survivor: Row, others: list[Row]) -> None:
    """Give everything that points at the other rows to the survivor, and remove them."""
    for other in others:
        reviewing.joined(tx, survivor["id"], other["id"])
        for table, column in (
            (identifier, "relation_id"),
            (entry_link, "relation_id"),
            (link, "from_id"),
            (link, "to_id"),
        ):
            _repoint(tx, table, column, other["id"], survivor["id"])
        tx.run(DELETE, {"relation_id": other["id"]})


def _repoint(tx: Transaction, table: Any, column: str, old: int, new: int) -> None:
    """Move rows from one relation to another; rows the other has already simply go with it."""
    for row in tx.all(select(table).where(table.c[column] == old)):
        values = {**dict(row), column: new}
        key = [c.name for c in table.primary_key.columns]
        exists = tx.one(select(table).where(*(table.c[name] == values[name] for name in key)))
        if exists is None and not ("to_id" in values and values["from_id"] == values["to_id"]):
            tx.insert(table, values)
        tx.run(delete(table).where(*(table.c[name] == row[name] for name in key)))


def _adopt(tx: Transaction, row_id: int) -> None:
    """A person made from a mail is now known on purpose."""
    tx.run(update(relation).where(relation.c.id == row_id).values(discovered=False))


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
    after = _merged(
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
    _add_views(after)
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
