"""A module as a tool: what it is called with becomes a run, its bundles a result of bearable length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mcp_types as types
import msgspec

from tieline.expressions import ERASE
from tieline.mcp import schema, shrink
from tieline.mcp.grants import DELETE, Grants, lacking, needed
from tieline.mcp.visit import Visit
from tieline.modules import MODULES, Bundle, Module
from tieline.modules.errors import ModuleError
from tieline.modules.mapping import check_names
from tieline.modules.runner import CallContext, Exchange, run_all, subscribe
from tieline.modules.signatures import python_name

BY_NAME = {python_name(slug): module for slug, module in MODULES.items()}
PAGES = "Gives pages of brief bundles; ask for the next page, or for detail full."
# What a tool takes besides the module's fields.
OWN = ("page", "detail", "dryRun", "targetUrl", "erase")


def tools(grants: Grants) -> list[types.Tool]:
    """The tools that somebody with these grants may use."""
    return [_tool(name, module, grants) for name, module in BY_NAME.items() if needed(module) <= grants]


def _tool(name: str, module: Module, grants: Grants) -> types.Tool:
    reads = needed(module) == frozenset({"read"}) and (module.kind != "universal" or DELETE not in grants)
    return types.Tool(
        name=name,
        title=module.label,
        description=_description(module),
        input_schema=schema.input_schema(module),
        output_schema=schema.output_schema(module),
        annotations=types.ToolAnnotations(
            title=module.label,
            read_only_hint=reads,
            destructive_hint=not reads and (module.deletes or module.update),
            idempotent_hint=reads or module.idempotent,
            open_world_hint=False,
        ),
    )


def _description(module: Module) -> str:
    words = ["Beyond Cloze:", module.description] if module.extended else [module.description]
    if module.kind == "instant_trigger":
        words.append("Registers targetUrl as a webhook that is told.")
    if schema.is_paged(module):
        words.append(PAGES)
    if schema.tries(module):
        words.append("With dryRun it is checked and nothing changes.")
    if module.kind == "universal":
        words.append("Methods other than GET need the grants write and delete.")
    return " ".join(words)


async def call(visit: Visit, name: str, arguments: Mapping[str, Any]) -> types.CallToolResult:
    """Run a tool. What went wrong is told in the result, with the field and the remedy, so that it can be mended."""
    module = BY_NAME.get(name)
    if module is None:
        return failed(f"There is no tool {name} (one of: {', '.join(BY_NAME)})")
    if reason := lacking(module, arguments, visit.grants):
        return failed(reason)
    given = {key: value for key, value in arguments.items() if key not in OWN}
    own = {key: arguments[key] for key in OWN if key in arguments}
    try:
        check_names(module, given)
        given |= _erased(module, own.get("erase"))
        return succeeded(await _perform(visit, module, given, own))
    except ModuleError as error:
        return failed(str(error))


def _erased(module: Module, names: Any) -> dict[str, Any]:
    """The fields to empty: JSON has no other way to say it. Raises ModuleError for one that the module lacks."""
    wanted = {str(name): ERASE for name in names} if isinstance(names, list) else {}
    check_names(module, wanted)
    return wanted


async def _perform(
    visit: Visit, module: Module, given: dict[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    dry = own.get("dryRun") is True
    if module.kind == "instant_trigger":
        return await _watch(visit, module, given, str(own.get("targetUrl") or ""))
    if module.kind == "search":
        return await _search(visit, module, given, own)
    if dry and schema.looks_up(module):
        return await _would_delete(visit, module, given)
    around = CallContext(timezone=visit.timezone, dry_run=dry)
    found = await run_all(module, given, client=visit.cloze, context=around)
    if schema.gives_records(module) and not dry:
        return {
            "summary": _called(found[0]),
            "bundles": shrink.fitted(found, brief=own.get("detail") == "brief"),
        }
    if module.kind == "universal":
        return {"summary": f"Status {found[0]['statusCode']}.", "bundles": shrink.fitted(found)}
    remark = f" {found[0]['message']}" if found[0].get("message") else ""
    done = "Checked: nothing was changed." if dry else f"{module.label}: done."
    return {"summary": done + remark, "bundles": shrink.fitted(found)}


async def _watch(visit: Visit, module: Module, given: dict[str, Any], target: str) -> dict[str, Any]:
    if not target:
        raise ModuleError(
            "BundleValidationError",
            "Missing value of required parameter 'targetUrl'.",
            module=module.label,
            field="targetUrl",
            remedy="give the public address that is to be told",
        )
    event, uniqueid = await subscribe(module, visit.cloze, target, str(given.get("name") or ""), given)
    told = {"event": event, "subscription": uniqueid}
    return {"summary": f"{target} is told of every {event}.", "bundles": [told]}


async def _search(
    visit: Visit, module: Module, given: dict[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    if not schema.is_paged(module):
        return await _listed(visit, module, given)
    limit, page = _whole(module, "limit", given.get("limit"), 10), _whole(module, "page", own.get("page"), 1)
    limit = min(limit, schema.MOST)
    seen: list[Exchange] = []
    around = CallContext(timezone=visit.timezone, page=page, on_exchange=seen.append)
    found = await run_all(module, {**given, "limit": limit}, client=visit.cloze, context=around)
    answer = seen[-1].answer if seen and isinstance(seen[-1].answer, dict) else {}
    available = int(answer.get("availablecount") or len(found))
    pages = max(1, -(-available // limit))
    first = (page - 1) * limit + 1
    made: dict[str, Any] = {
        "summary": f"{first} to {first + len(found) - 1} of {available} that match."
        if found
        else f"Nothing on page {page}; {available} match.",
        "bundles": shrink.fitted(found, brief=schema.gives_records(module) and own.get("detail") != "full"),
        "available": available,
        "page": page,
        "pages": pages,
    }
    return {**made, "nextPage": page + 1} if page < pages else made


async def _listed(visit: Visit, module: Module, given: dict[str, Any]) -> dict[str, Any]:
    """A search that is not counted: what it gives, as many as fit."""
    if "limit" in {found.name for found in module.fields}:
        given["limit"] = min(_whole(module, "limit", given.get("limit"), 10), schema.MOST)
    found = await run_all(module, given, client=visit.cloze, context=CallContext(timezone=visit.timezone))
    made = shrink.fitted(found[: schema.LISTED])
    shown = "" if len(found) <= schema.LISTED else f" The first {schema.LISTED} are shown."
    return {"summary": f"{len(found)} found.{shown}", "bundles": made}


def _whole(module: Module, name: str, value: Any, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ModuleError(
            "BundleValidationError",
            f"a whole number from 1 is expected, not {value!r}",
            module=module.label,
            field=name,
            remedy=f"leave it out, or give {default}",
        )
    return value


async def _would_delete(visit: Visit, module: Module, given: dict[str, Any]) -> dict[str, Any]:
    """The API cannot try a deletion: the record that it would take is looked up instead."""
    get = next(m for m in MODULES.values() if m.noun == module.noun and m.answer == module.noun)
    try:
        found = await run_all(get, given, client=visit.cloze, context=CallContext(timezone=visit.timezone))
    except ModuleError as error:
        error.module = module.label
        raise
    return {
        "summary": f"This would delete {_called(found[0])} Nothing was changed.",
        "bundles": shrink.fitted(found, brief=True),
    }


def _called(bundle: Bundle) -> str:
    return f"{bundle.get('name') or bundle.get('syncKey')}."


def succeeded(made: dict[str, Any]) -> types.CallToolResult:
    """A result, for programs and as text for those that read text alone."""
    text = msgspec.json.encode(made).decode()
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=made)


def failed(message: str) -> types.CallToolResult:
    """A failure that the caller may mend."""
    return types.CallToolResult(content=[types.TextContent(text=message)], is_error=True)
