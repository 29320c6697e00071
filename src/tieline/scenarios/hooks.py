"""The HTTP side of hooks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tieline.scenarios.engine import Engine

BODY_LIMIT = 10_000_000


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
    answer = await engine.receive(
        request.path_params["token"], headers=headers, query=dict(request.query_params), body=body
    )
    return Response(answer.body, answer.status, media_type=answer.content_type)


def _too_large() -> Response:
    return Response(
        b'{"status": "error", "message": "The body is larger than 10 MB."}',
        413,
        media_type="application/json",
    )


def routes() -> list[BaseRoute]:
    """The addresses of all hooks."""
    return [Route("/hooks/{token}", receive, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]
