"""From ASGI to a handler and back: one look-up, no layers.

Order: path and method, credentials, rate, scope, body, handler. A request is refused by the first that refuses it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.datastructures import State
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Message, Receive, Scope, Send

from tieline.api import auth, bodies, envelope, idempotency, queries
from tieline.api.auth import Authenticator
from tieline.api.call import Call, Endpoint
from tieline.api.envelope import Answer, Headers, Stream
from tieline.api.limits import RateLimit
from tieline.errors import InvalidInput, TielineError
from tieline.http import Door
from tieline.settings import Settings
from tieline.store.database import Database
from tieline.vault import Vault

log = logging.getLogger("tieline.api")

PREFIX = "/v1/"
SLASHES = re.compile(r"//+")
# Browsers may call from anywhere: a key is sent by the page itself, never by the browser on its own (0.3.10).
CORS = (b"access-control-allow-origin", b"*")
EXPOSED = (
    b"access-control-expose-headers",
    b"ETag, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After",
)
PREFLIGHT = Answer(
    204,
    b"",
    (
        (b"access-control-allow-methods", b"GET, POST, DELETE"),
        (
            b"access-control-allow-headers",
            b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
        ),
        (b"access-control-max-age", b"86400"),
    ),
)


PROBLEM = envelope.PROBLEM.decode()


class Disconnected(Exception):
    """The client went away before its request was complete."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all requests of an application share."""

    settings: Settings
    database: Database
    door: Door
    vault: Vault
    authenticator: Authenticator
    rate_limit: RateLimit


class Api(BaseRoute):
    """Everything under /v1, as one Starlette route."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.shared: Shared | None = None
        self.endpoints: dict[str, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            for path in (endpoint.path, *endpoint.older):
                methods = self.endpoints.setdefault(path, {})
                assert endpoint.method not in methods, f"{endpoint.method} {path} is declared twice"
                methods[endpoint.method] = endpoint

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Every HTTP request below /v1 is ours, known or not."""
        ours = scope["type"] == "http" and f"{tidy(scope['path'])}/".startswith(PREFIX)
        return (Match.FULL if ours else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: object) -> object:  # type: ignore[override]
        """The API's paths have no names."""
        raise NoMatchFound(name, dict(path_params))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        told: TielineError | None = None
        headers = read_headers(scope)
        try:
            answer = await self._answer(scope, receive, headers)
        except Disconnected:
            return
        except TielineError as error:
            told = error
            answer = envelope.of_error(error) or _unexpected(scope, error)
        except Exception as error:
            answer = _unexpected(scope, error)
        if PROBLEM in headers.get(b"accept", "") and _failed(answer):
            answer = envelope.as_problem(answer, told)
        await respond(send, answer)

    async def _answer(self, scope: Scope, receive: Receive, headers: dict[bytes, str]) -> Answer:
        endpoint = self._endpoint(scope)
        if isinstance(endpoint, Answer):
            return endpoint
        shared = self._shared_with(scope["app"].state)
        query = queries.parse(scope["query_string"])
        limits: Headers = ()
        inside, trace = scope.get("tieline.account"), headers.get(b"x-tieline-trace", "")
        if inside is not None:
            caller = await auth.caller_inside(shared.database, inside, scope.get("tieline.actor"), trace)
        else:
            authorization = headers.get(b"authorization", "")
            try:
                caller, credential = await shared.authenticator.caller(authorization, query, trace)
            except auth.Refused as refused:
                return refused.answer
            limits = shared.rate_limit.take(credential)
        if endpoint.scope not in caller.scopes:
            return envelope.missing_scope(endpoint.scope)
        call = Call(endpoint, caller, shared.settings, shared.database, shared.door, shared.vault, query)
        call.content_type = headers.get(b"content-type", "")
        call.idempotency_key = headers.get(b"idempotency-key", "").strip()
        call.if_match = headers.get(b"if-match", "")
        call.if_none_match = headers.get(b"if-none-match", "")
        if endpoint.streams:
            call.receive = receive
        elif scope["method"] != "GET":
            call.raw = await read_body(headers, receive, shared.settings.body_limit)
        body = await endpoint.handler(call)
        if isinstance(body, Answer):
            return replace(body, headers=(*body.headers, *call.answered, *limits))
        return Answer(200, body, (*call.answered, *limits))

    def _shared_with(self, state: State) -> Shared:
        """What the requests of the application share; made for the database that it has now."""
        found = self.shared
        if found is None or found.database is not state.database:
            settings: Settings = state.settings
            found = self.shared = Shared(
                settings,
                state.database,
                state.door,
                state.vault,
                Authenticator(state.database),
                RateLimit(settings.rate_limit, settings.rate_burst),
            )
        return found

    def _endpoint(self, scope: Scope) -> Endpoint | Answer:
        path: str = scope["path"]
        methods = self.endpoints.get(path) or self.endpoints.get(tidy(path))
        if methods is None:
            return envelope.UNKNOWN_PATH
        method: str = scope["method"]
        return PREFLIGHT if method == "OPTIONS" else methods.get(method, envelope.UNKNOWN_PATH)


WANTED = frozenset(
    {
        b"authorization",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"accept",
        b"if-match",
        b"if-none-match",
        b"x-tieline-trace",
        idempotency.HEADER.lower().encode(),
    }
)


def read_headers(scope: Scope) -> dict[bytes, str]:
    """The request headers that matter here."""
    return {name: value.decode("latin-1") for name, value in scope["headers"] if name in WANTED}


async def read_body(headers: dict[bytes, str], receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge, without reading what exceeds the limit, and Disconnected."""
    if headers.get(b"content-encoding", "identity").lower() not in {"identity", ""}:
        raise InvalidInput("is not understood", field="Content-Encoding", remedy="send the body as it is")
    length = headers.get(b"content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise bodies.too_large(limit)
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise bodies.too_large(limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def respond(send: Send, answer: Answer) -> None:
    """Send an answer."""
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", b"%d" % len(answer.body)),
        CORS,
    ]
    if answer.headers:
        headers += (EXPOSED, *answer.headers)
    if isinstance(answer, Stream):
        del headers[1]
    elif not answer.body:
        del headers[:2]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if isinstance(answer, Stream):
        async for chunk in answer.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})


def _failed(answer: Answer) -> bool:
    """Does an answer tell of a failure, by its status or its errorcode?"""
    return answer.status >= 400 or (
        answer.body.startswith(b'{"errorcode":')
        and not answer.body.startswith((b'{"errorcode":0,', b'{"errorcode":0}'))
    )


def tidy(path: str) -> str:
    """The path with single slashes and none at its end (0.3.11)."""
    if "//" in path:
        path = SLASHES.sub("/", path)
    return path.rstrip("/") if len(path) > 1 and path.endswith("/") else path


def _unexpected(scope: Scope, error: Exception) -> Answer:
    """Our own fault: the details are for the log, without the query, which may carry a key."""
    log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
    return envelope.INTERNAL
