"""The feed (contract 2.7): everything that matches in the order of its last change, then whatever changes.

The account's clock is strictly increasing and moves under the lock of the write, so whoever has seen a stamp has seen
all before it: a position is one stamp, and walking upwards from it skips nothing. A cursor carries all there is to
know (the restriction, the position, and for audited changes when its latest batches were read), signed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, func, select

from tieline.crm import changes, querying
from tieline.crm.access import Caller, reading
from tieline.crm.finding import DEFAULT, MOST, FindQuery, answered, selected
from tieline.crm.selecting import Selection
from tieline.crm.settings import AccountSettings, load_settings
from tieline.errors import InvalidInput
from tieline.query.parser import retry_as_text
from tieline.records.kinds import KINDS
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import change, relation

Sign = Callable[[bytes], bytes]

CHUNK: Final = 1000  # rows read at a time when a text must be decided record by record
REMEMBERED: Final = 12  # batches of one catching-up that a cursor tells of
SIGNATURE: Final = 16  # bytes

table = relation.c
AUDITED = Statement(
    select(change.c.at, change.c.audited)
    .where(
        change.c.account_id == bindparam("account_id"),
        change.c.relation_id == bindparam("relation_id"),
        change.c.at > bindparam("since"),
        change.c.at <= bindparam("until"),
    )
    .order_by(change.c.id)
)
STAMPS = Statement(
    select(change.c.at)
    .where(
        change.c.account_id == bindparam("account_id"),
        change.c.relation_id == bindparam("relation_id"),
        change.c.at > bindparam("since"),
        change.c.at <= bindparam("until"),
    )
    .order_by(change.c.id)
)


class FeedQuery(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a stream is restricted to, and how its records are answered."""

    pagesize: int = DEFAULT
    scope: str = ""
    stage: str = ""
    segment: str = ""
    step: str = ""
    freeformquery: str = ""
    includeauditedchanges: bool = False
    keysonly: bool = False
    summaryonly: bool = False
    format: bool = False


class Cursor(msgspec.Struct, array_like=True):
    """Where a consumer stands."""

    query: FeedQuery
    position: int  # everything up to this stamp was delivered, or has changed since
    caught_up: int  # the stamp up to which every change was delivered
    as_words: bool = False  # the text is only words to search for (6.4)
    batches: list[
        tuple[int, int]
    ] = []  # since it was caught up: (clock when a batch was read, its last stamp)


class Batch(msgspec.Struct):
    """One answer of a feed: records, or `results` with what changed in each."""

    available: int
    cursor: str
    records: list[Any]
    audited: bool


def start(
    tx: Transaction, caller: Caller, kind: str, query: FeedQuery, modified_after: str | int | None, sign: Sign
) -> Batch:
    """The first batch. `modified_after`: UTC milliseconds to start at, or `now` for future changes only.

    Raises InvalidInput naming the parameter.
    """
    caller = reading(caller, scope=query.scope)
    now = int(tx.scalar(changes.CLOCK, {"account_id": caller.account_id}))
    cursor = Cursor(query, _begin(modified_after, now), now, _only_words(tx, caller, kind, query))
    cursor.query.pagesize = min(query.pagesize, MOST) if query.pagesize > 0 else DEFAULT
    return _batch(tx, caller, kind, cursor, sign, now)


def resume(tx: Transaction, caller: Caller, kind: str, text: str, sign: Sign) -> Batch:
    """The batch after the one that answered this cursor. Raises InvalidInput for a cursor that is not ours."""
    cursor = _read(caller, kind, text, sign)
    caller = reading(caller, scope=cursor.query.scope)
    now = int(tx.scalar(changes.CLOCK, {"account_id": caller.account_id}))
    return _batch(tx, caller, kind, cursor, sign, now)


def _begin(modified_after: str | int | None, now: int) -> int:
    if modified_after is None:
        return 0
    word = str(modified_after).strip().lower()
    if word == "now":
        return now
    if not (word.isascii() and word.isdecimal() and len(word) <= 15):
        raise InvalidInput(
            f"“{word[:60]}” is no moment", field="modifiedafter", remedy="send UTC milliseconds, or now"
        )
    return int(word) - 1


def _only_words(tx: Transaction, caller: Caller, kind: str, query: FeedQuery) -> bool:
    """A text that selects nobody as a query is searched for as words (6.4); a stream decides that once."""
    if not query.freeformquery:
        return False
    settings = load_settings(tx, caller.account_id)
    found = querying.read(caller, kind, query.freeformquery, settings)
    if not retry_as_text(query.freeformquery, found):
        return False
    selection = _selection(tx, caller, kind, Cursor(query, 0, 0), settings)
    return next(_rows(tx, selection, 0), None) is None


def _batch(tx: Transaction, caller: Caller, kind: str, cursor: Cursor, sign: Sign, now: int) -> Batch:
    settings = load_settings(tx, caller.account_id)
    selection = _selection(tx, caller, kind, cursor, settings)
    available = _available(tx, selection, cursor.position)
    size = cursor.query.pagesize
    rows: list[Row] = []
    for row in _rows(tx, selection, cursor.position, size):
        rows.append(row)
        if len(rows) == size:
            break
    records = [_shown(tx, kind, row, cursor, settings) for row in rows]
    onward = _write(caller, kind, _moved(cursor, rows, available, now), sign)
    return Batch(available, onward, records, cursor.query.includeauditedchanges)


def _selection(
    tx: Transaction, caller: Caller, kind: str, cursor: Cursor, settings: AccountSettings
) -> Selection:
    asked = cursor.query
    query = FindQuery(
        stage=asked.stage or None,
        segment=asked.segment or None,
        step=asked.step or None,
        freeformquery=asked.freeformquery or None,
    )
    return selected(tx, caller, kind, query, settings, as_words=cursor.as_words)


def _after(selection: Selection, position: int) -> ColumnElement[bool]:
    return and_(selection.where(), table.last_changed > position)


def _available(tx: Transaction, selection: Selection, position: int) -> int:
    if selection.keep is not None:
        return sum(1 for _ in _rows(tx, selection, position))
    counted = select(func.count()).select_from(relation).where(_after(selection, position))
    return int(tx.scalar(counted, selection.values))


def _rows(tx: Transaction, selection: Selection, position: int, most: int = CHUNK) -> Iterator[Row]:
    """Rows after the position, ascending."""
    size = CHUNK if selection.keep is not None else min(most, CHUNK)
    while True:
        statement = select(relation).where(_after(selection, position)).order_by(table.last_changed.asc())
        found = tx.all(statement.limit(size), selection.values)
        yield from found if selection.keep is None else filter(selection.keep, found)
        if len(found) < size:
            return
        position = found[-1]["last_changed"]


def _moved(cursor: Cursor, rows: list[Row], available: int, now: int) -> Cursor:
    """The cursor after a batch."""
    if len(rows) == available:  # caught up: nothing up to now is left
        position = max(now, cursor.position)
        return msgspec.structs.replace(
            cursor, position=position, caught_up=max(position, cursor.caught_up), batches=[]
        )
    position = rows[-1]["last_changed"]
    # Before the initial pass is over, whatever is delivered has not changed since the stream began.
    batches = [*cursor.batches, (now, position)] if position > cursor.caught_up else []
    return msgspec.structs.replace(cursor, position=position, batches=batches[-REMEMBERED:])


def _shown(tx: Transaction, kind: str, row: Row, cursor: Cursor, settings: AccountSettings) -> Any:
    query = FindQuery(
        keysonly=cursor.query.keysonly, summaryonly=cursor.query.summaryonly, format=cursor.query.format
    )
    record = answered(tx, kind, row, query, settings)
    if not cursor.query.includeauditedchanges:
        return record
    return {kind: record, "changes": _changes(tx, row, cursor)}


def _changes(tx: Transaction, row: Row, cursor: Cursor) -> dict[str, Any]:
    """What happened since this record was last delivered on this cursor; nothing in the initial pass."""
    if row["last_changed"] <= cursor.caught_up:
        return {}
    values = {
        "account_id": row["account_id"],
        "relation_id": row["id"],
        "since": cursor.caught_up,
        "until": row["last_changed"],
    }
    since = values["since"] = _last_delivered(tx, values, cursor)
    made: dict[str, dict[str, Any]] = {}
    for found in tx.all(AUDITED, values):
        for name, ends in msgspec.json.decode(found["audited"]).items():
            made[name] = {"before": made.get(name, ends)["before"], "after": ends["after"]}
    told: dict[str, Any] = {name: ends for name, ends in made.items() if ends["before"] != ends["after"]}
    return {**told, "_since": since} if told else {}


def _last_delivered(tx: Transaction, values: dict[str, Any], cursor: Cursor) -> int:
    """The stamp of the version that was delivered last: the newest one when a batch walked over its stamp."""
    if not cursor.batches:
        return cursor.caught_up
    stamps = [row["at"] for row in tx.all(STAMPS, values)]
    found, walked = cursor.caught_up, cursor.caught_up
    for read_at, position in cursor.batches:
        newest = max((stamp for stamp in stamps if stamp <= read_at), default=0)
        if walked < newest <= position:
            found = newest
        walked = position
    return found


def _write(caller: Caller, kind: str, cursor: Cursor, sign: Sign) -> str:
    payload = msgspec.json.encode(cursor)
    return base64.urlsafe_b64encode(_signature(caller, kind, payload, sign) + payload).decode().rstrip("=")


def _read(caller: Caller, kind: str, text: str, sign: Sign) -> Cursor:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        payload = raw[SIGNATURE:]
        if raw[:SIGNATURE] == _signature(caller, kind, payload, sign):
            return msgspec.json.decode(payload, type=Cursor)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        pass
    raise InvalidInput(
        f"is none of this feed of {KINDS[kind].plural}",
        field="cursor",
        remedy="send the cursor of the answer before, or none to begin anew",
    )


def _signature(caller: Caller, kind: str, payload: bytes, sign: Sign) -> bytes:
    return sign(f"feed:{caller.email}:{kind}:".encode() + payload)[:SIGNATURE]
