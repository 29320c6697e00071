"""Triggers: the subscription that tells of changes, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tieline.client import AsyncCloze, ClozeError, NotFound
from tieline.modules.errors import ModuleError, of_client
from tieline.modules.inputs import checked, filled, plain
from tieline.modules.module import Bundle, Module


def parse_event(module: Module, body: Any) -> list[Bundle]:
    """The bundles of a notification (5.4): one for each element of the array."""
    items = body if isinstance(body, list) else [body]
    return [item for item in items if isinstance(item, dict)]


class Watch(msgspec.Struct, frozen=True):
    """What is subscribed to: the event, and what narrows it."""

    event: str
    narrowed: dict[str, Any]


def watch_of(module: Module, given: Mapping[str, Any]) -> Watch:
    """What the values of a trigger's dialog subscribe to. Raises ModuleError naming the field."""
    assert module.event is not None
    values = checked(module, given)
    event = filled(module.event, {"{event}": str(values.get("event") or "")})
    narrowed: dict[str, Any] = {}
    if "scope" in values:
        narrowed["scope"] = values["scope"]
    if values.get("labels"):
        narrowed["client_type"] = "human"
    if values.get("filters"):
        noun = event.partition(".")[0]
        narrowed["filters"] = [
            _filter(module, noun, number, entry) for number, entry in enumerate(values["filters"])
        ]
    return Watch(event, narrowed)


def _filter(module: Module, noun: str, number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    """An element of the subscription's filters (5.3)."""
    sides = {side: plain(entry[side]) for side in ("before", "after") if side in entry}
    if sides and "changed" not in entry:
        raise ModuleError(
            "BundleValidationError",
            "says a value, but not of which field",
            module=module.label,
            field=f"filters[{number}].changed",
            remedy="fill in Changed Field, such as stage",
        )
    made: dict[str, Any] = {}
    if "changed" in entry:
        made["changes"] = {entry["changed"]: sides or "*"}
    if "record" in entry:
        made[noun] = plain(entry["record"])
    return made


async def subscribe(
    module: Module,
    client: AsyncCloze,
    target_url: str,
    name: str | None,
    given: Mapping[str, Any] | None = None,
) -> tuple[str, str]:
    """Register a trigger's webhook. Answers (event, subscription id); the same name replaces an earlier one."""
    watch = watch_of(module, given or {})
    try:
        uniqueid = await client.webhooks.subscribe(
            watch.event, target_url, client_reference=name, **watch.narrowed
        )
    except ClozeError as error:
        raise of_client(error, module) from error
    return watch.event, uniqueid


async def unsubscribe(module: Module, client: AsyncCloze, event: str, uniqueid: str) -> None:
    """Remove a trigger's webhook; one that is gone already is as good."""
    try:
        await client.webhooks.unsubscribe(event, uniqueid)
    except NotFound:
        return
    except ClozeError as error:
        raise of_client(error, module) from error
