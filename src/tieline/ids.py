"""Opaque identifiers with the lengths of the contract (0.3.9). Never parse them."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets

_calls = itertools.count()


def sync_key() -> str:
    """43 characters: 32 random bytes, base64url."""
    return secrets.token_urlsafe(32)


def direct() -> str:
    """22 characters: 16 random bytes, base64url."""
    return secrets.token_urlsafe(16)


def subscription() -> str:
    """86 characters: 64 random bytes, base64url."""
    return secrets.token_urlsafe(64)


def entry() -> str:
    """Key of a timeline entry: 43 characters."""
    return secrets.token_urlsafe(32)


def execution(now_ms: int) -> str:
    """Id of an execution: 32 lower-case hexadecimal characters, growing with time and, in one process, with every call."""
    return f"{now_ms:012x}{next(_calls) & 0xFFFFFFFF:08x}{secrets.token_hex(6)}"


def secret(size: int = 32) -> str:
    """A random secret of `size` bytes, base64url: keys, tokens, hook addresses."""
    return secrets.token_urlsafe(size)


def padded_secret(size: int = 24) -> str:
    """A random secret of `size` bytes in plain base64, as Standard Webhooks writes it."""
    return base64.b64encode(secrets.token_bytes(size)).decode()


def s256(verifier: str) -> str:
    """The S256 code challenge that a verifier proves (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
