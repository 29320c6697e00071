"""The frame of every page: sign-in, form tokens, errors, security headers, rendering."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tieline import ids
from tieline.errors import (
    AuthenticationFailed,
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    RateLimited,
    TielineError,
    TooLarge,
    Unavailable,
)
from tieline.web import session
from tieline.web.templating import environment

Handler = Callable[[Request], Awaitable[Response]]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' https: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
FLASH_COOKIE = "tieline_flash"
STATUS: tuple[tuple[type[TielineError], int], ...] = (
    (TooLarge, 413),
    (InvalidInput, 422),
    (NotFound, 404),
    (PermissionDenied, 403),
    (Conflict, 409),
    (RateLimited, 429),
    (Unavailable, 502),
)


def page(handler: Handler, *, public: bool = False) -> Handler:
    """A handler inside the frame. `public` pages may be seen without signing in."""

    async def framed(request: Request) -> Response:
        if session.COOKIE not in request.cookies and session.ANONYMOUS_COOKIE not in request.cookies:
            request.state.visit = ids.secret()
        try:
            await session.check_csrf(request)
            if not public:
                await session.signed_in(request)
            response = await handler(request)
        except AuthenticationFailed as error:
            response = to_sign_in(request, error)
        except TielineError as error:
            response = await failure(request, error)
        return secured(request, response)

    return framed


async def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response:
    """An HTML response made from a template. Every template knows request, caller, csrf, flash and nav."""
    caller = await session.caller_of(request)
    flash = read_flash(request)
    text = (
        await environment()
        .get_template(template)
        .render_async(
            request=request,
            caller=caller,
            csrf=session.csrf_token(request),
            flash=flash,
            here=request.url.path,
            partial=is_partial(request),
            **context,
        )
    )
    response = Response(text, status_code=status, media_type="text/html", headers=headers)
    if flash is not None:
        response.delete_cookie(FLASH_COOKIE, path="/")
    return response


def is_partial(request: Request) -> bool:
    """True when htmx asks for a part of the page rather than for the page."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


def go(request: Request, path: str, message: str | None = None, *, undo: str | None = None) -> Response:
    """After a form was sent: on to `path`, with a message there and, if given, the address that undoes it."""
    if is_partial(request):
        response: Response = Response(status_code=204, headers={"HX-Redirect": path})
    else:
        response = RedirectResponse(path, status_code=303)
    if message:
        value = quote(json.dumps({"text": message, "undo": undo}))
        response.set_cookie(FLASH_COOKIE, value, httponly=True, samesite="lax", path="/", max_age=60)
    return response


def toast(message: str, *, undo: str | None = None, kind: str = "ok") -> dict[str, str]:
    """Headers that make the page show a message (for htmx answers)."""
    return {"HX-Trigger": json.dumps({"toast": {"text": message, "undo": undo, "kind": kind}})}


def read_flash(request: Request) -> dict[str, Any] | None:
    """The message left by `go`, once."""
    raw = request.cookies.get(FLASH_COOKIE)
    if not raw or is_partial(request):
        return None
    try:
        value = json.loads(unquote(raw))
    except ValueError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("text"), str) else None


def to_sign_in(request: Request, error: AuthenticationFailed) -> Response:
    """The way to the sign-in page and back again."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = "/sign-in" + (
        f"?{urlencode({'next': target})}" if request.method == "GET" and target != "/" else ""
    )
    if is_partial(request):
        return Response(str(error), status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


async def failure(request: Request, error: TielineError) -> Response:
    """A page (or, for htmx, a message) that says what is wrong and what to do about it."""
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    if is_partial(request):
        return Response(str(error), status_code=status, headers=toast(str(error), kind="error"))
    return await render(request, "error.html", status=status, error=error, code=status)


def secured(request: Request, response: Response) -> Response:
    """The response with the headers that every page carries."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cache-Control", "no-store")
    visit = getattr(request.state, "visit", None)
    if visit is not None:
        session.set_visit(request, response, visit)
    return response
