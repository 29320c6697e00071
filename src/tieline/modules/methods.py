"""The modules as methods: `cloze.modules.find_people(segment="customer")`.

Searches iterate lazily, page by page; every other method acts at once and gives its one bundle. `methods.pyi` says the
same to editors and type checkers; `make docs` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieline.client import AsyncCloze, Cloze
from tieline.modules import MODULES, Module, calling
from tieline.modules.signatures import documentation, python_name, signature


class Modules:
    """The modules of one account."""

    def __init__(self, cloze: Cloze) -> None:
        self._cloze = cloze


class AsyncModules:
    """The modules of one account, with `await` and `async for`."""

    def __init__(self, cloze: AsyncCloze) -> None:
        self._cloze = cloze


def _method(module: Module) -> Callable[..., Any]:
    taken = signature(module, asynchronous=False)

    def call(self: Modules, *args: Any, **named: Any) -> Any:
        arguments = calling.Arguments(module, taken, args, named)
        if module.kind == "instant_trigger":
            return calling.watch(module, arguments, self._cloze)
        found = calling.iterate(module, arguments, self._cloze)
        return found if module.kind == "search" else next(found)

    return _dressed(call, module, Modules, asynchronous=False)


def _async_method(module: Module) -> Callable[..., Any]:
    taken = signature(module, asynchronous=True)

    def call(self: AsyncModules, *args: Any, **named: Any) -> Any:
        arguments = calling.Arguments(module, taken, args, named)
        if module.kind == "instant_trigger":
            return calling.awatch(module, arguments, self._cloze)
        found = calling.bundles(module, arguments, self._cloze)
        return found if module.kind == "search" else calling.only(found)

    return _dressed(call, module, AsyncModules, asynchronous=True)


def _dressed(call: Any, module: Module, owner: type, *, asynchronous: bool) -> Callable[..., Any]:
    call.__name__ = python_name(module.slug)
    call.__qualname__ = f"{owner.__name__}.{call.__name__}"
    call.__doc__ = documentation(module)
    call.__signature__ = signature(module, asynchronous=asynchronous)
    return call  # type: ignore[no-any-return]


for _module in MODULES.values():
    setattr(Modules, python_name(_module.slug), _method(_module))
    setattr(AsyncModules, python_name(_module.slug), _async_method(_module))
