"""Runs a plan: every operation through the journal (3.3, 3.9).

The walk is deterministic: after a crash it starts at the top, and an operation whose outcome is in the journal
returns it. An operation has a path made of module ids and bundle numbers, `1.1/2.3/5`: the third bundle of module 2
for the first bundle of module 1, in module 5. It is the operation's Idempotency-Key. `5!` is the handler of 5, `5~2`
the second repetition of 5 by Retry.
"""

from __future__ import annotations

from tieline import clock
from tieline.scenarios.interpreter.frame import Bundle, Failed, Keep, Path, Stop, keep_nothing, one_bundle
from tieline.scenarios.interpreter.polled import Polled
from tieline.scenarios.journal import Entry

__all__ = ["Bundle", "Failed", "Interpreter", "Keep", "Path", "Stop", "keep_nothing"]


class Interpreter(Polled):
    """One execution of a plan."""

    async def run(self) -> None:
        """Every cycle. Raises Failed, Stop."""
        cycles = 1 if self.plan.trigger.is_trigger else max(1, int(self.plan.settings.get("roundtrips") or 1))
        if self.plan.trigger.polling is not None:
            await self._poll_cycles(cycles)
            return
        for cycle in range(1, cycles + 1):
            self.variables.new_cycle(fresh=bool(self.plan.settings.get("freshVariables")))
            await self._settled(self._cycle("" if cycle == 1 else f"c{cycle}:"))

    async def _cycle(self, prefix: str) -> None:
        first = self.plan.trigger
        path = f"{prefix}{first.id}"
        if not first.is_trigger:
            with one_bundle():
                await self._operate(first, {}, path, self.plan.flow, 0)
            return
        bundles = self.trigger if self.trigger is not None else []
        if self.journal.state(path) is None:
            entry = Entry(path, first.id, first.name, "done", clock.now_ms(), {}, bundles, duration=0)
            self.journal.record(entry)
        await self._outputs(first, bundles, {}, path, self.plan.flow, 0)
