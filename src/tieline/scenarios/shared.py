"""What executions and the engine share: the database, the way out, compiled versions, clients of connections."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from tieline.client import AsyncCloze, Transport
from tieline.errors import Conflict, NotFound
from tieline.http import Door
from tieline.modules import connections
from tieline.modules.errors import ModuleError
from tieline.scenarios import library, state, triggers
from tieline.scenarios.kept import Kept
from tieline.scenarios.plan import Node, Plan, compile_plan
from tieline.settings import Settings
from tieline.store.database import Database
from tieline.vault import Vault

PLANS = 200  # compiled versions kept


class Shared:
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
        self.kept = Kept(database)
        self.plans: OrderedDict[tuple[int, int], Plan] = OrderedDict()
        self.clients: dict[tuple[int, bytes], AsyncCloze] = {}

    async def close(self) -> None:
        """Let connections go."""
        for client in self.clients.values():
            await client.close()

    async def plan(self, account_id: int, scenario_id: int, version: int | None) -> Plan:
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

    async def client_of(self, account_id: int, scenario_id: int, node: Node) -> AsyncCloze:
        """The client of the account that a module acts for."""
        try:
            row = await self.kept.read(
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

    async def timezone(self, account_id: int) -> str:
        return await self.database.read(state.timezone, account_id)
