"""Opaque identifiers with the lengths of the contract (0.3.9). Never parse them."""

from __future__ import annotations

import secrets
import uuid


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


def execution() -> str:
    """Id of an execution: 32 lower-case hexadecimal characters."""
    return uuid.uuid4().hex


def secret(size: int = 32) -> str:
    """A random secret of `size` bytes, base64url: keys, tokens, hook addresses."""
    return secrets.token_urlsafe(size)
