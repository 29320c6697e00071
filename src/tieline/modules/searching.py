"""Searches: page after page until the limit, a bundle at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from tieline.client import NotFound
from tieline.modules.exchange import Account, CallContext, ask
from tieline.modules.inputs import Request, request_of
from tieline.modules.module import Bundle, Module

PAGE = 100
BATCH = 1000  # records of a feed at once (2.7)


async def search(
    module: Module, values: Mapping[str, Any], client: Account, around: CallContext
) -> AsyncIterator[Bundle]:
    """The bundles, each page asked for when it is needed. Raises ClozeError."""
    request = request_of(module, values)
    if request.query.get("assigned") is not True and module.field_of("assigned") is not None:
        request.query.pop("assignee", None)
    limit = int(values.get("limit", 10))
    ways = {"numbers": _by_numbers, "cursor": _by_cursor, "stamp": _by_stamp}
    found = (
        _once(module, request, client, around)
        if module.paging == "once"
        else ways[module.paging](module, request, limit, client, around)
    )
    async for bundle in found:
        yield bundle


async def _by_numbers(
    module: Module, request: Request, limit: int, client: Account, around: CallContext
) -> AsyncIterator[Bundle]:
    """Page by page until the limit (3.8)."""
    size, given, number = min(limit, PAGE), 0, around.page
    assert module.answer is not None
    while given < limit:
        query = {**request.query, "pagesize": size, "pagenumber": number}
        records = (await ask(client, around, module.method, request.path, query)).get(module.answer) or []
        for record in records[: limit - given]:
            yield record
        given += len(records)
        if len(records) < size:
            return
        number += 1


async def _by_cursor(
    module: Module, request: Request, limit: int, client: Account, around: CallContext
) -> AsyncIterator[Bundle]:
    """Whole batches, so that the cursor of the last bundle leaves nothing out; all of one size, so that few are too many."""
    rounds = -(-limit // BATCH) or 1
    query: Mapping[str, Any] = {**request.query, "pagesize": -(-limit // rounds)}
    if request.query.get("cursor"):
        query = {"cursor": request.query["cursor"]}
    given = 0
    while given < limit:
        answer = await ask(client, around, module.method, request.path, query)
        bundles = list(_read(module, answer))
        for bundle in bundles:
            yield bundle
        given += len(bundles)
        if not bundles or len(bundles) >= int(answer.get("availablecount") or 0):
            return
        query = {"cursor": answer.get("cursor")}


async def _by_stamp(
    module: Module, request: Request, limit: int, client: Account, around: CallContext
) -> AsyncIterator[Bundle]:
    """A timeline gives keys, the newest first, and the entries for them (2.8)."""
    given, stamp = 0, request.body.get("stamp")
    while given < limit:
        body = {**request.body, "limit": min(limit - given, PAGE)}
        if stamp is not None:
            body["stamp"] = stamp
        page = await ask(client, around, module.method, request.path, {}, body)
        keys = list(page.get("messages") or ())[: limit - given]
        if keys:
            answer = await ask(client, around, "POST", "/v1/messages/get", {}, {"messages": keys})
            for message in answer.get("messages") or ():
                yield message
        given += len(keys)
        stamp = page.get("stamp")
        if stamp is None:
            return


async def _once(
    module: Module, request: Request, client: Account, around: CallContext
) -> AsyncIterator[Bundle]:
    """One answer has them all; what is asked for by its name and is not there is no bundle."""
    body = None if module.method == "GET" else request.body
    try:
        answer = await ask(client, around, module.method, request.path, request.query, body)
    except NotFound as error:
        if error.errorcode == 404 and error.status == 200:
            return
        raise
    for bundle in _read(module, answer):
        yield bundle


def _read(module: Module, answer: Mapping[str, Any]) -> Iterable[Bundle]:
    if module.read is not None:
        return module.read(answer)
    assert module.answer is not None
    return answer.get(module.answer) or ()
