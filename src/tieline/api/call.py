"""A request as handlers see it, and what an endpoint is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from starlette.types import Receive

from tieline.api import bodies, idempotency, lenient
from tieline.api.envelope import Answer, Headers
from tieline.crm.access import Caller
from tieline.http import Door
from tieline.records import codec
from tieline.records.kinds import Kind
from tieline.settings import Settings
from tieline.store.database import Database, Transaction
from tieline.vault import Vault

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """One authenticated request."""

    endpoint: Endpoint
    caller: Caller
    settings: Settings
    database: Database
    door: Door
    vault: Vault
    query: dict[str, str]
    raw: bytes = b""
    content_type: str = ""
    idempotency_key: str = ""
    if_match: str = ""
    if_none_match: str = ""
    receive: Receive | None = None  # the body itself, for an endpoint that streams
    answered: Headers = ()  # headers that the handler adds to its answer
    _object: dict[str, Any] | None = field(default=None)

    @property
    def kind(self) -> Kind:
        """The kind of relation that the path names."""
        assert self.endpoint.kind is not None
        return self.endpoint.kind

    @property
    def strict(self) -> bool:
        """True when the lenient input forms are off (0.4)."""
        return self.settings.strict_wire

    def object(self) -> dict[str, Any]:
        """The JSON object of the body. Raises InvalidInput."""
        if self._object is None:
            self._object = bodies.read_object(self.raw, self.content_type)
        return self._object

    def parameters(self) -> dict[str, Any]:
        """What a read is asked for: query parameters, and the members of a body if there is one (2.2)."""
        return {**self.query, **self.object()} if self.raw else dict(self.query)

    def record(self, record: type[T], noun: str) -> T:
        """The body as a record, lenient forms understood. Raises InvalidInput naming the field."""
        return codec.convert(record, self.record_object(noun))

    def record_object(self, noun: str) -> dict[str, Any]:
        """The body as an object, lenient forms understood. Raises InvalidInput."""
        return lenient.unwrap_and_map(noun, self.object(), strict_wire=self.strict)

    async def read(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a short read."""
        return await self.database.read(fn, *args, **kwargs)

    async def read_slow(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a read that may take longer."""
        return await self.database.read_slow(fn, *args, **kwargs)

    async def write(self, act: Callable[[Transaction], bytes]) -> bytes:
        """Run a write that returns its answer, once for each Idempotency-Key. Raises Conflict."""
        key, account_id = self.idempotency_key, self.caller.account_id
        if not key:
            return await self.database.write_for(account_id, act)
        idempotency.check_key(key)
        asked = idempotency.fingerprint(self.endpoint.method, self.endpoint.path, self.query, self.raw)
        return await self.database.write_for(account_id, idempotency.once, account_id, key, asked, act)


Handler = Callable[[Call], Awaitable[bytes | Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path, the scope it needs (1.5), and what handles it. `older` paths have the same handler (2.2).

    `streams`: the handler reads the body itself, as it comes.
    """

    method: str
    path: str
    scope: str
    handler: Handler
    kind: Kind | None = None
    older: tuple[str, ...] = ()
    streams: bool = False
