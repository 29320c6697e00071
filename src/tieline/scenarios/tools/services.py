"""What the server offers to the built-in modules of one execution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tieline.http import Door
from tieline.modules.errors import ModuleError
from tieline.scenarios.tools.cookies import Cookies
from tieline.settings import Settings
from tieline.store.database import Database
from tieline.vault import Vault


@dataclass
class Services:
    """`bound`: the resources of the blueprint and what they are here."""

    database: Database
    settings: Settings
    door: Door
    vault: Vault
    account_id: int
    scenario_id: int
    execution_id: str
    trace: str
    bound: dict[tuple[str, str], int | None]
    cookies: Cookies = field(default_factory=Cookies)

    def resource(self, kind: str, foreign: Any) -> int:
        """The id here of a resource that the blueprint names. Raises ModuleError when it is not connected."""
        local = self.bound.get((kind, str(foreign if foreign is not None else "")))
        if local is None:
            raise ModuleError(
                "InvalidConfigurationError", f"the {kind} {foreign} is not connected here", field=kind
            )
        return local
