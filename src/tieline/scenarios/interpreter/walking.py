"""The walk: depth first, filters on links, routers, if-else and merge (3.3, 1.8)."""

from __future__ import annotations

from typing import Any

from tieline import clock
from tieline.expressions import ExpressionError, to_json
from tieline.modules.errors import ModuleError
from tieline.scenarios.filters import Decision, Filter
from tieline.scenarios.interpreter.frame import MARKER, Bundle, Path, one_bundle
from tieline.scenarios.interpreter.gathering import Gathering
from tieline.scenarios.interpreter.handling import Handlers
from tieline.scenarios.interpreter.operations import failure_of
from tieline.scenarios.journal import Entry
from tieline.scenarios.plan import Branch, Node


class Walk(Handlers, Gathering):
    """Leads bundles through flows."""

    async def _outputs(
        self, node: Node, bundles: list[Bundle], path: Path, op: str, flow: list[Node], index: int
    ) -> None:
        """The first bundle travels through everything behind before the second begins."""
        opened = [self._open(place) for place in self.plan.gathering.get(node.id, ())]
        numbered = _numbered(node)
        for position, bundle in enumerate(bundles, 1):
            shown = bundle
            if numbered and bundle != MARKER:
                shown = {**bundle, "__IMTINDEX__": position, "__IMTLENGTH__": len(bundles)}
            with one_bundle():
                await self._next(flow, index + 1, {**path, node.id: shown}, f"{op}.{position}")
        for collector in opened:
            self.collectors.pop(collector.place.node.id, None)
            await self._close(collector, path, op)

    async def _next(self, flow: list[Node], index: int, path: Path, op: str) -> bool:
        """Let a bundle into the module at `index`; False when the filter in front of it stopped it."""
        if index >= len(flow):
            return True
        node = flow[index]
        if node.join is not None:
            await self._merge(node, path, op)
            return True
        here = f"{op}/{node.id}"
        if node.filter is not None and not await self._passes(node, node.filter, path, here):
            return False
        if node.id in self.collectors:
            await self._collect(self.collectors[node.id], path, here)
        elif node.is_router:
            await self._route(node, path, here)
            await self._next(flow, index + 1, path, here)
        elif node.is_if_else:
            await self._branch(node, path, here)
        elif node.directive is not None:
            await self._direct(node, path, here, flow, index)
        else:
            await self._operate(node, path, here, flow, index)
        return True

    async def _passes(self, node: Node, asked: Filter, path: Path, here: str) -> bool:
        """The filter's decision; a bundle that stops is told in the history, with the values that decided."""
        recorded = self.journal.state(here)
        if recorded is not None:
            return recorded != "filtered"
        decision = await self._decided(node, asked, path, here)
        if decision is not None and not decision.passed:
            shown = {"filter": asked.name, **_shown(decision)}
            self.journal.record(
                Entry(here, node.id, node.name, "filtered", clock.now_ms(), shown, duration=0)
            )
        return decision is not None and decision.passed

    async def _decided(self, node: Node, asked: Filter, path: Path, here: str) -> Decision | None:
        """What the conditions say. One that cannot be evaluated is a failure of the module; None: it was handled."""
        try:
            return asked.passes(self._scope(path))
        except ExpressionError as error:
            failure = failure_of(error, node)
            self._record(node, here, "failed", clock.now_ms(), {}, None, [], failure)
            await self._on_error(node, failure, path, here)
            return None

    async def _route(self, node: Node, path: Path, here: str) -> None:
        """Routes in order; the fallback last, and only when no other took the bundle (1.8.1)."""
        taken = False
        for position, route in enumerate(node.routes):
            if route.disabled or position == node.fallback or not route.flow:
                continue
            if await self._next(route.flow, 0, path, f"{here}.{position + 1}"):
                taken = True
        if node.fallback is not None and not taken and not node.routes[node.fallback].disabled:
            await self._next(node.routes[node.fallback].flow, 0, path, f"{here}.{node.fallback + 1}")

    async def _branch(self, node: Node, path: Path, here: str) -> None:
        """The first branch whose conditions hold, or none (1.8.2). The choice is an operation: it is not made twice."""
        if self.journal.state(here) == "done":
            chosen = int(self.journal.bundles(here)[0]["branch"]) if self.journal.bundles(here) else 0
        else:
            started = clock.now_ms()
            chosen, seen = await self._chosen(node, path, here)
            if chosen < 0:
                return
            bundles = [{"branch": chosen, "label": node.branches[chosen - 1].label}] if chosen else []
            self._record(node, here, "done", started, {"branches": seen}, bundles, [], None)
        if chosen and chosen <= len(node.branches):
            await self._next(node.branches[chosen - 1].flow, 0, path, f"{here}.{chosen}")

    async def _chosen(self, node: Node, path: Path, here: str) -> tuple[int, list[Any]]:
        """The number of the branch from 1, 0 for none, -1 when it cannot be told; and what the conditions said."""
        seen: list[Any] = []
        for position, branch in enumerate(node.branches, 1):
            if branch.disabled:
                continue
            if branch.condition is None:
                return position, seen
            decision = await self._decided(node, branch.condition, path, here)
            if decision is None:
                return -1, seen
            seen.append({"label": _name(branch, position), **_shown(decision)})
            if decision.passed:
                return position, seen
        return 0, seen

    async def _merge(self, node: Node, path: Path, op: str) -> None:
        """The end of a branch: on behind the if-else, through the merge when one stands there."""
        assert node.join is not None
        flow, index, branch = node.join.flow, node.join.index, node.join.branch
        merge = flow[index]
        if not merge.is_merge:
            await self._next(flow, index, path, op)
            return
        here = f"{op}/{merge.id}"
        link = merge.links[branch] if branch < len(merge.links) else None
        if link is not None and not await self._passes(merge, link, path, here):
            return
        try:
            bundles = self._merged(merge, branch, path, here)
        except ModuleError as error:
            substitutes = await self._on_error(merge, error, path, here)
            if substitutes is None:
                return
            bundles = substitutes
        await self._outputs(merge, bundles, path, here, flow, index)

    def _merged(self, merge: Node, branch: int, path: Path, here: str) -> list[Bundle]:
        """One field for each output, mapped as the branch that ran says."""
        if self.journal.state(here) == "done":
            return self.journal.bundles(here)
        started = clock.now_ms()
        made: Bundle = {}
        for name, mappings in merge.outputs:
            try:
                made[name] = self._mapped(merge, mappings[branch], path) if branch < len(mappings) else None
            except ModuleError as error:
                error.field = error.field or name
                self._record(merge, here, "failed", started, {"branch": branch + 1}, None, [], error)
                raise
        self._record(merge, here, "done", started, {"branch": branch + 1}, [made], [], None)
        return [made]

    async def _operate(self, node: Node, path: Path, here: str, flow: list[Node], index: int) -> None:
        try:
            bundles = await self._outcome(node, path, here)
        except ModuleError as error:
            bundles_or_none = await self._on_error(node, error, path, here)
            if bundles_or_none is None:
                return
            bundles = bundles_or_none
        await self._outputs(node, bundles, path, here, flow, index)


def _numbered(node: Node) -> bool:
    return (
        node.hook
        or (node.tool is not None and node.tool.feeds)
        or (node.module is not None and node.module.kind in {"search", "instant_trigger"})
    )


def _shown(decision: Decision) -> dict[str, Any]:
    """A decision as the history shows it."""
    seen = [
        {"a": to_json(c.a), "operator": c.operator, "b": to_json(c.b), "passed": c.passed}
        for c in decision.conditions
    ]
    return {"conditions": seen, "warnings": list(decision.warnings)}


def _name(branch: Branch, position: int) -> str:
    return branch.label or f"Branch {position}"
