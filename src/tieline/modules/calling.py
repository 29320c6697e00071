"""How a method of `cloze.modules` becomes a call of its module, with and without `await`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Iterator, Mapping
from inspect import Signature
from typing import Any, TypeVar, cast

from tieline.client import AsyncCloze, Cloze, ClozeError, Response
from tieline.modules.errors import of_client
from tieline.modules.inputs import checked
from tieline.modules.module import Bundle, Module
from tieline.modules.runner import Account, CallContext, run
from tieline.modules.signatures import python_name
from tieline.modules.watching import subscribe, watch_of

T = TypeVar("T")


class Arguments:
    """What a method was called with: the module's input and what surrounds the call."""

    def __init__(
        self, module: Module, signature: Signature, args: tuple[Any, ...], named: Mapping[str, Any]
    ) -> None:
        """Raises TypeError for an argument that the method lacks, ModuleError for a wrong or missing value."""
        # Partial, so that a missing field is told like on every other face, with its label.
        given = dict(signature.bind_partial(None, *args, **named).arguments)
        self.target_url = str(given.get("target_url") or "")
        self.context = CallContext(
            idempotency_key=given.get("idempotency_key"), dry_run=bool(given.get("dry_run"))
        )
        names = {python_name(found.name): found.name for found in module.fields}
        self.values = {names[name]: value for name, value in given.items() if name in names}
        checked(module, self.values)


class Blocking:
    """A client without `await`, for the runner: an exchange is over before it is awaited."""

    def __init__(self, cloze: Cloze) -> None:
        self.cloze = cloze

    @property
    def url(self) -> str:
        """The API's address."""
        return self.cloze.url

    @property
    def sender(self) -> Blocking:
        """Itself."""
        return self

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Response:
        """One request with its retries."""
        return self.cloze.sender.exchange(
            method, path, query=query, body=body, headers=headers, repeatable=repeatable
        )


def finish(work: Awaitable[T]) -> T:
    """The result of what never waits. Raises StopAsyncIteration at the end of an iterator."""
    try:
        work.__await__().__next__()
    except StopIteration as done:
        return cast(T, done.value)
    raise AssertionError("it waits")


def bundles(module: Module, arguments: Arguments, account: Account) -> AsyncGenerator[Bundle, None]:
    """The bundles as they come."""
    made = run(module, arguments.values, client=account, context=arguments.context)
    return cast("AsyncGenerator[Bundle, None]", made)


def iterate(module: Module, arguments: Arguments, cloze: Cloze) -> Iterator[Bundle]:
    """The same without `await`."""
    source = bundles(module, arguments, Blocking(cloze))
    try:
        while True:
            try:
                yield finish(anext(source))
            except StopAsyncIteration:
                return
    finally:
        finish(source.aclose())


async def only(source: AsyncGenerator[Bundle, None]) -> Bundle:
    """The one bundle of an action."""
    try:
        return await anext(source)
    finally:
        await source.aclose()


def watch(module: Module, arguments: Arguments, cloze: Cloze) -> str:
    """Register a trigger's webhook; the subscription's id."""
    wanted = watch_of(module, arguments.values)
    name = arguments.values.get("name")
    try:
        return cloze.webhooks.subscribe(
            wanted.event, arguments.target_url, client_reference=name, **wanted.narrowed
        )
    except ClozeError as error:
        raise of_client(error, module) from error


async def awatch(module: Module, arguments: Arguments, cloze: AsyncCloze) -> str:
    """The same with `await`."""
    name = arguments.values.get("name")
    return (await subscribe(module, cloze, arguments.target_url, name, arguments.values))[1]
