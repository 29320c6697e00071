"""A module call that failed, in the classes that error handlers know (scenario-engine 3.8)."""

from __future__ import annotations

from typing import Literal

from tieline.client.errors import (
    ClozeError,
    InvalidRequest,
    NotAuthorized,
    NotFound,
    RateLimited,
    ServerUnavailable,
)

ErrorClass = Literal[
    "RuntimeError",
    "DataError",
    "BundleValidationError",
    "ConnectionError",
    "RateLimitError",
    "ModuleTimeoutError",
    "InvalidAccessTokenError",
    "InvalidConfigurationError",
    "UncertainError",
    "DuplicateDataError",
    "IncompleteDataError",
    "OutOfSpaceError",
    "MaxResultsExceededError",
    "MaxFileSizeExceededError",
    "UnexpectedError",
    "InconsistencyError",
    "ScenarioTimeoutError",
]


class ModuleError(Exception):
    """What went wrong in which module. `field` names the field to mend; `retry_after` is in seconds."""

    def __init__(
        self,
        kind: ErrorClass,
        message: str,
        *,
        module: str = "",
        field: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: ErrorClass = kind
        self.message = message
        self.module = module
        self.field = field
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        head = f"{self.module}: " if self.module else ""
        return f"{head}{self.field + ': ' if self.field else ''}{self.message}"


def of_client(error: ClozeError, module: str) -> ModuleError:
    """The class that a client's failure falls into."""
    kind: ErrorClass = "RuntimeError"
    if isinstance(error, RateLimited):
        kind = "RateLimitError"
    elif isinstance(error, ServerUnavailable):
        kind = "ModuleTimeoutError" if "within" in error.message else "ConnectionError"
        if error.status is not None and error.status not in {502, 503, 504}:
            kind = "RuntimeError"
    elif isinstance(error, NotAuthorized):
        kind = "InvalidAccessTokenError" if error.status == 401 else "DataError"
    elif isinstance(error, InvalidRequest | NotFound):
        kind = "DataError"
    field, colon, _ = error.message.partition(": ")
    named = field if colon and " " not in field else None
    message = error.message if named is None else error.message.removeprefix(f"{field}: ")
    return ModuleError(
        kind, message, module=module, field=named, status=error.status, retry_after=error.retry_after
    )
