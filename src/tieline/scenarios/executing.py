"""Runs executions: from the row that waits to the row that has ended, whatever happens in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec

from tieline import clock
from tieline.errors import TielineError
from tieline.expressions import from_json
from tieline.jobs import Job, Retry
from tieline.modules import runner
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.modules.runner import CallContext, Exchange
from tieline.observing import logs, metrics, spans
from tieline.scenarios import bindings, dry, incomplete, pausing, polling, replies, state, triggers
from tieline.scenarios import journal as journals
from tieline.scenarios.failures import DISABLING, KEPT, PASSING, RETRIES, UNKNOWN, Attempts, error_json
from tieline.scenarios.interface import START, typed
from tieline.scenarios.interpreter import Bundle, Failed, Interpreter, Path, Stop
from tieline.scenarios.journal import Journal
from tieline.scenarios.plan import Node, Plan
from tieline.scenarios.run import Run
from tieline.scenarios.shared import Shared
from tieline.scenarios.statuses import ENDED
from tieline.scenarios.tools import Services
from tieline.store.database import Row, Transaction
from tieline.trace import Trace

log = logging.getLogger(__name__)


class Executor:
    """One per process. `unregister` takes the webhook of a scenario away that was paused."""

    def __init__(self, shared: Shared, unregister: Callable[[int, Row], Awaitable[None]]) -> None:
        self.shared = shared
        self.dry = dry.dry(shared)
        self.database = shared.database
        self.unregister = unregister

    async def run(self, job: Job) -> None:
        """Take up the execution of a job, from where its journal ends. Raises Retry."""
        await self.execute(str(job.payload["id"]), job.attempt, job)

    async def execute(self, execution_id: str, attempt: int, job: Job | None = None) -> None:
        """Take up an execution. Without a `job` another execution waits for it, and decides whether it is tried again.

        Raises Retry.
        """
        row = await self.database.read(state.find, execution_id)
        if row is None or row["status"] in ENDED:
            return
        if job is not None and await self._held(row):
            return  # it waits for the end of the pause
        told: dict[str, str | int] = {
            "execution": execution_id,
            "scenario": int(row["scenario_id"]),
            "attempt": attempt,
        }
        with logs.execution(execution_id), spans.span("execution", **told):
            await self._execute(row, attempt, job)

    async def _execute(self, row: Row, attempt: int, job: Job | None) -> None:
        execution_id = str(row["id"])
        rows = await self.database.read(journals.load, execution_id) if row["started"] is not None else []
        journal = dry.DryJournal if row["type"] == dry.KIND else Journal
        run = Run(row, journal(self.database, execution_id, attempt, rows), job, attempt)
        try:
            plan = await self.shared.plan(
                int(row["account_id"]), int(row["scenario_id"]), int(row["version"])
            )
            if row["started"] is None:
                run.journal.open()
            run.settings = plan.settings
            await self._interpret(plan, run)
        except Stop as stop:
            run.failed = stop.error
        except Failed as error:
            run.failed = error
        except journals.Gone:  # taken out of the queue
            return
        except TielineError as error:
            told = {"name": "InvalidConfigurationError", "message": str(error), "module": ""}
            await self._finish(run, "error", told, disable=True)
            return
        with suppress(journals.Gone):
            await self._settle(run)

    async def _held(self, row: Row) -> bool:
        if row["started"] is not None or row["type"] in pausing.BY_HAND:
            return False
        return await self.shared.kept.read(pausing.paused_until, int(row["scenario_id"])) is not None

    async def _interpret(self, plan: Plan, run: Run) -> None:
        row = run.row
        account_id, scenario_id = int(row["account_id"]), int(row["scenario_id"])
        timezone = await self.shared.timezone(account_id)
        bound = await self.shared.kept.read(bindings.local_ids, scenario_id)
        trace = run.trace.header()
        shared = self.dry if run.dry else self.shared

        async def call(
            node: Node, given: Bundle, key: str, observe: Callable[[Exchange], None]
        ) -> list[Bundle]:
            assert node.module is not None
            client = await shared.client_of(account_id, scenario_id, node)
            context = CallContext(key, trace, timezone, observe)
            return await runner.run_all(node.module, given, client=client, context=context)

        services = Services(
            self.database,
            shared.settings,
            shared.door,
            shared.vault,
            account_id,
            scenario_id,
            str(row["id"]),
            trace,
            bound,
            plan.settings.get("autoCommit") is not False,
            plan.outputs,
            lambda number, inputs, key, wait: self.call(run, number, inputs, key, wait),
        )

        async def settle(commit: bool) -> None:
            if not services.auto_commit:
                await run.journal.write(lambda tx: services.close_cycle(tx, commit))
                services.held.clear()

        trigger = from_json(msgspec.json.decode(row["trigger"]))
        constants: dict[str, Any] = {"system": {"scenarioId": scenario_id}}
        if plan.trigger.name == START:
            constants["input"] = trigger[0]
        reads = plan.trigger.polling is not None
        interpreter = Interpreter(
            position=polling.Kept(self.database, scenario_id, plan.trigger.id) if reads else None,
            plan=plan,
            journal=run.journal,
            call=call,
            timezone=timezone,
            execution_id=str(row["id"]),
            trigger=trigger,
            constants=constants,
            repeatable=await self._repeatable(account_id, bound),
            services=services,
            settle=None if run.dry else settle,
            dry=run.dry,
            most_operations=self.shared.settings.operations_limit,
        )

        async def keep(failed: Failed, path: Path, attempts: Attempts) -> bool:
            if run.dry:
                return True  # it would be
            key = interpreter.known_keys.get(failed.path) or f"{row['id']}/{failed.path}"
            return await self._keep(run, failed, path, attempts, key)

        interpreter.keep = keep
        seconds = self.shared.settings.execution_timeout
        try:
            async with asyncio.timeout(seconds) as limit:
                await self._walk(interpreter, row)
        except TimeoutError:
            if not limit.expired():
                raise
            message = f"stopped after {seconds:,g} seconds (TIELINE_EXECUTION_TIMEOUT)"
            raise Failed(
                plan.trigger, ModuleError("ScenarioTimeoutError", message), str(plan.trigger.id)
            ) from None
        finally:
            run.warnings += [*interpreter.warnings, *services.warnings]

    async def _walk(self, interpreter: Interpreter, row: Row) -> None:
        """From the top, or from where an incomplete execution was kept."""
        if row["incomplete_id"] is None:
            await interpreter.run()
            return
        found = await self.database.read(incomplete.row_of, int(row["incomplete_id"]))
        interpreter.keep_all = True
        if found["key"] and msgspec.json.decode(found["error"])["name"] in UNKNOWN:
            interpreter.known_keys[str(found["module_id"])] = str(found["key"])
        await interpreter.resume(int(found["module_id"]), incomplete.path_of(found))

    async def call(self, parent: Run, scenario_id: int, inputs: Bundle, key: str, wait: bool) -> Bundle:
        """Run another scenario for one that calls it: its outputs, or only its execution when nobody waits.

        A call that is repeated goes on with the execution it began, unless that one failed. Raises ModuleError.
        """
        account_id = int(parent.row["account_id"])
        plan = await self.shared.plan(account_id, scenario_id, None)
        if plan.trigger.name != START or plan.gaps:
            why = (
                f"it cannot run {', '.join(plan.gaps)}" if plan.gaps else "it does not begin with its inputs"
            )
            raise ModuleError(
                "InvalidConfigurationError", f"this scenario cannot be called: {why}", field="scenario"
            )
        given = typed(plan.inputs, inputs, await self.shared.timezone(account_id))
        started = await self.database.write(
            self._start_called, account_id, scenario_id, given, key, parent.trace, inline=wait
        )
        if not wait:
            return {"executionId": started}
        await self.execute(started, parent.attempt)
        row = await self.database.read(state.find, started)
        assert row is not None
        if row["status"] == "error":
            error = msgspec.json.decode(row["error"])
            kind: ErrorClass = error["name"] if error["name"] in KEPT else "RuntimeError"
            raise ModuleError(kind, f"the called scenario failed: {error['message']} (execution {started})")
        outputs: Bundle = from_json(await self.database.read(replies.outputs_of, started))
        return {**outputs, "executionId": started}

    def _start_called(
        self,
        tx: Transaction,
        account_id: int,
        scenario_id: int,
        given: Bundle,
        key: str,
        trace: Trace,
        *,
        inline: bool,
    ) -> str:
        """The execution of this call: the one that was begun, or a new one when there is none, or it failed."""
        number = 0
        while True:
            dedupe = f"call:{key}:{number}"
            started = state.begin(
                tx,
                account_id,
                scenario_id,
                kind="called",
                trigger=[given],
                dedupe=dedupe,
                trace=trace,
                deepest=self.shared.settings.trace_depth,
                inline=inline,
            ) or state.same(tx, scenario_id, dedupe)
            row = state.find(tx, started)
            assert row is not None
            if row["status"] != "error" or row["started"] is None:  # the chain may have become too long
                return started
            number += 1

    async def _repeatable(
        self, account_id: int, bound: dict[tuple[str, str], int | None]
    ) -> Callable[[Node], bool]:
        """Whether a call whose outcome is unknown may be made again: reads, idempotent writes, and every call to a
        Tieline account, which knows the Idempotency-Key."""
        own = await self.shared.kept.read(triggers.own_connections, account_id)

        def repeatable(node: Node) -> bool:
            if node.module is None or node.module.idempotent:
                return True
            return bound.get(triggers.resource_of(node)) in own

        return repeatable

    async def resume(self, job: Job) -> None:
        """Try to complete an incomplete execution, if its time has come."""
        number = int(job.payload["id"])

        def begin(tx: Transaction) -> str | None:
            found = incomplete.due(tx, number)
            if found is None:
                return None
            if found["state"] == "running":  # this process, or another one, stopped while it was under way
                return str(found["resolver"])
            made = state.start(
                tx,
                int(found["account_id"]),
                int(found["scenario_id"]),
                kind="resumed",
                trigger=[incomplete.path_of(found)],
                version=int(found["version"]),
                incomplete_id=number,
                inline=True,
            )
            incomplete.begin(tx, found, made)
            return made

        started = await self.database.write(begin)
        if started is not None:
            await self.execute(started, job.attempt)

    async def _keep(self, run: Run, failed: Failed, path: Path, attempts: Attempts, key: str) -> bool:
        """Keep a bundle; a failure where an attempt began puts back what it should have completed."""
        number, row = run.row["incomplete_id"], run.row
        if number is not None and failed.path.partition("~")[0] == str(failed.node.id):
            run.again = True
            await run.journal.write(
                lambda tx: incomplete.failed_again(tx, int(number), error_json(failed.error))
            )
            return True
        error = error_json(failed.error)
        run.told = failed.error.kind in DISABLING

        def keep(tx: Transaction) -> bool:
            origin = str(row["id"]) if number is None else str(incomplete.row_of(tx, int(number))["origin"])
            kept = incomplete.Kept(
                origin,
                failed.path,
                failed.node.id,
                failed.node.label,
                int(row["version"]),
                path,
                error,
                attempts,
                key,
            )
            settings = self.shared.settings
            if not incomplete.keep(tx, row, kept, settings.incomplete_bytes):
                return False
            pausing.tell_catch_all(tx, row, error, deepest=settings.trace_depth, kept=True)
            return True

        return await run.journal.write(keep)

    def _close_incomplete(self, tx: Transaction, run: Run, error: dict[str, Any] | None) -> None:
        """What becomes of the incomplete execution that this one should complete."""
        number = run.row["incomplete_id"]
        if number is None or run.again:
            return
        if error is None:
            incomplete.resolved(tx, int(number))
        else:
            incomplete.failed_again(tx, int(number), error)

    async def _settle(self, run: Run) -> None:
        if run.failed is None:
            await self._finish(run, "warning" if run.warnings else "success", None)
            return
        failed = run.failed.error
        error = error_json(failed)
        passing = failed.kind in PASSING and run.attempt <= len(RETRIES)
        if passing and run.job is not None and not run.dry:
            minutes = RETRIES[run.attempt - 1]
            at = clock.now_ms() + max(minutes * 60_000, int((failed.retry_after or 0) * 1000))
            told = {**error, "retry": at}
            path, count = run.failed.path, run.journal.operations
            await run.journal.write(lambda tx: state.wait(tx, str(run.row["id"]), path, told, count))
            raise Retry(at)
        await self._finish(run, "error", error, disable=failed.kind in DISABLING)

    async def _finish(
        self, run: Run, status: str, error: dict[str, Any] | None, *, disable: bool = False
    ) -> None:
        row = run.row

        def finish(tx: Transaction) -> str | None:
            replies.wake(tx, str(row["id"]))
            if run.job is not None:
                run.job.settle(tx)
            self._close_incomplete(tx, run, error)
            why = state.finish(
                tx,
                row,
                status,
                error,
                run.journal.operations,
                disable=disable,
                most=int(run.settings.get("maxErrors") or 3),
                conceal=bool(run.settings.get("confidential")),
                warnings=run.warnings,
                keeps_place=row["lane"] is not None and incomplete.holds(tx, str(row["id"])),
            )
            deepest = self.shared.settings.trace_depth
            if error is not None and not (run.again or run.told or run.dry):
                pausing.tell_catch_all(tx, row, error, deepest=deepest, kept=False, paused=why)
            if why is not None:
                current = state.scenario_row(tx, int(row["scenario_id"]))
                assert current is not None
                pausing.alarm(tx, current, why)
                if disable:
                    state.deactivate(tx, int(row["scenario_id"]), why)
                else:
                    pausing.pause(tx, current, why)
            return why

        paused = await run.journal.write(finish, short=not run.settings.get("confidential"))
        metrics.EXECUTIONS.labels(status).inc()
        metrics.EXECUTION_SECONDS.observe(time.perf_counter() - run.began)
        if error is not None:
            where = error["module"] or "the scenario"
            log.info("scenario %s: %s in %s: %s", row["scenario_id"], error["name"], where, error["message"])
        if paused:
            log.warning("scenario %s: %s", row["scenario_id"], paused)
        if paused and disable:
            hook = await self.database.read(triggers.hook_of, int(row["scenario_id"]))
            if hook is not None and hook["external_id"] is not None:
                await self.unregister(int(row["account_id"]), hook)
