"""Failures: handlers and their directives, and what holds without one (3.9, 3.10)."""

from __future__ import annotations

from typing import Any

from tieline import clock
from tieline.expressions import ExpressionError
from tieline.modules.errors import ModuleError
from tieline.scenarios.failures import BY_HAND, DISABLING, KEPT, Attempts, error_json, of_class
from tieline.scenarios.interpreter.frame import Broken, Bundle, Failed, Handling, Path, Stop
from tieline.scenarios.interpreter.operations import Operations
from tieline.scenarios.plan import Node
from tieline.scenarios.tools.tool import flag, number

LONGEST_PAUSE = 300
MOST_REPETITIONS = 10
MINUTES_DEFAULT, COUNT_DEFAULT = 15, 3


class Handlers(Operations):
    """Deals with what fails."""

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
        kept = self.plan.settings.get("dlq") and kind in KEPT | DISABLING
        if path and (kept or self.keep_all):
            await self._break(failed, path, of_class(kind))
        raise failed

    async def _break(self, failed: Failed, path: Path, attempts: Attempts) -> None:
        """Keep the bundle for later. Always raises: Broken when the next bundle may go on."""
        if not path or not (self.plan.settings.get("dlq") or self.keep_all):
            raise Stop(failed)  # nothing has been read yet that could be kept, or nothing shall be
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
                await clock.sleep(min(pause * factor ** (repetition - 1), LONGEST_PAUSE))
            try:
                handling.bundles = await self._outcome(failed.node, handling.path, again, failed.path)
            except ModuleError as error:
                failed.error = error
                continue
            handling.outcome = "retry"
            return True
        return False


def _within(node: Node, value: Any, name: str, low: float, high: float) -> float:
    """A number of a directive's field."""
    try:
        return number(value, name, low, high)
    except ModuleError as error:
        error.module = node.label
        raise Failed(node, error, str(node.id)) from error
