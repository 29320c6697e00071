"""What went wrong, named by what the caller may do next.

    TielineError
    ├── InvalidInput          fix the input: `field` says which, `remedy` says how
    │   ├── NoIdentifier      the record names nobody (errorcode 11)
    │   └── TooLarge          send less
    ├── NotFound              ask for something that exists
    ├── AuthenticationFailed  sign in, or send a valid key
    ├── PermissionDenied      ask for the right or the scope
    ├── Conflict              somebody else changed it, or it is in use: reload and retry
    │   └── ChangedSince      the record is not the version that was named: read it again
    ├── RateLimited           wait `retry_after` seconds and retry
    ├── Unavailable           the other side did not answer: retry later
    └── InternalError         report a bug

Each face renders these in its own dialect: errorcode envelope, page, exit code, MCP error.
"""

from __future__ import annotations


class TielineError(Exception):
    """A failure that a person or a program can act upon. `str()` is one readable line."""

    code = "error"

    def __init__(self, message: str, *, field: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.field}: {self.message}" if self.field else self.message
        return f"{head} ({self.remedy})" if self.remedy else head


class InvalidInput(TielineError):
    """The input cannot be used as it is; nothing was changed."""

    code = "invalid"


class NoIdentifier(InvalidInput):
    """A write carries nothing that identifies a record (contract 2.4, errorcode 11)."""

    code = "no-identifier"


class TooLarge(InvalidInput):
    """A body, file or result exceeds its limit."""

    code = "too-large"


class NotFound(TielineError):
    """The thing asked for does not exist, or is not visible to the caller."""

    code = "not-found"


class AuthenticationFailed(TielineError):
    """No credential, or one that resolves to nobody."""

    code = "authentication"


class PermissionDenied(TielineError):
    """The caller is known but lacks the right or the scope."""

    code = "permission"


class Conflict(TielineError):
    """The state changed or is held by somebody else."""

    code = "conflict"


class ChangedSince(Conflict):
    """A write was meant for another version of the record than there is (If-Match)."""

    code = "changed-since"


class RateLimited(TielineError):
    """Too many requests. `retry_after` is in seconds."""

    code = "rate-limited"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(TielineError):
    """A remote or local service did not answer; trying again later may work."""

    code = "unavailable"


class InternalError(TielineError):
    """Our own fault."""

    code = "internal"
