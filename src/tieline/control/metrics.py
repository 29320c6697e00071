"""GET /metrics, for Prometheus: with the token of the settings, or without one from this machine alone."""

from __future__ import annotations

import hmac
import ipaddress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tieline.observing import metrics
from tieline.scenarios import counts
from tieline.store.database import Transaction

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


async def show(request: Request) -> Response:
    """What is counted."""
    token: str = request.app.state.settings.metrics_token
    if not (_knows(request, token) if token else _is_local(request)):
        told = (
            "send Authorization: Bearer TOKEN"
            if token
            else "set TIELINE_METRICS_TOKEN to read this from elsewhere"
        )
        return Response(f"{told}\n", 401 if token else 403, media_type="text/plain")
    body = metrics.page(await request.app.state.database.read(_stored))
    return Response(body, headers={"Content-Type": metrics.CONTENT_TYPE})


def _stored(tx: Transaction) -> list[tuple[str, str, str, dict[str, int]]]:
    return [
        ("tieline_unfinished_executions", "Executions that have not ended", "status", counts.unfinished(tx)),
        (
            "tieline_scenarios",
            "Scenarios switched on, and paused because of errors",
            "state",
            counts.scenarios(tx),
        ),
        ("tieline_jobs", "Jobs that were given up", "state", {"given_up": counts.given_up(tx)}),
    ]


def _knows(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").partition(" ")[2]
    return hmac.compare_digest(given.encode(), token.encode())


def _is_local(request: Request) -> bool:
    """From this machine, and not through a proxy on it."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/metrics", show)]
