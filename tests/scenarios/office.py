"""Scenarios on a running server: import, connect, run, and what came of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.scenarios.test_engine import post, webhook
from tieline.modules import connections
from tieline.scenarios import history, library

if TYPE_CHECKING:
    from tests.servers import RunningServer

HOOK = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}


def module(number: int, name: str, mapper: Any = None, **more: Any) -> dict[str, Any]:
    """A module object; `parameters` and the like as given."""
    return {"id": number, "module": name, "version": 1, "parameters": {}, "mapper": mapper or {}, **more}


class Office:
    """One server and its account. `keeps`: scenarios that do not say so keep what fails, as they do by default."""

    keeps = False

    def __init__(self, server: RunningServer) -> None:
        self.server = server

    def load(
        self, *flow: dict[str, Any], name: str = "s", top: dict[str, Any] | None = None, **settings: Any
    ) -> int:
        """Import a flow and connect what needs an account to this one."""
        if not self.keeps:
            settings.setdefault("dlq", False)
        blueprint = {"name": name, "flow": list(flow), "metadata": {"scenario": settings}, **(top or {})}
        server = self.server
        made = server.write(library.import_blueprint, server.account_id, json.dumps(blueprint))
        own = server.write(connections.this_account, server.account_id)
        server.write(library.bind_all, server.account_id, made.id, own.id)
        return made.id

    def bind(self, number: int, kind: str, foreign: Any, local: int) -> None:
        self.server.write(library.bind, self.server.account_id, number, kind, str(foreign), local)

    def run(self, number: int, *bundles: dict[str, Any]) -> history.ExecutionView:
        """Run once and wait; the execution."""
        engine = self.server.app.state.engine
        started = self.server.run(engine.run_once(self.server.account_id, number, list(bundles) or None))
        self.server.idle()
        return self.execution(started)

    def execution(self, execution_id: str) -> history.ExecutionView:
        return self.server.read(history.get_execution, self.server.account_id, execution_id)

    def executions(self, number: int | None = None) -> list[history.ExecutionRow]:
        self.server.idle()
        return self.server.read(history.list_executions, self.server.account_id, number)

    def activate(self, number: int) -> None:
        self.server.run(self.server.app.state.engine.activate(self.server.account_id, number))

    def url(self, number: int) -> str:
        return webhook(self.server, number)

    def post(self, number: int, body: Any, **headers: str) -> tuple[int, bytes]:
        return post(self.url(number), body, **headers)


def output(view: history.ExecutionView, number: int) -> list[Any]:
    """The bundles of every operation of a module."""
    found: list[Any] = []
    for operation in view.operations:
        if operation.module_id == number and operation.state == "done":
            found += operation.output or []
    return found


def failure(view: history.ExecutionView) -> tuple[str, str]:
    """Class and message of what ended an execution."""
    assert view.execution.error is not None, view
    return view.execution.error["name"], view.execution.error["message"]
