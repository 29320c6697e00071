"""The engine: activates scenarios, takes events in, runs executions, keeps their state."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tieline import clock
from tieline.client import AsyncCloze, Transport
from tieline.errors import Conflict, InvalidInput, NotFound, TielineError
from tieline.expressions import Scope
from tieline.http import Door
from tieline.jobs import Handler, Job, Retry
from tieline.modules import connections, runner
from tieline.modules.errors import ModuleError
from tieline.modules.runner import CallContext, Exchange
from tieline.scenarios import bindings, due, history, library, state, triggers
from tieline.scenarios import journal as journals
from tieline.scenarios.failures import DISABLING, PASSING, RETRIES, error_json
from tieline.scenarios.interpreter import Bundle, Failed, Interpreter, Stop
from tieline.scenarios.journal import Journal
from tieline.scenarios.lint import errors, lint
from tieline.scenarios.plan import Node, Plan, compile_plan
from tieline.scenarios.scheduling import check_for_events
from tieline.scenarios.tools import Services
from tieline.scenarios.triggers import HookAnswer
from tieline.settings import Settings
from tieline.store.database import Database, Row, Transaction
from tieline.trace import Trace
from tieline.vault import Vault

log = logging.getLogger(__name__)

PLANS = 200  # compiled versions kept


class Engine:
    """One per process. `local` gives the transport to an account of this server: (account id, scenario name)."""

    def __init__(
        self,
        *,
        database: Database,
        settings: Settings,
        door: Door,
        vault: Vault,
        local: Callable[[int, str], Transport],
    ) -> None:
        self.database = database
        self.settings = settings
        self.door = door
        self.vault = vault
        self.local = local
        self.plans: OrderedDict[tuple[int, int], Plan] = OrderedDict()
        self.clients: dict[tuple[int, bytes], AsyncCloze] = {}

    async def close(self) -> None:
        """Let connections go."""
        for client in self.clients.values():
            await client.close()

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {"execution.run": self._run_job, "schedule.tick": self._tick, "executions.prune": self._prune}

    # Activation

    async def activate(self, account_id: int, scenario_id: int) -> None:
        """Switch a scenario on: check it, register its webhook, store its next due time.

        Raises InvalidInput saying everything that is missing, or why the other side refused the webhook.
        """
        plan, row = await self._checked_plan(account_id, scenario_id)
        if row["active"]:
            return
        scheduling = msgspec.json.decode(row["scheduling"])
        zone = await self._timezone(account_id)
        due_at = due.first(scheduling, zone)
        if plan.trigger.is_trigger:
            check_for_events(scheduling)
            await self._register(account_id, scenario_id, plan.trigger)
        elif not scheduling or scheduling.get("type") == "on-demand":
            raise InvalidInput(
                "The scenario has no trigger and no schedule.",
                field="scheduling",
                remedy="say when it runs, or run it by hand",
            )

        def switch_on(tx: Transaction) -> None:
            state.activate(tx, scenario_id)
            due.plan(tx, scenario_id, due_at)

        await self.database.write(switch_on)

    async def deactivate(self, account_id: int, scenario_id: int) -> None:
        """Switch a scenario off and remove its webhook. Executions that have begun come to their end."""
        row = await self.database.read(library.find, account_id, scenario_id)
        await self.database.write(state.deactivate, scenario_id, None)
        found = await self.database.read(triggers.hook_of, scenario_id)
        if found is not None and found["external_id"] is not None:
            await self._unregister(account_id, found)
        log.info("scenario %s (%s) is off", scenario_id, row["name"])

    async def _checked_plan(self, account_id: int, scenario_id: int) -> tuple[Plan, Row]:
        row = await self.database.read(library.find, account_id, scenario_id)
        blueprint = await self.database.read(library.load_blueprint, account_id, scenario_id)
        problems = [f"module {f.module_id}: {f.message}" for f in errors(lint(blueprint))]
        if problems:
            raise InvalidInput(
                f"The scenario cannot run: {'; '.join(problems)}.",
                field="blueprint",
                remedy="mend it and save it again",
            )
        plan = compile_plan(blueprint)
        if plan.gaps:
            raise InvalidInput(
                f"This server cannot run {', '.join(plan.gaps)}.",
                field="blueprint",
                remedy="take them out or replace them",
            )
        needed = await self.database.read(library.bindings, account_id, scenario_id)
        missing = [b.label or b.foreign_id or "connection" for b in needed if b.local_id is None]
        if missing:
            raise InvalidInput(
                f"Not connected: {', '.join(missing)}.",
                field="connections",
                remedy="connect them to an account",
            )
        return plan, row

    async def _register(self, account_id: int, scenario_id: int, trigger: Node) -> None:
        name = str(trigger.mapper.evaluate(Scope({})).get("name") or "") if trigger.module else ""
        hook = await self.database.write(triggers.ensure_hook, account_id, scenario_id, trigger.id, name)
        if trigger.module is None:
            return
        client = await self._client_of(account_id, scenario_id, trigger)
        url = f"{self.settings.base_url}/hooks/{hook['token']}"
        try:
            event, uniqueid = await runner.subscribe(
                trigger.module, client, url, f"{hook['name']} ({hook['id']})"
            )
        except ModuleError as error:
            raise InvalidInput(
                f"The webhook could not be registered: {error.message}",
                field="connection",
                remedy="check the connection",
            ) from None
        await self.database.write(triggers.registered, hook["id"], event, uniqueid)

    async def _unregister(self, account_id: int, hook: Row) -> None:
        scenario_id = int(hook["scenario_id"])
        plan = await self._plan(account_id, scenario_id, None)
        if plan.trigger.module is not None:
            try:
                client = await self._client_of(account_id, scenario_id, plan.trigger)
                await runner.unsubscribe(plan.trigger.module, client, str(hook["external_id"]))
            except (ModuleError, TielineError) as error:
                # The other side may be gone; its calls are turned away here until it notices.
                log.warning("the webhook of scenario %s could not be removed: %s", scenario_id, error)
        await self.database.write(triggers.registered, hook["id"], str(hook["event"]), None)

    # Executions

    async def run_once(self, account_id: int, scenario_id: int, trigger: list[Bundle] | None = None) -> str:
        """Start an execution by hand. `trigger`: bundles for a scenario that begins with events.

        Without them an instant trigger runs with the sample of its module. Returns the execution's id.
        """
        plan, _ = await self._checked_plan(account_id, scenario_id)
        if plan.trigger.is_trigger and trigger is None:
            if plan.trigger.module is None:
                raise InvalidInput(
                    "needs data to start with", field="trigger", remedy="give JSON, or call the webhook"
                )
            trigger = [plan.trigger.module.sample]
        return await self.database.write(state.start, account_id, scenario_id, kind="manual", trigger=trigger)

    async def replay(self, account_id: int, execution_id: str) -> str:
        """Run the scenario's current version with the trigger data of an earlier execution."""
        found = await self.database.read(history.get_execution, account_id, execution_id)
        return await self.run_once(account_id, found.execution.scenario_id, found.trigger)

    async def receive(
        self, token: str, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> HookAnswer:
        """Take an event in: answered only when its execution is durable (3.6)."""
        hook = await self.database.read(triggers.hook_by_token, token)
        if hook is None or not hook["active"]:
            return triggers.GONE
        plan = await self._plan(int(hook["account_id"]), int(hook["scenario_id"]), None)
        try:
            bundles = triggers.bundles_of(plan.trigger, headers, query, body)
        except InvalidInput as error:
            return HookAnswer(
                400, "application/json", msgspec.json.encode({"status": "error", "message": str(error)})
            )
        trace = Trace.parse(headers.get("x-tieline-trace", "")) if headers.get("x-tieline-trace") else None
        await self.database.write(
            state.start,
            int(hook["account_id"]),
            int(hook["scenario_id"]),
            kind="instant",
            trigger=bundles,
            dedupe=triggers.dedupe_key(headers, body),
            trace=trace,
            deepest=self.settings.trace_depth,
            sequential=bool(plan.settings.get("sequential")),
        )
        return triggers.ACCEPTED if plan.trigger.module is None else triggers.CONFIRMED

    async def _run_job(self, job: Job) -> None:
        execution_id = str(job.payload["id"])
        row = await self.database.read(state.find, execution_id)
        if row is None or row["status"] in state.ENDED:
            return
        rows = await self.database.read(journals.load, execution_id) if row["started"] is not None else []
        journal = Journal(self.database, execution_id, job.attempt, rows)
        failed: Failed | None = None
        try:
            plan = await self._plan(int(row["account_id"]), int(row["scenario_id"]), int(row["version"]))
            if row["started"] is None:
                await self.database.write(journals.mark_running, execution_id)
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
        timezone = await self._timezone(account_id)
        trace = Trace(str(row["id"]), int(row["depth"]), scenario_id).header()

        bound = await self.database.read(bindings.local_ids, scenario_id)

        async def call(
            node: Node, given: Bundle, key: str, observe: Callable[[Exchange], None]
        ) -> list[Bundle]:
            assert node.module is not None
            client = await self._client_of(account_id, scenario_id, node)
            context = CallContext(key, trace, timezone, observe)
            return await runner.run_all(node.module, given, client=client, context=context)

        interpreter = Interpreter(
            plan=plan,
            journal=journal,
            call=call,
            timezone=timezone,
            execution_id=str(row["id"]),
            trigger=msgspec.json.decode(row["trigger"]),
            constants={"system": {"scenarioId": scenario_id}},
            repeatable=await self._repeatable(account_id, bound),
            services=Services(
                self.database,
                self.settings,
                self.door,
                self.vault,
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
                await self._unregister(int(row["account_id"]), hook)

    # Schedules

    async def _tick(self, job: Job) -> None:
        """A due time has come."""
        scenario_id, at = int(job.payload["scenario"]), int(job.payload["due"])
        row = await self.database.read(state.scenario_row, scenario_id)
        if row is None or not row["active"] or row["next_run"] != at:
            return
        timezone = await self._timezone(int(row["account_id"]))
        await self.database.write(due.tick, row, at, timezone)

    async def _prune(self, job: Job) -> None:
        await self.database.write(state.prune, self.settings.history_days)

    # Resources

    async def _plan(self, account_id: int, scenario_id: int, version: int | None) -> Plan:
        """A compiled version; versions never change, so it is kept."""
        if version is None:
            row = await self.database.read(library.find, account_id, scenario_id)
            version = int(row["version"])
        key = (scenario_id, version)
        if key not in self.plans:
            blueprint = await self.database.read(library.load_blueprint, account_id, scenario_id, version)
            self.plans[key] = compile_plan(blueprint)
            while len(self.plans) > PLANS:
                self.plans.popitem(last=False)
        self.plans.move_to_end(key)
        return self.plans[key]

    async def _client_of(self, account_id: int, scenario_id: int, node: Node) -> AsyncCloze:
        """The client of the account that a module acts for."""
        try:
            row = await self.database.read(
                triggers.connection_of, account_id, scenario_id, triggers.resource_of(node)
            )
        except (NotFound, Conflict) as error:
            raise ModuleError("InvalidConfigurationError", error.message, module=node.label) from None
        # Tokens are renewed in place; another key makes another client.
        key = (int(row["id"]), b"" if row["kind"] == "oauth" else bytes(row["secret"] or b""))
        client = self.clients.get(key)
        if client is None:
            local = lambda owner: self.local(owner, f"scenario {scenario_id}")  # noqa: E731
            client = connections.open_client(
                row, self.vault, local, self.door, self.database, self.settings.module_timeout
            )
            self.clients[key] = client
        return client

    async def _timezone(self, account_id: int) -> str:
        return await self.database.read(state.timezone, account_id)
