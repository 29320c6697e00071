"""How many records a selection has, and which are at some place of its order.

Of a selection that is small, the records are gathered and sorted. Of a large one, the index of the order is walked and
what does not fit is passed over: the larger the selection, the sooner a page is full. Either costs about as much as
looking at FEW records. Counts come from the counters where those can tell; else they stop at MOST_COUNTED.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, select
from sqlalchemy.util import LRUCache

from tieline.crm.ordering import Stretch
from tieline.crm.selecting import Selection
from tieline.store import search
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import relation, relation_count

FEW: Final = 4_000
MOST_COUNTED: Final = 10_000
AHEAD: Final = 300  # records looked at one by one beyond the page, to count what comes after it
SHALLOW: Final = 200  # records that are skipped by reading them; further, only the index is read
CHUNK: Final = 200

_counter = (
    select(
        *(relation_count.c[name] for name in ("account_id", "kind", "archived", "hidden", "records")),
        *(
            func.nullif(relation_count.c[name], "").label(name)
            for name in ("segment", "stage", "step", "assignee", "node")
        ),
    )
    .where(relation_count.c.account_id == bindparam("account_id"), relation_count.c.kind == bindparam("kind"))
    .subquery()
)
NODES = Statement(select(_counter.c.node).where(_counter.c.records > 0).distinct())
BY_IDS = Statement(select(relation).where(relation.c.id.in_(bindparam("ids", expanding=True))))
_shapes: LRUCache[str, Statement] = LRUCache(2000)


class Size(msgspec.Struct, frozen=True):
    """How many records: exactly, or at least. `few`: gather them; `by_search`: by asking the search index."""

    available: int
    exact: bool
    few: bool
    by_search: bool = False


def nodes(tx: Transaction, account_id: int, kind: str) -> list[str | None]:
    """The sub-teams that records belong to; None for those of the whole team."""
    return [row["node"] for row in tx.all(NODES, {"account_id": account_id, "kind": kind})]


# --- how many --------------------------------------------------------------------------------------------------------


def measure(tx: Transaction, selection: Selection) -> Size:
    """How many are selected, and how to get at them. What `keep` decides is not asked."""
    if selection.counted and not selection.few:
        return _sized(_by_counters(tx, selection), MOST_COUNTED * 1_000_000)
    if selection.groups and not selection.few:
        found = _by_search(tx, selection)
        if selection.searched:
            return _sized(found, MOST_COUNTED, by_search=True)
        if found <= FEW:
            return Size(_counted(tx, selection, True), True, True, by_search=True)
    if _facets(selection) and (most := _by_counters(tx, selection, partly=True)) <= FEW:
        return Size(_counted(tx, selection), True, True) if most else Size(0, True, True)
    return _sized(_counted(tx, selection), MOST_COUNTED)


def _sized(found: int, most: int, by_search: bool = False) -> Size:
    return Size(min(found, most), found <= most, found <= FEW, by_search)


def _facets(selection: Selection) -> bool:
    return any(restriction.counted for restriction in selection.restrictions)


def _by_counters(tx: Transaction, selection: Selection, partly: bool = False) -> int:
    """The sum of the counters that fit; `partly`: with only the restrictions they know."""
    known = [part for part in selection.restrictions if part.counted or not partly]
    narrowed = msgspec.structs.replace(selection, restrictions=known)

    def build() -> Select[Any]:
        return select(func.coalesce(func.sum(_counter.c.records), 0)).where(narrowed.where(_counter.c))

    return int(tx.scalar(_statement(selection, f"counters {narrowed.key}", build), selection.values))


def _by_search(tx: Transaction, selection: Selection) -> int:
    """How many the search index finds, at most one more than MOST_COUNTED."""
    limits = {**selection.values, "most": MOST_COUNTED + 1}
    if selection.dialect == "sqlite":
        hits = search.ids("found").limit(bindparam("most")).subquery()
        statement = _statement(selection, "search", lambda: select(func.count()).select_from(hits))
        if search.slow_to_open(selection.groups):
            exact = {"found": selection.expression(exact=True), "most": MOST_COUNTED + 1}
            if (found := int(tx.scalar(statement, exact))) > MOST_COUNTED:
                return found
        return int(tx.scalar(statement, {"found": selection.expression(), "most": MOST_COUNTED + 1}))
    hits_at_rows = _statement(
        selection,
        "search",
        lambda: select(func.count()).select_from(
            select(literal(1).label("one"))
            .select_from(relation)
            .where(search.found(selection.dialect, "found"))
            .limit(bindparam("most"))
            .subquery()
        ),
    )
    return int(tx.scalar(hits_at_rows, {**limits, "found": selection.expression()}))


def _counted(tx: Transaction, selection: Selection, by_search: bool = False) -> int:
    """How many rows fit, at most one more than MOST_COUNTED."""

    def build() -> Select[Any]:
        rows = select(literal(1).label("one")).select_from(relation).where(_where(selection, by_search))
        if by_search:
            rows = rows.with_hint(relation, "NOT INDEXED", "sqlite")
        return select(func.count()).select_from(rows.limit(bindparam("most")).subquery())

    values = {**_values(selection, by_search), "most": MOST_COUNTED + 1}
    return int(tx.scalar(_statement(selection, f"count {by_search} {selection.key}", build), values))


def _where(selection: Selection, by_search: bool) -> ColumnElement[bool]:
    if not by_search:
        return selection.where()
    found = search.found(selection.dialect, "found")
    # Words carry account, kind and whether the record is listed.
    return found if selection.searched else and_(found, selection.where())


def _values(selection: Selection, by_search: bool) -> dict[str, Any]:
    return {**selection.values, "found": selection.expression()} if by_search else selection.values


def _statement(selection: Selection, key: str, build: Callable[[], Select[Any]]) -> Statement:
    key = f"{selection.dialect} {key}"
    found: Statement | None = _shapes.get(key)
    if found is None:
        found = _shapes[key] = Statement(build())
    return found


# --- which -----------------------------------------------------------------------------------------------------------


def page(
    tx: Transaction,
    selection: Selection,
    size: Size,
    order: Sequence[Stretch],
    wanted: int,
    offset: int,
) -> list[Row]:
    """The rows at that place of the order."""
    made: list[Row] = []
    for number, stretch in enumerate(order):
        if wanted <= len(made):
            break
        found = _stretch(tx, selection, size, stretch, wanted - len(made), offset)
        made.extend(found)
        if found:
            offset = 0
        elif offset and number + 1 < len(order):
            offset -= _passed(tx, selection, size, stretch, offset)
    return made


def _stretch(
    tx: Transaction, selection: Selection, size: Size, stretch: Stretch, wanted: int, offset: int
) -> list[Row]:
    values = {
        **_values(selection, size.by_search and size.few),
        **stretch.params,
        "wanted": wanted,
        "skipped": offset,
    }
    if offset <= SHALLOW and not size.few:
        return tx.all(_walk(selection, size, stretch, whole=True), values)
    ids = [row["id"] for row in tx.all(_walk(selection, size, stretch, whole=False), values)]
    return rows(tx, ids)


def rows(tx: Transaction, ids: list[int]) -> list[Row]:
    """The rows of these ids, in this order."""
    found = {row["id"]: row for row in tx.all(BY_IDS, {"ids": ids})} if ids else {}
    return [found[one] for one in ids]


def _walk(
    selection: Selection, size: Size, stretch: Stretch, *, whole: bool, all_of_it: bool = False
) -> Statement:
    """The rows, or their ids, of a stretch."""
    by_search = size.by_search and size.few
    hint = _hint(selection, size, stretch)

    def build() -> Select[Any]:
        statement = select(relation) if whole else select(relation.c.id)
        conditions = [part.build(relation.c) for part in stretch.restrictions]
        statement = statement.where(_where(selection, by_search), *conditions).order_by(*stretch.order())
        if hint:
            statement = statement.with_hint(relation, hint, "sqlite")
        return statement if all_of_it else statement.limit(bindparam("wanted")).offset(bindparam("skipped"))

    return _statement(
        selection, f"walk {hint} {by_search} {whole} {all_of_it} {stretch.key} {selection.key}", build
    )


def _hint(selection: Selection, size: Size, stretch: Stretch) -> str:
    if size.few:
        return "NOT INDEXED" if size.by_search else ""
    return f"INDEXED BY {stretch.index}" if selection.listed or stretch.everybody else ""


def passed(tx: Transaction, selection: Selection, size: Size, order: Iterable[Stretch], most: int) -> int:
    """How many rows there are, where they are known to be no more than that."""
    return sum(_passed(tx, selection, size, stretch, most) for stretch in order)


def _passed(tx: Transaction, selection: Selection, size: Size, stretch: Stretch, offset: int) -> int:
    """How many rows a stretch has of which that many are to be skipped: fewer, or it would have given some."""
    within = msgspec.structs.replace(
        selection,
        restrictions=[*selection.restrictions, *stretch.restrictions],
        params={**selection.params, **stretch.params},
    )
    if within.counted and not within.few:
        return _by_counters(tx, within)
    by_search = size.by_search and size.few

    def build() -> Select[Any]:
        hint = _hint(selection, size, stretch)
        rows = select(literal(1).label("one")).select_from(relation).where(_where(within, by_search))
        if hint:
            rows = rows.with_hint(relation, hint, "sqlite")
        return select(func.count()).select_from(rows.limit(bindparam("most")).subquery())

    key = f"passed {_hint(selection, size, stretch)} {by_search} {stretch.key} {selection.key}"
    return int(tx.scalar(_statement(selection, key, build), {**_values(within, by_search), "most": offset}))


# --- one by one ------------------------------------------------------------------------------------------------------


def each(
    tx: Transaction, selection: Selection, size: Size, order: Iterable[Stretch]
) -> Generator[Row, None, None]:
    """Every row of the order that `keep` keeps, without holding them all."""
    for stretch in order:
        statement = _walk(selection, size, stretch, whole=False, all_of_it=True)
        values = {**_values(selection, size.by_search and size.few), **stretch.params}
        with closing(tx.each(statement, values)) as found:
            chunk: list[int] = []
            for row in found:
                chunk.append(row["id"])
                if len(chunk) == CHUNK:
                    yield from _kept(selection, rows(tx, chunk))
                    chunk = []
            yield from _kept(selection, rows(tx, chunk))


def _kept(selection: Selection, rows: list[Row]) -> Iterator[Row]:
    return iter(rows) if selection.keep is None else filter(selection.keep, rows)
