"""What an expression can see while it is evaluated: the bundles on its path, variables, and the moment."""

from __future__ import annotations

import random as _random
import time
import uuid as _uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from tieline import clock
from tieline.expressions.dates import from_ms
from tieline.expressions.errors import DataError
from tieline.expressions.limits import ITEM_STEPS, MAX_STEPS, PATTERN_STEPS

_T = TypeVar("_T")
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _new_uuid() -> str:
    return str(_uuid.uuid4())


class Scope:
    """The surroundings of one module operation. Cheap to make: one per incoming bundle.

    `bundles` maps module ids to their current bundles (contract 2.4); `variables` is what `var` holds
    (`input`, `team`, `organization`, `scenario`, `system`); `now` stays the same for the whole scope
    (2.7); `timezone` is the scenario's IANA zone; `random` gives numbers in [0, 1), `uuid` texts.
    """

    __slots__ = ("_now", "_steps", "bundles", "execution_id", "random", "timezone", "uuid", "variables")

    def __init__(
        self,
        bundles: Mapping[int, Any],
        *,
        variables: Mapping[str, Any] = _NOTHING,
        now: datetime | None = None,
        timezone: str = "UTC",
        execution_id: str = "",
        random: Callable[[], float] = _random.random,
        uuid: Callable[[], str] = _new_uuid,
    ) -> None:
        self.bundles = bundles
        self.variables = variables
        self.timezone = timezone
        self.execution_id = execution_id
        self.random = random
        self.uuid = uuid
        if now is not None and now.microsecond % 1000:
            now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._now = now
        self._steps = 0

    @property
    def now(self) -> datetime:
        """The instant of this operation, in UTC with milliseconds."""
        if self._now is None:
            self._now = from_ms(clock.now_ms())
        return self._now

    def restart(self) -> None:
        """Start counting steps anew: each template has the whole allowance."""
        self._steps = 0

    def walk(self, value: Any) -> None:
        """Count a large text, buffer or array that is about to be walked through.

        Raises DataError when one evaluation has walked through too much (limits.MAX_STEPS).
        """
        self._count(len(value) * (ITEM_STEPS if isinstance(value, list) else 1))

    def search(self, action: Callable[[], _T]) -> _T:
        """Run a search by a regular expression and count the time it takes."""
        start = time.perf_counter()
        result = action()
        self._count(int((time.perf_counter() - start) * PATTERN_STEPS))
        return result

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise DataError(
                f"the mapping works through more than the limit of {MAX_STEPS:,} steps",
                suggestion="split it over several modules, or work on less data",
            )
