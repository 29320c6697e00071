"""Notes about one relation: what pages add, and what `timelineNotes` of a person become (contract 2.4).

It does not announce anything: the write that adds a note already moves the relation's `lastChanged`, or the
caller does so with `touches.announce`.
"""

from __future__ import annotations

from tieline import ids
from tieline.crm import drafts, entries, happenings
from tieline.crm.access import Caller
from tieline.crm.changes import next_stamp
from tieline.records.timeline import Content
from tieline.store.database import Transaction

SOURCE = "tieline.local"


def add(
    tx: Transaction, caller: Caller, relation_id: int, text: str, *, subject: str = "", sample: bool = False
) -> str:
    """Store a note dated now; its key."""
    sent = Content(style="note", subject=subject, body=text, source=SOURCE, uniqueid=ids.entry())
    draft = drafts.of_content(caller, sent)
    stamp = next_stamp(tx, caller.account_id)
    row = entries.insert(tx, caller.account_id, draft, changed=stamp, sample=sample)
    entries.link(tx, row["id"], draft.date, [(relation_id, "reference")])
    made = entries.find(tx, caller.account_id, row["key"])
    happenings.tell(tx, caller, "create", draft.noun, after=happenings.state_of(made))
    return str(row["key"])
