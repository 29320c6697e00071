"""Taking a merge back (an extension): the Change of a merge keeps every original, and they are restored from it.

What was changed since is attributed: a value goes to the original it came from, a new one to the survivor; an entry
of the timeline to the original whose addresses it names, else to the survivor.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, select, update

from tieline.crm import changes, derived, merging, reviewing
from tieline.crm.access import Caller, require_visible
from tieline.crm.identity import Identifier, candidates, of_record
from tieline.crm.merging import Wire
from tieline.crm.originals import Original, Originals
from tieline.crm.storing import BY_ID, decode, store
from tieline.crm.writing import Written
from tieline.errors import Conflict, InvalidInput, NotFound
from tieline.records.vocabulary import NONE
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import change, entry, entry_link, identifier, link, relation

KEYS: Final = ("syncKey", "direct", "portableId")
SYSTEM: Final = frozenset({*KEYS, "firstSeen", "lastChanged", "views", "doNotContact"})

UNDO = Statement(
    select(change.c.id, change.c.undo, change.c.relation_id, change.c.kind).where(
        change.c.account_id == bindparam("account_id"), change.c.id == bindparam("change_id")
    )
)
LATEST = Statement(
    select(change.c.id)
    .where(
        change.c.account_id == bindparam("account_id"),
        change.c.relation_id == bindparam("relation_id"),
        change.c.undo.is_not(None),
    )
    .order_by(change.c.id.desc())
    .limit(1)
)
SPENT = Statement(update(change).where(change.c.id == bindparam("wanted")).values(undo=None))
HISTORY = Statement(
    update(change)
    .where(
        change.c.account_id == bindparam("of_account"),
        change.c.sync_key == bindparam("key"),
        change.c.id < bindparam("before"),
    )
    .values(relation_id=bindparam("moved_to"))
)
DROP_KEYS = Statement(
    delete(identifier).where(
        identifier.c.relation_id == bindparam("relation_id"),
        identifier.c.type == "key",
        identifier.c.value.in_(bindparam("keys", expanding=True)),
    )
)
ENTRIES = Statement(
    select(entry_link.c.entry_id, entry_link.c.role, entry_link.c.date, entry.c.document)
    .join(entry, entry.c.id == entry_link.c.entry_id)
    .where(entry_link.c.relation_id == bindparam("relation_id"))
)
MOVE_ENTRY = Statement(
    update(entry_link)
    .where(
        entry_link.c.relation_id == bindparam("moved_from"), entry_link.c.entry_id == bindparam("of_entry")
    )
    .values(relation_id=bindparam("moved_to"))
)


def unmerge(tx: Transaction, caller: Caller, change_id: int) -> list[Written]:
    """Restore the records that a merge joined, with what was changed since; the survivor first.

    Raises NotFound, InvalidInput when that change is no merge or was taken back, Conflict when a later merge of the
    record must be taken back first.
    """
    found = tx.one(UNDO, {"account_id": caller.account_id, "change_id": change_id})
    if found is None:
        raise NotFound("There is no such change", field="change")
    if found["undo"] is None:
        raise InvalidInput("is no merge, or was taken back already", field="change")
    row = tx.one(BY_ID, {"relation_id": found["relation_id"]})
    if row is None:
        raise Conflict("The record was deleted, or merged again", remedy="take the later merge back first")
    if latest(tx, caller, row["id"]) != change_id:
        raise Conflict("The record was merged again since", remedy="take the later merge back first")
    require_visible(caller, row)
    originals = msgspec.json.decode(found["undo"], type=Originals)
    return _part(tx, caller, found, row, originals)


def latest(tx: Transaction, caller: Caller, relation_id: int) -> int | None:
    """The newest merge of a record that can be taken back."""
    row = tx.one(LATEST, {"account_id": caller.account_id, "relation_id": relation_id})
    return None if row is None else int(row["id"])


def _part(tx: Transaction, caller: Caller, found: Row, row: Row, originals: Originals) -> list[Written]:
    now, documents = decode(row), [dict(original.document) for original in originals.records]
    attribute(documents, originals.joined, now, caller.country)
    survivor, *others = originals.records
    made = []
    for original, document in zip(others, documents[1:], strict=True):
        tx.run(DROP_KEYS, {"relation_id": row["id"], "keys": original.keys})
        document["lastChanged"] = changes.next_stamp(tx, caller.account_id)  # no two records share a stamp
        row_id = tx.insert(relation, _blank(caller, found["kind"], document, original))
        made.append((row_id, document, original))
    documents[0]["lastChanged"] = changes.next_stamp(tx, caller.account_id)
    store(tx, caller, found["kind"], row["id"], documents[0], bool(row["discovered"]))
    for row_id, document, original in made:
        store(tx, caller, found["kind"], row_id, document, original.discovered)
        _give_back(tx, caller, row["id"], row_id, original, survivor, document, found["id"])
    ids = [row["id"], *(row_id for row_id, _, _ in made)]
    derived.recompute(tx, ids)
    tx.run(SPENT, {"wanted": found["id"]})
    written = []
    for row_id, document, before in [(row["id"], documents[0], now), *((i, d, None) for i, d, _ in made)]:
        told = changes.record_change(
            tx,
            caller,
            kind=found["kind"],
            action="unmerge",
            relation_id=row_id,
            before=before,
            after=document,
        )
        written.append(Written(row_id, document["syncKey"], before is None, True, None, told))
    for other in ids[1:]:
        reviewing.keep_apart(tx, caller, found["kind"], ids[0], other)
    return written


def _blank(caller: Caller, kind: str, document: Wire, original: Original) -> dict[str, Any]:
    return {
        "account_id": caller.account_id,
        "kind": kind,
        "sync_key": document["syncKey"],
        "document": "{}",
        "first_seen": document["firstSeen"],
        "last_changed": document["lastChanged"],
        "discovered": original.discovered,
        "sample": original.sample,
    }


def _give_back(
    tx: Transaction,
    caller: Caller,
    survivor_id: int,
    row_id: int,
    original: Original,
    survivor: Original,
    document: Wire,
    change_id: int,
) -> None:
    """Entries, links and history of an original."""
    mine, theirs = set(original.entries), set(survivor.entries)
    own = set(of_record(document, _kind_of(tx, row_id), caller.country))
    other = set(of_record(survivor.document, _kind_of(tx, row_id), caller.country))
    for row in tx.all(ENTRIES, {"relation_id": survivor_id}):
        entry_id = row["entry_id"]
        if entry_id in theirs and entry_id in mine:
            values = {"entry_id": entry_id, "relation_id": row_id, "role": row["role"], "date": row["date"]}
            tx.insert(entry_link, values)
        elif entry_id in mine or (entry_id not in theirs and _names(row["document"], own, other, caller)):
            tx.run(MOVE_ENTRY, {"moved_from": survivor_id, "of_entry": entry_id, "moved_to": row_id})
    kept_from, kept_to = set(map(tuple, survivor.links_from)), set(map(tuple, survivor.links_to))
    for end, here, there, held in (
        (original.links_from, "from_id", "to_id", kept_from),
        (original.links_to, "to_id", "from_id", kept_to),
    ):
        for other_id, role, position in end:
            old = {here: survivor_id, there: other_id, "role": role}
            condition = [link.c[name] == value for name, value in old.items()]
            if tx.one(select(link).where(*condition)) is None:
                continue  # it was unlinked since
            if (other_id, role, position) not in held:
                tx.run(delete(link).where(*condition))
            tx.insert(link, {**old, here: row_id, "position": position})
    tx.run(
        HISTORY,
        {
            "of_account": caller.account_id,
            "key": document["syncKey"],
            "before": change_id,
            "moved_to": row_id,
        },
    )


def _kind_of(tx: Transaction, row_id: int) -> str:
    row = tx.one(BY_ID, {"relation_id": row_id})
    assert row is not None
    return str(row["kind"])


def _names(document: str, own: set[Identifier], other: set[Identifier], caller: Caller) -> bool:
    """Does an entry name this record, and not the survivor, by address?"""
    message = msgspec.json.decode(document)
    values = [message.get("from"), *(message.get("recipients") or ()), *(message.get("references") or ())]
    texts = [str(value.get("value") or "") for value in values if isinstance(value, dict)]
    found = {candidate for text in texts for candidate in candidates(text, "person", caller.country)}
    return bool(found & own) and not found & other


def attribute(documents: list[Wire], joined: Wire, now: Wire, country: str) -> None:
    """Carry what changed between `joined` and `now` over to the originals. Changes `documents` in place."""
    for name in dict.fromkeys([*joined, *now]):
        if name in SYSTEM or joined.get(name) == now.get(name):
            continue
        if name in merging.LISTS:
            _attribute_list(
                documents,
                name,
                joined,
                now,
                lambda item, n=name: merging.LISTS[n](item, country) or repr(item),
            )
        elif name in merging.WORDS:
            _attribute_list(documents, name, joined, now, lambda word: str(word).casefold())
        elif name == "customFields":
            _attribute_list(documents, name, joined, now, lambda item: str(item["id"]).casefold())
        elif name in ("companies", "projects"):
            _attribute_list(documents, name, joined, now, lambda item: str(item.get("syncKey")))
        else:
            _attribute_value(documents, name, joined, now)


def _attribute_value(documents: list[Wire], name: str, joined: Wire, now: Wire) -> None:
    """A plain value belongs to the first original that had what the merge took over."""
    owner = next((one for one in documents if one.get(name) == joined.get(name)), documents[0])
    if now.get(name) in (None, "", NONE) and name not in ("segment", "stage", "step"):
        owner.pop(name, None)
    else:
        owner[name] = now.get(name)


def _attribute_list(documents: list[Wire], name: str, joined: Wire, now: Wire, key_of: Any) -> None:
    """Entries are compared one by one; a new one belongs to the survivor."""
    before = {key_of(item): item for item in joined.get(name) or []}
    after = {key_of(item): item for item in now.get(name) or []}
    for document in documents:
        kept = {key_of(item): item for item in document.get(name) or []}
        for key in list(kept):
            if key not in after:
                del kept[key]
            elif after[key] != before.get(key):
                kept[key] = after[key]
        if document is documents[0]:
            kept.update({key: item for key, item in after.items() if key not in before})
        _put(document, name, kept.values())


def _put(document: Wire, name: str, items: Iterable[Any]) -> None:
    if made := list(items):
        document[name] = made
    else:
        document.pop(name, None)
