"""Aggregators: many bundles become one, or one for each group (1.11)."""

from __future__ import annotations

from typing import Any

from tieline import clock
from tieline.expressions import to_text
from tieline.modules.errors import ModuleError
from tieline.scenarios.interpreter.frame import Bundle, Collector, Path, one_bundle
from tieline.scenarios.interpreter.operations import Operations
from tieline.scenarios.plan import Node, Place


class Gathering(Operations):
    """Opens, fills and closes collectors."""

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
            with one_bundle():
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
