"""The webhook of a scenario: its address, who may send, the structure of its events, the queue."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm.access import Caller
from tieline.errors import NotFound, TielineError
from tieline.scenarios import history, hook_settings, library, queue
from tieline.scenarios.hook_rules import METHODS
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database, settings, vault
from tieline.web.forms import Values, values_of
from tieline.web.page import go, render

CHECKS = {
    "none": "Nothing: whoever knows the address may send",
    "header": "A secret in a header",
    "hmac": "The HMAC-SHA256 of the body",
    "standard": "A signature of Standard Webhooks",
}
SHOWN = 100


async def show(request: Request) -> Response:
    """The webhook and its queue."""
    return await _page(request, None)


async def save(request: Request) -> Response:
    """Make the webhook, or change who may send."""
    caller, values = await session.signed_in(request), await values_of(request)
    number = request.path_params["number"]
    try:
        made = await database(request).write(
            hook_settings.change, caller.account_id, number, _given(values), vault(request)
        )
    except TielineError as error:
        return await _page(request, error)
    if made is not None:
        return await _page(request, None, secret=made)
    return go(request, f"/scenarios/{number}/webhook", "Saved.")


async def learn(request: Request) -> Response:
    """Take the structure from an event."""
    caller, values = await session.signed_in(request), await values_of(request)
    number, last = request.path_params["number"], values.get("from") == "last"
    try:
        await database(request).write(hook_settings.learn, caller.account_id, number, last=last)
    except TielineError as error:
        return await _page(request, error)
    return go(request, f"/scenarios/{number}/webhook", "Learnt." if last else "The next event teaches it.")


async def run_queued(request: Request) -> Response:
    """Let an event run before its due time, or all."""
    caller, wanted = await session.signed_in(request), request.path_params.get("execution")
    number = request.path_params["number"]

    def write(tx: Transaction) -> None:
        library.find(tx, caller.account_id, number)
        if wanted is None:
            queue.release(tx, number, SHOWN)
        else:
            queue.run_now(tx, caller.account_id, number, wanted)

    await database(request).write(write)
    return go(request, f"/scenarios/{number}/webhook#queue", "On its way.")


async def take_out(request: Request) -> Response:
    """Take an event out of the queue."""
    caller, number = await session.signed_in(request), request.path_params["number"]
    await database(request).write(
        queue.take_out, caller.account_id, number, request.path_params["execution"], caller.email
    )
    return go(request, f"/scenarios/{number}/webhook#queue", "Taken out; the history keeps it.")


def _given(values: Values) -> dict[str, Any]:
    """The form as options; a form that only asks for the address changes nothing."""
    if "check" not in values:
        return {}
    made: dict[str, Any] = {
        "check": values["check"],
        "header": values.get("header", ""),
        "networks": values.get("networks", "").replace(",", " ").split(),
        "method": values.get("method", ""),
        "dedupe": values.get("dedupe", ""),
        **{name: name in values for name in ("headers", "stringify", "strict")},
    }
    if values.get("make"):
        made["new_secret"] = True
    elif values.get("secret"):
        made["secret"] = values["secret"]
    return made


async def _page(request: Request, error: TielineError | None, *, secret: str | None = None) -> Response:
    caller, number = await session.signed_in(request), request.path_params["number"]
    base = settings(request).base_url
    return await render(
        request,
        "hook.html",
        status=422 if error else 200,
        error=error,
        new_secret=secret,
        checks=CHECKS,
        methods=METHODS,
        **await database(request).read(_read, caller, number, base),
    )


def _read(tx: Transaction, caller: Caller, number: int, base: str) -> dict[str, Any]:
    account_id = caller.account_id
    scenario = library.get_scenario(tx, account_id, number)
    try:
        found = hook_settings.show(tx, account_id, number, base)
    except NotFound:
        found = None
    return {
        "scenario": scenario,
        "hook": found,
        "custom": hook_settings.has_webhook(library.load_blueprint(tx, account_id, number)),
        "waiting": queue.queue_of(tx, account_id, number, SHOWN),
        "executions": history.list_executions(tx, account_id, number, limit=20),
    }
