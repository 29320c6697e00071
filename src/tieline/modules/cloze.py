"""The client with the modules: what `from tieline import Cloze, AsyncCloze` gives."""

from __future__ import annotations

from functools import cached_property

from tieline import client
from tieline.modules.methods import AsyncModules, Modules


class Cloze(client.Cloze):
    __doc__ = client.Cloze.__doc__

    @cached_property
    def modules(self) -> Modules:
        """The modules of the account: `cloze.modules.find_people(segment="customer")`."""
        return Modules(self)


class AsyncCloze(client.AsyncCloze):
    __doc__ = client.AsyncCloze.__doc__

    @cached_property
    def modules(self) -> AsyncModules:
        """The modules of the account: `async for person in cloze.modules.find_people(segment="customer")`."""
        return AsyncModules(self)
