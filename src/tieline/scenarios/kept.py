"""Answers of short reads, kept as long as they are true: what a scenario is set up with is needed for every execution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from tieline.store.database import Database, Transaction

P = ParamSpec("P")
T = TypeVar("T")

MOST = 10_000


class Kept:
    """Reads of the tables of `store.database.SETUP` alone. The answers are shared: nobody may change them.

    They are forgotten when one of those tables changes. Where other processes write too (PostgreSQL), nothing is kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.version: int | None = None
        self.answers: dict[Any, Any] = {}

    async def read(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `fn` answers; its arguments are hashable."""
        version = self.database.setup_version
        if version is None:
            return await self.database.read(fn, *args, **kwargs)
        if version != self.version or len(self.answers) >= MOST:
            self.answers.clear()
            self.version = version
        key = (fn, args, tuple(kwargs.items()))
        if key in self.answers:
            found: T = self.answers[key]
            return found
        answer = await self.database.read(fn, *args, **kwargs)
        if version == self.database.setup_version:
            self.answers[key] = answer
        return answer
