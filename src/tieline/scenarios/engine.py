"""The engine: activates scenarios, takes events in, runs executions, keeps their state."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tieline.client import Transport
from tieline.errors import Conflict, InvalidInput, TielineError
from tieline.expressions import Scope
from tieline.http import Door
from tieline.jobs import Handler, Job
from tieline.modules import runner
from tieline.modules.errors import ModuleError
from tieline.scenarios import (
    dry,
    due,
    history,
    incomplete,
    library,
    line,
    pausing,
    polling,
    replies,
    state,
    triggers,
)
from tieline.scenarios.executing import Executor
from tieline.scenarios.interface import START, typed
from tieline.scenarios.interpreter import Bundle
from tieline.scenarios.lint import errors, lint
from tieline.scenarios.plan import Node, Plan, compile_plan
from tieline.scenarios.polling import Position
from tieline.scenarios.probing import Prober
from tieline.scenarios.receiving import Inbox, Request
from tieline.scenarios.scheduling import check_for_events
from tieline.scenarios.shared import Shared
from tieline.scenarios.triggers import HookAnswer
from tieline.settings import Settings
from tieline.store.database import Database, Row, Transaction
from tieline.vault import Vault

log = logging.getLogger(__name__)


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
        self.local = local
        self.shared = Shared(database=database, settings=settings, door=door, vault=vault, local=local)
        self.executor = executor = Executor(self.shared, self._unregister)
        self.prober = Prober(self.shared, executor)
        self.inbox = Inbox(database, settings, vault, self.shared.kept, self.shared.plan)

    async def close(self) -> None:
        """Let connections go."""
        await self.shared.close()

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {
            "execution.run": self.executor.run,
            "incomplete.run": self.executor.resume,
            "scenario.probe": self.prober.choose,
            "scenario.try": self.prober.try_one,
            "scenario.alarm": self.prober.alarm,
            "schedule.tick": self._tick,
            "executions.prune": self._prune,
        }

    # Activation

    async def activate(self, account_id: int, scenario_id: int) -> None:
        """Switch a scenario on: check it, register its webhook, store its next due time.

        Raises InvalidInput saying everything that is missing, or why the other side refused the webhook.
        """
        plan, row = await self._checked_plan(account_id, scenario_id)
        if row["active"]:
            if row["paused_until"] is not None:
                await self.database.write(pausing.release, scenario_id)
            return
        scheduling = msgspec.json.decode(row["scheduling"])
        zone = await self.shared.timezone(account_id)
        due_at = due.first(scheduling, zone)
        if plan.trigger.name == START:
            due_at = None  # others call it
        elif plan.trigger.is_trigger:
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
            if plan.trigger.polling is not None and polling.read(tx, scenario_id, plan.trigger.id) is None:
                polling.write(tx, scenario_id, plan.trigger.id, polling.start_of({}, zone))
            due.plan(tx, scenario_id, due_at)

        await self.database.write(switch_on)

    async def set_catch_all(self, account_id: int, scenario_id: int | None) -> None:
        """Say which scenario takes every unhandled failure as its event; None: none. Raises InvalidInput."""
        if scenario_id is not None:
            plan, _ = await self._checked_plan(account_id, scenario_id)
            if not plan.trigger.is_trigger or plan.trigger.module is not None or plan.trigger.polling:
                raise InvalidInput(
                    "it does not begin with a custom webhook",
                    field="scenario",
                    remedy="let its first module be gateway:CustomWebHook",
                )
        await self.database.write(pausing.set_catch_all, account_id, scenario_id)

    async def deactivate(self, account_id: int, scenario_id: int) -> None:
        """Switch a scenario off and remove its webhook. Executions that have begun come to their end."""
        row = await self.database.read(library.find, account_id, scenario_id)
        await self.database.write(state.deactivate, scenario_id, None)
        found = await self.database.read(triggers.hook_of, scenario_id)
        if found is not None and found["external_id"] is not None:
            await self._unregister(account_id, found)
        log.info("scenario %s (%s) is off", scenario_id, row["name"])

    async def _checked_plan(
        self, account_id: int, scenario_id: int, version: int | None = None
    ) -> tuple[Plan, Row]:
        row = await self.database.read(library.find, account_id, scenario_id)
        blueprint = await self.database.read(library.load_blueprint, account_id, scenario_id, version)
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
        given = trigger.mapper.evaluate(Scope({})) if trigger.module else {}
        name = str(given.get("name") or "")
        hook = await self.database.write(triggers.ensure_hook, account_id, scenario_id, trigger.id, name)
        if trigger.module is None:
            return
        client = await self.shared.client_of(account_id, scenario_id, trigger)
        url = f"{self.settings.base_url}/hooks/{hook['token']}"
        try:
            event, uniqueid = await runner.subscribe(
                trigger.module, client, url, f"{hook['name']} ({hook['id']})", given
            )
        except ModuleError as error:
            raise InvalidInput(
                f"The webhook could not be registered: {error.message}",
                field=error.field or "connection",
                remedy=error.remedy or "check the connection",
            ) from None
        await self.database.write(triggers.registered, hook["id"], event, uniqueid)

    async def _unregister(self, account_id: int, hook: Row) -> None:
        scenario_id = int(hook["scenario_id"])
        plan = await self.shared.plan(account_id, scenario_id, None)
        if plan.trigger.module is not None:
            try:
                client = await self.shared.client_of(account_id, scenario_id, plan.trigger)
                await runner.unsubscribe(
                    plan.trigger.module, client, str(hook["event"]), str(hook["external_id"])
                )
            except (ModuleError, TielineError) as error:
                # The other side may be gone; its calls are turned away here until it notices.
                log.warning("the webhook of scenario %s could not be removed: %s", scenario_id, error)
        await self.database.write(triggers.registered, hook["id"], str(hook["event"]), None)

    # Where a polling trigger starts

    async def items(self, account_id: int, scenario_id: int) -> list[Bundle]:
        """The newest items of a polling trigger, the newest first: to choose one of. Raises InvalidInput, ModuleError."""
        trigger = await self._polled(account_id, scenario_id)
        found = await self._ask(account_id, scenario_id, trigger, {"modifiedafter": 0, "limit": polling.MOST})
        return found[: -polling.SHOWN - 1 : -1]

    async def start_at(self, account_id: int, scenario_id: int, given: Mapping[str, Any]) -> Position:
        """Choose where the next run starts: from now on, since a date, with all, or with one item (3.5)."""
        trigger = await self._polled(account_id, scenario_id)
        assert trigger.polling is not None
        if given.get("from") == "id":
            items = await self._ask(
                account_id, scenario_id, trigger, {"modifiedafter": 0, "limit": polling.MOST}
            )
            position = polling.start_with(trigger.polling, items, str(given.get("id") or ""))
        else:
            position = polling.start_of(given, await self.shared.timezone(account_id))
        await self.database.write(polling.write, scenario_id, trigger.id, position)
        return position

    async def _polled(self, account_id: int, scenario_id: int) -> Node:
        plan = await self.shared.plan(account_id, scenario_id, None)
        if plan.trigger.polling is None:
            raise InvalidInput("the scenario does not begin with a polling trigger", field="from")
        return plan.trigger

    async def _ask(self, account_id: int, scenario_id: int, trigger: Node, more: Bundle) -> list[Bundle]:
        assert trigger.module is not None
        given = trigger.mapper.evaluate(Scope({}))
        asked = {**(given if isinstance(given, dict) else {}), **more}
        client = await self.shared.client_of(account_id, scenario_id, trigger)
        return await runner.run_all(trigger.module, asked, client=client)

    # Executions

    async def run_once(self, account_id: int, scenario_id: int, trigger: list[Bundle] | None = None) -> str:
        """Start an execution by hand. `trigger`: bundles for a scenario that begins with events.

        Without them an instant trigger runs with the sample of its module. Returns the execution's id.
        """
        plan, _ = await self._checked_plan(account_id, scenario_id)
        if plan.trigger.name == START:
            zone = await self.shared.timezone(account_id)
            trigger = [typed(plan.inputs, (trigger or [{}])[0], zone)]
        if plan.trigger.is_trigger and trigger is None:
            if plan.trigger.module is None:
                raise InvalidInput(
                    "needs data to start with", field="trigger", remedy="give JSON, or call the webhook"
                )
            trigger = [plan.trigger.module.sample]
        return await self.database.write(
            state.start,
            account_id,
            scenario_id,
            kind="manual",
            trigger=trigger,
            lane=line.lane_of(plan, trigger),
        )

    async def replay(
        self, account_id: int, execution_id: str, version: int | None = None, *, dry_run: bool = False
    ) -> str:
        """Run a version of the scenario, the current one by default, with the trigger data of an earlier execution.

        `dry_run`: writes are shown in the history and go nowhere. Raises Conflict when the data was not kept.
        """
        found = await self.database.read(history.get_execution, account_id, execution_id)
        scenario_id, trigger = found.execution.scenario_id, history.trigger_of(found)
        plan, _ = await self._checked_plan(account_id, scenario_id, version)
        if plan.trigger.is_trigger or plan.trigger.polling is not None:
            kept = await self.database.read(
                library.load_blueprint, account_id, scenario_id, found.execution.version
            )
            if kept.settings.get("confidential") or trigger is None:
                raise Conflict(
                    "The data that it began with was not kept.", remedy="run the scenario with other data"
                )
        return await self.database.write(
            state.start,
            account_id,
            scenario_id,
            kind=dry.KIND if dry_run else "manual",
            trigger=trigger,
            lane=None if dry_run else line.lane_of(plan, trigger),
            version=version,
        )

    async def receive(self, token: str, event: Request) -> HookAnswer:
        """Take an event in: answered only when its execution is durable (3.6)."""
        taken = await self.inbox.take(token, event)
        if taken.execution is not None and taken.plan.responds and taken.plan.trigger.module is None:
            reply = await replies.wait(self.database, taken.execution, self.settings.hook_reply_timeout)
            if reply is not None:
                return HookAnswer.of_scenario(reply)
        return taken.answer

    # Schedules

    async def _tick(self, job: Job) -> None:
        """A due time has come."""
        scenario_id, at = int(job.payload["scenario"]), int(job.payload["due"])
        row = await self.database.read(state.scenario_row, scenario_id)
        if row is None or not row["active"] or row["next_run"] != at:
            return
        timezone = await self.shared.timezone(int(row["account_id"]))
        plan = await self.shared.plan(int(row["account_id"]), scenario_id, None)
        await self.database.write(
            due.tick,
            row,
            at,
            timezone,
            sequential=line.lane_of(plan, None) == line.WHOLE,
            events=plan.most_events if plan.trigger.is_trigger else None,
        )

    async def _prune(self, job: Job) -> None:
        await self.database.write(state.prune, self.settings.history_days, self.settings.history_megabytes)
        await self.database.write(incomplete.prune, self.settings.history_days)
