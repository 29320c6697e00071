"""What the wire says (contract 0.3.2, 1.6): `errorcode` 0 with the answer, anything else with a message."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tieline.errors import (
    ChangedSince,
    Conflict,
    InvalidInput,
    NoIdentifier,
    NotFound,
    PermissionDenied,
    RateLimited,
    TielineError,
    TooLarge,
    Unavailable,
)

Headers = tuple[tuple[bytes, bytes], ...]

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: HTTP status, JSON body, headers besides the usual ones."""

    status: int
    body: bytes
    headers: Headers = ()
    content_type: bytes = b"application/json"


@dataclass(frozen=True, slots=True)
class Stream(Answer):
    """An answer whose body comes in pieces."""

    chunks: Callable[[], AsyncIterator[bytes]] = field(kw_only=True)


def success(**members: Any) -> bytes:
    """`{"errorcode": 0, …}`. Members that are None are left out."""
    return _encode({"errorcode": 0, **{name: value for name, value in members.items() if value is not None}})


def bare(answer: dict[str, Any]) -> bytes:
    """An answer without errorcode: the analytics group theirs under the names of the queries (2.9)."""
    return _encode(answer)


def failure(errorcode: int, message: str) -> bytes:
    """`{"errorcode": n, "message": …}`."""
    return _encode({"errorcode": errorcode, "message": message})


UNKNOWN_PATH = Answer(404, failure(404, "Resource Not Found"))
UNKNOWN_KEY = Answer(401, failure(1, "The API key was not found"), ((b"www-authenticate", b"Bearer"),))
UNKNOWN_BEARER = Answer(
    401,
    _encode({"message": "Invalid token: access token is invalid"}),
    ((b"www-authenticate", b'Bearer error="invalid_token"'),),
)
INTERNAL = Answer(500, failure(500, "Internal error"))


PROBLEM = b"application/problem+json"
# RFC 9457: the HTTP status of an error that the wire tells with 200 and an errorcode.
STATUS = {11: 422}


def as_problem(answer: Answer, error: TielineError | None) -> Answer:
    """The same failure as `application/problem+json`, for a client that asked for it (ours, 0.4)."""
    told = msgspec.json.decode(answer.body)
    errorcode = int(told.get("errorcode") or answer.status)
    status = STATUS.get(errorcode, errorcode if 400 <= errorcode < 600 else answer.status)
    members: dict[str, Any] = {
        "type": f"urn:tieline:error:{error.code if error else errorcode}",
        "title": error.message if error else told["message"],
        "status": status,
        "detail": told["message"],
        "errorcode": errorcode,
    }
    if error is not None:
        members |= {name: value for name in ("field", "remedy") if (value := getattr(error, name))}
    return Answer(status, _encode(members), answer.headers, PROBLEM)


def missing_scope(scope: str) -> Answer:
    """The credential is good, but not for this (1.5)."""
    return Answer(403, failure(403, f"This needs the scope {scope}"))


def of_error(error: TielineError) -> Answer | None:
    """How a failure is told (1.6). None for one that is our own fault.

    What the caller asked for cannot be done: HTTP 200 and an errorcode, as the vendor answers. What never reached
    the application (too large, too often, nobody there): the HTTP status says so as well.
    """
    match error:
        case NoIdentifier():
            return Answer(200, failure(11, str(error)))
        case TooLarge():
            return Answer(413, failure(413, str(error)))
        case InvalidInput():
            return Answer(200, failure(400, str(error)))
        case NotFound():
            return Answer(200, failure(404, str(error)))
        case PermissionDenied():
            return Answer(200, failure(403, str(error)))
        case ChangedSince():
            return Answer(412, failure(412, str(error)))
        case Conflict():
            return Answer(200, failure(409, str(error)))
        case RateLimited():
            seconds = str(max(1, math.ceil(error.retry_after))).encode()
            return Answer(429, failure(429, str(error)), ((b"retry-after", seconds),))
        case Unavailable():
            return Answer(503, failure(503, str(error)), ((b"retry-after", b"1"),))
    return None
