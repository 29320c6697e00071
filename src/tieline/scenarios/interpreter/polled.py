"""Cycles of a polling trigger: read, work, and only then move on (3.2, 3.5)."""

from __future__ import annotations

import msgspec

from tieline import clock
from tieline.errors import InvalidInput
from tieline.modules.errors import ModuleError
from tieline.modules.runner import Exchange
from tieline.scenarios import polling
from tieline.scenarios.interpreter.frame import Bundle, one_bundle
from tieline.scenarios.interpreter.resuming import Resuming
from tieline.scenarios.polling import Position


class Polled(Resuming):
    """Reads what is new, as often as the scenario has cycles or until there is nothing more."""

    async def _poll_cycles(self, cycles: int) -> None:
        for cycle in range(1, cycles + 1):
            self.variables.new_cycle(fresh=bool(self.plan.settings.get("freshVariables")))
            if not await self._poll_cycle("" if cycle == 1 else f"c{cycle}:"):
                return

    async def _poll_cycle(self, prefix: str) -> bool:
        """One cycle; True when there may be more. The position moves when the cycle is committed."""
        first = self.plan.trigger
        path = f"{prefix}{first.id}"
        if self.trigger is not None:  # data that was given: a replay
            await self._settled(self._outputs(first, self.trigger, {}, path, self.plan.flow, 0))
            return False
        try:
            bundles, before, limit = await self._read(path)
        except ModuleError as error:
            with one_bundle():
                await self._settled(self._failed_read(error, path))
            return False
        await self._settled(self._outputs(first, bundles, {}, path, self.plan.flow, 0))
        assert first.polling is not None
        assert self.position is not None
        if not self.dry:
            await self.position.advance(polling.advanced(first.polling, bundles, before))
        return len(bundles) >= limit

    async def _failed_read(self, error: ModuleError, path: str) -> None:
        substitutes = await self._on_error(self.plan.trigger, error, {}, path)
        if substitutes is not None:
            await self._outputs(self.plan.trigger, substitutes, {}, path, self.plan.flow, 0)

    async def _read(self, path: str) -> tuple[list[Bundle], Position, int]:
        """What is new, where the trigger stood before, and how much a cycle takes. Raises ModuleError."""
        first, journal = self.plan.trigger, self.journal
        assert first.polling is not None
        assert self.position is not None
        if journal.state(path) == "done":
            known = journal.input(path)
            return journal.bundles(path), msgspec.convert(known["position"], Position), int(known["limit"])
        if journal.state(path) == "failed":
            raise journal.error(path)
        started = clock.now_ms()
        exchanges: list[Exchange] = []
        before = await self.position.load()
        given: Bundle = {}
        try:
            given = self._input(first, {})
            limit = _limit(given)
            asked = polling.question(first.polling, given, before, limit)
            items = await self.call(first, asked, path, exchanges.append)
        except ModuleError as error:
            error.module = error.module or first.label
            self._record(first, path, "failed", started, given, None, exchanges, error)
            raise
        bundles = polling.fresh(first.polling, items, before, limit)
        shown = {**given, "limit": limit, "position": msgspec.to_builtins(before)}
        self._record(first, path, "done", started, shown, bundles, exchanges, None)
        return bundles, before, limit


def _limit(given: Bundle) -> int:
    try:
        return polling.limit_of(given)
    except InvalidInput as error:
        raise ModuleError("BundleValidationError", error.message, field=error.field) from None
