"""The HTTP side of hooks."""

from __future__ import annotations

import logging

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from tieline.observing import metrics
from tieline.scenarios.engine import Engine
from tieline.scenarios.hook_bodies import grouped
from tieline.scenarios.receiving import Request as Event

log = logging.getLogger(__name__)

BODY_LIMIT = 10_000_000
PREFIX = "/hooks/"
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def is_event(scope: Scope) -> bool:
    """Whether a request goes to the address of a hook."""
    path: str = scope["path"]
    return path.startswith(PREFIX) and "/" not in path[len(PREFIX) :] and scope["method"] in METHODS


async def answer(scope: Scope, receiving: Receive, send: Send) -> None:
    """The shorter way to a hook, without the layers that pages need: events come by the thousand."""
    scope["path_params"] = {"token": scope["path"][len(PREFIX) :]}
    try:
        response = await receive(Request(scope, receiving))
    except ClientDisconnect:
        return
    except Exception:
        log.exception("an event could not be taken in")
        response = Response(
            b'{"status": "error", "message": "The server failed; send it again."}',
            500,
            media_type="application/json",
        )
    metrics.EVENTS.labels(response.status_code).inc()
    await response(scope, receiving, send)


async def receive(request: Request) -> Response:
    """An event arrives."""
    engine: Engine = request.app.state.engine
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > BODY_LIMIT:
        return _too_large()
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return _too_large()
    headers = {name.lower(): value for name, value in request.headers.items()}
    event = Event(
        method=request.method,
        client=request.client.host if request.client else "",
        headers=headers,
        query=grouped(request.query_params.multi_items()) if request.scope["query_string"] else {},
        body=body,
    )
    answer = await engine.receive(request.path_params["token"], event)
    response = Response(answer.body, answer.status, {"Content-Type": answer.content_type})
    for name, value in answer.headers:
        response.headers.append(name, value)
    return response


def _too_large() -> Response:
    return Response(
        b'{"status": "error", "message": "The body is larger than 10 MB."}',
        413,
        media_type="application/json",
    )


def routes() -> list[BaseRoute]:
    """The addresses of all hooks."""
    return [Route("/hooks/{token}", receive, methods=sorted(METHODS))]
