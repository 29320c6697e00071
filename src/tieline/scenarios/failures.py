"""The classes of failures and what each means for an execution (scenario-engine 3.8, 3.10, 3.12)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, get_args

from tieline.modules.errors import ErrorClass, ModuleError

CLASSES: frozenset[ErrorClass] = frozenset(get_args(ErrorClass))
# Passing by itself: the execution is taken up again where it failed.
PASSING: frozenset[str] = frozenset(
    {"ConnectionError", "RateLimitError", "ModuleTimeoutError", "OutOfSpaceError"}
)
# After these it is not known whether the call was carried out.
UNKNOWN: frozenset[str] = frozenset({"ConnectionError", "ModuleTimeoutError", "UncertainError"})
# A person has to act first: the scenario is switched off.
DISABLING: frozenset[str] = frozenset(
    {
        "InvalidAccessTokenError",
        "InvalidConfigurationError",
        "UnexpectedError",
        "MaxResultsExceededError",
        "MaxFileSizeExceededError",
    }
)
# One failure of these says nothing about the scenario: they do not add up to a pause (3.8).
UNCOUNTED: frozenset[str] = frozenset(
    {
        "DataError",
        "DuplicateDataError",
        "BundleValidationError",
        "ConnectionError",
        "ModuleTimeoutError",
        "UncertainError",
    }
)
# Kept as an incomplete execution where the scenario says so, while the next bundle goes on.
KEPT: frozenset[str] = PASSING | {
    "DataError",
    "DuplicateDataError",
    "BundleValidationError",
    "UncertainError",
}

# Minutes before an execution that met a passing failure is taken up again where it failed.
RETRIES = (1, 2, 5, 10, 60, 180, 720, 1440)
# Minutes before the automatic attempts at an incomplete execution.
LADDER = (1, 10, 10, 30, 30, 30, 180, 180)
RATE_LIMIT_PAUSE = 20 * 60  # seconds, when the other side does not say
JITTER = 0.10
MINUTE = 60_000


@dataclass(frozen=True)
class Attempts:
    """When an incomplete execution is tried again by itself: on the ladder, or `count` times every `interval` minutes."""

    count: int = 0
    interval: int = 0
    ladder: bool = False

    def after(self, attempts: int, error: dict[str, Any]) -> int | None:
        """Milliseconds until the next attempt when `attempts` have failed; None when a person has to decide."""
        if attempts >= (len(LADDER) if self.ladder else self.count):
            return None
        minutes = LADDER[attempts] if self.ladder else self.interval
        wait = int(minutes * MINUTE * (1 + random.random() * JITTER))
        return max(wait, int(float(error.get("retryAfter") or 0) * 1000))

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"count": self.count, "interval": self.interval, "ladder": self.ladder}


BY_HAND = Attempts()
ON_THE_LADDER = Attempts(ladder=True)


def of_class(kind: str) -> Attempts:
    """The attempts that a class calls for by itself."""
    return ON_THE_LADDER if kind in PASSING else BY_HAND


def error_json(error: ModuleError) -> dict[str, Any]:
    """A failure as the history keeps it and as handlers see it (1.9)."""
    made: dict[str, Any] = {"name": error.kind, "message": error.message, "module": error.module}
    if error.field:
        made["field"] = error.field
    if error.remedy:
        made["remedy"] = error.remedy
    if error.status is not None:
        made["statusCode"] = error.status
    if error.retry_after is not None:
        made["retryAfter"] = error.retry_after
    return made
