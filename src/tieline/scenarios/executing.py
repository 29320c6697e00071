"""Runs executions: from the row that waits to the row that has ended, whatever happens in between."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tieline import clock
from tieline.errors import TielineError
from tieline.expressions import from_json
from tieline.jobs import Job, Retry
from tieline.modules import runner
from tieline.modules.runner import CallContext, Exchange
from tieline.scenarios import bindings, state, triggers
from tieline.scenarios import journal as journals
from tieline.scenarios.failures import DISABLING, PASSING, RETRIES, error_json
from tieline.scenarios.interpreter import Bundle, Failed, Interpreter, Stop
from tieline.scenarios.journal import Journal
from tieline.scenarios.plan import Node, Plan
from tieline.scenarios.shared import Shared
from tieline.scenarios.tools import Services
from tieline.store.database import Row
from tieline.trace import Trace

log = logging.getLogger(__name__)


class Executor:
    """One per process. `unregister` takes the webhook of a scenario away that was paused."""

    def __init__(self, shared: Shared, unregister: Callable[[int, Row], Awaitable[None]]) -> None:
        self.shared = shared
        self.database = shared.database
        self.unregister = unregister

    async def run(self, job: Job) -> None:
        """Take up the execution of a job, from where its journal ends."""
        execution_id = str(job.payload["id"])
        row = await self.database.read(state.find, execution_id)
        if row is None or row["status"] in state.ENDED:
            return
        rows = await self.database.read(journals.load, execution_id) if row["started"] is not None else []
        journal = Journal(self.database, execution_id, job.attempt, rows)
        failed: Failed | None = None
        try:
            plan = await self.shared.plan(
                int(row["account_id"]), int(row["scenario_id"]), int(row["version"])
            )
            if row["started"] is None and not await self.database.write(journals.mark_running, execution_id):
                return  # taken out of the queue
            await self._interpret(plan, row, journal)
        except Stop as stop:
            failed = stop.error
        except Failed as error:
            failed = error
        except TielineError as error:
            await self._finish(
                row,
                journal,
                "error",
                {"name": "InvalidConfigurationError", "message": str(error), "module": ""},
                disable=True,
            )
            return
        await self._settle(row, journal, failed, job.attempt, plan)

    async def _interpret(self, plan: Plan, row: Row, journal: Journal) -> None:
        account_id, scenario_id = int(row["account_id"]), int(row["scenario_id"])
        timezone = await self.shared.timezone(account_id)
        trace = Trace(str(row["id"]), int(row["depth"]), scenario_id).header()

        bound = await self.database.read(bindings.local_ids, scenario_id)

        async def call(
            node: Node, given: Bundle, key: str, observe: Callable[[Exchange], None]
        ) -> list[Bundle]:
            assert node.module is not None
            client = await self.shared.client_of(account_id, scenario_id, node)
            context = CallContext(key, trace, timezone, observe)
            return await runner.run_all(node.module, given, client=client, context=context)

        interpreter = Interpreter(
            plan=plan,
            journal=journal,
            call=call,
            timezone=timezone,
            execution_id=str(row["id"]),
            trigger=from_json(msgspec.json.decode(row["trigger"])),
            constants={"system": {"scenarioId": scenario_id}},
            repeatable=await self._repeatable(account_id, bound),
            services=Services(
                self.database,
                self.shared.settings,
                self.shared.door,
                self.shared.vault,
                account_id,
                scenario_id,
                str(row["id"]),
                trace,
                bound,
            ),
        )
        try:
            await interpreter.run()
        finally:
            await journal.flush()

    async def _repeatable(
        self, account_id: int, bound: dict[tuple[str, str], int | None]
    ) -> Callable[[Node], bool]:
        """Whether a call whose outcome is unknown may be made again: reads, idempotent writes, and every call to a
        Tieline account, which knows the Idempotency-Key."""
        own = await self.database.read(triggers.own_connections, account_id)

        def repeatable(node: Node) -> bool:
            if node.module is None or node.module.idempotent:
                return True
            return bound.get(triggers.resource_of(node)) in own

        return repeatable

    async def _settle(
        self, row: Row, journal: Journal, failed: Failed | None, attempt: int, plan: Plan
    ) -> None:
        if failed is None:
            await self._finish(row, journal, "success", None, conceal=bool(plan.settings.get("confidential")))
            return
        error = error_json(failed.error)
        if failed.error.kind in PASSING and attempt <= len(RETRIES):
            at = clock.now_ms() + max(
                RETRIES[attempt - 1] * 60_000, int((failed.error.retry_after or 0) * 1000)
            )
            await self.database.write(
                state.wait, str(row["id"]), failed.path, {**error, "retry": at}, journal.operations
            )
            raise Retry(at)
        disable = failed.error.kind in DISABLING
        most = int(plan.settings.get("maxErrors") or 3)
        await self._finish(
            row,
            journal,
            "error",
            error,
            disable=disable,
            most=most,
            conceal=bool(plan.settings.get("confidential")),
        )

    async def _finish(
        self,
        row: Row,
        journal: Journal,
        status: str,
        error: dict[str, Any] | None,
        *,
        disable: bool = False,
        most: int = 3,
        conceal: bool = False,
    ) -> None:
        paused = await self.database.write(
            state.finish, row, status, error, journal.operations, disable=disable, most=most, conceal=conceal
        )
        if paused:
            log.warning("scenario %s was paused: %s", row["scenario_id"], paused)
            hook = await self.database.read(triggers.hook_of, int(row["scenario_id"]))
            if hook is not None and hook["external_id"] is not None:
                await self.unregister(int(row["account_id"]), hook)
