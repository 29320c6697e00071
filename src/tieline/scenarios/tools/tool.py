"""What a built-in module is, and what it may see while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tieline.expressions import BundleValidationError, coerce, to_text
from tieline.modules.errors import ModuleError
from tieline.modules.runner import Exchange
from tieline.store.database import Transaction

if TYPE_CHECKING:
    from tieline.scenarios.tools.services import Services

Json = dict[str, Any]


@dataclass
class Variables:
    """What modules leave for later ones: until the end of the cycle, or of the execution. `counts`: Increment's."""

    cycle: Json = field(default_factory=dict)
    execution: Json = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """The value of that name, None when nothing set it."""
        return self.cycle.get(name, self.execution.get(name))

    def new_cycle(self, *, fresh: bool) -> None:
        """Forget what lives for a cycle; `fresh`: everything."""
        self.cycle.clear()
        if fresh:
            self.execution.clear()
        for key in [key for key in self.counts if key[0] == "run"]:
            del self.counts[key]


@dataclass
class Surroundings:
    """What a built-in module may see. `module`: its name; `op`: the operation's path; `key`: what makes its repetition
    harmless."""

    parameters: Json
    variables: Variables
    timezone: str
    module_id: int = 0
    op: str = ""
    key: str = ""
    observe: Callable[[Exchange], None] | None = None
    services: Services | None = None
    module: str = ""

    @property
    def server(self) -> Services:
        """What the server offers. Raises ModuleError where there is no server around."""
        if self.services is None:
            raise ModuleError("InvalidConfigurationError", "needs a server around it")
        return self.services


Run = Callable[[Json, Surroundings], Awaitable[list[Json]]]
Collect = Callable[[list[Json], Surroundings], Json | None]
Act = Callable[[Transaction, Json, Surroundings], list[Json]]
Replay = Callable[[Json, list[Json], Surroundings], None]


def never(given: Json) -> bool:
    """For tools that change nothing outside."""
    return False


def nothing(parameters: Json) -> str | None:
    """For tools that run whatever their parameters are."""
    return None


@dataclass(frozen=True)
class Tool:
    """A built-in module: one of `run`, `collect` and `act` says what it does.

    `collect` makes one bundle of many (an aggregator). `act` works on this server's database, in the transaction that
    journals the operation, so it happens exactly once. `replay` repeats what an operation that is done left in memory.
    `writes` tells whether a call changes something outside, `repeatable` whether it may then be made again. `feeds`: it
    makes many bundles of one. `event`: it starts with bundles that are given to it. `problem` says what in its
    parameters keeps it from running here.
    """

    name: str
    label: str
    run: Run | None = None
    collect: Collect | None = None
    act: Act | None = None
    replay: Replay | None = None
    writes: Callable[[Json], bool] = never
    repeatable: Callable[[Json], bool] = never
    feeds: bool = False
    event: bool = False
    problem: Callable[[Json], str | None] = nothing

    @property
    def aggregates(self) -> bool:
        """True for what gathers bundles."""
        return self.collect is not None


def number(value: Any, name: str, low: float, high: float) -> float:
    """A number in its limits. Raises ModuleError naming the field."""
    try:
        found = coerce(value, "number", field=name, timezone="UTC")
    except BundleValidationError as error:
        raise ModuleError("BundleValidationError", error.message, field=name) from None
    if not isinstance(found, int | float) or not low <= found <= high:
        raise ModuleError("BundleValidationError", f"must be a number from {low:g} to {high:g}", field=name)
    return found


def text(given: Json, name: str, *, required: bool = False) -> str:
    """A field as text. Raises ModuleError naming it when it is required and empty."""
    found = to_text(given.get(name))
    if required and not found:
        raise ModuleError("BundleValidationError", "is required", field=name)
    return found


def flag(value: Any) -> bool:
    """A yes or no, also when it came as text."""
    return value is True or (isinstance(value, str) and value.strip().lower() in {"true", "yes", "1"})


def pairs(value: Any, name: str = "name") -> list[tuple[str, Any]]:
    """(name, value) of a list of headers, query parameters or form fields; `key` is as good as `name`."""
    found = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict) and (called := item.get(name, item.get("key"))) not in (None, ""):
            found.append((to_text(called), item.get("value")))
    return found


def bundles_of(value: Any) -> list[Json]:
    """A value as bundles: an array gives one for each element; what is no collection stands under `value`."""
    items = value if isinstance(value, list) else [value]
    return [item if isinstance(item, dict) else {"value": item} for item in items]
