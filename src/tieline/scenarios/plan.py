"""A blueprint made ready to run: mappings and filters compiled once, modules looked up, gaps named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tieline.errors import InvalidInput
from tieline.expressions import CompiledValue, compile_value
from tieline.modules import Module, find_module
from tieline.scenarios.blueprint import EXTENSION, Blueprint, Json
from tieline.scenarios.filters import Filter, compile_filter
from tieline.scenarios.interface import inputs_of, outputs_of
from tieline.scenarios.polling import POLLING, Polling, module_of
from tieline.scenarios.tools import TOOLS, Tool

ROUTER = "builtin:BasicRouter"
IF_ELSE = "builtin:BasicIfElse"
MERGE = "builtin:BasicMerge"
FORKS = frozenset({ROUTER, IF_ELSE, MERGE})
DIRECTIVES = {
    "builtin:Ignore": "ignore",
    "builtin:Resume": "resume",
    "builtin:Break": "break",
    "builtin:Commit": "commit",
    "builtin:Rollback": "rollback",
    "builtin:Retry": "retry",
}
HOOK = "gateway:CustomWebHook"
RESPOND = "gateway:WebhookRespond"
# A call that was under way when the server stopped: keep it for a person, make it again, or take it as done.
ASK, AGAIN, DONE = "ask", "retry", "ignore"
NOTHING = compile_value({})
EVENTS_AT_ONCE = 100  # that a due time lets through, when the trigger names no number
FORK_LABELS = {ROUTER: "Router", IF_ELSE: "If-else", MERGE: "Merge"}


@dataclass
class Route:
    """A route of a router."""

    flow: list[Node]
    disabled: bool


@dataclass
class Branch:
    """A branch of an if-else. `condition` None: it takes whatever comes. `merge`: it goes on behind the if-else."""

    flow: list[Node]
    disabled: bool
    label: str
    condition: Filter | None
    merge: bool


@dataclass
class Join:
    """Where the end of a branch leads: what follows the if-else, reached from branch number `branch` (from 0)."""

    flow: list[Node]
    index: int
    branch: int


@dataclass
class Node:
    """A module ready to run.

    `uncertain`: what to do about a call of which it is not known whether it was carried out. Exactly one of `module`, `tool`, `routes`, `branches`, `outputs`, `directive`, `join` and `hook` says what it does.
    """

    id: int
    name: str
    label: str
    parameters: Json
    mapper: CompiledValue
    filter: Filter | None
    module: Module | None = None
    polling: Polling | None = None
    tool: Tool | None = None
    directive: str | None = None
    hook: bool = False
    join: Join | None = None
    routes: list[Route] = field(default_factory=list)
    fallback: int | None = None
    branches: list[Branch] = field(default_factory=list)
    outputs: list[tuple[str, list[CompiledValue]]] = field(default_factory=list)
    links: list[Filter | None] = field(default_factory=list)
    onerror: list[Node] = field(default_factory=list)
    guard: list[Node] = field(default_factory=list)
    feeder: int | None = None
    interface: list[Any] = field(default_factory=list)
    group_by: CompiledValue | None = None
    stop_if_empty: bool = False
    uncertain: str = ASK

    @property
    def is_router(self) -> bool:
        return self.name == ROUTER

    @property
    def is_if_else(self) -> bool:
        return self.name == IF_ELSE

    @property
    def is_merge(self) -> bool:
        return self.name == MERGE

    @property
    def is_trigger(self) -> bool:
        """Starts with events instead of being called."""
        return (
            self.hook
            or (self.module is not None and self.module.kind == "instant_trigger")
            or (self.tool is not None and self.tool.event)
        )

    @property
    def handler(self) -> list[Node]:
        """What deals with its failures: its own handler, else that of the nearest router around it."""
        return self.onerror or self.guard

    def lines(self) -> list[tuple[str, int, list[Node]]]:
        """Every flow that hangs on it: (onerror, route or branch; its number; the flow)."""
        return [
            *([("onerror", 0, self.onerror)] if self.onerror else []),
            *(("route", n, route.flow) for n, route in enumerate(self.routes)),
            *(("branch", n, branch.flow) for n, branch in enumerate(self.branches)),
        ]


@dataclass
class Place:
    """A node where it stands, and by which of its lines (kind, number) the way goes on inwards."""

    node: Node
    flow: list[Node]
    index: int
    line: tuple[str, int] | None = None


@dataclass
class Plan:
    """A runnable scenario version. `gaps` names the modules that this server cannot run.

    `inputs`, `outputs`: the fields of a scenario that others call. `responds`: it answers its webhook itself.
    `gathering`: the aggregators of each source module, in document order. `sequence`: executions whose trigger gives
    the same value of it run one after the other. `allow_self_trigger`: events that it causes may set it off again.
    """

    flow: list[Node]
    settings: Json
    gaps: list[str]
    gathering: dict[int, list[Place]] = field(default_factory=dict)
    inputs: list[Json] = field(default_factory=list)
    outputs: list[Json] = field(default_factory=list)
    responds: bool = False
    sequence: CompiledValue | None = None
    allow_self_trigger: bool = False

    @property
    def most_events(self) -> int:
        """How many events a due time lets through (`maxResults` of the trigger)."""
        given = self.trigger.parameters.get("maxResults")
        text = str(given if given is not None else "").strip()
        return max(1, int(text)) if text.isdecimal() and len(text) < 7 else EVENTS_AT_ONCE

    @property
    def trigger(self) -> Node:
        return self.flow[0]

    def nodes(self) -> list[Node]:
        """Every node, depth first."""
        return [place.node for place in _places(self.flow)]

    def uses(self, *names: str) -> bool:
        """True when one of these modules is in it."""
        return any(node.name in names for node in self.nodes())

    def way_to(self, module_id: int) -> list[Place]:
        """The places from the main flow inwards to a module; empty when it is not there."""
        return _way(self.flow, module_id)


def _places(flow: list[Node]) -> list[Place]:
    made = []
    for index, node in enumerate(flow):
        if node.join is None:
            made.append(Place(node, flow, index))
        for _, _, inner in node.lines():
            made += _places(inner)
    return made


def _way(flow: list[Node], module_id: int) -> list[Place]:
    for index, node in enumerate(flow):
        if node.id == module_id and node.join is None:
            return [Place(node, flow, index)]
        for kind, number, inner in node.lines():
            if further := _way(inner, module_id):
                return [Place(node, flow, index, (kind, number)), *further]
    return []


def compile_plan(blueprint: Blueprint) -> Plan:
    """Compile every mapping and filter. Raises ExpressionError or FilterError for one that cannot be (BP005, BP006)."""
    gaps: list[str] = []
    flow = _flow(blueprint.flow, gaps, main=True)
    plan = Plan(flow, blueprint.settings, gaps, inputs=inputs_of(blueprint), outputs=outputs_of(blueprint))
    plan.responds = plan.uses(RESPOND)
    order = blueprint.extensions.get("sequence")
    plan.sequence = compile_value(order) if isinstance(order, str) and order.strip() else None
    plan.allow_self_trigger = blueprint.extensions.get("allow_self_trigger") is True
    for place in _places(flow):
        if place.node.feeder is not None:
            plan.gathering.setdefault(place.node.feeder, []).append(place)
    return plan


def _flow(
    raws: Any, gaps: list[str], *, main: bool = False, handler: bool = False, guard: list[Node] | None = None
) -> list[Node]:
    """The nodes of a flow, with the ends of branches led to what follows their if-else."""
    found = raws if isinstance(raws, list) else []
    flow = [
        _node(raw, gaps, first=main and position == 0, handler=handler, guard=guard or [])
        for position, raw in enumerate(found)
    ]
    for index, node in enumerate(flow):
        if index + 1 >= len(flow):
            break
        for number, branch in enumerate(node.branches):
            if branch.merge:
                branch.flow.append(_join(node, Join(flow, index + 1, number)))
    return flow


def _join(node: Node, join: Join) -> Node:
    return Node(node.id, node.name, node.label, {}, NOTHING, None, join=join)


def _node(raw: Any, gaps: list[str], *, first: bool, handler: bool, guard: list[Node]) -> Node:
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
        module=module_of(name),
        polling=POLLING.get(name),
        tool=TOOLS.get(name),
        directive=DIRECTIVES.get(name),
        hook=name == HOOK,
        guard=guard,
        interface=_interface(raw),
        uncertain=_uncertain(raw),
    )
    if not (node.module or node.tool or node.directive or node.hook or name in FORKS):
        gaps.append(f"{node.label} (module {node.id}, {name})")
    if node.tool and (problem := node.tool.problem(node.parameters)):
        gaps.append(f"{node.label} {problem} (module {node.id}, {name})")
    if node.directive and not handler:
        gaps.append(f"{node.label} outside an error handler (module {node.id})")
    if (node.is_trigger or node.polling is not None) and not first:
        gaps.append(f"{node.label} is a trigger but not the first module (module {node.id})")
    _add_flows(node, raw, gaps, handler)
    return node


def _uncertain(raw: Json) -> str:
    """metadata.x_open.uncertain of a module; anything else than its three words asks."""
    metadata = raw.get("metadata")
    own = metadata.get(EXTENSION) if isinstance(metadata, dict) else None
    found = own.get("uncertain") if isinstance(own, dict) else None
    return found if found in (AGAIN, DONE) else ASK


def _add_flows(node: Node, raw: Json, gaps: list[str], handler: bool) -> None:
    node.onerror = _flow(raw.get("onerror"), gaps, handler=True)
    if node.is_router:
        _add_routes(node, raw, gaps, handler)
    elif node.is_if_else:
        node.branches = [_branch(branch, gaps, handler, node.handler) for branch in _objects(raw, "branches")]
    elif node.is_merge:
        node.outputs = [
            (
                str(output.get("name") or ""),
                [compile_value(mapping) for mapping in output.get("mappings") or ()],
            )
            for output in _objects(raw, "outputs")
        ]
        node.links = [compile_filter(link) if link else None for link in raw.get("filters") or ()]
    elif node.tool and node.tool.aggregates:
        _add_gathering(node, raw, gaps)


def _objects(raw: Json, name: str) -> list[Json]:
    found = raw.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _add_routes(node: Node, raw: Json, gaps: list[str], handler: bool) -> None:
    for route in _objects(raw, "routes"):
        flow = _flow(route.get("flow"), gaps, handler=handler, guard=node.handler)
        node.routes.append(Route(flow, route.get("disabled") is True))
    fallback = node.parameters.get("else")
    node.fallback = fallback if isinstance(fallback, int) and 0 <= fallback < len(node.routes) else None


def _branch(raw: Json, gaps: list[str], handler: bool, guard: list[Node]) -> Branch:
    return Branch(
        _flow(raw.get("flow"), gaps, handler=handler, guard=guard),
        raw.get("disabled") is True,
        str(raw.get("label") or ""),
        None if raw.get("type") == "else" else compile_filter({"conditions": raw.get("conditions")}),
        raw.get("merge") is True,
    )


def _add_gathering(node: Node, raw: Json, gaps: list[str]) -> None:
    feeder = node.parameters.get("feeder")
    node.feeder = feeder if isinstance(feeder, int) else None
    flags = raw.get("flags") if isinstance(raw.get("flags"), dict) else {}
    node.stop_if_empty = (flags or {}).get("stopIfEmpty") is True
    if (flags or {}).get("groupBy"):
        node.group_by = compile_value((flags or {})["groupBy"])
    if node.feeder is None:
        gaps.append(f"{node.label} has no source module (module {node.id})")


def _interface(raw: Json) -> list[Any]:
    metadata = raw.get("metadata")
    found = metadata.get("interface") if isinstance(metadata, dict) else None
    return found if isinstance(found, list) else []


def _label(raw: Json, name: str) -> str:
    designer = (raw.get("metadata") or {}).get("designer") if isinstance(raw.get("metadata"), dict) else None
    own = designer.get("name") if isinstance(designer, dict) else None
    found = find_module(name)
    tool = TOOLS.get(name)
    known = (
        POLLING[name].label
        if name in POLLING
        else found.label
        if found
        else tool.label
        if tool
        else FORK_LABELS.get(name)
    )
    return str(own or known or name.rpartition(":")[2])
