"""The public Cloze client: `from tieline import Cloze, AsyncCloze`."""

from __future__ import annotations

from tieline.client.asynchronous import AsyncCloze
from tieline.client.calls import Found, TimelinePage
from tieline.client.errors import (
    ClozeError,
    InvalidRequest,
    NotAuthorized,
    NotFound,
    RateLimited,
    ServerUnavailable,
    UnexpectedAnswer,
)
from tieline.client.oauth import Credentials, RenewingTokens
from tieline.client.synchronous import Cloze
from tieline.client.transport import AsgiTransport, HttpTransport, Response, Transport

__all__ = [
    "AsgiTransport",
    "AsyncCloze",
    "Cloze",
    "ClozeError",
    "Credentials",
    "Found",
    "HttpTransport",
    "InvalidRequest",
    "NotAuthorized",
    "NotFound",
    "RateLimited",
    "RenewingTokens",
    "Response",
    "ServerUnavailable",
    "TimelinePage",
    "Transport",
    "UnexpectedAnswer",
]
