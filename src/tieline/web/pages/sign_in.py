"""First run, sign in, sign out."""

from __future__ import annotations

from collections import defaultdict, deque
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tieline import clock
from tieline.crm import accounts
from tieline.errors import AuthenticationFailed, InvalidInput, PermissionDenied, RateLimited, TielineError
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database, settings
from tieline.web.forms import values_of
from tieline.web.page import go, render

GUESSES = 5  # wrong passwords a minute, for one address from one place
FIRST_KEY = "First key"

_guesses: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)


async def start(request: Request) -> Response:
    """The first page: people for who is signed in, else sign-in, else the first run."""
    if await session.caller_of(request) is not None:
        return RedirectResponse("/people", status_code=303)
    return await show(request)


async def show(request: Request) -> Response:
    """The sign-in form; on the first run the form that makes the account."""
    return await _form(request, {}, None, 200)


async def enter(request: Request) -> Response:
    """Sign in."""
    values = await values_of(request)
    try:
        _check_guesses(request, values.get("email", ""))
        account = await database(request).read_slow(
            accounts.sign_in, values.get("email", ""), values.get("password", "")
        )
    except (AuthenticationFailed, RateLimited, InvalidInput) as error:
        if isinstance(error, AuthenticationFailed):
            _guesses[_who(request, values.get("email", ""))].append(clock.now())
        return await _form(request, values, error, 401)
    return await _signed_in(request, account.id, _target(values))


async def create(request: Request) -> Response:
    """Make an account: the first one, or any where signing up is allowed."""
    values = await values_of(request)
    first = not await database(request).read(accounts.count_accounts)
    if not first and not settings(request).allow_signup:
        raise PermissionDenied(
            "New accounts are made by the owner of this server.", remedy="tieline account create EMAIL"
        )
    try:
        account_id, key = await database(request).write(_create, values, first)
    except TielineError as error:
        return await _form(request, values, error, 422)
    response = await _signed_in(request, account_id, "/welcome")
    request.app.state.first_keys = {**getattr(request.app.state, "first_keys", {}), account_id: key}
    return response


async def welcome(request: Request) -> Response:
    """The new account's key, shown once, and what to do next."""
    caller = await session.signed_in(request)
    keys: dict[int, str] = getattr(request.app.state, "first_keys", {})
    key = keys.pop(caller.account_id, None)
    return await render(request, "welcome.html", key=key, url=settings(request).base_url)


async def leave(request: Request) -> Response:
    """Sign out; with `next`, to go on there as somebody else."""
    token, values = request.cookies.get(session.COOKIE, ""), await values_of(request)
    await database(request).write(accounts.end_session, token)
    further = f"?{urlencode({'next': _target(values)})}" if values.get("next") else ""
    response = RedirectResponse(f"/sign-in{further}", status_code=303)
    session.clear_session(response)
    return response


def _create(tx: Transaction, values: dict[str, str], first: bool) -> tuple[int, str]:
    if first and accounts.count_accounts(tx):
        raise PermissionDenied("The first account has been made meanwhile.", remedy="sign in")
    account = accounts.create_account(
        tx,
        values.get("email", ""),
        name=values.get("name", ""),
        password=values.get("password", ""),
        country=values.get("country") or "US",
        timezone=values.get("timezone") or "UTC",
    )
    _, key = accounts.create_key(tx, account.id, FIRST_KEY)
    return account.id, key


async def _signed_in(request: Request, account_id: int, target: str) -> Response:
    agent = request.headers.get("user-agent", "")
    days = settings(request).session_days
    token = await database(request).write(accounts.create_session, account_id, days=days, agent=agent)
    response = go(request, target)
    session.set_session(request, response, token)
    return response


async def _form(
    request: Request, values: dict[str, str], error: TielineError | None, status: int
) -> Response:
    first = not await database(request).read(accounts.count_accounts)
    return await render(
        request,
        "sign_in.html",
        status=status,
        first=first,
        signup=first or settings(request).allow_signup,
        values={**values, "password": ""},
        error=error,
        target=request.query_params.get("next") or values.get("next", ""),
        length=accounts.PASSWORD_LENGTH,
    )


def _target(values: dict[str, str]) -> str:
    """Where to go after signing in: only ever a path of our own."""
    target = values.get("next", "")
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/people"


def _who(request: Request, email: str) -> tuple[str, str]:
    return email.lower(), request.client.host if request.client else ""


def _check_guesses(request: Request, email: str) -> None:
    if not email:
        raise InvalidInput("is required", field="email")
    recent, now = _guesses[_who(request, email)], clock.now()
    while recent and recent[0] < now - 60:
        recent.popleft()
    if len(recent) >= GUESSES:
        raise RateLimited("Too many wrong passwords. Wait a minute and try again.", retry_after=60)
