"""Settings: profile, password, keys, sign-ins, words, custom fields, the sample office."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

import msgspec
import phonenumbers
from starlette.requests import Request
from starlette.responses import Response

from tieline import __version__
from tieline.crm import accounts, sample
from tieline.crm.access import Caller, require_administrator
from tieline.crm.accounts import ApiKey
from tieline.crm.settings import (
    AccountSettings,
    load_settings,
    save_settings,
    views,
)
from tieline.errors import TielineError
from tieline.records.kinds import KINDS
from tieline.records.vocabulary import CUSTOM_FIELD_TYPES
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database, settings
from tieline.web.forms import values_of
from tieline.web.page import go, render


async def show(request: Request) -> Response:
    """The settings page."""
    return await _page(request)


async def save_profile(request: Request) -> Response:
    """Name, country, time zone, further addresses."""
    caller, values = await session.signed_in(request), await values_of(request)
    aka = [part for part in re.split(r"[,\s]+", values.get("aka", "")) if part]
    try:
        await database(request).write(
            accounts.update_profile,
            caller,
            name=values.get("name", ""),
            country=values.get("country", ""),
            timezone=values.get("timezone", ""),
            aka=aka,
        )
    except TielineError as error:
        return await _page(request, error)
    return go(request, "/settings", "Profile saved.")


async def save_password(request: Request) -> Response:
    """A new password; every other sign-in ends."""
    caller, values = await session.signed_in(request), await values_of(request)
    token = request.cookies.get(session.COOKIE, "")

    def change(tx: Transaction) -> None:
        accounts.change_password(tx, caller.account_id, values.get("current", ""), values.get("new", ""))
        accounts.end_other_sessions(tx, caller.account_id, token)

    try:
        await database(request).write(change)
    except TielineError as error:
        return await _page(request, error)
    return go(request, "/settings#password", "Password changed. You are signed out everywhere else.")


async def add_key(request: Request) -> Response:
    """A new API key, shown once."""
    caller, values = await session.signed_in(request), await values_of(request)
    try:
        _, plain = await database(request).write(
            accounts.create_key, caller.account_id, values.get("name", "")
        )
    except TielineError as error:
        return await _page(request, error)
    return await _page(request, new_key=plain)


async def revoke_key(request: Request) -> Response:
    """End a key."""
    caller = await session.signed_in(request)
    await database(request).write(accounts.revoke_key, caller.account_id, request.path_params["key_id"])
    return go(request, "/settings#keys", "The key has ended. Programs that use it are turned away.")


async def end_sessions(request: Request) -> Response:
    """Sign out everywhere else."""
    caller = await session.signed_in(request)
    token = request.cookies.get(session.COOKIE, "")
    count = await database(request).write(accounts.end_other_sessions, caller.account_id, token)
    return go(request, "/settings#sessions", f"Signed out in {count} other place{'' if count == 1 else 's'}.")


async def save_labels(request: Request) -> Response:
    """What segments and stages are called."""
    values = await values_of(request)

    def act(stored: AccountSettings) -> AccountSettings:
        made: dict[str, Any] = {}
        for kind, what in (("person", "contact"), ("project", "project")):
            for noun in ("segments", "stages"):
                shipped = {word.key: word.label for word in getattr(KINDS[kind], noun)}
                given = {key: values.get(f"{what}_{noun}.{key}", label) for key, label in shipped.items()}
                made[f"{what}_{noun}"] = {
                    key: label for key, label in given.items() if label and label != shipped[key]
                }
        return msgspec.structs.replace(stored, **made, pending_stage="pending_stage" in values)

    return await change(request, act, "#labels", "Labels saved.")


async def save_merging(request: Request) -> Response:
    """Whether records that one write names are joined at once."""
    review = "review" in await values_of(request)

    def act(stored: AccountSettings) -> AccountSettings:
        return msgspec.structs.replace(stored, merge="review" if review else "always")

    return await change(request, act, "#merging", "Saved.")


async def sample_office(request: Request) -> Response:
    """Move the sample office in or out."""
    caller, values = await session.signed_in(request), await values_of(request)
    if values.get("action") == "remove":
        count = await database(request).write(sample.remove, caller)
        return go(
            request, "/settings#sample", f"The sample office is gone: {count} records and their history."
        )
    count = await database(request).write(sample.load, caller)
    return go(
        request,
        "/people",
        f"The sample office has moved in: {count} records." if count else "It is here already.",
    )


async def change(
    request: Request, act: Callable[[AccountSettings], AccountSettings], anchor: str, message: str
) -> Response:
    """Change the settings, and go back to that part of the page with a message, or tell what is wrong there."""
    caller = await session.signed_in(request)

    def write(tx: Transaction) -> None:
        if caller.team is not None:
            require_administrator(caller, "change the team's settings")
        save_settings(tx, caller.account_id, act(load_settings(tx, caller.account_id)))

    try:
        await database(request).write(write)
    except TielineError as error:
        return await _page(request, error)
    return go(request, f"/settings{anchor}", message)


async def _page(request: Request, error: TielineError | None = None, new_key: str | None = None) -> Response:
    caller = await session.signed_in(request)
    read = await database(request).read(_read, caller)
    current = accounts.digest(request.cookies.get(session.COOKIE, ""))
    return await render(
        request,
        "settings.html",
        status=422 if error else 200,
        error=error,
        new_key=new_key,
        **read,
        current=current,
        url=settings(request).base_url,
        version=__version__,
        kinds=KINDS,
        field_types=CUSTOM_FIELD_TYPES,
        countries=sorted(phonenumbers.SUPPORTED_REGIONS),
        zones=sorted(available_timezones()),
    )


def _read(tx: Transaction, caller: Caller) -> dict[str, Any]:
    keys: list[ApiKey] = accounts.list_keys(tx, caller.account_id)
    return {
        "profile": accounts.profile(tx, caller),
        "keys": keys,
        "sessions": accounts.list_sessions(tx, caller.account_id),
        "own": load_settings(tx, caller.account_id),
        "own_views": {(view.kind, view.id) for view in load_settings(tx, caller.account_id).views},
        "views": {kind: views(load_settings(tx, caller.account_id), kind)["views"] for kind in KINDS},
        "sample_loaded": sample.loaded(tx, caller),
    }
