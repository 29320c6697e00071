"""Going on at a module with a bundle that was kept: that module, what lies behind it, and what was left around it (3.13)."""

from __future__ import annotations

from collections.abc import Awaitable

from tieline.modules.errors import ErrorClass, ModuleError
from tieline.scenarios.interpreter.frame import Collector, Failed, Handling, Path, Stop, one_bundle
from tieline.scenarios.interpreter.walking import Walk
from tieline.scenarios.plan import Node, Place


class Resuming(Walk):
    """Enters a plan in its middle."""

    async def resume(self, module_id: int, bundles: Path) -> None:
        """Go on at a module with the bundles that had come so far, and with all that lies behind it (3.13).

        Raises Failed, Stop.
        """
        way = self.plan.way_to(module_id)
        await self._settled(self._resumed(way, bundles))

    async def _resumed(self, way: list[Place], bundles: Path) -> None:
        """The module, what is behind it in its own line, then what is left of every line around it."""
        opened = self._open_around(way, bundles)
        for outer in way[:-1]:
            if outer.line is not None and outer.line[0] == "onerror":
                self.handling.append(Handling(_failed_before(outer.node, bundles), bundles))
        place = way[-1]
        with one_bundle():
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


def _failed_before(node: Node, bundles: Path) -> Failed:
    """The failure whose handler was at work, from the bundles that were kept."""
    found = bundles.get(node.id)
    error = found.get("error") if isinstance(found, dict) else None
    told = error if isinstance(error, dict) else {}
    kind: ErrorClass = told.get("name") or "RuntimeError"
    return Failed(node, ModuleError(kind, str(told.get("message") or ""), module=node.label), str(node.id))
