"""People, companies and projects as searchable lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import finding, sample
from tieline.crm.access import Caller
from tieline.crm.finding import FindQuery, Page
from tieline.crm.settings import AccountSettings, load_settings
from tieline.errors import InvalidInput, NotFound
from tieline.records.kinds import BY_PLURAL, Kind
from tieline.records.vocabulary import SORT_KEYS
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database
from tieline.web.page import is_partial, render

SIZE = 50
SORTS = {
    "person": ("lastchanged", "lasttalked", "bestrelationship", "name", "last", "duenext", "created"),
    "company": ("lastchanged", "lasttalked", "name", "duenext", "created"),
    "project": ("lastchanged", "name", "value", "start", "end", "duenext", "created"),
}
LABELS = {word.key: word.label for word in SORT_KEYS}
FILTERS = ("q", "segment", "stage", "assigned", "sort")


def kind_of(request: Request) -> Kind:
    """The kind of record that the path names. Raises NotFound."""
    kind = BY_PLURAL.get(request.path_params["plural"])
    if kind is None:
        raise NotFound("There is no such page.")
    return kind


async def show(request: Request) -> Response:
    """A page of the list; for htmx only the rows."""
    kind, caller = kind_of(request), await session.signed_in(request)
    asked = {name: request.query_params.get(name, "") for name in FILTERS}
    number = _number(request.query_params.get("page"))
    query = FindQuery(
        freeformquery=asked["q"] or None,
        segment=asked["segment"] or None,
        stage=asked["stage"] or None,
        assigned={"yes": True, "no": False}.get(asked["assigned"]),
        sort=asked["sort"] or None,
        pagesize=SIZE,
        pagenumber=number,
    )
    problem: InvalidInput | None = None
    try:
        page, settings, has_sample = await database(request).read_slow(_find, caller, kind.name, query)
    except InvalidInput as error:
        problem = error
        page, settings, has_sample = await database(request).read_slow(
            _find, caller, kind.name, FindQuery(pagesize=SIZE)
        )
    return await render(
        request,
        "parts/rows.html" if is_partial(request) else "list.html",
        kind=kind,
        records=[_plain(record) for record in page.records],
        page=page,
        asked=asked,
        filtered=any(asked[name] for name in FILTERS if name != "sort"),
        segments=settings.segments(kind.name),
        stages=settings.shown_stages(kind.name),
        sorts={key: LABELS[key] for key in SORTS[kind.name]},
        next_page=_address(kind, asked, number + 1) if number * SIZE < page.available else None,
        has_sample=has_sample,
        problem=problem,
    )


def _find(tx: Transaction, caller: Caller, kind: str, query: FindQuery) -> tuple[Page, AccountSettings, bool]:
    found = finding.find(tx, caller, kind, query)
    return found, load_settings(tx, caller.account_id), sample.loaded(tx, caller)


def _plain(record: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(record) if isinstance(record, msgspec.Raw) else dict(record)
    return plain


def _number(text: str | None) -> int:
    return max(int(text), 1) if text and text.isdecimal() and len(text) < 8 else 1


def _address(kind: Kind, asked: dict[str, str], page: int) -> str:
    given = {name: value for name, value in asked.items() if value}
    return f"/{kind.plural}?{urlencode({**given, 'page': page})}"
