"""What apps ask themselves (contract 1.4): tokens for a code or a refresh token, and their way back.

The page on which a person consents is `web/pages/consent.py`.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tieline.api import bodies, queries
from tieline.api.dispatch import Disconnected, read_body, read_headers
from tieline.crm.oauth import apps, tokens
from tieline.crm.oauth.apps import App
from tieline.crm.oauth.protocol import METHODS, Code, Refusal
from tieline.crm.oauth.tokens import Issued
from tieline.errors import InvalidInput, TielineError, Unavailable
from tieline.records.vocabulary import SCOPES
from tieline.store.database import Transaction

log = logging.getLogger("tieline.api")

GRANT_TYPES: Final = ("authorization_code", "refresh_token")
LIMIT: Final = 100_000  # bytes of a request: more than any of them needs
# Apps may run in browsers: what proves them is in the request itself, never sent by the browser on its own.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "Access-Control-Allow-Origin": "*",
}
PREFLIGHT: Final = {
    **HEADERS,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}
EVERY_METHOD: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # no page answers at these paths
Given = Mapping[str, str]
Act = Callable[[Transaction, Given, App], Any]


def routes() -> list[BaseRoute]:
    """The token endpoint, revocation (RFC 7009), and where a client finds them (RFC 8414)."""
    return [
        Route("/oauth/token", _endpoint(exchange), methods=EVERY_METHOD),
        Route("/oauth/revoke", _endpoint(give_back), methods=EVERY_METHOD),
        Route("/.well-known/oauth-authorization-server", describe, methods=["GET"]),
    ]


def exchange(tx: Transaction, given: Given, app: App) -> Issued | Refusal:
    """A code or a refresh token for an access token."""
    if given["grant_type"] == "refresh_token":
        return tokens.refresh(tx, app, _required(given, "refresh_token"), given.get("scope", ""))
    code = _required(given, "code")
    return tokens.redeem(tx, app, code, given.get("redirect_uri", ""), given.get("code_verifier", ""))


def give_back(tx: Transaction, given: Given, app: App) -> dict[str, str]:
    """End what a token belongs to."""
    tokens.revoke(tx, app, _required(given, "token"))
    return {}


async def describe(request: Request) -> Response:
    """Where everything is, and what is understood."""
    base = request.app.state.settings.base_url
    found = {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "grant_types_supported": GRANT_TYPES,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": METHODS,
    }
    return _answer(200, found)


def _endpoint(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """Decode, find out which app asks, act, answer: every failure in the words of RFC 6749, 5.2."""

    async def respond(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        if request.method != "POST":
            told = {"error": "invalid_request", "error_description": "send a POST"}
            return _answer(405, told, {"Allow": "POST, OPTIONS"})
        try:
            given = await _given(request)
            if act is exchange:
                _check_grant_type(given)
            client_id, secret = _credentials(request, given)

            def write(tx: Transaction) -> Any:
                return act(tx, given, apps.authenticate(tx, client_id, secret))

            outcome = await request.app.state.database.write(write)
            return _refused(request, outcome) if isinstance(outcome, Refusal) else _answer(200, outcome)
        except TielineError as error:
            return _refused(request, error)
        except Disconnected:
            return _answer(400, {"error": "invalid_request"})  # which nobody reads

    return respond


async def _given(request: Request) -> Given:
    """The parameters: a form as RFC 6749 has it, or a JSON object. Raises InvalidInput."""
    raw = await read_body(read_headers(request.scope), request.receive, LIMIT)
    content_type = request.headers.get("content-type", "")
    if "json" not in content_type.lower() and not raw.lstrip().startswith(b"{"):
        return queries.parse(raw)
    found = bodies.read_object(raw, "application/json")
    return {name: queries.text(found, name) or "" for name in found}


def _check_grant_type(given: Given) -> None:
    kind = _required(given, "grant_type")
    if kind not in GRANT_TYPES:
        raise Refusal("unsupported_grant_type", f"grant_type must be {' or '.join(GRANT_TYPES)}")


def _credentials(request: Request, given: Given) -> tuple[str, str | None]:
    """The app's name and secret, from the body or from basic authentication. Raises Refusal."""
    client_id, secret = given.get("client_id", ""), given.get("client_secret") or None
    basic = _basic(request.headers.get("authorization", ""))
    if basic is not None:
        if (client_id and client_id != basic[0]) or (secret and secret != basic[1]):
            raise Refusal("invalid_request", "the header and the body name different credentials")
        client_id, secret = basic
    if not client_id:
        raise Refusal("invalid_client", "client_id is required")
    return client_id, secret


def _basic(authorization: str) -> tuple[str, str | None] | None:
    """Name and secret of an `Authorization: Basic …` header (RFC 6749, 2.3.1); None for anything else."""
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise Refusal("invalid_client", "the Authorization header cannot be read")
    return unquote_plus(name), unquote_plus(secret) or None


def _required(given: Given, name: str) -> str:
    if not given.get(name):
        raise Refusal("invalid_request", f"{name} is required")
    return given[name]


def _refused(request: Request, error: TielineError) -> Response:
    if isinstance(error, Unavailable):
        return _answer(503, {"error": "temporarily_unavailable", "error_description": error.message})
    if not isinstance(error, Refusal | InvalidInput):
        log.error("%s failed", request.url.path, exc_info=error)
        return _answer(500, {"error": "server_error"})
    code: Code = error.error if isinstance(error, Refusal) else "invalid_request"
    status, headers = 400, {}
    if code == "invalid_client":
        status = 401
        if "authorization" in request.headers:
            headers["WWW-Authenticate"] = 'Basic realm="Tieline"'
    return _answer(status, {"error": code, "error_description": str(error)}, headers)


def _answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(value),
        status,
        {**HEADERS, **(headers or {})},
        media_type="application/json",
    )
