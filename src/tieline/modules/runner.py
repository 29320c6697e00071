"""Runs a module against an account: searches page through, writes carry their key, every exchange can be seen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from tieline.client import AsyncCloze, ClozeError, NotFound, Response
from tieline.client.sender import read_answer
from tieline.http import mask_headers
from tieline.modules.errors import ModuleError, of_client
from tieline.modules.inputs import checked, plain, request_of
from tieline.modules.module import Bundle, Module

PAGE = 100
SHOWN = 20_000  # characters of a body kept with an exchange


class Sends(Protocol):
    """What carries requests: the client's sender, or one that reaches an account in another way."""

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Response:
        """One request with its retries. Raises ClozeError."""


class Account(Protocol):
    """Whom a module acts for: where the API is, and what carries requests there."""

    @property
    def url(self) -> str:
        """The API's address."""

    @property
    def sender(self) -> Sends:
        """The way there."""


class Exchange(msgspec.Struct):
    """A request and its answer as the history shows them; secrets are masked."""

    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


@dataclass
class CallContext:
    """What surrounds a call: its key for repetition, the chain it belongs to, the scenario's zone, who watches.

    `dry_run`: have the call checked, change nothing. `page`: the page of a search to begin with, as long as its limit.
    """

    idempotency_key: str | None = None
    trace: str | None = None
    timezone: str = "UTC"
    on_exchange: Callable[[Exchange], None] | None = None
    dry_run: bool = False
    page: int = 1


async def run(
    module: Module, given: Mapping[str, Any], *, client: Account, context: CallContext | None = None
) -> AsyncIterator[Bundle]:
    """The bundles of one call. Raises ModuleError naming module, field and remedy."""
    around = context or CallContext()
    if module.kind == "instant_trigger":
        raise ModuleError(
            "InvalidConfigurationError",
            "starts by itself and cannot be called",
            module=module.label,
            remedy="put it first in a scenario",
        )
    if around.dry_run and not module.dry_run:
        raise ModuleError(
            "InvalidConfigurationError",
            "cannot be tried without being done"
            if module.writes
            else "changes nothing, so there is nothing to try",
            module=module.label,
            remedy="run it without the dry run",
        )
    values = checked(module, given, around.timezone)
    try:
        if module.kind == "universal":
            yield await _universal(module, values, client, around)
        elif module.kind == "search":
            async for bundle in _search(module, values, client, around):
                yield bundle
        else:
            yield await _action(module, values, client, around)
    except ClozeError as error:
        raise of_client(error, module) from error


async def run_all(
    module: Module, given: Mapping[str, Any], *, client: Account, context: CallContext | None = None
) -> list[Bundle]:
    """The same as a list."""
    return [bundle async for bundle in run(module, given, client=client, context=context)]


async def _action(module: Module, values: Mapping[str, Any], client: Account, around: CallContext) -> Bundle:
    request = request_of(module, values)
    body = None if module.method in {"GET", "DELETE"} else request.body
    if around.dry_run and body is not None:
        body["dryrun"] = True
    answer = await _send(module, client, around, request.query, body)
    if module.answer is None:
        return answer
    record = answer.get(module.answer)
    if not isinstance(record, dict):
        raise ModuleError(
            "DataError",
            f"the answer has no {module.answer}",
            module=module.label,
            remedy="check the address of the connection",
        )
    return record


async def _search(
    module: Module, values: Mapping[str, Any], client: Account, around: CallContext
) -> AsyncIterator[Bundle]:
    """Page by page until the limit (3.8): the last page is asked for no more than is missing."""
    request = request_of(module, values)
    limit, given, number = int(values.get("limit", 10)), 0, around.page
    if request.query.get("assigned") is not True:
        request.query.pop("assignee", None)
    size = min(limit, PAGE)
    assert module.answer is not None
    while given < limit:
        query = {**request.query, "pagesize": size, "pagenumber": number}
        answer = await _send(module, client, around, query, None)
        records = answer.get(module.answer) or []
        for record in records[: limit - given]:
            yield record
        given += len(records)
        if len(records) < size:
            return
        number += 1


async def _universal(
    module: Module, values: Mapping[str, Any], client: Account, around: CallContext
) -> Bundle:
    path = api_path(str(values["url"]), client.url, module.label)
    method = str(values.get("method", "GET")).upper()
    query = {str(pair.get("key", "")): pair.get("value", "") for pair in values.get("qs") or ()}
    headers = {
        str(pair.get("key", "")): str(plain(pair.get("value", ""))) for pair in values.get("headers") or ()
    }
    for name, value in headers.items():
        if (
            not name
            or not (name + value).isprintable()
            or name.lower() in {"host", "content-length", "authorization"}
        ):
            raise ModuleError(
                "BundleValidationError",
                f"“{name}” cannot be set",
                module=module.label,
                field="headers",
                remedy="leave it out: credentials and length are added for you",
            )
    sent = values.get("body")
    body = (
        None
        if sent in (None, "")
        else sent.encode()
        if isinstance(sent, str)
        else msgspec.json.encode(plain(sent))
    )
    response = await _exchange(client, around, method, path, query, body, headers)
    if response.status >= 400:
        read_answer(response)
    return {"statusCode": response.status, "headers": response.headers, "body": _decoded(response)}


def api_path(url: str, base: str, module: str = "") -> str:
    """The path of a call that stays inside the API. Raises ModuleError for one that would leave it."""
    text = url.strip()
    own = urlsplit(base)
    parts = urlsplit(text)
    if parts.scheme or parts.netloc:
        if (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            raise ModuleError(
                "BundleValidationError",
                f"leads away from {base}",
                module=module,
                field="url",
                remedy="give the path alone, such as /v1/people/find",
            )
        text = parts.path + (f"?{parts.query}" if parts.query else "")
    path, question, query = text.partition("?")
    path = "/" + path.lstrip("/")
    segments = (
        path.replace("%2e", ".")
        .replace("%2E", ".")
        .replace("%2f", "/")
        .replace("%2F", "/")
        .replace("\\", "/")
        .split("/")
    )
    if any(segment in {".", ".."} for segment in segments) or not text.isprintable():
        raise ModuleError(
            "BundleValidationError",
            "must be a plain path such as /v1/people/find",
            module=module,
            field="url",
        )
    return path + question + query


async def _send(
    module: Module, client: Account, around: CallContext, query: Mapping[str, Any], body: Any
) -> dict[str, Any]:
    encoded = None if body is None else msgspec.json.encode(body)
    return read_answer(await _exchange(client, around, module.method, module.path, query, encoded, {}))


async def _exchange(
    client: Account,
    around: CallContext,
    method: str,
    path: str,
    query: Mapping[str, Any],
    body: bytes | None,
    headers: Mapping[str, str],
) -> Response:
    sent = dict(headers)
    writes = method not in {"GET", "HEAD"}
    if around.idempotency_key and writes:
        sent["Idempotency-Key"] = around.idempotency_key
    if around.trace:
        sent["X-Tieline-Trace"] = around.trace
    response = await client.sender.exchange(
        method, path, query=query, body=body, headers=sent, repeatable=not writes
    )
    if around.on_exchange is not None:
        around.on_exchange(_shown(method, path, query, sent, body, response))
    return response


def _shown(
    method: str,
    path: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: bytes | None,
    response: Response,
) -> Exchange:
    sent = None
    if body is not None:
        try:
            sent = msgspec.json.decode(body)
        except msgspec.DecodeError:
            sent = body[:SHOWN].decode("utf-8", "replace")
    return Exchange(
        method, path, dict(query), mask_headers(headers), sent, response.status, _decoded(response)
    )


def _decoded(response: Response) -> Any:
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return response.body[:SHOWN].decode("utf-8", "replace")


def parse_event(module: Module, body: Any) -> list[Bundle]:
    """The bundles of a notification (5.4): one for each element of the array."""
    items = body if isinstance(body, list) else [body]
    return [item for item in items if isinstance(item, dict)]


async def subscribe(module: Module, client: AsyncCloze, target_url: str, name: str) -> tuple[str, str]:
    """Register a trigger's webhook. Answers (event, subscription id); the same name replaces an earlier one."""
    assert module.event is not None
    try:
        uniqueid = await client.webhooks.subscribe(module.event, target_url, client_reference=name)
    except ClozeError as error:
        raise of_client(error, module) from error
    return module.event, uniqueid


async def unsubscribe(module: Module, client: AsyncCloze, uniqueid: str) -> None:
    """Remove a trigger's webhook; one that is gone already is as good."""
    assert module.event is not None
    try:
        await client.webhooks.unsubscribe(module.event, uniqueid)
    except NotFound:
        return
    except ClozeError as error:
        raise of_client(error, module) from error
