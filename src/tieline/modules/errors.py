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
    UnexpectedAnswer,
)
from tieline.modules.module import Field, Module

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
    "OperationsLimitExceededError",
]

NAMING = ("syncKey", "key", "id")  # fields that name what may have vanished
NEEDS_TIELINE = "it is Tieline's own: use a connection to a Tieline server"


class ModuleError(Exception):
    """What went wrong in which module. `field` names the field to mend, `remedy` says how; `retry_after` is in seconds."""

    def __init__(
        self,
        kind: ErrorClass,
        message: str,
        *,
        module: str = "",
        field: str | None = None,
        remedy: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: ErrorClass = kind
        self.message = message
        self.module = module
        self.field = field
        self.remedy = remedy
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        head = f"{self.module}: " if self.module else ""
        tail = f" ({self.remedy})" if self.remedy else ""
        return f"{head}{self.field + ': ' if self.field else ''}{self.message}{tail}"


def of_client(error: ClozeError, module: Module) -> ModuleError:
    """The class that a client's failure falls into, told in the module's words: its field, and what to do."""
    named, message = _split(error.message)
    if named is not None and module.inside:
        named = named.removeprefix(".".join(module.inside) + ".")
    found = None if named is None else _field_named(module, named)
    if named is not None and found is None and not isinstance(error, InvalidRequest | NotFound):
        message, named = error.message, None
    lacks = isinstance(error, NotFound) and error.status == 404 and module.needs_tieline
    if lacks:
        message = "the server has no such call"
    elif isinstance(error, NotFound) and named is None:
        found = next((f for f in module.fields if f.name in NAMING), None)
    return ModuleError(
        _kind(error),
        message,
        module=module.label,
        field=found.name if found is not None else named,
        remedy=NEEDS_TIELINE if lacks else _remedy(error, module, found),
        status=error.status,
        retry_after=error.retry_after,
    )


def _kind(error: ClozeError) -> ErrorClass:
    if isinstance(error, RateLimited):
        return "RateLimitError"
    if isinstance(error, ServerUnavailable):
        if error.status is not None and error.status not in {502, 503, 504}:
            return "RuntimeError"
        return "ModuleTimeoutError" if "within" in error.message else "ConnectionError"
    if isinstance(error, NotAuthorized):
        return "InvalidAccessTokenError" if error.status == 401 else "DataError"
    return "DataError" if isinstance(error, InvalidRequest | NotFound) else "RuntimeError"


def _split(message: str) -> tuple[str | None, str]:
    """`stage: unknown` is a field and what is wrong with it."""
    name, colon, rest = message.partition(": ")
    return (name, rest) if colon and name and " " not in name else (None, message)


def _field_named(module: Module, wire: str) -> Field | None:
    """The dialog's field behind a name of the wire: `uniqueid`, `emails[0].value`, `customFields[2]`."""
    name = wire.partition("[")[0].partition(".")[0]
    same = (f for f in module.fields if f.name == name)
    return next(same, None) or next((f for f in module.fields if f.target.strip("?") == name), None)


def _remedy(error: ClozeError, module: Module, found: Field | None) -> str | None:
    """What the caller may do next; nothing where the server said it already."""
    if isinstance(error, RateLimited):
        seconds = f"{error.retry_after:g} seconds" if error.retry_after else "a minute"
        return f"try again in {seconds}"
    if isinstance(error, NotAuthorized):
        if error.status == 401:
            return "the API key is unknown or revoked: give the connection a new one"
        return "ask the account's owner for the right, or use another connection"
    if isinstance(error, UnexpectedAnswer):
        return "check the address of the connection"
    if isinstance(error, ServerUnavailable):
        return "check that the server runs, and try again"
    if error.message.endswith(")") or "one of" in error.message:
        return None
    if isinstance(error, NotFound):
        return "look it up again: it may have been deleted, merged or renamed"
    if error.errorcode == 11:
        return "give one more way to tell who is meant, such as an e-mail address or a sync key"
    if found is not None and found.options:
        return f"one of: {', '.join(option.value for option in found.options)}"
    return f"correct {found.label if found is not None else 'the input'} and run it again"
