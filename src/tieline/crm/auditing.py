"""The audit trail as entries of a timeline (2.8): what changed of segment, stage, step and custom fields.

They are read from the changes, never stored twice. `nextstep` is told of the step alone, `audit` of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, or_, select

from tieline.crm.access import Caller, sees, team_caller
from tieline.crm.settings import AccountSettings, load_settings
from tieline.records.timeline import Message
from tieline.records.vocabulary import NONE
from tieline.store.database import Row, Transaction
from tieline.store.tables import change, relation

AUDIT: Final = "audit"
NEXT_STEP: Final = "nextstep"
FILTERS: Final = frozenset({AUDIT, NEXT_STEP})
PREFIX: Final = "audit-"
_STEP: Final = '%"step":%'

When = Callable[[Any], Sequence[ColumnElement[bool]]]


def references(
    tx: Transaction, caller: Caller, relation_id: int, filters: frozenset[str], when: When, limit: int | None
) -> list[Row]:
    """Key, date and changed of the record's audited changes, newest first. `when`: conditions on the date."""
    c = change.c
    conditions = [
        c.account_id == caller.account_id,
        c.relation_id == relation_id,
        c.audited != "{}",
        *when(c.at),
    ]
    if AUDIT not in filters:
        conditions.append(c.audited.like(_STEP))
    statement = select(c.id, c.at).where(*conditions).order_by(c.id.desc()).limit(limit)
    return [
        {"key": f"{PREFIX}{row['id']}", "date": row["at"], "changed": row["at"]} for row in tx.all(statement)
    ]


def messages(tx: Transaction, caller: Caller, keys: Sequence[str]) -> dict[str, Message]:
    """Audit entries by key: one's own, and those of team records that the caller sees; others are left out."""
    numbers = {int(key.removeprefix(PREFIX)): key for key in keys if _is_ours(key)}
    if not numbers:
        return {}
    accounts = [change.c.account_id == caller.account_id]
    if caller.team is not None:
        accounts.append(change.c.account_id == team_caller(caller).account_id)
    rows = tx.all(
        select(change, relation.c.node, relation.c.assignee, relation.c.id.label("found"))
        .join_from(change, relation, relation.c.id == change.c.relation_id, isouter=True)
        .where(change.c.id.in_(numbers), change.c.audited != "{}", or_(*accounts))
    )
    settings = load_settings(tx, caller.account_id)
    return {
        numbers[row["id"]]: _message(row, numbers[row["id"]], settings)
        for row in rows
        if row["account_id"] == caller.account_id
        or (row["found"] is not None and sees(team_caller(caller), row))
    }


def _is_ours(key: str) -> bool:
    number = key.removeprefix(PREFIX)
    return key.startswith(PREFIX) and number.isascii() and number.isdecimal() and len(number) < 19


def _message(row: Row, key: str, settings: AccountSettings) -> Message:
    audited: dict[str, dict[str, Any]] = msgspec.json.decode(row["audited"])
    told = [_told(name, values, row["kind"], settings) for name, values in audited.items()]
    return Message(
        key=key,
        changed=row["at"],
        date=row["at"],
        style=NEXT_STEP if audited.keys() == {"step"} else AUDIT,
        subject="; ".join(told),
        changes=audited,
    )


def _told(name: str, values: dict[str, Any], kind: str, settings: AccountSettings) -> str:
    """One change in words: `Stage: Lead → Active`."""
    words: dict[str, str] = {}
    if name == "segment":
        words = settings.segments(kind)
    elif name == "stage":
        words = settings.stages(kind)
    elif name == "step":
        words = {step.key: step.label for step in settings.steps}
    field = settings.custom_field(name)
    label = field.label if field else name.capitalize()
    words = field.choices if field and not words else words

    def shown(value: Any) -> str:
        if value in (None, "", NONE):
            return NONE
        return ", ".join(
            words.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value])
        )

    return f"{label}: {shown(values.get('before'))} → {shown(values.get('after'))}"
