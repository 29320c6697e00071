"""What the server offers to the built-in modules of one execution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tieline.http import Door
from tieline.modules.errors import ModuleError
from tieline.scenarios import datastores
from tieline.scenarios.tools.cookies import Cookies
from tieline.settings import Settings
from tieline.store.database import Database, Transaction
from tieline.vault import Vault


@dataclass
class Services:
    """`bound`: the resources of the blueprint and what they are here.

    `auto_commit`: each operation is final at once. Else what is done on this server can be taken back, and `held` is
    done, at the end of the cycle. `outputs`: the fields that the scenario returns. `call_scenario`: scenario id, inputs,
    what makes a repetition harmless, whether to wait -> its bundle.
    """

    database: Database
    settings: Settings
    door: Door
    vault: Vault
    account_id: int
    scenario_id: int
    execution_id: str
    trace: str
    bound: dict[tuple[str, str], int | None]
    auto_commit: bool
    outputs: list[dict[str, Any]]
    call_scenario: Callable[[int, dict[str, Any], str, bool], Awaitable[dict[str, Any]]]
    held: list[Callable[[Transaction], None]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cookies: Cookies = field(default_factory=Cookies)

    def resource(self, kind: str, foreign: Any) -> int:
        """The id here of a resource that the blueprint names. Raises ModuleError when it is not connected."""
        local = self.bound.get((kind, str(foreign if foreign is not None else "")))
        if local is None:
            raise ModuleError(
                "InvalidConfigurationError", f"the {kind} {foreign} is not connected here", field=kind
            )
        return local

    def close_cycle(self, tx: Transaction, commit: bool) -> None:
        """Make final, or take back, what was done on this server since the last time (3.2)."""
        if self.auto_commit:
            return
        if commit:
            for act in self.held:
                act(tx)
            datastores.commit(tx, self.execution_id)
        else:
            datastores.roll_back(tx, self.execution_id)
