"""The modules: what there is, and one of them as a form that runs it."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieline.client import AsyncCloze, ClozeError
from tieline.crm.access import Caller
from tieline.errors import InvalidInput, NotFound, TielineError
from tieline.modules import MODULES, Bundle, Field, Module, connections, find_module
from tieline.modules.dialog import LOOKED_UP, choices
from tieline.modules.errors import ModuleError
from tieline.modules.mapping import FieldMap
from tieline.modules.runner import CallContext, Exchange, run
from tieline.web import module_form, session
from tieline.web.context import database, door, engine, vault
from tieline.web.forms import lists_of
from tieline.web.page import is_partial, render

GROUPS = {
    "person": "People",
    "company": "Companies",
    "project": "Projects",
    "communication": "Timeline",
    "todo": "Timeline",
    "content": "Timeline",
    "other": "Other",
}
KINDS = {
    "instant_trigger": "starts by itself",
    "search": "search",
    "action": "action",
    "universal": "any call",
}
SHOWN = 100  # bundles on the page


class Outcome(NamedTuple):
    """What a run came to."""

    bundles: list[Bundle]
    more: bool
    exchanges: list[Exchange]
    took: int
    dry_run: bool
    error: ModuleError | TielineError | None


async def listing(request: Request) -> Response:
    """Every module."""
    groups: dict[str, list[Module]] = {}
    for module in MODULES.values():
        if not module.extended:
            groups.setdefault(GROUPS[module.noun], []).append(module)
    beyond = [module for module in MODULES.values() if module.extended]
    return await render(request, "modules.html", groups=groups, beyond=beyond, kinds=KINDS)


async def show(request: Request) -> Response:
    """The form of a module."""
    return await _page(request, _module(request), request.query_params.get("connection", ""), {}, "", None)


async def run_once(request: Request) -> Response:
    """Run it with what the form says, and show the bundles."""
    module, sent = _module(request), await lists_of(request)
    values, bundle = module_form.read(module, sent), _last(sent, "bundle")
    chosen = _last(sent, "connection")
    outcome = await _run(request, module, chosen, values, bundle, dry_run="dry" in sent)
    if is_partial(request):
        return await render(request, "parts/module_result.html", module=module, outcome=outcome)
    return await _page(request, module, chosen, values, bundle, outcome)


async def field_choices(request: Request) -> Response:
    """The choices of one field for what is chosen in the others (for htmx)."""
    caller, module = await session.signed_in(request), _module(request)
    found = module.field_of(request.path_params["field"])
    if found is None or not found.choices:
        raise NotFound("There is no such list.")
    asked = request.query_params
    name = f"{module_form.PREFIX}.{found.name}"
    values = {
        "segment": asked.get(f"{module_form.PREFIX}.segment", ""),
        "stage": asked.get(f"{module_form.PREFIX}.stage", ""),
        "type": asked.get(f"{module_form.PREFIX}.type", ""),
        "query": asked.get(name, ""),
    }
    client = await _client(request, caller, asked.get("connection", ""), module)
    loaded = await _load(module, found, client, values, caller.account_id)
    return await render(
        request,
        "parts/module_choices.html",
        choices=loaded or [],
        chosen=asked.get(name, ""),
        suggestions=found.choices in LOOKED_UP,
    )


def _module(request: Request) -> Module:
    found = find_module(request.path_params["name"])
    if found is None:
        raise NotFound("There is no such module.", remedy="the list of modules shows those there are")
    return found


async def _client(request: Request, caller: Caller, chosen: str, module: Module) -> AsyncCloze:
    """A client for the chosen connection, this account without a choice."""

    def row_of(tx: Any) -> Any:
        own = connections.this_account(tx, caller.account_id)
        return connections.find(tx, caller.account_id, int(chosen) if chosen.isdecimal() else own.id)

    row = await database(request).write(row_of)
    local = engine(request).local
    return connections.open_client(
        row, vault(request), lambda owner: local(owner, module.label), door(request), database(request)
    )


async def _load(
    module: Module, found: Field, client: AsyncCloze, values: dict[str, str], account_id: int
) -> list[dict[str, str]] | None:
    """The choices, or None: the form must open although the other side does not answer."""
    try:
        return await choices(module, found, client, values, account_id)
    except ClozeError:
        return None


async def _run(
    request: Request, module: Module, chosen: str, values: dict[str, Any], bundle: str, *, dry_run: bool
) -> Outcome:
    caller = await session.signed_in(request)
    exchanges: list[Exchange] = []
    bundles: list[Bundle] = []
    error: ModuleError | TielineError | None = None
    began = time.perf_counter()
    try:
        client = await _client(request, caller, chosen, module)
        given = FieldMap(module, values, caller.timezone).apply(_bundle(bundle))
        context = CallContext(timezone=caller.timezone, dry_run=dry_run, on_exchange=exchanges.append)
        async for made in run(module, given, client=client, context=context):
            bundles.append(made)
            if len(bundles) > SHOWN:
                break
    except (ModuleError, TielineError) as failure:
        error = failure
    took = round((time.perf_counter() - began) * 1000)
    return Outcome(bundles[:SHOWN], len(bundles) > SHOWN, exchanges, took, dry_run, error)


def _bundle(text: str) -> dict[str, Any]:
    """The bundle that expressions see. Raises InvalidInput."""
    if not text:
        return {}
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidInput(
            f"is not JSON: {error}", field="bundle", remedy='write it like {"name": "Ada"}'
        ) from None
    if not isinstance(value, dict):
        raise InvalidInput("must be an object", field="bundle", remedy='write it like {"name": "Ada"}')
    return value


async def _page(
    request: Request,
    module: Module,
    chosen: str,
    values: dict[str, Any],
    bundle: str,
    outcome: Outcome | None,
) -> Response:
    caller = await session.signed_in(request)
    client = await _client(request, caller, chosen, module)
    asked = {name: str(values.get(name) or "") for name in ("segment", "stage", "type")}
    fields = [found for found in module.fields if found.choices]
    loaded = await asyncio.gather(
        *(_load(module, found, client, asked, caller.account_id) for found in fields)
    )
    live = {found.name: one for found, one in zip(fields, loaded, strict=True)}
    found = await database(request).read(connections.list_connections, caller.account_id)
    return await render(
        request,
        "module.html",
        status=422 if outcome is not None and outcome.error else 200,
        module=module,
        kind=KINDS[module.kind],
        form=module_form.form_of(module, values, live),
        live=live,
        offline=any(one is None for one in loaded),
        connections=found,
        chosen=int(chosen) if chosen.isdecimal() else None,
        bundle=bundle,
        outcome=outcome,
    )


def _last(sent: dict[str, list[str]], name: str) -> str:
    return sent[name][-1] if sent.get(name) else ""
