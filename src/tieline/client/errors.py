"""What went wrong at the other side, named by what the caller may do next.

ClozeError
├── InvalidRequest      fix the request (any other non-zero errorcode)
├── NotAuthorized       check e-mail address and key
├── NotFound            the record or path does not exist
├── RateLimited         wait `retry_after` seconds
├── ServerUnavailable   try again later: no answer, or a failure of the server
└── UnexpectedAnswer    not the Cloze API: check the URL
"""

from __future__ import annotations


class ClozeError(Exception):
    """A failed call. `errorcode` is the envelope's (0.3.2), `status` the HTTP status; None when there was none."""

    def __init__(
        self,
        message: str,
        *,
        errorcode: int | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errorcode = errorcode
        self.status = status
        self.retry_after = retry_after


class InvalidRequest(ClozeError):
    """The server understood the request and refused it; the message names the field."""


class NotAuthorized(ClozeError):
    """The credentials are unknown, or lack the scope or right."""


class NotFound(ClozeError):
    """The record or the path does not exist."""


class RateLimited(ClozeError):
    """Too many requests."""


class ServerUnavailable(ClozeError):
    """No answer, or a failure of the server itself. `sent` is False when the request never left."""

    sent = True


class UnexpectedAnswer(ClozeError):
    """The answer is not the Cloze API's, such as an HTML page."""
