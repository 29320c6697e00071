"""Find (2.6): filters, order and paging over one kind of record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select, true

from tieline import clock
from tieline.crm import links, querying
from tieline.crm.access import TOP, Caller, Place, reading
from tieline.crm.identity import Identifier, candidates
from tieline.crm.relations import formatted, record_of, shown, wire_bytes
from tieline.crm.settings import AccountSettings, load_settings, resolve_segment, resolve_stage
from tieline.errors import InvalidInput
from tieline.query.filter import Node, Sort
from tieline.query.matching import metres, places
from tieline.query.parser import as_text, retry_as_text
from tieline.records import normalize
from tieline.records.vocabulary import SORT_KEYS
from tieline.store.database import Row, Transaction
from tieline.store.tables import identifier, relation

MOST = 1000
DEFAULT = 10
table = relation.c
SORTS = {word.key: word for word in SORT_KEYS}
FINISHED = ("won", "lost")


class FindQuery(msgspec.Struct, kw_only=True):
    """The parameters of 2.6 as given; None is not given."""

    pagesize: int | None = None
    pagenumber: int | None = None
    recordnumber: int | None = None
    countonly: bool = False
    summaryonly: bool = False
    keysonly: bool = False
    sort: str | None = None
    sortdir: str | None = None
    group: str | None = None
    scope: str | None = None
    freeformquery: str | None = None
    stage: str | None = None
    segment: str | None = None
    step: str | None = None
    assigned: bool | None = None
    assignee: str | None = None
    location: str | None = None
    format: bool = False
    hidelostdone: bool = False
    collaborator: str | None = None
    team: bool = False
    detailed: bool = False
    email: str | None = None
    phone: str | None = None
    domain: str | None = None
    name: str | None = None
    keyword: str | None = None


class Page(msgspec.Struct):
    """One page: records ready for the wire, and how many there are in all."""

    records: list[Any]
    available: int
    pagenumber: int
    pagesize: int


class Selection(msgspec.Struct):
    """What a query selects: conditions, their parameters, and what the free-form text adds."""

    conditions: list[ColumnElement[bool]]
    params: dict[str, Any]
    # A free-form query (6): what the database cannot decide, its own order, and the most it wants.
    keep: Callable[[Row], bool] | None = None
    sort: Sort | None = None
    limit: int | None = None
    again: bool = False  # nothing found: to be searched as text (rule 14)


def find(tx: Transaction, caller: Caller, kind: str, query: FindQuery) -> Page:
    """The page asked for. Raises InvalidInput naming the parameter, PermissionDenied for a team's records."""
    caller = reading(caller, team=query.team, scope=query.scope or "")
    size = DEFAULT if not query.pagesize or query.pagesize < 1 else min(query.pagesize, MOST)
    number = max(query.pagenumber or 1, 1)
    offset = query.recordnumber - 1 if query.recordnumber and query.recordnumber > 0 else (number - 1) * size
    settings = load_settings(tx, caller.account_id)
    selection = selected(tx, caller, kind, query, settings)
    available = _count(tx, selection)
    if not available and selection.again:
        selection = selected(tx, caller, kind, query, settings, as_words=True)
        available = _count(tx, selection)
    if selection.limit is not None:
        available = min(available, selection.limit)
        size = max(min(size, available - offset), 0)
    if query.countonly:
        return Page([], available, number, size)
    if offset >= available:
        return Page([], available, number, size)
    rows = _rows(tx, kind, query, selection, settings, size, offset)
    return Page([answered(tx, kind, row, query, settings) for row in rows], available, number, size)


def selected(
    tx: Transaction,
    caller: Caller,
    kind: str,
    query: FindQuery,
    settings: AccountSettings,
    *,
    as_words: bool = False,
) -> Selection:
    """The conditions of a query. `as_words`: the free-form text is only words to search for (rule 14)."""
    made = Selection([table.account_id == caller.account_id, table.kind == kind], {})
    add = made.conditions.append
    made.conditions.extend(_seen(caller))
    asked = _free_form(tx, caller, kind, query, settings, made, as_words)
    if not querying.mentions(asked, "archived"):
        add(table.archived.is_(False))
    if not querying.mentions(asked, "visibility"):
        add(table.hidden.is_(False))
    if query.segment:
        add(_choice(table.segment, query.segment, lambda word: resolve_segment(settings, kind, word)))
    if query.stage:
        add(_choice(table.stage, query.stage, lambda word: resolve_stage(settings, kind, word)))
    if query.step:
        add(_choice(table.step, query.step, lambda word: _step_key(settings, word)))
    if query.assigned is False:
        add(table.assignee.is_(None))
    elif query.assignee:
        wanted = caller.email if query.assignee.lower() in {"me", "@me"} else query.assignee.lower()
        add(func.lower(table.assignee) == wanted)
    elif query.assigned:
        add(table.assignee.is_not(None))
    if query.hidelostdone and kind == "project":
        add(or_(table.stage.is_(None), not_(table.stage.in_(FINISHED))))
    if query.collaborator and kind == "project":
        add(_contains("projectTeam", query.collaborator))
    _exact(made, caller, kind, query)
    return made


def _seen(caller: Caller) -> list[ColumnElement[bool]]:
    """What the caller sees of the copies they act on (see access.sees)."""
    found = [] if caller.asked is None else [_in(caller.asked)]
    if caller.visible is not None:
        mine = func.lower(table.assignee).in_(sorted(caller.addresses))
        found.append(or_(mine, *map(_in, caller.visible)))
    return found


def _in(place: Place) -> ColumnElement[bool]:
    node = func.coalesce(table.node, TOP)
    if not place.below:
        return node == place.path
    if place.path == TOP:
        return true()
    return or_(node == place.path, node.startswith(f"{place.path}/", autoescape=True))


def _free_form(
    tx: Transaction,
    caller: Caller,
    kind: str,
    query: FindQuery,
    settings: AccountSettings,
    made: Selection,
    as_words: bool,
) -> Node | None:
    """Add what the free-form text means (6): an identifier that somebody has, else the language."""
    text = (query.freeformquery or "").strip()
    if not text:
        return None
    if " " not in text.strip('"'):
        for candidate in candidates(text, kind, caller.country):
            if candidate.type != "uniqueid" and _exists(tx, caller, kind, candidate):
                made.conditions.append(_has(candidate, caller, kind))
                return None
    found = as_text(text) if as_words else querying.read(caller, kind, text, settings)
    made.sort, made.limit = found.sort, found.limit
    made.again = not as_words and retry_as_text(text, found)
    if found.filter is not None:
        conditions, left = querying.split(tx, found.filter, made.params)
        made.conditions.extend(conditions)
        if left is not None:
            made.keep = querying.keeper(left, caller, settings)
    return found.filter


def _exists(tx: Transaction, caller: Caller, kind: str, candidate: Identifier) -> bool:
    return tx.one(_probe(candidate, caller, kind).limit(1)) is not None


def _probe(candidate: Identifier, caller: Caller, kind: str) -> Select[tuple[int]]:
    return select(identifier.c.relation_id).where(
        identifier.c.account_id == caller.account_id,
        identifier.c.kind == kind,
        identifier.c.type == candidate.type,
        identifier.c.value == candidate.value,
    )


def _has(candidate: Identifier, caller: Caller, kind: str) -> ColumnElement[bool]:
    return table.id.in_(_probe(candidate, caller, kind))


def _exact(made: Selection, caller: Caller, kind: str, query: FindQuery) -> None:
    """The exact filters of 0.4."""
    given = (
        ("email", normalize.email(query.email or "")),
        ("phone", normalize.phone(query.phone or "", caller.country)),
        ("domain", normalize.domain(query.domain or "")),
    )
    for type_, value in given:
        if getattr(query, type_):
            made.conditions.append(_has(Identifier(type_, value or ""), caller, kind))
    if query.name:
        made.conditions.append(table.name_key == normalize.name_key(query.name))
    if query.keyword:
        made.conditions.append(_contains("keywords", query.keyword))


def _contains(field: str, word: str) -> ColumnElement[bool]:
    """A list of words in the document holds this one, case ignored."""
    # The list is stored as JSON text: its quoted form occurs only where the word stands alone.
    quoted = msgspec.json.encode(word.strip().lower()).decode()
    escaped = quoted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return func.lower(table.document).like(f'%"{field.lower()}":[%{escaped}%', escape="\\")


def _choice(
    column: ColumnElement[Any], text: str, resolve: Callable[[str], str | None]
) -> ColumnElement[bool]:
    word = text.strip().lower()
    if word == "any":
        return column.is_not(None)
    key = resolve(text)
    return column.is_(None) if key is None else column == key


def _step_key(settings: AccountSettings, text: str) -> str | None:
    word = text.strip().lower()
    if word in {"", "none"}:
        return None
    for step in settings.steps:
        if word in {step.key.lower(), step.label.lower()}:
            return step.key
    raise InvalidInput(f"“{text}” is unknown", field="step", remedy="see user/steps")


def _count(tx: Transaction, selection: Selection) -> int:
    if selection.keep is not None:
        statement = select(relation).where(and_(*selection.conditions))
        return sum(map(selection.keep, tx.all(statement, selection.params)))
    return int(
        tx.scalar(
            select(func.count()).select_from(relation).where(and_(*selection.conditions)), selection.params
        )
    )


def _rows(
    tx: Transaction,
    kind: str,
    query: FindQuery,
    selection: Selection,
    settings: AccountSettings,
    size: int,
    offset: int,
) -> list[Row]:
    own = selection.sort if not query.sort else None
    key = (query.sort or (own and querying.SORTS.get(own.by, own.by)) or "lastchanged").strip().lower()
    if key not in SORTS:
        raise InvalidInput(f"“{query.sort}” is unknown", field="sort", remedy=f"one of: {', '.join(SORTS)}")
    ascending = own.dir == "asc" if own else _ascending(query, SORTS[key].ascending)
    if key == "distance":
        return _nearest(tx, query, selection, ascending)[offset : offset + size]
    order = _group_order(kind, query, settings) + _order(tx, key, ascending)
    statement = select(relation).where(and_(*selection.conditions)).order_by(*order)
    if selection.keep is not None:
        rows = tx.all(statement, selection.params)
        return [row for row in rows if selection.keep(row)][offset : offset + size]
    return tx.all(statement.limit(size).offset(offset), selection.params)


def _ascending(query: FindQuery, natural: bool) -> bool:
    word = (query.sortdir or "").strip().lower()
    if word and word not in {"asc", "dec", "desc"}:
        raise InvalidInput(f"“{query.sortdir}” is unknown", field="sortdir", remedy="asc or dec")
    return natural if not word else word == "asc"


def _columns(key: str) -> ColumnElement[Any]:
    now = clock.now_ms()
    found: dict[str, ColumnElement[Any]] = {
        "lastchanged": table.last_changed,
        "bestrelationship": table.energy,
        "firstmet": func.coalesce(table.first_met, table.first_seen),
        "lasttalked": table.last_talked,
        "wentquiet": case((table.went_quiet <= now, table.went_quiet)),
        "assigned": table.assignee,
        "duenext": table.due_next,
        "duepast": case((table.due_next < now, table.due_next)),
        "first": table.first_key,
        "last": table.last_key,
        "nextstep": table.step_position,
        "value": table.value,
        "created": table.first_seen,
        "start": table.start_date,
        "end": table.end_date,
        "name": table.name_key,
    }
    return found[key]


def _order(tx: Transaction, key: str, ascending: bool) -> list[ColumnElement[Any]]:
    """The column in its direction, records without a value last, ties by key.

    SQLite puts nulls last by itself when descending; saying so would keep it from walking the index.
    """
    column = _columns(key)
    directed = column.asc() if ascending else column.desc()
    nullable = key not in {"lastchanged", "first", "last", "name", "created", "firstmet"}
    if nullable and (ascending or tx.dialect == "postgresql"):
        directed = directed.nulls_last()
    tie = table.sync_key.asc() if ascending else table.sync_key.desc()
    return [directed, tie]


def _group_order(kind: str, query: FindQuery, settings: AccountSettings) -> list[ColumnElement[Any]]:
    word = (query.group or "").strip().lower()
    if not word or word == "none":
        return []
    if word == "subteam":
        return []  # one account is one team: there are no sub-teams to order by
    if word != "stage":
        raise InvalidInput(f"“{query.group}” is unknown", field="group", remedy="stage or subteam")
    positions = {key: position for position, key in enumerate(settings.stages(kind))}
    return [case(positions, value=table.stage, else_=len(positions))]


def _nearest(tx: Transaction, query: FindQuery, selection: Selection, ascending: bool) -> list[Row]:
    """Every selected record by the distance of its nearest address; without coordinates last."""
    origin = _origin(query.location)
    rows = tx.all(select(relation).where(and_(*selection.conditions)), selection.params)
    if selection.keep is not None:
        rows = [row for row in rows if selection.keep(row)]
    measured = [(_distance(row, origin), row) for row in rows]
    known = sorted(
        (pair for pair in measured if pair[0] is not None),
        key=lambda pair: pair[0] or 0.0,
        reverse=not ascending,
    )
    return [row for _, row in known] + [row for far, row in measured if far is None]


def _origin(text: str | None) -> tuple[float, float]:
    try:
        latitude, longitude = (float(part) for part in (text or "").split(","))
    except ValueError:
        raise InvalidInput(
            "is needed to sort by distance", field="location", remedy="give latitude,longitude"
        ) from None
    return latitude, longitude


def _distance(row: Row, origin: tuple[float, float]) -> float | None:
    """Metres to the nearest address with coordinates."""
    found = places(msgspec.json.decode(row["document"]))
    return min((metres(origin, place) for place in found), default=None)


def answered(tx: Transaction, kind: str, row: Row, query: FindQuery, settings: AccountSettings) -> Any:
    """A row as the query wants it answered."""
    if query.keysonly:
        return {"syncKey": row["sync_key"]}
    if query.summaryonly:
        return _summary(record_of(row))
    if kind != "project" and not query.format:
        return wire_bytes(row)
    record = record_of(row)
    if query.detailed and kind == "project":
        record.update(links.inner_records(tx, row["id"]))
    return shown(
        formatted(record, settings) if query.format else record, detailed=query.detailed or kind != "project"
    )


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    """The best identifier (2.6): first e-mail, else phone, else domain, else app link."""
    made: dict[str, Any] = {name: record[name] for name in ("syncKey", "name") if name in record}
    for field in ("emails", "phones", "domains", "appLinks"):
        if record.get(field):
            return {**made, field: record[field][:1]}
    return made
