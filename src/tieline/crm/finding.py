"""Find (2.6): filters, order and paging over one kind of record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

import msgspec
from sqlalchemy import Select, bindparam, select

from tieline.crm import fetching, links, ordering, querying
from tieline.crm import selecting as sql
from tieline.crm.access import Caller, reading
from tieline.crm.conditions import Conditions
from tieline.crm.fetching import Size
from tieline.crm.identity import Identifier, candidates
from tieline.crm.ordering import Stretch
from tieline.crm.relations import formatted, record_of, shown, wire_bytes
from tieline.crm.selecting import Restriction, Selection
from tieline.crm.settings import AccountSettings, load_settings, resolve_segment, resolve_stage
from tieline.errors import InvalidInput
from tieline.query import findable
from tieline.query.filter import Node
from tieline.query.matching import metres, places
from tieline.query.parser import as_text, retry_as_text
from tieline.records import normalize
from tieline.store.database import Row, Statement, Transaction
from tieline.store.search import Needle
from tieline.store.tables import identifier

MOST: Final = 1000
DEFAULT: Final = 10
FINISHED: Final = ["won", "lost"]


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
    """One page: records ready for the wire, and how many there are in all; `exact` false: at least so many."""

    records: list[Any]
    available: int
    pagenumber: int
    pagesize: int
    exact: bool = True


def find(tx: Transaction, caller: Caller, kind: str, query: FindQuery) -> Page:
    """The page asked for. Raises InvalidInput naming the parameter, PermissionDenied for a team's records."""
    caller = reading(caller, team=query.team, scope=query.scope or "")
    settings = load_settings(tx, caller.account_id)
    selection = selected(tx, caller, kind, query, settings)
    found = _found(tx, kind, query, selection, settings)
    if not found.available and selection.again:
        selection = selected(tx, caller, kind, query, settings, as_words=True)
        found = _found(tx, kind, query, selection, settings)
    found.records = [answered(tx, kind, row, query, settings) for row in found.records]
    return found


def _found(
    tx: Transaction, kind: str, query: FindQuery, selection: Selection, settings: AccountSettings
) -> Page:
    """The page, its records as rows."""
    wanted = DEFAULT if not query.pagesize or query.pagesize < 1 else min(query.pagesize, MOST)
    number = max(query.pagenumber or 1, 1)
    offset = (
        query.recordnumber - 1 if query.recordnumber and query.recordnumber > 0 else (number - 1) * wanted
    )
    most = selection.limit
    size = fetching.measure(tx, selection)
    rows: list[Row] = []
    available, exact = size.available, size.exact
    shown = wanted if most is None else max(min(wanted, most - offset), 0)
    asked = 0 if query.countonly else shown
    sort, order = _order(tx, kind, query, selection, settings)
    if sort == "distance" and not query.countonly:
        found = _nearest(tx, selection, size, _origin(query.location), order[0].ascending)
        available, exact = len(found), True
        rows = fetching.rows(tx, found[offset : offset + asked])
    elif selection.keep is not None and (available or not exact):
        rows, available, exact = _sifted(tx, selection, size, order, asked, offset, query.countonly)
    elif asked and (offset < available or not exact):
        rows = fetching.page(tx, selection, size, order, asked if exact else asked + 1, offset)
        if not exact:
            if rows:
                available, exact = max(available, offset + len(rows)), len(rows) <= asked
            elif offset:
                available, exact = fetching.passed(tx, selection, size, order, offset), True
            if exact and rows:
                available = offset + len(rows)
            rows = rows[:asked]
    if most is not None:
        available, exact = min(available, most), exact or available >= most
    return Page(list(rows), available, number, shown if most is not None else wanted, exact)


def _sifted(
    tx: Transaction,
    selection: Selection,
    size: Size,
    order: list[Stretch],
    asked: int,
    offset: int,
    countonly: bool,
) -> tuple[list[Row], int, bool]:
    """A page of what is decided record by record; how many there are, and whether that is all of them."""
    kept: list[Row] = []
    count = 0
    ahead = fetching.MOST_COUNTED if countonly else fetching.AHEAD
    with closing(fetching.each(tx, selection, size, order)) as found:
        for row in found:
            if offset <= count < offset + asked:
                kept.append(row)
            count += 1
            if count >= offset + asked + ahead:
                return kept, count, False
    return kept, count, True


def selected(
    tx: Transaction,
    caller: Caller,
    kind: str,
    query: FindQuery,
    settings: AccountSettings,
    *,
    as_words: bool = False,
) -> Selection:
    """What a query selects. `as_words`: the free-form text is only words to search for (rule 14)."""
    made = Selection(tx.dialect, caller.account_id, kind)
    _seen(tx, made, caller)
    asked = _free_form(tx, caller, kind, query, settings, made, as_words)
    if archived := querying.mentions(asked, "archived"):
        made.add(sql.flag("hidden", False, counted=True))
    if hidden := querying.mentions(asked, "visibility"):
        made.add(sql.flag("archived", False, counted=True))
    if archived and hidden:
        made.restrictions = [part for part in made.restrictions if part.key not in _BOTH]
    made.listed = not (archived or hidden)
    if query.segment:
        _choice(made, "segment", query.segment, lambda word: resolve_segment(settings, kind, word))
    if query.stage:
        _choice(made, "stage", query.stage, lambda word: resolve_stage(settings, kind, word))
    if query.step:
        _choice(made, "step", query.step, lambda word: _step_key(settings, word))
    if query.assigned is False:
        made.add(sql.missing("assignee", counted=True))
    elif query.assignee:
        wanted = caller.email if query.assignee.lower() in {"me", "@me"} else query.assignee
        made.add(sql.equal(made, "assignee", wanted.lower(), counted=True, groups=_fact("assignee", wanted)))
    elif query.assigned:
        made.add(_assigned())
    if query.hidelostdone and kind == "project":
        unfinished = sql.negated(sql.among(made, "stage", FINISHED, counted=True))
        made.add(unfinished)
    if query.collaborator and kind == "project":
        _holds(made, "collaborator", query.collaborator)
    _exact(made, caller, kind, query)
    return made


_BOTH: Final = {"hidden is False", "archived is False"}


def _assigned() -> Restriction:
    return sql.present("assignee", counted=True, groups=[[Needle(str(findable.has("assignee")))]])


def _seen(tx: Transaction, made: Selection, caller: Caller) -> None:
    """What the caller sees of the copies they act on (see access.sees)."""
    if caller.asked is None and caller.visible is None:
        return
    there = fetching.nodes(tx, caller.account_id, made.kind)
    if caller.asked is not None:
        asked = caller.asked
        made.add(_in(made, [node for node in there if asked.holds(node)]))
    if caller.visible is not None:
        visible = [node for node in there if any(place.holds(node) for place in caller.visible)]
        mine = sql.among(made, "assignee", sorted(caller.addresses), counted=True)
        made.add(sql.alternatives([mine, _in(made, visible)]))


def _in(made: Selection, nodes: list[str | None]) -> Restriction:
    """That a record belongs to one of these sub-teams; None is the whole team."""
    named = sql.among(made, "node", [node for node in nodes if node is not None], counted=True)
    return sql.alternatives([named, sql.missing("node", counted=True)]) if None in nodes else named


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
                _has(made, candidate)
                return None
    found = as_text(text) if as_words else querying.read(caller, kind, text, settings)
    made.sort, made.limit = found.sort, found.limit
    made.again = not as_words and retry_as_text(text, found)
    if found.filter is not None:
        left = Conditions(made, caller, settings).split(found.filter)
        if left is not None:
            made.keep = querying.keeper(left, caller, settings)
    return found.filter


def _exists(tx: Transaction, caller: Caller, kind: str, candidate: Identifier) -> bool:
    values = {"account_id": caller.account_id, "kind": kind, "type": candidate.type, "value": candidate.value}
    return tx.one(ANY, values) is not None


def _probe(type_: str, value: str) -> Select[tuple[int]]:
    return select(identifier.c.relation_id).where(
        identifier.c.account_id == bindparam("account_id"),
        identifier.c.kind == bindparam("kind"),
        identifier.c.type == bindparam(type_),
        identifier.c.value == bindparam(value),
    )


ANY: Final = Statement(_probe("type", "value").limit(1))


def _has(made: Selection, candidate: Identifier) -> None:
    """That a record has the identifier."""
    type_, value = made.name(candidate.type), made.name(candidate.value)
    made.few = True
    made.add(Restriction(f"has {type_} {value}", lambda columns: columns.id.in_(_probe(type_, value))))


def _exact(made: Selection, caller: Caller, kind: str, query: FindQuery) -> None:
    """The exact filters of 0.4."""
    given = (
        ("email", normalize.email(query.email or "")),
        ("phone", normalize.phone(query.phone or "", caller.country)),
        ("domain", normalize.domain(query.domain or "")),
    )
    for type_, value in given:
        if getattr(query, type_):
            _has(made, Identifier(type_, value or ""))
    if query.name:
        made.few = True
        made.add(sql.equal(made, "name_key", normalize.name_key(query.name)))
    if query.keyword:
        _holds(made, "tag", query.keyword)


def _fact(field: str, value: str) -> list[list[Needle]] | None:
    found = findable.fact(field, value)
    return None if found is None else [[Needle(found)]]


def _holds(made: Selection, field: str, value: str) -> None:
    """That a list of words holds this one, case ignored."""
    groups = _fact(field, value)
    made.add(sql.nothing() if groups is None else sql.holding(made, groups))


def _choice(made: Selection, column: str, text: str, resolve: Callable[[str], str | None]) -> None:
    if text.strip().lower() == "any":
        has = findable.has(column)
        made.add(sql.present(column, counted=True, groups=[[Needle(str(has))]]))
    elif (key := resolve(text)) is None:
        made.add(sql.missing(column, counted=True))
    else:
        made.add(sql.equal(made, column, key, counted=True, groups=_fact(column, key)))


def _step_key(settings: AccountSettings, text: str) -> str | None:
    word = text.strip().lower()
    if word in {"", "none"}:
        return None
    for step in settings.steps:
        if word in {step.key.lower(), step.label.lower()}:
            return step.key
    raise InvalidInput(f"“{text}” is unknown", field="step", remedy="see user/steps")


def _order(
    tx: Transaction, kind: str, query: FindQuery, selection: Selection, settings: AccountSettings
) -> tuple[str, list[Stretch]]:
    """The sort key that is meant, and its stretches (of distance: those of the records by key)."""
    own = selection.sort if not query.sort else None
    key = ordering.sort_key(query.sort or (querying.SORTS.get(own.by, own.by) if own else None))
    ascending = own.dir == "asc" if own else ordering.is_ascending(key, query.sortdir)
    if key == "distance":
        return key, [ordering.by_key(ascending)]
    order = ordering.stretches(selection, key, ascending)
    word = (query.group or "").strip().lower()
    if word == "stage":
        return key, ordering.by_stage(order, settings, kind)
    if word == "subteam":
        return key, ordering.by_node(order, fetching.nodes(tx, selection.account_id, kind))
    if word not in {"", "none"}:
        raise InvalidInput(f"“{query.group}” is unknown", field="group", remedy="stage or subteam")
    return key, order


def _nearest(
    tx: Transaction, selection: Selection, size: Size, origin: tuple[float, float], ascending: bool
) -> list[int]:
    """The ids of all that are selected by the distance of their nearest address; without coordinates last."""
    near: list[tuple[float, int]] = []
    far: list[int] = []
    for row in fetching.each(tx, selection, size, [ordering.by_key(True)]):
        away = _distance(row, origin)
        if away is None:
            far.append(row["id"])
        else:
            near.append((away if ascending else -away, row["id"]))
    near.sort(key=lambda pair: pair[0])
    return [one for _, one in near] + far


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
