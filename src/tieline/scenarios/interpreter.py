"""Walks a plan: depth first, filters on links, routers, handlers; every operation through the journal (3.3, 3.9).

The walk is deterministic: after a crash it starts at the top, and an operation whose outcome is in the journal
returns it. An operation has a path made of module ids and bundle numbers, `1.1/2.3/5`: the third bundle of module 2
for the first bundle of module 1, in module 5. It is the operation's Idempotency-Key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tieline import clock
from tieline.expressions import BundleValidationError, ExpressionError, Scope, to_json, to_text
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.modules.runner import Exchange
from tieline.scenarios.journal import Entry, Journal
from tieline.scenarios.plan import Node, Plan
from tieline.scenarios.tools import Surroundings, Variables

Bundle = dict[str, Any]
Path = dict[int, Any]
# Runs a Cloze module: node, input, idempotency key, observer -> bundles.
Call = Callable[[Node, Bundle, str, Callable[[Exchange], None]], Awaitable[list[Bundle]]]


class Failed(Exception):
    """An operation failed and no handler took care of it."""

    def __init__(self, node: Node, error: ModuleError, path: str) -> None:
        super().__init__(str(error))
        self.node = node
        self.error = error
        self.path = path


class Stop(Exception):
    """A directive ends the execution. `error` is set for Rollback."""

    def __init__(self, error: Failed | None) -> None:
        super().__init__("stopped")
        self.error = error


@dataclass
class Collector:
    """What an aggregator gathers between one call of its source and the end of it."""

    node: Node
    flow: list[Node]
    index: int
    groups: dict[str, tuple[Any, list[Bundle]]] = field(default_factory=dict)


@dataclass
class Handling:
    """How a handler ended: the last directive that was reached decides."""

    outcome: str = "ignore"
    bundle: Bundle = field(default_factory=dict)


@dataclass
class Interpreter:
    """One execution of a plan."""

    plan: Plan
    journal: Journal
    call: Call
    timezone: str
    execution_id: str
    trigger: list[Bundle] | None = None
    constants: dict[str, Any] = field(default_factory=dict)
    repeatable: Callable[[Node], bool] = lambda node: False
    variables: Variables = field(default_factory=Variables)
    collectors: dict[int, Collector] = field(default_factory=dict)
    handling: list[Handling] = field(default_factory=list)

    async def run(self) -> None:
        """Every cycle. Raises Failed, Stop."""
        cycles = 1 if self.plan.trigger.is_trigger else max(1, int(self.plan.settings.get("roundtrips") or 1))
        for cycle in range(1, cycles + 1):
            self.variables.cycle.clear()
            if self.plan.settings.get("freshVariables"):
                self.variables.execution.clear()
            await self._cycle("" if cycle == 1 else f"c{cycle}:")

    async def _cycle(self, prefix: str) -> None:
        first = self.plan.trigger
        path = f"{prefix}{first.id}"
        if not first.is_trigger:
            await self._operate(first, {}, path, self.plan.flow, 0)
            return
        bundles = self.trigger if self.trigger is not None else []
        if self.journal.state(path) is None:
            entry = Entry(path, first.id, first.name, "done", clock.now_ms(), {}, bundles, duration=0)
            self.journal.record(entry)
        await self._outputs(first, bundles, {}, path, self.plan.flow, 0)

    def _scope(self, path: Path) -> Scope:
        return Scope(
            path,
            variables=self.constants,
            now=clock.utc_now(),
            timezone=self.timezone,
            execution_id=self.execution_id,
        )

    async def _outputs(
        self, node: Node, bundles: list[Bundle], path: Path, op: str, flow: list[Node], index: int
    ) -> None:
        """The first bundle travels through everything behind before the second begins."""
        opened = self._open_collectors(node)
        for number, bundle in enumerate(bundles, 1):
            shown = (
                {**bundle, "__IMTINDEX__": number, "__IMTLENGTH__": len(bundles)}
                if _numbered(node)
                else bundle
            )
            await self._next(flow, index + 1, {**path, node.id: shown}, f"{op}.{number}")
        for collector in opened:
            del self.collectors[collector.node.id]
            await self._close(collector, path, op)

    async def _next(self, flow: list[Node], index: int, path: Path, op: str) -> None:
        if index >= len(flow):
            return
        node = flow[index]
        here = f"{op}/{node.id}"
        if node.filter is not None and not self._passes(node, path, here):
            return
        if node.id in self.collectors:
            self._collect(self.collectors[node.id], path)
        elif node.is_router:
            await self._route(node, path, here)
        elif node.directive is not None:
            self._direct(node, path)
        else:
            await self._operate(node, path, here, flow, index)

    def _passes(self, node: Node, path: Path, here: str) -> bool:
        """The filter's decision; a bundle that stops is told in the history, with the values that decided."""
        assert node.filter is not None
        decision = node.filter.passes(self._scope(path))
        if not decision.passed and self.journal.state(here) is None:
            seen = [
                {"a": to_json(c.a), "operator": c.operator, "b": to_json(c.b), "passed": c.passed}
                for c in decision.conditions
            ]
            shown = {"filter": node.filter.name, "conditions": seen, "warnings": list(decision.warnings)}
            self.journal.record(
                Entry(here, node.id, node.name, "filtered", clock.now_ms(), shown, duration=0)
            )
        return decision.passed

    async def _route(self, node: Node, path: Path, here: str) -> None:
        """Routes in order; the fallback last, and only when no other took the bundle (1.8.1)."""
        taken = False
        for number, route in enumerate(node.routes):
            if route.disabled or number == node.fallback or not route.flow:
                continue
            first = route.flow[0]
            if first.filter is None or first.filter.passes(self._scope(path)).passed:
                taken = True
            await self._next(route.flow, 0, path, f"{here}.{number + 1}")
        if node.fallback is not None and not taken and not node.routes[node.fallback].disabled:
            await self._next(node.routes[node.fallback].flow, 0, path, f"{here}.{node.fallback + 1}")

    async def _operate(self, node: Node, path: Path, here: str, flow: list[Node], index: int) -> None:
        try:
            bundles = await self._outcome(node, path, here)
        except ModuleError as error:
            bundles_or_none = await self._on_error(node, error, path, here)
            if bundles_or_none is None:
                return
            bundles = bundles_or_none
        await self._outputs(node, bundles, path, here, flow, index)

    async def _outcome(self, node: Node, path: Path, here: str) -> list[Bundle]:
        """The recorded outcome of an operation, or a new one."""
        state = self.journal.state(here)
        if state == "done":
            return self.journal.bundles(here)
        if state == "failed":
            raise self.journal.error(here)
        started = clock.now_ms()
        exchanges: list[Exchange] = []
        given: Bundle = {}
        try:
            if state == "started":
                given = self.journal.input(here)
                if not self.repeatable(node):
                    raise ModuleError(
                        "UncertainError",
                        "the server stopped while this call was under way; whether it was carried out is not known",
                        module=node.label,
                    )
            else:
                given = self._input(node, path)
            bundles = await self._perform(node, given, here, state, exchanges, started)
        except ModuleError as error:
            error.module = error.module or node.label
            self._record(node, here, "failed", started, given, None, exchanges, error)
            raise
        self._record(node, here, "done", started, given, bundles, exchanges, None)
        return bundles

    async def _perform(
        self, node: Node, given: Bundle, here: str, state: str | None, exchanges: list[Exchange], started: int
    ) -> list[Bundle]:
        if node.tool is not None:
            if node.tool.run is None:
                raise ModuleError(
                    "InvalidConfigurationError", "its source module does not run before it", module=node.label
                )
            return await node.tool.run(given, Surroundings(node.parameters, self.variables, self.timezone))
        if node.module is not None and node.module.writes and state is None:
            await self.journal.begin(Entry(here, node.id, node.name, "started", started, given))
        return await self.call(node, given, f"{self.execution_id}/{here}", exchanges.append)

    def _input(self, node: Node, path: Path) -> Bundle:
        """The evaluated mapper. Failures become the error classes that handlers know."""
        try:
            mapped = node.mapper.evaluate(self._scope(path))
        except ExpressionError as error:
            kind: ErrorClass = (
                "BundleValidationError" if isinstance(error, BundleValidationError) else "DataError"
            )
            raise ModuleError(kind, str(error), module=node.label, field=error.field) from error
        values = mapped if isinstance(mapped, dict) else {}
        return {
            **{name: value for name, value in node.parameters.items() if not name.startswith("__")},
            **values,
        }

    def _record(
        self,
        node: Node,
        here: str,
        state: str,
        started: int,
        given: Bundle,
        bundles: list[Bundle] | None,
        exchanges: list[Exchange],
        error: ModuleError | None,
    ) -> None:
        self.journal.record(
            Entry(
                here,
                node.id,
                node.name,
                state,
                started,
                given,
                bundles,
                None if error is None else error_json(error),
                msgspec.to_builtins(exchanges),
                clock.now_ms() - started,
            )
        )

    async def _on_error(self, node: Node, error: ModuleError, path: Path, here: str) -> list[Bundle] | None:
        """The substitute bundles of Resume, None when the bundle ends here. Raises Failed, Stop."""
        failed = Failed(node, error, here)
        seen = {**path, node.id: {"error": {**error_json(error), "type": error.kind}}}
        handler = node.onerror
        if not handler or not self._handles(handler[0], seen):
            raise failed
        self.handling.append(Handling())
        try:
            await self._next(handler, 0, seen, f"{here}!")
        finally:
            handling = self.handling.pop()
        match handling.outcome:
            case "resume":
                return [handling.bundle]
            case "commit":
                raise Stop(None)
            case "rollback" | "break":
                raise Stop(failed)
        return None

    def _handles(self, first: Node, path: Path) -> bool:
        return first.filter is None or first.filter.passes(self._scope(path)).passed

    def _direct(self, node: Node, path: Path) -> None:
        assert node.directive is not None
        self.handling[-1].outcome = node.directive
        if node.directive == "resume":
            self.handling[-1].bundle = self._input(node, path)

    def _open_collectors(self, node: Node) -> list[Collector]:
        opened = []
        for flow, index, aggregator in _aggregators(self.plan.flow):
            if aggregator.feeder == node.id:
                collector = Collector(aggregator, flow, index)
                self.collectors[aggregator.id] = collector
                opened.append(collector)
        return opened

    def _collect(self, collector: Collector, path: Path) -> None:
        node = collector.node
        scope = self._scope(path)
        key = node.group_by.evaluate(scope) if node.group_by is not None else None
        value = node.mapper.evaluate(scope)
        group = collector.groups.setdefault(to_text(key), (key, []))
        group[1].append(value if isinstance(value, dict) else {})

    async def _close(self, collector: Collector, path: Path, op: str) -> None:
        """One bundle, or one for each group; nothing when empty and told to stop (1.11)."""
        node = collector.node
        if not collector.groups:
            if node.stop_if_empty:
                return
            collector.groups[""] = (None, [])
        assert node.tool is not None
        assert node.tool.collect is not None
        surroundings = Surroundings(node.parameters, self.variables, self.timezone)
        for number, (key, items) in enumerate(collector.groups.values(), 1):
            here = f"{op}/{node.id}.{number}"
            bundle = dict(node.tool.collect(items, surroundings) or {})
            if node.group_by is not None:
                bundle["key"] = key
            if self.journal.state(here) is None:
                self._record(node, here, "done", clock.now_ms(), {"items": items}, [bundle], [], None)
            await self._next(collector.flow, collector.index + 1, {**path, node.id: bundle}, here)


def _numbered(node: Node) -> bool:
    return (node.tool is not None and node.tool.feeds) or (
        node.module is not None and node.module.kind in {"search", "instant_trigger"}
    )


def _aggregators(flow: list[Node]) -> list[tuple[list[Node], int, Node]]:
    """Every aggregator with its place, in document order."""
    found: list[tuple[list[Node], int, Node]] = []
    for index, node in enumerate(flow):
        if node.tool is not None and node.tool.aggregates:
            found.append((flow, index, node))
        for route in node.routes:
            found += _aggregators(route.flow)
    return found


def error_json(error: ModuleError) -> dict[str, Any]:
    """A failure as the history keeps it and as handlers see it (1.9)."""
    made: dict[str, Any] = {"name": error.kind, "message": error.message, "module": error.module}
    if error.field:
        made["field"] = error.field
    if error.remedy:
        made["remedy"] = error.remedy
    if error.status is not None:
        made["statusCode"] = error.status
    return made
