"""Free-form queries on the account's records (6): what a text means, and whether a record fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

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
from tieline.store.database import Row, Transaction

MOST_TYPED = 2000
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


def keeper(node: Node, caller: Caller, settings: AccountSettings) -> Callable[[Row], bool]:
    """Decides by the record itself whether a row fits."""
    choices = {field.id.lower(): field.choices for field in settings.custom_fields() if field.choices}
    zone, now = ZoneInfo(caller.timezone), clock.now_ms()

    def keep(row: Row) -> bool:
        record: Mapping[str, Any] = msgspec.json.decode(row["document"])
        values = {**row, "score": scoring.score_at(row["energy"], now)}
        return matching.fits(node, record, values, me=caller.email, zone=zone, choices=choices)

    return keep
