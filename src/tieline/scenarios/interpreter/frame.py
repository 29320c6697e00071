"""What the parts of the walk share: the execution's state, and the ways in which a bundle or a cycle ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from tieline import clock
from tieline.expressions import Scope
from tieline.modules.errors import ModuleError
from tieline.modules.runner import Exchange
from tieline.scenarios.failures import BY_HAND, Attempts
from tieline.scenarios.journal import Journal
from tieline.scenarios.plan import Node, Place, Plan
from tieline.scenarios.polling import Position
from tieline.scenarios.tools import Services, Variables

Bundle = dict[str, Any]
Path = dict[int, Any]
# Runs a Cloze module: node, input, idempotency key, observer -> bundles.
Call = Callable[[Node, Bundle, str, Callable[[Exchange], None]], Awaitable[list[Bundle]]]
MARKER = {"__IMTLENGTH__": 0}  # the only bundle of a module told to continue without results (1.17)


class Failed(Exception):
    """An operation failed and no handler took care of it."""

    def __init__(self, node: Node, error: ModuleError, path: str) -> None:
        super().__init__(str(error))
        self.node = node
        self.error = error
        self.path = path


class Stop(Exception):
    """A directive ends the execution. `error` is set for Rollback."""

    def __init__(self, error: Failed | None) -> None:
        super().__init__("stopped")
        self.error = error


class Broken(Exception):
    """The bundle goes no further here; the next one goes on."""


# Keeps a bundle as an incomplete execution: what failed, its bundles, the attempts. False when there is no room.
Keep = Callable[[Failed, Path, Attempts], Awaitable[bool]]


async def keep_nothing(failed: Failed, path: Path, attempts: Attempts) -> bool:
    """For runs that have no place to keep anything."""
    return False


@dataclass
class Collector:
    """What an aggregator gathers between one call of its source and the end of it."""

    place: Place
    groups: dict[str, tuple[Any, list[Bundle]]] = field(default_factory=dict)


@dataclass
class Handling:
    """A failure under a handler, and how it ended: the last directive that was reached decides."""

    failed: Failed
    path: Path
    outcome: str = "ignore"
    bundles: list[Bundle] = field(default_factory=list)
    attempts: Attempts = BY_HAND


class Reading(Protocol):
    """Where a polling trigger stands."""

    async def load(self) -> Position:
        """The position that is kept."""

    async def advance(self, position: Position) -> None:
        """Keep another."""


@dataclass
class Frame(ABC):
    """The state of one execution of a plan, and the steps of the walk that its parts call one another by."""

    plan: Plan
    journal: Journal
    call: Call
    timezone: str
    execution_id: str
    trigger: list[Bundle] | None = None
    constants: dict[str, Any] = field(default_factory=dict)
    repeatable: Callable[[Node], bool] = lambda node: False
    keep: Keep = keep_nothing
    services: Services | None = None
    # Keep whatever fails: the bundle was kept before, and shall not be lost now.
    keep_all: bool = False
    # Keys of operations that may have been carried out under another execution: path -> Idempotency-Key.
    known_keys: dict[str, str] = field(default_factory=dict)
    settle: Callable[[bool], Awaitable[None]] | None = None
    position: Reading | None = None
    dry: bool = False
    most_operations: int = 250_000
    steps: int = 0
    variables: Variables = field(default_factory=Variables)
    collectors: dict[int, Collector] = field(default_factory=dict)
    handling: list[Handling] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def _scope(self, path: Path) -> Scope:
        return Scope(
            path,
            variables=self.constants,
            now=clock.utc_now(),
            timezone=self.timezone,
            execution_id=self.execution_id,
        )

    @abstractmethod
    async def _outputs(
        self, node: Node, bundles: list[Bundle], path: Path, op: str, flow: list[Node], index: int
    ) -> None:
        """Send bundles on, one after the other."""

    @abstractmethod
    async def _next(self, flow: list[Node], index: int, path: Path, op: str) -> bool:
        """Let a bundle into the module at `index`."""

    @abstractmethod
    async def _outcome(self, node: Node, path: Path, here: str, key: str = "") -> list[Bundle]:
        """The bundles of an operation. Raises ModuleError."""

    @abstractmethod
    async def _on_error(self, node: Node, error: ModuleError, path: Path, here: str) -> list[Bundle] | None:
        """What becomes of a failure."""

    @abstractmethod
    def _open(self, place: Place) -> Collector:
        """Let an aggregator gather."""

    @abstractmethod
    async def _close(self, collector: Collector, path: Path, op: str) -> None:
        """End it."""


def one_bundle() -> suppress:
    """A bundle that goes no further does not keep the next one back."""
    return suppress(Broken)
