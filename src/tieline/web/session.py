"""Who is signed in: the session cookie, and the token that a form must carry to be believed."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import accounts
from tieline.crm.access import Caller
from tieline.errors import AuthenticationFailed, PermissionDenied
from tieline.web.context import database, settings

COOKIE = "tieline_session"
ANONYMOUS_COOKIE = "tieline_visit"
FIELD = "csrf"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def caller_of(request: Request) -> Caller | None:
    """The signed-in caller, or None. Asked once per request."""
    if not hasattr(request.state, "caller"):
        token = request.cookies.get(COOKIE)
        found = await database(request).read(accounts.caller_by_session, token) if token else None
        request.state.caller = found
    caller: Caller | None = request.state.caller
    return caller


async def signed_in(request: Request) -> Caller:
    """The signed-in caller. Raises AuthenticationFailed when nobody is (the page becomes a redirect)."""
    caller = await caller_of(request)
    if caller is None:
        raise AuthenticationFailed("Please sign in.")
    return caller


def csrf_token(request: Request) -> str:
    """The token for this browser's forms: derived from its cookie, so that only our own pages know it."""
    secret = request.cookies.get(COOKIE) or request.cookies.get(ANONYMOUS_COOKIE) or request.state.visit
    return hmac.new(secret.encode(), b"tieline form", hashlib.sha256).hexdigest()


async def check_csrf(request: Request) -> None:
    """Raises PermissionDenied unless the form (or the htmx header) carries this browser's token."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get(HEADER)
    if given is None:
        form = await request.form()
        value = form.get(FIELD)
        given = value if isinstance(value, str) else ""
    if not hmac.compare_digest(given.encode(), csrf_token(request).encode()):
        raise PermissionDenied("This form is no longer valid.", remedy="reload the page and send it again")


def set_session(request: Request, response: Response, token: str) -> None:
    """Put the session cookie on a response."""
    _set(request, response, COOKIE, token, max_age=settings(request).session_days * 86400)


def set_visit(request: Request, response: Response, value: str) -> None:
    """Put the cookie that protects the forms of somebody who is not signed in yet."""
    _set(request, response, ANONYMOUS_COOKIE, value)


def clear_session(response: Response) -> None:
    """Forget the browser's session cookie."""
    response.delete_cookie(COOKIE, path="/")


def _set(request: Request, response: Response, name: str, value: str, **options: Any) -> None:
    secure = settings(request).base_url.startswith("https://")
    response.set_cookie(name, value, httponly=True, samesite="lax", secure=secure, path="/", **options)
