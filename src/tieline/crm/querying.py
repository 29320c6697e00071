"""Free-form queries on the account's records: what the database can decide as SQL, the rest record by record (6)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, and_, func, literal, not_, or_, true

from tieline import clock
from tieline.crm import scoring
from tieline.crm.access import Caller
from tieline.crm.settings import AccountSettings, load_settings, views
from tieline.crm.words import keywords
from tieline.query import matching
from tieline.query.filter import And, Condition, Filter, Node, Not, Or
from tieline.query.parser import parse
from tieline.query.suggest import Suggestion, suggest
from tieline.query.vocabulary import SYNONYMS, Words, words_of
from tieline.records import normalize
from tieline.store import search
from tieline.store.database import Row, Transaction
from tieline.store.tables import relation

MOST_TYPED = 2000
table = relation.c
CHOICES: dict[str, ColumnElement[Any]] = {"segment": table.segment, "stage": table.stage, "step": table.step}
INSTANTS: dict[str, ColumnElement[Any]] = {
    "lasttalked": table.last_talked,
    "lastchanged": table.last_changed,
    "wentquiet": table.went_quiet,
    "duenext": table.due_next,
    "firstmet": func.coalesce(table.first_met, table.first_seen),
}
FLAGS: dict[str, ColumnElement[bool]] = {"archived": table.archived, "private": table.private}
SORTS = {"score": "bestrelationship", "step": "nextstep", "assignee": "assigned"}


def words_for(settings: AccountSettings, kind: str) -> Words:
    """The account's words for queries about a kind of record."""
    endpoint = "projects" if kind == "project" else "people"
    return words_of(
        {
            "segments": {endpoint: _spoken(settings.segments(kind))},
            "stages": {endpoint: _spoken(settings.stages(kind))},
            "steps": {step.key: [step.label] for step in settings.steps},
            "views": {view["id"]: [view["name"]] for view in views(settings, kind)["views"]},
            "custom_fields": {
                field.id: {"name": field.label, "type": field.type} for field in settings.custom_fields(kind)
            },
        },
        endpoint,
    )


def _spoken(labels: Mapping[str, str]) -> dict[str, list[str]]:
    return {key: [label, *SYNONYMS.get(key, ())] for key, label in labels.items()}


def read(
    caller: Caller, kind: str, text: str, settings: AccountSettings, now: datetime | None = None
) -> Filter:
    """What a text means for the account now."""
    moment = now or datetime.fromtimestamp(clock.now_ms() / 1000, UTC)
    day_first = caller.country.upper() not in {"US", ""}
    words = words_for(settings, kind)
    found = parse(text, words, now=moment, timezone=caller.timezone, day_first=day_first)
    own = {view.id: view.query for view in settings.views if view.kind == kind and view.query}
    if own and mentions(found.filter, "view"):
        # A view inside a view is not looked into: none can contain itself.
        stored = {
            key: parse(query, words, now=moment, timezone=caller.timezone, day_first=day_first).filter
            for key, query in own.items()
        }
        found = msgspec.structs.replace(found, filter=_with_views(found.filter, stored))
    return found


def _with_views(node: Node | None, stored: Mapping[str, Node | None]) -> Node | None:
    """The condition with the queries of the account's own views in their place."""
    match node:
        case Condition(field="view", op="eq", value=str(key)) if key in stored:
            return stored[key]
        case And(parts=parts) | Or(parts=parts):
            made = [part for one in parts if (part := _with_views(one, stored)) is not None]
            return type(node)(tuple(made)) if made else None
        case Not(part=part):
            inner = _with_views(part, stored)
            return Not(inner) if inner is not None else None
    return node


def suggestions(tx: Transaction, caller: Caller, kind: str, text: str, limit: int) -> list[Suggestion]:
    """How the text may go on, in the account's words and tags."""
    settings = load_settings(tx, caller.account_id)
    tagged = "tagged" in text.casefold()
    known = [word["id"] for word in keywords(tx, caller, kind, None)] if tagged else []
    return suggest(text[-MOST_TYPED:], words_for(settings, kind), known, limit)


def mentions(node: Node | None, *fields: str) -> bool:
    """Whether any condition is about one of the fields."""
    if isinstance(node, Not):
        return mentions(node.part, *fields)
    if isinstance(node, And | Or):
        return any(mentions(part, *fields) for part in node.parts)
    return node is not None and node.field in fields


def split(
    tx: Transaction, node: Node, params: dict[str, Any]
) -> tuple[list[ColumnElement[bool]], Node | None]:
    """The part of a condition that the database decides, and what is left to look at record by record."""
    parts = node.parts if isinstance(node, And) else (node,)
    made: list[ColumnElement[bool]] = []
    left: list[Node] = []
    for part in parts:
        condition = _sql(tx, part, params)
        if condition is None:
            left.append(part)
        else:
            made.append(condition)
    return made, (And(tuple(left)) if len(left) > 1 else left[0] if left else None)


def keeper(node: Node, caller: Caller, settings: AccountSettings) -> Callable[[Row], bool]:
    """Decides by the record itself whether a row fits."""
    choices = {field.id.lower(): field.choices for field in settings.custom_fields() if field.choices}
    zone, now = ZoneInfo(caller.timezone), clock.now_ms()

    def keep(row: Row) -> bool:
        record: Mapping[str, Any] = msgspec.json.decode(row["document"])
        values = {**row, "score": scoring.score_at(row["energy"], now)}
        return matching.fits(node, record, values, me=caller.email, zone=zone, choices=choices)

    return keep


def _sql(tx: Transaction, node: Node, params: dict[str, Any]) -> ColumnElement[bool] | None:
    if isinstance(node, Not):
        inner = _sql(tx, node.part, params)
        return None if inner is None else not_(func.coalesce(inner, literal(False)))
    if isinstance(node, And | Or):
        found = [_sql(tx, part, params) for part in node.parts]
        known = [part for part in found if part is not None]
        if len(known) < len(found):
            return None
        return and_(*known) if isinstance(node, And) else or_(*known)
    return _test(tx, node, params)


def _test(tx: Transaction, test: Condition, params: dict[str, Any]) -> ColumnElement[bool] | None:
    if test.field == "text" and test.op == "match":
        terms = search.words(normalize.fold(str(test.value)))
        if not terms:
            return literal(False)
        condition, more = search.matches(tx.dialect, terms, f"words{len(params)}")
        params.update(more)
        return condition
    if test.field in FLAGS and test.op == "eq":
        return FLAGS[test.field].is_(bool(test.value))
    if test.field in CHOICES:
        return _choice(CHOICES[test.field], test)
    if test.field in INSTANTS:
        return _instant(INSTANTS[test.field], test)
    if test.field == "score" and test.op in {"gt", "gte", "lt", "lte", "eq", "range"}:
        return _score(test)
    return None


def _choice(column: ColumnElement[Any], test: Condition) -> ColumnElement[bool] | None:
    if test.op in {"exists", "missing"}:
        return column.is_not(None) if test.op == "exists" else column.is_(None)
    if test.op == "eq":
        return and_(column == test.value)
    return column.in_(test.value) if test.op == "in" else None


def _instant(column: ColumnElement[Any], test: Condition) -> ColumnElement[bool] | None:
    if test.op in {"exists", "missing"}:
        return column.is_not(None) if test.op == "exists" else column.is_(None)
    ends = [_ms(text) for text in (test.value if isinstance(test.value, list) else [test.value])]
    if test.op == "before":
        return column < ends[0]
    if test.op == "after":
        return column >= ends[0]
    return and_(column >= ends[0], column < ends[1]) if test.op == "between" else None


def _score(test: Condition) -> ColumnElement[bool]:
    """A score now, as bounds of the stored energy; who was never talked to has 0."""
    low, high = 0.0, 100.0
    if test.op in {"eq", "range"}:
        low, high = test.value if test.op == "range" else (test.value, test.value)
    elif test.op in {"gt", "gte"}:
        low = test.value + 1 if test.op == "gt" and float(test.value).is_integer() else math.ceil(test.value)
    else:
        high = (
            test.value - 1 if test.op == "lt" and float(test.value).is_integer() else math.floor(test.value)
        )
    now = clock.now_ms()
    if low > 100 or high < 0 or low > high:
        return literal(False)
    at_least = table.energy >= scoring.threshold(low, now) if low > 0 else true()
    below = table.energy < scoring.threshold(high + 1, now) if high < 100 else true()
    return or_(and_(at_least, below), table.energy.is_(None)) if low <= 0 else and_(at_least, below)


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
