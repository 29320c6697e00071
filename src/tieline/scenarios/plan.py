"""A blueprint made ready to run: mappings and filters compiled once, modules looked up, gaps named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tieline.errors import InvalidInput
from tieline.expressions import CompiledValue, compile_value
from tieline.modules import Module, find_module
from tieline.scenarios.blueprint import Blueprint, Json
from tieline.scenarios.filters import Filter, compile_filter
from tieline.scenarios.tools import TOOLS, Tool

ROUTER = "builtin:BasicRouter"
DIRECTIVES = {
    "builtin:Ignore": "ignore",
    "builtin:Resume": "resume",
    "builtin:Break": "break",
    "builtin:Commit": "commit",
    "builtin:Rollback": "rollback",
}
HOOK = "gateway:CustomWebHook"


@dataclass
class Route:
    """A route of a router."""

    flow: list[Node]
    disabled: bool


@dataclass
class Node:
    """A module ready to run. Exactly one of `module`, `tool`, `routes`, `directive` and `hook` says what it does."""

    id: int
    name: str
    label: str
    parameters: Json
    mapper: CompiledValue
    filter: Filter | None
    module: Module | None = None
    tool: Tool | None = None
    directive: str | None = None
    hook: bool = False
    routes: list[Route] = field(default_factory=list)
    fallback: int | None = None
    onerror: list[Node] = field(default_factory=list)
    feeder: int | None = None
    group_by: CompiledValue | None = None
    stop_if_empty: bool = False

    @property
    def is_router(self) -> bool:
        return self.name == ROUTER

    @property
    def is_trigger(self) -> bool:
        """Starts with events instead of being called."""
        return self.hook or (self.module is not None and self.module.kind == "instant_trigger")


@dataclass
class Plan:
    """A runnable scenario version. `gaps` names the modules that this server cannot run."""

    flow: list[Node]
    settings: Json
    gaps: list[str]

    @property
    def trigger(self) -> Node:
        return self.flow[0]

    def nodes(self) -> list[Node]:
        """Every node, depth first."""
        return _all(self.flow)


def _all(flow: list[Node]) -> list[Node]:
    made = []
    for node in flow:
        made += [node, *_all(node.onerror), *(inner for route in node.routes for inner in _all(route.flow))]
    return made


def compile_plan(blueprint: Blueprint) -> Plan:
    """Compile every mapping and filter. Raises ExpressionError or FilterError for one that cannot be (BP005, BP006)."""
    gaps: list[str] = []
    flow = [_node(raw, gaps, first=position == 0) for position, raw in enumerate(blueprint.flow)]
    return Plan(flow, blueprint.settings, gaps)


def _node(raw: Any, gaps: list[str], *, first: bool = False, handler: bool = False) -> Node:
    if (
        not isinstance(raw, dict)
        or not isinstance(raw.get("id"), int)
        or not isinstance(raw.get("module"), str)
    ):
        raise InvalidInput(
            "BP002: a module needs an id and a name", field="blueprint", remedy="export it again"
        )
    parameters = raw.get("parameters") if isinstance(raw.get("parameters"), dict) else {}
    name = str(raw["module"])
    node = Node(
        id=raw["id"],
        name=name,
        label=_label(raw, name),
        parameters=dict(parameters or {}),
        mapper=compile_value(raw.get("mapper") if raw.get("mapper") is not None else {}),
        # Make never has a filter on the first module, and ignores one (BP012).
        filter=compile_filter(raw["filter"]) if raw.get("filter") and not first else None,
        module=find_module(name),
        tool=TOOLS.get(name),
        directive=DIRECTIVES.get(name),
        hook=name == HOOK,
    )
    if not (node.module or node.tool or node.directive or node.hook or node.is_router):
        gaps.append(f"{node.label} (module {node.id}, {name})")
    if node.directive and not handler:
        gaps.append(f"{node.label} outside an error handler (module {node.id})")
    if node.is_trigger and not first:
        gaps.append(f"{node.label} is a trigger but not the first module (module {node.id})")
    _add_flows(node, raw, gaps, handler)
    return node


def _add_flows(node: Node, raw: Json, gaps: list[str], handler: bool) -> None:
    node.onerror = [_node(inner, gaps, handler=True) for inner in raw.get("onerror") or ()]
    if node.is_router:
        for route in raw.get("routes") or ():
            node.routes.append(
                Route(
                    [_node(inner, gaps, handler=handler) for inner in route.get("flow") or ()],
                    route.get("disabled") is True,
                )
            )
        fallback = node.parameters.get("else")
        node.fallback = fallback if isinstance(fallback, int) and 0 <= fallback < len(node.routes) else None
    if node.tool and node.tool.aggregates:
        feeder = node.parameters.get("feeder")
        node.feeder = feeder if isinstance(feeder, int) else None
        flags = raw.get("flags") if isinstance(raw.get("flags"), dict) else {}
        node.stop_if_empty = (flags or {}).get("stopIfEmpty") is True
        if (flags or {}).get("groupBy"):
            node.group_by = compile_value((flags or {})["groupBy"])
        if node.feeder is None:
            gaps.append(f"{node.label} has no source module (module {node.id})")


def _label(raw: Json, name: str) -> str:
    designer = (raw.get("metadata") or {}).get("designer") if isinstance(raw.get("metadata"), dict) else None
    own = designer.get("name") if isinstance(designer, dict) else None
    found = find_module(name)
    tool = TOOLS.get(name)
    return str(own or (found.label if found else tool.label if tool else name.rpartition(":")[2]))
