"""Runs flows on a real database, with the calls to accounts answered by the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieline.modules.errors import ModuleError
from tieline.scenarios import state
from tieline.scenarios.blueprint import parse
from tieline.scenarios.failures import Attempts
from tieline.scenarios.interpreter import Failed, Interpreter
from tieline.scenarios.journal import Journal, load
from tieline.scenarios.plan import Node, compile_plan
from tieline.store.database import Database, Transaction
from tieline.store.tables import account, scenario, scenario_version

TRIGGER = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}
SEARCH = {"id": 2, "module": "cloze:findPeople", "parameters": {}, "mapper": {}}


class Crash(BaseException):
    """The power is cut."""


def step(number: int, module: str = "cloze:createAToDo", **more: Any) -> dict[str, Any]:
    mapper = {"subject": more.pop("subject", "x")} if module == "cloze:createAToDo" else {}
    return {"id": number, "module": module, "parameters": {}, "mapper": mapper, **more}


def router(number: int, *flows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    routes = [{"flow": flow} for flow in flows]
    return {"id": number, "module": "builtin:BasicRouter", "mapper": None, "routes": routes, **more}


def only(a: str, operator: str, b: str = "") -> dict[str, Any]:
    return {"name": "", "conditions": [[{"a": a, "o": operator, "b": b}]]}


def failing(given: dict[str, Any]) -> list[dict[str, Any]]:
    raise ModuleError("DataError", "no such thing", field="subject")


async def make_execution(database: Database) -> str:
    def make(tx: Transaction) -> str:
        owner = tx.insert(account, {"email": "a@x.example", "created": 1})
        number = tx.insert(scenario, {"account_id": owner, "name": "s", "created": 1, "changed": 1})
        tx.insert(scenario_version, {"scenario_id": number, "version": 1, "blueprint": "{}", "at": 1})
        return state.start(tx, owner, number, kind="manual")

    return await database.write(make)


class World:
    """Runs flows and remembers the calls, and what was kept for later."""

    def __init__(self, database: Database, execution: str) -> None:
        self.database = database
        self.execution = execution
        self.calls: list[tuple[int, Any]] = []
        self.keys: list[str] = []
        self.kept: list[tuple[int, dict[int, Any], Attempts]] = []
        self.room = True
        self.warnings: list[str] = []
        self.answers: dict[int, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {}

    @property
    def subjects(self) -> list[str]:
        return [str(subject) for _, subject in self.calls]

    async def run(
        self,
        flow: list[dict[str, Any]],
        bundles: list[dict[str, Any]] | None = None,
        die_after: int = -1,
        resume: tuple[int, dict[int, Any]] | None = None,
        **settings: Any,
    ) -> None:
        blueprint = {"name": "t", "flow": flow, "metadata": {"scenario": {"dlq": False, **settings}}}
        plan = compile_plan(parse(blueprint))
        assert plan.gaps == []
        rows = await self.database.read(load, self.execution) if resume is None else []
        journal = Journal(self.database, self.execution, 1, rows)
        made = 0

        async def call(node: Node, given: dict[str, Any], key: str, observe: Any) -> list[dict[str, Any]]:
            nonlocal made
            if made == die_after:
                raise Crash
            made += 1
            self.calls.append((node.id, given.get("subject")))
            self.keys.append(key)
            answer = self.answers.get(node.id)
            return [{}] if answer is None else answer(given)

        async def keep(failed: Failed, path: dict[int, Any], attempts: Attempts) -> bool:
            if self.room:
                self.kept.append((failed.node.id, path, attempts))
            return self.room

        interpreter = Interpreter(
            plan=plan, journal=journal, call=call, timezone="UTC", execution_id=self.execution,
            trigger=bundles if bundles is not None else [{}], repeatable=lambda node: True, keep=keep,
        )  # fmt: skip
        try:
            if resume is not None:
                await interpreter.resume(*resume)
            else:
                await interpreter.run()
        finally:
            self.warnings += interpreter.warnings
            await journal.flush()
