"""Runs a module against an account: searches page through, writes carry their key, every exchange can be seen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from tieline.client import ClozeError
from tieline.modules.acting import act
from tieline.modules.errors import ModuleError, of_client
from tieline.modules.exchange import SHOWN, Account, CallContext, Exchange
from tieline.modules.inputs import checked
from tieline.modules.module import Bundle, Module
from tieline.modules.searching import search
from tieline.modules.universal_call import api_path, call_anything
from tieline.modules.watching import parse_event, subscribe, unsubscribe

__all__ = [
    "SHOWN",
    "Account",
    "CallContext",
    "Exchange",
    "api_path",
    "parse_event",
    "run",
    "run_all",
    "subscribe",
    "unsubscribe",
]


async def run(
    module: Module, given: Mapping[str, Any], *, client: Account, context: CallContext | None = None
) -> AsyncIterator[Bundle]:
    """The bundles of one call. Raises ModuleError naming module, field and remedy."""
    around = context or CallContext()
    if module.kind == "instant_trigger":
        raise ModuleError(
            "InvalidConfigurationError",
            "starts by itself and cannot be called",
            module=module.label,
            remedy="put it first in a scenario",
        )
    if around.dry_run and not module.dry_run:
        raise ModuleError(
            "InvalidConfigurationError",
            "cannot be tried without being done"
            if module.writes
            else "changes nothing, so there is nothing to try",
            module=module.label,
            remedy="run it without the dry run",
        )
    values = checked(module, given, around.timezone)
    try:
        if module.kind == "universal":
            yield await call_anything(module, values, client, around)
        elif module.kind == "search":
            async for bundle in search(module, values, client, around):
                yield bundle
        else:
            yield await act(module, values, client, around)
    except ClozeError as error:
        raise of_client(error, module) from error


async def run_all(
    module: Module, given: Mapping[str, Any], *, client: Account, context: CallContext | None = None
) -> list[Bundle]:
    """The same as a list."""
    return [bundle async for bundle in run(module, given, client=client, context=context)]
