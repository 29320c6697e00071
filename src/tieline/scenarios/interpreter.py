"""Walks a plan: depth first, filters on links, routers, if-else, handlers; every operation through the journal (3.3, 3.9).

The walk is deterministic: after a crash it starts at the top, and an operation whose outcome is in the journal
returns it. An operation has a path made of module ids and bundle numbers, `1.1/2.3/5`: the third bundle of module 2
for the first bundle of module 1, in module 5. It is the operation's Idempotency-Key. `5!` is the handler of 5, `5~2`
the second repetition of 5 by Retry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tieline import clock
from tieline.expressions import (
    BundleValidationError,
    CompiledValue,
    ExpressionError,
    Scope,
    to_json,
    to_text,
)
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.modules.runner import Exchange
from tieline.scenarios.failures import BY_HAND, DISABLING, KEPT, Attempts, error_json, of_class
from tieline.scenarios.filters import Decision, Filter
from tieline.scenarios.journal import Entry, Journal
from tieline.scenarios.plan import Branch, Node, Place, Plan
from tieline.scenarios.tools import Services, Surroundings, Variables
from tieline.scenarios.tools.tool import flag, number

Bundle = dict[str, Any]
Path = dict[int, Any]
# Runs a Cloze module: node, input, idempotency key, observer -> bundles.
Call = Callable[[Node, Bundle, str, Callable[[Exchange], None]], Awaitable[list[Bundle]]]
MARKER = {"__IMTLENGTH__": 0}  # the only bundle of a module told to continue without results (1.17)
LONGEST_PAUSE = 300
MOST_REPETITIONS = 10
MINUTES_DEFAULT, COUNT_DEFAULT = 15, 3


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


class Broken(Exception):
    """The bundle goes no further here; the next one goes on."""


# Keeps a bundle as an incomplete execution: what failed, its bundles, the attempts. False when there is no room.
Keep = Callable[[Failed, Path, Attempts], Awaitable[bool]]


async def keep_nothing(failed: Failed, path: Path, attempts: Attempts) -> bool:
    """For runs that have no place to keep anything."""
    return False


@dataclass
class Collector:
    """What an aggregator gathers between one call of its source and the end of it."""

    place: Place
    groups: dict[str, tuple[Any, list[Bundle]]] = field(default_factory=dict)


@dataclass
class Handling:
    """A failure under a handler, and how it ended: the last directive that was reached decides."""

    failed: Failed
    path: Path
    outcome: str = "ignore"
    bundles: list[Bundle] = field(default_factory=list)
    attempts: Attempts = BY_HAND


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
    keep: Keep = keep_nothing
    services: Services | None = None
    settle: Callable[[bool], Awaitable[None]] | None = None
    variables: Variables = field(default_factory=Variables)
    collectors: dict[int, Collector] = field(default_factory=dict)
    handling: list[Handling] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Every cycle. Raises Failed, Stop."""
        cycles = 1 if self.plan.trigger.is_trigger else max(1, int(self.plan.settings.get("roundtrips") or 1))
        for cycle in range(1, cycles + 1):
            self.variables.new_cycle(fresh=bool(self.plan.settings.get("freshVariables")))
            await self._settled(self._cycle("" if cycle == 1 else f"c{cycle}:"))

    async def resume(self, module_id: int, bundles: Path) -> None:
        """Go on at a module with the bundles that had come so far, and with all that lies behind it (3.13).

        Raises Failed, Stop.
        """
        way = self.plan.way_to(module_id)
        await self._settled(self._resumed(way, bundles))

    async def _settled(self, walk: Awaitable[None]) -> None:
        """A cycle, closed by commit or rollback (3.2)."""
        try:
            await walk
        except Stop as stop:
            await self._close_cycle(commit=stop.error is None)
            raise
        except Failed:
            await self._close_cycle(commit=False)
            raise
        await self._close_cycle(commit=True)

    async def _close_cycle(self, *, commit: bool) -> None:
        if self.settle is not None:
            await self.settle(commit)

    async def _cycle(self, prefix: str) -> None:
        first = self.plan.trigger
        path = f"{prefix}{first.id}"
        if not first.is_trigger:
            with _one_bundle():
                await self._operate(first, {}, path, self.plan.flow, 0)
            return
        bundles = self.trigger if self.trigger is not None else []
        if self.journal.state(path) is None:
            entry = Entry(path, first.id, first.name, "done", clock.now_ms(), {}, bundles, duration=0)
            self.journal.record(entry)
        await self._outputs(first, bundles, {}, path, self.plan.flow, 0)

    async def _resumed(self, way: list[Place], bundles: Path) -> None:
        """The module, what is behind it in its own line, then what is left of every line around it."""
        opened = self._open_around(way, bundles)
        for outer in way[:-1]:
            if outer.line is not None and outer.line[0] == "onerror":
                self.handling.append(Handling(_failed_before(outer.node, bundles), bundles))
        place = way[-1]
        with _one_bundle():
            await self._operate(place.node, bundles, str(place.node.id), place.flow, place.index)
            for outer in reversed(way[:-1]):
                await self._rest_of(outer, bundles)
        for feeder, collector in reversed(opened):
            self.collectors.pop(collector.place.node.id, None)
            before = {n: bundle for n, bundle in bundles.items() if n in self._ancestors(feeder)}
            await self._close(collector, before, f"0/{feeder}")

    def _open_around(self, way: list[Place], bundles: Path) -> list[tuple[int, Collector]]:
        """Collectors of what lies behind the module and gathers from before it: they close with this bundle alone."""
        behind = {id(place.flow) for place in way}
        opened = []
        for feeder in bundles:
            for place in self.plan.gathering.get(feeder, ()):
                inside = next((p for p in way if p.flow is place.flow), None)
                if id(place.flow) in behind and inside is not None and place.index <= inside.index:
                    continue
                opened.append((feeder, self._open(place)))
        return opened

    def _ancestors(self, module_id: int) -> set[int]:
        """The modules in front of one on its way."""
        return {node.id for place in self.plan.way_to(module_id) for node in place.flow[: place.index]} | {
            place.node.id for place in self.plan.way_to(module_id)[:-1]
        }

    async def _rest_of(self, outer: Place, bundles: Path) -> None:
        """What an enclosing router has not yet done with this bundle, or what the handler around it decided."""
        assert outer.line is not None
        kind, taken = outer.line
        node, here = outer.node, str(outer.node.id)
        if kind == "route":
            for position, route in enumerate(node.routes):
                later = position > taken and taken != node.fallback
                if later and position != node.fallback and not route.disabled:
                    await self._next(route.flow, 0, bundles, f"{here}.{position + 1}")
            await self._next(outer.flow, outer.index + 1, bundles, here)
        elif kind == "onerror":
            handling = self.handling.pop()
            before = {n: bundle for n, bundle in bundles.items() if n != node.id}
            substitutes = await self._concluded(handling, before)
            if substitutes is not None:
                await self._outputs(node, substitutes, before, f"{here}!!", outer.flow, outer.index)

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
        opened = [self._open(place) for place in self.plan.gathering.get(node.id, ())]
        numbered = _numbered(node)
        for position, bundle in enumerate(bundles, 1):
            shown = bundle
            if numbered and bundle != MARKER:
                shown = {**bundle, "__IMTINDEX__": position, "__IMTLENGTH__": len(bundles)}
            with _one_bundle():
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
            failure = _failure(error, node)
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

    async def _outcome(self, node: Node, path: Path, here: str, key: str = "") -> list[Bundle]:
        """The recorded outcome of an operation, or a new one."""
        state = self.journal.state(here)
        if state == "done":
            return self._repeated(node, here)
        if state == "failed":
            raise self.journal.error(here)
        started = clock.now_ms()
        exchanges: list[Exchange] = []
        given: Bundle = {}
        around = self._surroundings(node, here, key or here, exchanges)
        try:
            given = self.journal.input(here) if state == "started" else self._input(node, path)
            if state == "started" and not self._again(node, given):
                raise ModuleError(
                    "UncertainError",
                    "the server stopped while this call was under way; whether it was carried out is not known",
                    module=node.label,
                )
            if node.tool is not None and node.tool.act is not None:
                return await self._act(node, given, here, around, started)
            bundles = await self._perform(node, given, here, state, around, started)
        except ModuleError as error:
            error.module = error.module or node.label
            self._record(node, here, "failed", started, given, None, exchanges, error)
            raise
        self._record(node, here, "done", started, given, bundles, exchanges, None)
        return bundles

    def _repeated(self, node: Node, here: str) -> list[Bundle]:
        """What is in the journal, and in memory again what the operation had left there."""
        bundles = self.journal.bundles(here)
        if node.tool is not None and node.tool.replay is not None:
            node.tool.replay(self.journal.input(here), bundles, self._surroundings(node, here, here, []))
        return bundles

    def _again(self, node: Node, given: Bundle) -> bool:
        """Whether a call whose outcome is not known may be made once more."""
        if node.tool is not None:
            return not node.tool.writes(given) or node.tool.repeatable(given)
        return self.repeatable(node)

    def _surroundings(self, node: Node, here: str, key: str, exchanges: list[Exchange]) -> Surroundings:
        return Surroundings(
            node.parameters,
            self.variables,
            self.timezone,
            node.id,
            here,
            f"{self.execution_id}/{key}",
            exchanges.append,
            self.services,
        )

    async def _act(
        self, node: Node, given: Bundle, here: str, around: Surroundings, started: int
    ) -> list[Bundle]:
        """Work on this server's database, journalled in the same transaction."""
        assert node.tool is not None
        assert node.tool.act is not None
        act = node.tool.act
        entry = Entry(here, node.id, node.name, "done", started, given, duration=clock.now_ms() - started)
        bundles = await self.journal.transact(entry, lambda tx: act(tx, given, around))
        if node.tool.replay is not None:
            node.tool.replay(given, bundles, around)
        return bundles

    async def _perform(
        self, node: Node, given: Bundle, here: str, state: str | None, around: Surroundings, started: int
    ) -> list[Bundle]:
        if node.tool is not None:
            if node.tool.run is None:
                raise ModuleError(
                    "InvalidConfigurationError", "its source module does not run before it", module=node.label
                )
            if state is None and node.tool.writes(given):
                await self.journal.begin(Entry(here, node.id, node.name, "started", started, given))
            return await node.tool.run(given, around)
        if node.module is not None and node.module.writes and state is None:
            await self.journal.begin(Entry(here, node.id, node.name, "started", started, given))
        assert around.observe is not None
        return await self.call(node, given, around.key, around.observe)

    def _input(self, node: Node, path: Path) -> Bundle:
        """The evaluated mapper. Failures become the error classes that handlers know."""
        mapped = self._mapped(node, node.mapper, path)
        values = mapped if isinstance(mapped, dict) else {}
        return {
            **{name: value for name, value in node.parameters.items() if not name.startswith("__")},
            **values,
        }

    def _mapped(self, node: Node, mapper: CompiledValue, path: Path) -> Any:
        try:
            return mapper.evaluate(self._scope(path))
        except ExpressionError as error:
            raise _failure(error, node) from error

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
                msgspec.to_builtins(exchanges) if exchanges else (),
                clock.now_ms() - started,
            )
        )

    async def _on_error(self, node: Node, error: ModuleError, path: Path, here: str) -> list[Bundle] | None:
        """The substitute bundles of Resume, None when the bundle ends here. Raises Failed, Stop, Broken."""
        failed = Failed(node, error, here)
        seen = {**path, node.id: {"error": {**error_json(error), "type": error.kind}}}
        if not node.handler or not self._handles(node.handler[0], seen):
            await self._by_default(failed, path)
            return None
        self.handling.append(Handling(failed, path))
        try:
            await self._next(node.handler, 0, seen, f"{here}!")
        finally:
            handling = self.handling.pop()
        return await self._concluded(handling, path)

    async def _concluded(self, handling: Handling, path: Path) -> list[Bundle] | None:
        """What follows from the last directive that was reached."""
        failed = handling.failed
        match handling.outcome:
            case "resume" | "retry":
                return handling.bundles
            case "commit":
                raise Stop(None)
            case "rollback":
                raise Stop(failed)
            case "break":
                await self._break(failed, path, handling.attempts)
        return None

    async def _by_default(self, failed: Failed, path: Path) -> None:
        """No handler: kept where the scenario says so, else the execution fails (3.10). Always raises."""
        kind = failed.error.kind
        if path and self.plan.settings.get("dlq") and kind in KEPT | DISABLING:
            await self._break(failed, path, of_class(kind))
        raise failed

    async def _break(self, failed: Failed, path: Path, attempts: Attempts) -> None:
        """Keep the bundle for later. Always raises: Broken when the next bundle may go on."""
        if not path:  # nothing has been read yet that could be kept
            raise Stop(failed)
        if await self.keep(failed, path, attempts):
            if failed.error.kind in DISABLING:
                raise Stop(failed)
            self.warnings.append(
                f"{failed.node.label}: kept as an incomplete execution: {failed.error.message}"
            )
            raise Broken
        if self.plan.settings.get("dataloss"):
            self.warnings.append(
                f"{failed.node.label}: lost, there is no room to keep it: {failed.error.message}"
            )
            raise Broken
        raise Stop(failed)

    def _handles(self, first: Node, path: Path) -> bool:
        if first.filter is None:
            return True
        try:
            return first.filter.passes(self._scope(path)).passed
        except ExpressionError:
            return False

    async def _direct(self, node: Node, path: Path, here: str, flow: list[Node], index: int) -> None:
        """A directive has been reached."""
        assert node.directive is not None
        handling = self.handling[-1]
        if node.directive == "retry":
            if not await self._tried_again(node, handling, path, here):
                await self._next(flow, index + 1, path, here)
            return
        handling.outcome = node.directive
        if node.directive == "resume":
            mapped = self._directed(node, path)
            handling.bundles = [mapped]
        elif node.directive == "break":
            handling.attempts = self._attempts(node, path)

    def _directed(self, node: Node, path: Path) -> Bundle:
        try:
            return self._input(node, path)
        except ModuleError as error:
            raise Failed(node, error, str(node.id)) from error

    def _attempts(self, node: Node, path: Path) -> Attempts:
        """What Break asks for; without a mapper three attempts every quarter of an hour."""
        given = self._directed(node, path)
        if not flag(given.get("retry", True)):
            return BY_HAND
        count = int(_within(node, given.get("count", COUNT_DEFAULT), "count", 1, 10_000))
        return Attempts(
            count, int(_within(node, given.get("interval", MINUTES_DEFAULT), "interval", 1, 44_640))
        )

    async def _tried_again(self, node: Node, handling: Handling, path: Path, here: str) -> bool:
        """Repeat the failed operation in place, with pauses that grow by `backoff`."""
        given = self._directed(node, path)
        count = int(_within(node, given.get("count", COUNT_DEFAULT), "count", 1, MOST_REPETITIONS))
        pause = _within(node, given.get("delay", 1), "delay", 0, LONGEST_PAUSE)
        factor = _within(node, given.get("backoff", 1), "backoff", 1, 10)
        failed = handling.failed
        for repetition in range(1, count + 1):
            again = f"{failed.path}~{repetition}"
            if self.journal.state(again) is None:
                await asyncio.sleep(min(pause * factor ** (repetition - 1), LONGEST_PAUSE))
            try:
                handling.bundles = await self._outcome(failed.node, handling.path, again, failed.path)
            except ModuleError as error:
                failed.error = error
                continue
            handling.outcome = "retry"
            return True
        return False

    def _open(self, place: Place) -> Collector:
        collector = Collector(place)
        self.collectors[place.node.id] = collector
        return collector

    async def _collect(self, collector: Collector, path: Path, here: str) -> None:
        node = collector.place.node
        try:
            key = self._mapped(node, node.group_by, path) if node.group_by is not None else None
            value = self._mapped(node, node.mapper, path)
        except ModuleError as error:
            self._record(node, here, "failed", clock.now_ms(), {}, None, [], error)
            await self._on_error(node, error, path, here)
            return
        group = collector.groups.setdefault(to_text(key), (key, []))
        group[1].append(value if isinstance(value, dict) else {})

    async def _close(self, collector: Collector, path: Path, op: str) -> None:
        """One bundle, or one for each group; nothing when empty and told to stop (1.11)."""
        place, node = collector.place, collector.place.node
        if not collector.groups:
            if node.stop_if_empty:
                return
            collector.groups[""] = (None, [])
        for position, (key, items) in enumerate(collector.groups.values(), 1):
            here = f"{op}/{node.id}.{position}"
            with _one_bundle():
                bundle = await self._aggregated(node, key, items, path, here)
                if bundle is not None:
                    await self._inner(place, {**path, node.id: bundle}, here)

    async def _inner(self, place: Place, path: Path, here: str) -> None:
        """On behind an aggregator, which may itself be the source of another."""
        opened = [self._open(further) for further in self.plan.gathering.get(place.node.id, ())]
        await self._next(place.flow, place.index + 1, path, here)
        for collector in opened:
            self.collectors.pop(collector.place.node.id, None)
            before = {n: bundle for n, bundle in path.items() if n != place.node.id}
            await self._close(collector, before, here)

    async def _aggregated(
        self, node: Node, key: Any, items: list[Bundle], path: Path, here: str
    ) -> Bundle | None:
        if self.journal.state(here) == "done":
            return self.journal.bundles(here)[0]
        assert node.tool is not None
        assert node.tool.collect is not None
        started = clock.now_ms()
        try:
            if self.journal.state(here) == "failed":
                raise self.journal.error(here)
            around = self._surroundings(node, here, here, [])
            bundle = dict(node.tool.collect(items, around) or {})
        except ModuleError as error:
            error.module = error.module or node.label
            self._record(node, here, "failed", started, {"items": items}, None, [], error)
            substitutes = await self._on_error(node, error, path, here)
            return substitutes[0] if substitutes else None
        if node.group_by is not None:
            bundle["key"] = key
        self._record(node, here, "done", started, {"items": items}, [bundle], [], None)
        return bundle


def _failed_before(node: Node, bundles: Path) -> Failed:
    """The failure whose handler was at work, from the bundles that were kept."""
    found = bundles.get(node.id)
    error = found.get("error") if isinstance(found, dict) else None
    told = error if isinstance(error, dict) else {}
    kind: ErrorClass = told.get("name") or "RuntimeError"
    return Failed(node, ModuleError(kind, str(told.get("message") or ""), module=node.label), str(node.id))


def _one_bundle() -> suppress:
    """A bundle that goes no further does not keep the next one back."""
    return suppress(Broken)


def _numbered(node: Node) -> bool:
    return (node.tool is not None and node.tool.feeds) or (
        node.module is not None and node.module.kind in {"search", "instant_trigger"}
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


def _failure(error: ExpressionError, node: Node) -> ModuleError:
    """An expression that cannot be evaluated, as the class that handlers know."""
    kind: ErrorClass = "BundleValidationError" if isinstance(error, BundleValidationError) else "DataError"
    return ModuleError(kind, str(error), module=node.label, field=error.field)


def _within(node: Node, value: Any, name: str, low: float, high: float) -> float:
    """A number of a directive's field."""
    try:
        return number(value, name, low, high)
    except ModuleError as error:
        error.module = node.label
        raise Failed(node, error, str(node.id)) from error
