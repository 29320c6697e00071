"""Words in use: tags with their counts, and the views of people that serve as mailing lists (2.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from tieline.crm.access import Caller
from tieline.crm.settings import load_settings, views
from tieline.store.database import Statement, Transaction
from tieline.store.tables import relation

DOCUMENTS = Statement(
    select(relation.c.kind, relation.c.document)
    .where(
        relation.c.account_id == bindparam("account_id"),
        relation.c.archived.is_(False),
        relation.c.hidden.is_(False),
    )
    .order_by(relation.c.id)
)


class _Words(msgspec.Struct, rename="camel"):
    """The part of a document that is looked at."""

    keywords: list[str] = []
    views: list[str] = []


def keywords(tx: Transaction, caller: Caller, kind: str | None, limit: int | None) -> list[dict[str, Any]]:
    """The tags of a kind of record (None: of all), most used first, spelt as the oldest record has them; `count` is of records."""
    counts: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for found in _documents(tx, caller, kind):
        for word in found.keywords:
            spelling.setdefault(word.casefold(), word)
            counts[word.casefold()] += 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"id": spelling[word], "count": count} for word, count in ranked[:limit]]


def recipients(tx: Transaction, caller: Caller) -> list[dict[str, Any]]:
    """The views of people with how many each holds."""
    counts = Counter(view for found in _documents(tx, caller, "person") for view in found.views)
    settings = load_settings(tx, caller.account_id)
    own = {view.id for view in settings.views if view.kind == "person" and view.query}
    shown = [view for view in views(settings, "person")["views"] if view["id"] not in own]
    return [{**view, "count": counts[view["id"]]} for view in shown]


def _documents(tx: Transaction, caller: Caller, kind: str | None) -> Iterator[_Words]:
    for row in tx.all(DOCUMENTS, {"account_id": caller.account_id}):
        if kind is None or row["kind"] == kind:
            yield msgspec.json.decode(row["document"], type=_Words)
