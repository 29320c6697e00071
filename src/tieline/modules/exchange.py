"""One request of a module and its answer: who carries it, what surrounds it, who may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from tieline.client import Response
from tieline.client.sender import read_answer
from tieline.http import is_secret, mask_headers, mask_path

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


async def ask(
    client: Account, around: CallContext, method: str, path: str, query: Mapping[str, Any], body: Any = None
) -> dict[str, Any]:
    """The answer of a read, which may be asked for again. Raises ClozeError."""
    encoded = None if body is None else msgspec.json.encode(body)
    return read_answer(await exchange(client, around, method, path, query, encoded, {}, reads=True))


async def tell(
    client: Account, around: CallContext, method: str, path: str, query: Mapping[str, Any], body: Any = None
) -> dict[str, Any]:
    """The answer of a write, which carries its key. Raises ClozeError."""
    encoded = None if body is None else msgspec.json.encode(body)
    return read_answer(await exchange(client, around, method, path, query, encoded, {}, reads=False))


async def exchange(
    client: Account,
    around: CallContext,
    method: str,
    path: str,
    query: Mapping[str, Any],
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    reads: bool,
) -> Response:
    """One request, seen by whoever watches. Raises ClozeError."""
    sent = dict(headers)
    if around.idempotency_key and not reads:
        sent["Idempotency-Key"] = around.idempotency_key
    if around.trace:
        sent["X-Tieline-Trace"] = around.trace
    response = await client.sender.exchange(
        method, path, query=query, body=body, headers=sent, repeatable=reads
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
    shown = {name: "***" if is_secret(name) else value for name, value in query.items()}
    return Exchange(
        method, mask_path(path), shown, mask_headers(headers), sent, response.status, decoded(response)
    )


def decoded(response: Response) -> Any:
    """The body as JSON, else as text."""
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return response.body[:SHOWN].decode("utf-8", "replace")
