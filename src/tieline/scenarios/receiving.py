"""Events that come in at hooks: checked, stored with what has to happen next, and only then answered (1.13, 3.6)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from tieline import clock
from tieline.errors import InvalidInput
from tieline.expressions import ExpressionError, Scope, compile_value, to_text
from tieline.scenarios import hook_rules, learning, line, queue, schedule, state, structure, triggers
from tieline.scenarios.hook_rules import HookOptions
from tieline.scenarios.kept import Kept
from tieline.scenarios.plan import Plan
from tieline.scenarios.triggers import HookAnswer
from tieline.settings import Settings
from tieline.store.database import Database, Row, Transaction
from tieline.trace import Trace
from tieline.vault import Vault

WINDOW = 10.0  # seconds in which requests of one hook are counted


class Request(msgspec.Struct, frozen=True):
    """A request to a hook. Header names in lower case; `client`: the address it came from."""

    method: str
    client: str
    headers: Mapping[str, str]
    query: Mapping[str, Any]
    body: bytes


class Taken(msgspec.Struct, frozen=True):
    """What became of a request: its answer, and the execution that it began, if it did."""

    answer: HookAnswer
    execution: str | None = None
    plan: Any = None


class Inbox:
    """Takes requests in. `plan_of`: the compiled version of (account, scenario, version)."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        vault: Vault,
        kept: Kept,
        plan_of: Callable[[int, int, int], Awaitable[Plan]],
    ) -> None:
        self.database = database
        self.settings = settings
        self.vault = vault
        self.kept = kept
        self.plan_of = plan_of
        self.counts: dict[str, tuple[float, int]] = {}

    async def take(self, token: str, request: Request) -> Taken:
        """Take a request in; it is answered only when what follows from it is durable."""
        hook = await self.kept.read(triggers.hook_by_token, token)
        if hook is None:
            return Taken(triggers.GONE)
        if self._too_many(token):
            return Taken(_refused(429, "Too many requests; try again in ten seconds."))
        options = hook_rules.read_options(hook["options"])
        if (problem := self._refusal(hook, options, request)) is not None:
            return Taken(_refused(problem.status, problem.message))
        plan = await self.plan_of(int(hook["account_id"]), int(hook["scenario_id"]), int(hook["version"]))
        if not hook["active"] and not options.learning:
            return Taken(triggers.GONE)
        try:
            bundles = _bundles(plan, options, request)
        except InvalidInput as error:
            return Taken(_refused(400, str(error)))
        if options.learning:
            await self.database.write(learning.learn, hook, bundles)
            return Taken(triggers.ACCEPTED)
        if options.strict and (misfit := _misfit(plan, bundles)):
            return Taken(_refused(400, f"The event does not fit its structure: {misfit}."))
        return await self._store(hook, options, plan, bundles, request)

    def _too_many(self, token: str) -> bool:
        most = self.settings.hook_rate
        if not most:
            return False
        now = time.monotonic()
        since, count = self.counts.get(token, (now, 0))
        if now - since > WINDOW:
            since, count = now, 0
        self.counts[token] = (since, count + 1)
        return count >= most

    def _refusal(self, hook: Row, options: HookOptions, request: Request) -> hook_rules.Refusal | None:
        secret = self.vault.decrypt(hook["secret"]) if hook["secret"] is not None else None
        return hook_rules.refusal(
            options,
            secret,
            client=request.client,
            method=request.method,
            headers=request.headers,
            body=request.body,
        )

    async def _store(
        self, hook: Row, options: HookOptions, plan: Plan, bundles: list[dict[str, Any]], request: Request
    ) -> Taken:
        scheduling = msgspec.json.decode(hook["scheduling"])
        waits = (scheduling.get("type") or "immediately") != "immediately"
        at: int | None = None
        if not waits and (scheduling.get("restrict") or scheduling.get("between")):
            zone = await self.database.read(state.timezone, int(hook["account_id"]))
            at = schedule.next_moment(scheduling, clock.now_ms(), zone)
            if at is None:
                return Taken(triggers.GONE)
        header = request.headers.get("x-tieline-trace", "")

        def store(tx: Transaction) -> tuple[bool, str | None]:
            scenario_id = int(hook["scenario_id"])
            if waits and queue.count(tx, scenario_id) >= self.settings.hook_queue:
                return False, None
            return True, state.begin(
                tx,
                int(hook["account_id"]),
                scenario_id,
                kind="instant",
                trigger=bundles,
                dedupe=_key(plan, options, bundles) or triggers.dedupe_key(request.headers, request.body),
                trace=Trace.parse(header) if header else None,
                deepest=self.settings.trace_depth,
                again=plan.allow_self_trigger,
                lane=line.lane_of(plan, bundles),
                at=at,
                waits=waits,
            )

        room, execution = await self.database.write_short(store)
        if not room:
            return Taken(_refused(400, "The queue of this webhook is full."))
        answer = triggers.ACCEPTED if plan.trigger.module is None else triggers.CONFIRMED
        return Taken(answer, execution, plan)


def _bundles(plan: Plan, options: HookOptions, request: Request) -> list[dict[str, Any]]:
    bundles = triggers.bundles_of(
        plan.trigger, request.headers, request.query, request.body, stringify=options.stringify
    )
    more: dict[str, Any] = {}
    if options.headers:
        secret = options.header_name if options.check != "none" else ""
        shown = {name: value for name, value in request.headers.items() if name != secret}
        more["__IMTHEADERS__"] = [{"name": name, "value": value} for name, value in shown.items()]
    if options.method:
        more["__IMTMETHOD__"] = request.method
    return [{**bundle, **more} for bundle in bundles] if more else bundles


def _misfit(plan: Plan, bundles: list[dict[str, Any]]) -> str | None:
    return next(
        (found for bundle in bundles if (found := structure.misfit(plan.trigger.interface, bundle))), None
    )


def _key(plan: Plan, options: HookOptions, bundles: list[dict[str, Any]]) -> str | None:
    """What the hook's own expression says makes an event the same event."""
    if not options.dedupe or not bundles:
        return None
    try:
        found = to_text(compile_value(options.dedupe).evaluate(Scope({plan.trigger.id: bundles[0]})))
    except ExpressionError:
        return None
    return f"key:{found[:500]}" if found else None


def _refused(status: int, message: str) -> HookAnswer:
    return HookAnswer(
        status, "application/json", msgspec.json.encode({"status": "error", "message": message})
    )
