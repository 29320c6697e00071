"""The words of RFC 6749 and 7636: refusals by their code, scopes, and the proof of a code's owner."""

from __future__ import annotations

import hmac
import re
from typing import Final, Literal

from tieline import ids
from tieline.errors import TielineError
from tieline.records.vocabulary import SCOPES

Code = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "access_denied",
]
METHODS: Final = ("S256", "plain")
DEFAULT_SCOPE: Final = "basic"  # what an app may do that asks for nothing in particular

_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_SEPARATOR: Final = re.compile(r"[\s,]+")


class Refusal(TielineError):
    """A request that is refused. `error` is the code that the app is told (RFC 6749, 4.1.2.1 and 5.2)."""

    code = "oauth"

    def __init__(self, error: Code, description: str) -> None:
        super().__init__(description)
        self.error: Code = error


def read_scopes(text: str) -> tuple[str, ...]:
    """The scopes of a request, in the contract's order. Raises Refusal naming those that do not exist."""
    asked = {word for word in _SEPARATOR.split(text) if word} or {DEFAULT_SCOPE}
    unknown = sorted(asked - set(SCOPES))
    if unknown:
        raise Refusal("invalid_scope", f"unknown scope {unknown[0][:60]}; there are {' '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in asked)


def check_challenge(challenge: str, method: str) -> None:
    """Raises Refusal unless it is a PKCE challenge of one of the two methods."""
    if method not in METHODS:
        raise Refusal("invalid_request", "code_challenge_method must be S256 or plain")
    if not _VERIFIER.fullmatch(challenge) or (method == "S256" and len(challenge) != 43):
        raise Refusal("invalid_request", f"code_challenge is no {method} challenge")


def proves(verifier: str, challenge: str, method: str) -> bool:
    """True when the verifier belongs to the challenge (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = ids.s256(verifier) if method == "S256" else verifier
    return hmac.compare_digest(made.encode(), challenge.encode())
