"""What the server offers to the built-in modules of one execution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tieline.http import Door
from tieline.modules.errors import ModuleError
from tieline.settings import Settings
from tieline.store.database import Database


class Reply(msgspec.Struct, frozen=True):
    """What the sender of a webhook is answered by the scenario."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Services:
    """`bound`: the resources of the blueprint and what they are here. `auto_commit`: each operation is final at once;
    else the work on this server is final, and `held` is called, at the end of the cycle."""

    database: Database
    settings: Settings
    door: Door
    account_id: int
    scenario_id: int
    execution_id: str
    trace: str
    bound: dict[tuple[str, str], int | None]
    auto_commit: bool
    reply: Callable[[Reply], Awaitable[bool]]
    give_back: Callable[[dict[str, Any]], Awaitable[None]]
    call_scenario: Callable[[int, dict[str, Any], str, bool], Awaitable[dict[str, Any]]]
    held: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    touched: bool = False

    def resource(self, kind: str, foreign: Any) -> int:
        """The id here of a resource that the blueprint names. Raises ModuleError when it is not connected."""
        local = self.bound.get((kind, str(foreign if foreign is not None else "")))
        if local is None:
            raise ModuleError(
                "InvalidConfigurationError", f"the {kind} {foreign} is not connected here", field=kind
            )
        return local

    async def finally_or_now(self, action: Callable[[], Awaitable[None]]) -> None:
        """Do this now, or when the cycle is committed."""
        if self.auto_commit:
            await action()
        else:
            self.held.append(action)
