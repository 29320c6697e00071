"""The orders of find (2.6) as stretches, each of which is a walk along an index.

Records without a value come last: a stretch of those with one, then a stretch of the others by key. Groups are
stretches of their own. So no order needs to look at more records than it skips and gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, bindparam, not_, or_

from tieline import clock
from tieline.crm.selecting import Columns, Restriction, Selection, first_met
from tieline.crm.settings import AccountSettings
from tieline.errors import InvalidInput
from tieline.records.vocabulary import SORT_KEYS
from tieline.store.tables import relation

SORTS: Final = {word.key: word for word in SORT_KEYS}


class Stretch(msgspec.Struct, frozen=True):
    """Some of the records in the order of these columns. `index`: the one of listed records that has them so."""

    columns: tuple[Callable[[Columns], ColumnElement[Any]], ...]
    ascending: bool
    index: str
    restrictions: tuple[Restriction, ...] = ()
    params: dict[str, Any] = {}
    everybody: bool = False  # the index has archived and hidden records too

    @property
    def key(self) -> str:
        """The shape."""
        return f"{self.index} {self.ascending} {' '.join(part.key for part in self.restrictions)}"

    @property
    def counted(self) -> bool:
        """Whether the counters know how many they are."""
        return all(part.counted for part in self.restrictions)

    def order(self) -> list[ColumnElement[Any]]:
        """What to order by."""
        made = [column(relation.c) for column in self.columns]
        return [column.asc() if self.ascending else column.desc() for column in made]

    def only(self, restriction: Restriction, params: dict[str, Any]) -> Stretch:
        """The part of it that fulfils a condition."""
        return msgspec.structs.replace(
            self, restrictions=(restriction, *self.restrictions), params={**params, **self.params}
        )


def _column(name: str) -> Callable[[Columns], ColumnElement[Any]]:
    return lambda columns: columns[name]


SYNC_KEY: Final = _column("sync_key")
ALWAYS: Final = {  # sort key -> column that is always set, index
    "first": (_column("first_key"), "ix_relation_first"),
    "last": (_column("last_key"), "ix_relation_last"),
    "name": (_column("name_key"), "ix_relation_name"),
    "created": (_column("first_seen"), "ix_relation_seen"),
    "firstmet": (first_met, "ix_relation_met"),
}
NULLABLE: Final = {
    "bestrelationship": ("energy", "ix_relation_energy"),
    "lasttalked": ("last_talked", "ix_relation_talked"),
    "wentquiet": ("went_quiet", "ix_relation_quiet"),
    "assigned": ("assignee", "ix_relation_assignee"),
    "duenext": ("due_next", "ix_relation_due"),
    "duepast": ("due_next", "ix_relation_due"),
    "nextstep": ("step_position", "ix_relation_position"),
    "value": ("value", "ix_relation_value"),
    "start": ("start_date", "ix_relation_start"),
    "end": ("end_date", "ix_relation_end"),
}
PAST_ONLY: Final = frozenset({"wentquiet", "duepast"})  # what is still to come is no value yet


def stretches(selection: Selection, sort: str, ascending: bool) -> list[Stretch]:
    """The order of a sort key (any but distance)."""
    if sort == "lastchanged":
        return [_by_change(selection, ascending)]
    if sort in ALWAYS:
        column, index = ALWAYS[sort]
        return [Stretch((column, SYNC_KEY), ascending, index, everybody=sort == "name")]
    name, index = NULLABLE[sort]
    by_value = Stretch((_column(name), SYNC_KEY), ascending, index)
    keyed = by_key(ascending)
    there = Restriction(f"{name} there", lambda columns: columns[name].is_not(None))
    none = Restriction(f"no {name}", lambda columns: columns[name].is_(None))
    if sort not in PAST_ONLY:
        return [by_value.only(there, {}), keyed.only(none, {})]
    now = {"now": clock.now_ms()}
    past = Restriction(f"{name} past", lambda columns: columns[name] < bindparam("now"))
    to_come = Restriction(f"{name} to come", lambda columns: columns[name] >= bindparam("now"))
    return [by_value.only(past, now), by_value.only(to_come, now), keyed.only(none, {})]


def by_key(ascending: bool) -> Stretch:
    """Everybody by key."""
    return Stretch((SYNC_KEY,), ascending, "ix_relation_key")


def _by_change(selection: Selection, ascending: bool) -> Stretch:
    """No two records of an account change at the same moment: its clock is strictly increasing."""
    fixed = {restriction.key.split(" = ")[0] for restriction in selection.restrictions}
    index = "ix_relation_changed"
    if selection.listed and "stage" in fixed:
        index = "ix_relation_segment_stage" if "segment" in fixed else "ix_relation_stage"
    return Stretch((_column("last_changed"),), ascending, index, everybody=index == "ix_relation_changed")


def by_stage(order: Sequence[Stretch], settings: AccountSettings, kind: str) -> list[Stretch]:
    """The same, stage by stage; without one last."""
    known = list(settings.stages(kind))
    made: list[Stretch] = []
    for stage in known:
        here = Restriction("stage = stage", lambda columns: columns.stage == bindparam("stage"), True)
        for stretch in order:
            part = stretch.only(here, {"stage": stage})
            if stretch.index == "ix_relation_changed":
                part = msgspec.structs.replace(part, index="ix_relation_stage", everybody=False)
            made.append(part)
    other = Restriction(
        f"stage not in {known}",
        lambda columns: or_(columns.stage.is_(None), not_(columns.stage.in_(known))),
        True,
    )
    return [*made, *(stretch.only(other, {}) for stretch in order)]


def by_node(order: Sequence[Stretch], nodes: Sequence[str | None]) -> list[Stretch]:
    """The same, sub-team by sub-team in the order of their paths; `nodes` are those that occur."""
    made: list[Stretch] = []
    for node in sorted(nodes, key=lambda node: node or "/"):
        if node is None:
            here, params = Restriction("no node", lambda columns: columns.node.is_(None), True), {}
        else:
            here = Restriction("node = node", lambda columns: columns.node == bindparam("node"), True)
            params = {"node": node}
        made.extend(stretch.only(here, params) for stretch in order)
    return made


def sort_key(text: str | None) -> str:
    """The sort key that is meant. Raises InvalidInput."""
    key = (text or "lastchanged").strip().lower()
    if key not in SORTS:
        raise InvalidInput(f"“{text}” is unknown", field="sort", remedy=f"one of: {', '.join(SORTS)}")
    return key


def is_ascending(key: str, direction: str | None) -> bool:
    """The direction that is meant, else the natural one of the key. Raises InvalidInput."""
    word = (direction or "").strip().lower()
    if word and word not in {"asc", "dec", "desc"}:
        raise InvalidInput(f"“{direction}” is unknown", field="sortdir", remedy="asc or dec")
    return SORTS[key].ascending if not word else word == "asc"
