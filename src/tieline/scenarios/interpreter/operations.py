"""One operation: its input evaluated, its call made or found in the journal, its outcome recorded."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from tieline import clock
from tieline.expressions import BundleValidationError, CompiledValue, ExpressionError
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.modules.runner import Exchange
from tieline.observing import spans
from tieline.scenarios.failures import error_json
from tieline.scenarios.interpreter.frame import Bundle, Failed, Frame, Path
from tieline.scenarios.journal import Entry
from tieline.scenarios.plan import AGAIN, DONE, Node
from tieline.scenarios.tools import Surroundings

TURN = 50  # operations after which others get their turn, when none of them had to wait


class Operations(Frame):
    """Calls modules, each at most once for what the journal knows."""

    async def _outcome(self, node: Node, path: Path, here: str, key: str = "") -> list[Bundle]:
        """The recorded outcome of an operation, or a new one."""
        state = self.journal.state(here)
        if state == "done":
            return self._repeated(node, here)
        if state == "failed":
            raise self.journal.error(here)
        await self._breathe(node, here)
        started = clock.now_ms()
        exchanges: list[Exchange] = []
        given: Bundle = {}
        around = self._surroundings(node, here, key or here, exchanges)
        try:
            given = self.journal.input(here) if state == "started" else self._input(node, path)
            if state == "started" and not self._again(node, given):
                if node.uncertain == DONE:
                    self._record(node, here, "done", started, given, [{}], [], None)
                    return [{}]
                raise ModuleError(
                    "UncertainError",
                    "the server stopped while this call was under way; whether it was carried out is not known",
                    module=node.label,
                )
            if node.tool is not None and node.tool.act is not None:
                return await self._act(node, given, here, around, started)
            told: dict[str, str | int] = {"module": node.name, "module.id": node.id, "operation": here}
            with spans.span(node.label, **told):
                bundles = await self._perform(node, given, here, state, around, started)
        except ModuleError as error:
            error.module = error.module or node.label
            self._record(node, here, "failed", started, given, None, exchanges, error)
            raise
        self._record(node, here, "done", started, given, bundles, exchanges, None)
        return bundles

    async def _breathe(self, node: Node, here: str) -> None:
        """Let others work, and end what has no end. Raises Failed: no handler can go on from there."""
        self.steps += 1
        if self.steps % TURN == 0:
            await asyncio.sleep(0)
        if self.steps > self.most_operations:
            message = f"stopped after {self.most_operations:,} operations (TIELINE_OPERATIONS_LIMIT)"
            raise Failed(node, ModuleError("OperationsLimitExceededError", message, module=node.label), here)

    def _repeated(self, node: Node, here: str) -> list[Bundle]:
        """What is in the journal, and in memory again what the operation had left there."""
        bundles = self.journal.bundles(here)
        if node.tool is not None and node.tool.replay is not None:
            node.tool.replay(self.journal.input(here), bundles, self._surroundings(node, here, here, []))
        return bundles

    def _again(self, node: Node, given: Bundle) -> bool:
        """Whether a call whose outcome is not known may be made once more."""
        if node.uncertain == AGAIN:
            return True
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
            self.known_keys.get(key) or f"{self.execution_id}/{key}",
            exchanges.append,
            self.services,
            node.name,
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
            if self.dry and node.tool.writes(given) and not node.name.startswith("http:"):
                return [{}]  # shown with its input; HTTP modules meet a door that lets no write through
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
            raise failure_of(error, node) from error

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


def failure_of(error: ExpressionError, node: Node) -> ModuleError:
    """An expression that cannot be evaluated, as the class that handlers know."""
    kind: ErrorClass = "BundleValidationError" if isinstance(error, BundleValidationError) else "DataError"
    return ModuleError(kind, str(error), module=node.label, field=error.field)
