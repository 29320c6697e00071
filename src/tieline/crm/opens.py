"""Opens of e-mails (2.8). Nothing here watches mail: who sees an open reports it, and it is kept with the entry."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import and_, or_, select

from tieline import clock
from tieline.crm import entries
from tieline.crm.access import Caller
from tieline.crm.changes import next_stamp
from tieline.errors import InvalidInput
from tieline.store.database import Row, Transaction
from tieline.store.tables import entry, entry_link, relation

PAGE: Final = 100
MOST_OPENS: Final = 1000  # kept of one message
MEMBER: Final = "opens"
_PLURAL: Final = {"person": "people", "company": "companies", "project": "projects"}


class OpensPage(msgspec.Struct):
    """Messages with opens, oldest first; `cursor` leads on and is None at the end."""

    messages: list[dict[str, Any]]
    cursor: str | None


def record_open(
    tx: Transaction, caller: Caller, key: str, *, at: int | None = None, cookie: str = "", about: dict[str, str] | None = None
) -> None:  # fmt: skip
    """Somebody opened an e-mail. `about`: what is known of the opener, such as address, agent, place; opens of one
    opener are kept together. Raises NotFound, InvalidInput for another style and beyond 1000 opens.
    """
    row = entries.find(tx, caller.account_id, key)
    if row["style"] != "email":
        raise InvalidInput("is no e-mail", field="key", remedy="give the key of an e-mail")
    document: dict[str, Any] = msgspec.json.decode(row["document"])
    opens: list[dict[str, Any]] = document.setdefault(MEMBER, [])
    if sum(len(opener["breakdown"]) for opener in opens) >= MOST_OPENS:
        raise InvalidInput(
            f"has been opened {MOST_OPENS} times already", field="key", remedy="no more are kept"
        )
    opener = next((found for found in opens if found["about"] == (about or {})), None)
    if opener is None:
        opener = {"about": about or {}, "breakdown": []}
        opens.append(opener)
    opening: dict[str, Any] = {"date": clock.now_ms() if at is None else at}
    opener["breakdown"].append({**opening, "cookie": cookie} if cookie else opening)
    text = msgspec.json.encode(document).decode()
    entries.change(tx, row["id"], {"document": text, "changed": next_stamp(tx, caller.account_id)})


def opened(tx: Transaction, caller: Caller, *, since: int, cursor: str, base_url: str) -> OpensPage:
    """The messages from that moment on that were opened. Raises InvalidInput for a cursor that is none of ours."""
    c = entry.c
    conditions = [
        c.account_id == caller.account_id, c.style == "email", c.date >= since, c.document.like(f'%"{MEMBER}":[%'),
    ]  # fmt: skip
    if cursor:
        date, number = _position(cursor)
        conditions.append(or_(c.date > date, and_(c.date == date, c.id > number)))
    statement = select(c.id, c.key, c.date, c.thread, c.document).where(*conditions).order_by(c.date, c.id)
    rows = tx.all(statement.limit(PAGE + 1))
    more = len(rows) > PAGE
    last = rows[PAGE - 1] if more else None
    found = [(row, msgspec.json.decode(row["document"]).get(MEMBER)) for row in rows[:PAGE]]
    messages = [_message(tx, row, opens, base_url) for row, opens in found if isinstance(opens, list)]
    return OpensPage(messages, f"{last['date']}.{last['id']}" if last is not None else None)


def _position(cursor: str) -> tuple[int, int]:
    date, _, number = cursor.partition(".")
    if not (date.removeprefix("-").isdecimal() and number.isdecimal() and len(cursor) < 36):
        raise InvalidInput("is unknown", field="cursor", remedy="use the address in next")
    return int(date), int(number)


def _message(tx: Transaction, row: Row, opens: list[Any], base_url: str) -> dict[str, Any]:
    made = {"message": f"{base_url}{_page(tx, row)}", "date": row["date"], "opens": opens}
    return {**made, "threadId": row["thread"]} if row["thread"] else made


def _page(tx: Transaction, row: Row) -> str:
    """The page that shows the message: of the first record it concerns."""
    found = tx.one(
        select(relation.c.kind, relation.c.sync_key)
        .join_from(entry_link, relation, relation.c.id == entry_link.c.relation_id)
        .where(entry_link.c.entry_id == row["id"])
        .order_by(relation.c.id)
        .limit(1)
    )
    return f"/{_PLURAL[found['kind']]}/{found['sync_key']}#{row['key']}" if found is not None else "/people"
