"""Polling triggers: what is new since the last time, and where that was (3.5). Pure but for the place where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from dateutil import parser as dates
from sqlalchemy import bindparam, select

from tieline import clock
from tieline.errors import InvalidInput
from tieline.modules import Module, find_module
from tieline.store.database import Database, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import trigger_state

Bundle = dict[str, Any]

LIMIT, MOST = 10, 3200  # items of a cycle: by default, and at the most
SHOWN = 300  # items to choose from
READ = Statement(
    select(trigger_state.c.state).where(
        trigger_state.c.scenario_id == bindparam("scenario_id"),
        trigger_state.c.module_id == bindparam("module_id"),
    )
)
WRITE = upsert(
    trigger_state,
    columns=("scenario_id", "module_id", "state"),
    conflict=("scenario_id", "module_id"),
    update=("state",),
)


@dataclass(frozen=True)
class Polling:
    """A polling trigger: a module that is read from a moment on, the earliest first.

    `since`: the field of that module that takes the moment. `date`, `id`: where an item says when and what it is.
    """

    name: str
    label: str
    reads: str
    since: str
    date: str
    id: str


class Position(msgspec.Struct):
    """How far a trigger has read: the moment of the newest item (UTC milliseconds), and the items of that moment.

    Several items may have the same moment: remembering those that were given neither loses nor repeats one.
    """

    last: int
    ids: list[str] = []


POLLING = {
    found.name: found
    for found in (
        Polling(
            "cloze:watchChanges", "Watch Changes", "listChanges", "modifiedafter", "lastChanged", "syncKey"
        ),
    )
}


def module_of(name: str) -> Module | None:
    """The module of that name; of a polling trigger, the one that it reads with."""
    return find_module(POLLING[name].reads if name in POLLING else name)


def limit_of(given: Mapping[str, Any]) -> int:
    """Items of a cycle. Raises InvalidInput."""
    wanted = given.get("limit", given.get("maxResults"))
    text = str(wanted).strip() if wanted not in (None, "") else str(LIMIT)
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise InvalidInput(f"must be a number from 1 to {MOST:,}", field="limit")
    return int(text)


def question(polling: Polling, given: Bundle, position: Position, limit: int) -> Bundle:
    """What the module is asked: from the last moment on, and for those that were given already on top."""
    asked = {name: value for name, value in given.items() if name != "maxResults"}
    return {**asked, polling.since: position.last, "limit": limit + len(position.ids)}


def fresh(polling: Polling, items: list[Bundle], position: Position, limit: int) -> list[Bundle]:
    """The items that were not given yet, the earliest first."""
    new = [
        item
        for item in items
        if _moment(polling, item) > position.last
        or (_moment(polling, item) == position.last and str(item.get(polling.id)) not in position.ids)
    ]
    return sorted(new, key=lambda item: _moment(polling, item))[:limit]


def advanced(polling: Polling, given: list[Bundle], position: Position) -> Position:
    """The position behind these items."""
    if not given:
        return position
    last = max(_moment(polling, item) for item in given)
    ids = [str(item.get(polling.id)) for item in given if _moment(polling, item) == last]
    return Position(last, [*position.ids, *ids] if last == position.last else ids)


def _moment(polling: Polling, item: Bundle) -> int:
    value = item.get(polling.date)
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    return int(value) if isinstance(value, int | float) else 0


def start_of(given: Mapping[str, Any], timezone: str) -> Position:
    """Where to start: {"from": now | all | since, "date": …}. Raises InvalidInput."""
    match given.get("from", "now"):
        case "now":
            return Position(clock.now_ms())
        case "all":
            return Position(0)
        case "since":
            return Position(_date(given.get("date"), timezone))
    raise InvalidInput("must be now, since, all or id", field="from")


def start_with(polling: Polling, items: list[Bundle], wanted: str) -> Position:
    """The position just before an item: it is the first that is given. Raises InvalidInput when it is not there."""
    for place, item in enumerate(items):
        if str(item.get(polling.id)) == wanted:
            at = _moment(polling, item)
            same = [str(one.get(polling.id)) for one in items[:place] if _moment(polling, one) == at]
            return Position(at, same)
    raise InvalidInput("is not among the items", field="id", remedy="choose another one")


def _date(value: Any, timezone: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        found = dates.isoparse(str(value))
    except ValueError:
        raise InvalidInput(f"“{value}” is not a date", field="date", remedy="write ISO 8601") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(timezone))
    return int(found.timestamp() * 1000)


def imported(module: Mapping[str, Any]) -> Position | None:
    """The position that some tools write into the module: read once, on import (3.5)."""
    data = module.get("data")
    if not isinstance(data, dict) or data.get("lastDate") in (None, ""):
        return None
    try:
        last = _date(data["lastDate"], "UTC")
    except InvalidInput:
        return None
    known = data.get("lastId")
    return Position(last, [str(known)]) if known not in (None, "") else Position(last + 1)


def read(tx: Transaction, scenario_id: int, module_id: int) -> Position | None:
    """The position that is kept; None before the first time."""
    found = tx.scalar(READ, {"scenario_id": scenario_id, "module_id": module_id})
    return None if found is None else msgspec.json.decode(found, type=Position)


def write(tx: Transaction, scenario_id: int, module_id: int, position: Position) -> None:
    """Keep a position."""
    state = msgspec.json.encode(position).decode()
    tx.run(WRITE, {"scenario_id": scenario_id, "module_id": module_id, "state": state})


class Kept:
    """Where a polling trigger stands, in the database."""

    def __init__(self, database: Database, scenario_id: int, module_id: int) -> None:
        self.database = database
        self.place = (scenario_id, module_id)

    async def load(self) -> Position:
        """The position that is kept; the first time, now."""
        found = await self.database.read(read, *self.place)
        return found if found is not None else start_of({}, "UTC")

    async def advance(self, position: Position) -> None:
        """Keep another."""
        await self.database.write(write, *self.place, position)
