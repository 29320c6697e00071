"""The page on which a person lets an app use their account (contract 1.4), and the way back to the app."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tieline.crm.oauth import grants, requests
from tieline.crm.oauth.apps import place_of
from tieline.crm.oauth.protocol import Refusal
from tieline.crm.oauth.requests import PARAMETERS, Asked, Sender
from tieline.errors import InvalidInput
from tieline.records.vocabulary import SCOPE_WORDS
from tieline.web import session
from tieline.web.context import database
from tieline.web.page import CONTENT_SECURITY_POLICY, render

PATH = "/oauth/authorize"
Given = dict[str, str]


async def ask(request: Request) -> Response:
    """Show who asks for what; sign-in comes first where it must."""
    given = _parameters(request.query_params.multi_items())
    checked = await _check(request, given)
    if isinstance(checked, Response):
        return checked
    await session.signed_in(request)
    return await render(
        request,
        "consent.html",
        bare=True,
        headers={"Content-Security-Policy": _policy(checked.sender)},
        app=checked.sender.app,
        place=place_of(checked.sender.redirect_uri),
        scopes={scope: SCOPE_WORDS[scope] for scope in checked.scopes},
        given=given,
        again=f"{PATH}?{urlencode(given)}",
    )


async def decide(request: Request) -> Response:
    """Back to the app, with a code or with the news that it was denied."""
    form = await request.form()
    given = _parameters((name, value) for name, value in form.multi_items() if isinstance(value, str))
    caller = await session.caller_of(request)
    if caller is None:  # the sign-in ended while the page was open
        return RedirectResponse(f"{PATH}?{urlencode(given)}", status_code=303)
    checked = await _check(request, given)
    if isinstance(checked, Response):
        return checked
    if form.get("decision") != "allow":
        refusal = Refusal("access_denied", "The person said no.")
        return RedirectResponse(checked.sender.refused(refusal), status_code=303)
    code = await database(request).write(grants.approve, caller, checked)
    return RedirectResponse(checked.sender.back(code=code), status_code=303)


async def _check(request: Request, given: Given) -> Asked | Response:
    """What is asked for, or the answer to somebody who may not ask it."""
    try:
        sender = await database(request).read(requests.sender_of, given)
    except InvalidInput as error:
        return await _nowhere(request, error)
    try:
        return requests.asked_of(sender, given)
    except Refusal as refusal:
        if await session.caller_of(request) is not None:
            return RedirectResponse(sender.refused(refusal), status_code=302)
        # Nobody is sent on from here unseen: such an address would make this server vouch for any other.
        return await render(
            request,
            "consent_refused.html",
            status=400,
            app=sender.app,
            error=refusal,
            place=place_of(sender.redirect_uri),
            back=sender.refused(refusal),
        )


async def _nowhere(request: Request, error: InvalidInput) -> Response:
    """Told here, never at an address that the app has not registered; to programs as JSON."""
    if "text/html" in request.headers.get("accept", ""):
        return await render(request, "consent_refused.html", status=400, bare=True, error=error)
    told = {"error": "invalid_request", "error_description": str(error)}
    return Response(msgspec.json.encode(told), 400, media_type="application/json")


def _parameters(pairs: Iterable[tuple[str, str]]) -> Given:
    return {name: value.replace("\0", "") for name, value in pairs if name in PARAMETERS and value}


def _policy(sender: Sender) -> str:
    """The form of this page may lead away: browsers hold a form to where its answer leads, however far that is."""
    scheme = urlsplit(sender.redirect_uri).scheme
    return CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' https: {scheme}:")
