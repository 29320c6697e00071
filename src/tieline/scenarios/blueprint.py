"""Blueprints: Make's own JSON, kept whole. Reading, walking, and the canonical form (scenario-engine 1.1–1.5, 1.21)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from tieline.errors import InvalidInput, TooLarge

Json = dict[str, Any]

SIZE_LIMIT = 5_000_000
MODULE_LIMIT = 1000
DEPTH_LIMIT = 100
TOP = ("name", "description", "flow", "metadata", "io", "interface", "scheduling")
STEP = (
    "id", "module", "version", "parameters", "filter", "mapper", "metadata", "onerror", "routes", "branches", "flags",
    "outputs", "filters",
)  # fmt: skip
ROUTE = ("label", "type", "merge", "conditions", "flow", "disabled")
META = ("designer", "restore", "parameters", "expect", "interface", "advanced")
SCENARIO_META = ("instant", "version", "scenario", "designer", "zone", "notes")
DEFAULTS: Json = {
    "roundtrips": 1, "maxErrors": 3, "autoCommit": True, "autoCommitTriggerLast": True, "sequential": False,
    "slots": None, "confidential": False, "dataloss": False, "dlq": True, "freshVariables": False,
}  # fmt: skip
EXTENSION = "x_open"


@dataclass(frozen=True)
class Step:
    """A module object where it stands. `ancestors`: ids of the modules that run before it on its path.

    `place`: main, route, branch, onerror or orphan.
    """

    raw: Json
    pointer: str
    place: str
    position: int
    ancestors: tuple[int, ...]

    @property
    def id(self) -> Any:
        return self.raw.get("id")

    @property
    def module(self) -> str:
        return str(self.raw.get("module") or "")


@dataclass(frozen=True)
class Blueprint:
    """A parsed blueprint. `raw` is the bare form with every unknown key; `scheduling` came beside it, if any."""

    raw: Json
    scheduling: Json | None = None

    @property
    def name(self) -> str:
        return str(self.raw.get("name") or "Unnamed scenario")

    @property
    def flow(self) -> list[Json]:
        return list(self.raw["flow"])

    @property
    def settings(self) -> Json:
        """metadata.scenario with its defaults (1.3)."""
        metadata = self.raw.get("metadata")
        given = metadata.get("scenario") if isinstance(metadata, dict) else None
        return {**DEFAULTS, **(given if isinstance(given, dict) else {})}

    @property
    def extensions(self) -> Json:
        """metadata.x_open: what only Tieline understands (1.22)."""
        metadata = self.raw.get("metadata")
        given = metadata.get(EXTENSION) if isinstance(metadata, dict) else None
        return given if isinstance(given, dict) else {}

    @property
    def orphans(self) -> list[Any]:
        """Flows that nothing leads to: kept and shown, never run."""
        metadata = self.raw.get("metadata")
        designer = metadata.get("designer") if isinstance(metadata, dict) else None
        found = designer.get("orphans") if isinstance(designer, dict) else None
        return [flow for flow in found if isinstance(flow, list)] if isinstance(found, list) else []

    def walk(self) -> Iterator[Step]:
        """Every module: main flow, routes, branches, handlers, orphans."""
        yield from _walk(self.raw["flow"], "/flow", "main", ())
        for number, flow in enumerate(self.orphans):
            yield from _walk(flow, f"/metadata/designer/orphans/{number}", "orphan", ())


def _walk(flow: Any, pointer: str, place: str, before: tuple[int, ...], depth: int = 0) -> Iterator[Step]:
    if depth > DEPTH_LIMIT or not isinstance(flow, list):
        return
    ancestors = before
    for position, raw in enumerate(flow):
        here = f"{pointer}/{position}"
        if not isinstance(raw, dict):
            continue
        yield Step(raw, here, place, position, ancestors)
        own = (*ancestors, raw["id"]) if isinstance(raw.get("id"), int) else ancestors
        yield from _walk(raw.get("onerror"), f"{here}/onerror", "onerror", own, depth + 1)
        for key, kind in (("routes", "route"), ("branches", "branch")):
            routes = raw.get(key)
            for number, route in enumerate(routes if isinstance(routes, list) else ()):
                if isinstance(route, dict):
                    yield from _walk(route.get("flow"), f"{here}/{key}/{number}/flow", kind, own, depth + 1)
        ancestors = _seen_behind(raw, own)


def _seen_behind(raw: Json, own: tuple[int, ...]) -> tuple[int, ...]:
    """What later modules can see: behind an aggregator nothing from its source module on but itself (1.11)."""
    parameters = raw.get("parameters")
    feeder = parameters.get("feeder") if isinstance(parameters, dict) else None
    if not isinstance(feeder, int) or feeder not in own[:-1]:
        return own
    return (*own[: own.index(feeder)], own[-1])


def parse(source: str | bytes | Json) -> Blueprint:
    """A blueprint from any of its envelopes (1.1). Raises InvalidInput (BP001), TooLarge."""
    if not isinstance(source, dict):
        source = _decode(source)
    bare, scheduling = _unwrap(source)
    flow = bare.get("flow")
    if not isinstance(flow, list) or not flow:
        raise InvalidInput(
            "BP001: there is no flow in it", field="blueprint", remedy="export the scenario from Make again"
        )
    if isinstance(bare.get("scheduling"), dict):
        scheduling = bare["scheduling"]
        bare = {name: value for name, value in bare.items() if name != "scheduling"}
    found = Blueprint(bare, scheduling)
    if sum(1 for _ in found.walk()) > MODULE_LIMIT:
        raise TooLarge(f"more than {MODULE_LIMIT} modules", field="blueprint", remedy="split the scenario")
    return found


def _decode(source: str | bytes) -> Json:
    data = source.encode() if isinstance(source, str) else bytes(source)
    if len(data) > SIZE_LIMIT:
        raise TooLarge(
            f"larger than {SIZE_LIMIT // 1_000_000} MB", field="blueprint", remedy="split the scenario"
        )
    try:
        value = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            f"BP001: this is not JSON: {error}", field="blueprint", remedy="export it again"
        ) from None
    if not isinstance(value, dict):
        raise InvalidInput(
            "BP001: this is not a blueprint", field="blueprint", remedy="it begins with { and has a flow"
        )
    return value


def _unwrap(source: Json, depth: int = 0) -> tuple[Json, Json | None]:
    """The bare form and the scheduling beside it."""
    response = source.get("response")
    if isinstance(response, dict) and "blueprint" in response:
        inner, scheduling = _unwrap(_object(response["blueprint"]), depth + 1) if depth < 3 else ({}, None)
        return inner, _maybe(response.get("scheduling")) or scheduling
    wrapped = source.get("blueprint")
    if "flow" not in source and isinstance(wrapped, dict | str) and depth < 3:
        inner, scheduling = _unwrap(_object(wrapped), depth + 1)
        controller = source.get("controller")
        if isinstance(controller, dict) and controller.get("name"):
            inner = {**inner, "name": controller["name"]}
        return inner, _maybe(source.get("scheduling")) or scheduling
    subflows = source.get("subflows")
    if "flow" not in source and isinstance(subflows, list) and subflows and isinstance(subflows[0], dict):
        return {**source, "flow": subflows[0].get("flow")}, None
    return source, None


def _object(value: Any) -> Json:
    return _decode(value) if isinstance(value, str) else value if isinstance(value, dict) else {}


def _maybe(value: Any) -> Json | None:
    try:
        found = _object(value)
    except InvalidInput:
        return None
    return found or None


def export(blueprint: Blueprint, *, for_make: bool = False) -> str:
    """The canonical text (1.21): the same version gives the same bytes.

    `for_make` leaves out what only this server understands, and secrets that stand in the blueprint.
    """
    raw = _without_secrets(_without_extensions(blueprint.raw)) if for_make else blueprint.raw
    return json.dumps(_ordered_top(raw), indent=4, ensure_ascii=False)


def _ordered(value: Json, keys: tuple[str, ...]) -> Json:
    return {
        name: value[name] for name in [*(k for k in keys if k in value), *(k for k in value if k not in keys)]
    }


def _ordered_top(raw: Json) -> Json:
    made = _ordered(raw, TOP)
    made["flow"] = _ordered_flow(raw["flow"])
    metadata = made.get("metadata")
    if isinstance(metadata, dict):
        made["metadata"] = _ordered(metadata, SCENARIO_META)
        designer = metadata.get("designer")
        if isinstance(designer, dict) and isinstance(designer.get("orphans"), list):
            orphans = [_ordered_flow(flow) for flow in designer["orphans"]]
            made["metadata"]["designer"] = {**designer, "orphans": orphans}
    return made


def _ordered_flow(flow: Any) -> Any:
    return (
        [_ordered_step(step) if isinstance(step, dict) else step for step in flow]
        if isinstance(flow, list)
        else flow
    )


def _ordered_step(step: Json) -> Json:
    made = _ordered(step, STEP)
    if isinstance(made.get("metadata"), dict):
        made["metadata"] = _ordered(made["metadata"], META)
    if "onerror" in made:
        made["onerror"] = _ordered_flow(made["onerror"])
    for key in ("routes", "branches"):
        if isinstance(made.get(key), list):
            made[key] = [
                {**_ordered(route, ROUTE), "flow": _ordered_flow(route.get("flow"))}
                if isinstance(route, dict) and "flow" in route
                else route
                for route in made[key]
            ]
    return made


def _without_extensions(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_extensions(item) for name, item in value.items() if name != EXTENSION}
    return [_without_extensions(item) for item in value] if isinstance(value, list) else value


SECRET = frozenset({"password", "cert", "pkey"})
SECRET_NAMES = frozenset({"authPass", "password", "apiKey", "clientSecret"})


def _without_secrets(raw: Json) -> Json:
    """Fields that hold a password, a key or a certificate, emptied; a mapped one holds none."""
    made: Json = json.loads(json.dumps(raw))
    for step in Blueprint(made).walk():
        metadata = step.raw.get("metadata")
        described = metadata if isinstance(metadata, dict) else {}
        for part, told in (("parameters", "parameters"), ("mapper", "expect")):
            fields = step.raw.get(part)
            entries = described.get(told)
            secret = SECRET_NAMES | {
                str(entry.get("name"))
                for entry in (entries if isinstance(entries, list) else [])
                if isinstance(entry, dict) and str(entry.get("type")).partition(":")[0] in SECRET
            }
            if not isinstance(fields, dict):
                continue
            for name in secret & set(fields):
                if isinstance(fields[name], str) and "{{" not in fields[name]:
                    fields[name] = ""
    return made
