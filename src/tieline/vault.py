"""Where secrets of others are kept: encrypted in the database, with a key that is not in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from tieline.errors import Conflict, InvalidInput
from tieline.settings import Settings

FILE = "secret.key"


class Vault:
    """Encrypts and decrypts short secrets. The key is TIELINE_SECRET_KEY, else a file beside the database."""

    def __init__(self, settings: Settings) -> None:
        key = _key(settings)
        self._fernet = Fernet(key)
        self._signing = hmac.digest(key, b"tieline signatures", "sha256")

    def sign(self, message: bytes) -> bytes:
        """32 bytes that only this installation can make of the message: what it hands out and takes back."""
        return hmac.digest(self._signing, message, "sha256")

    def encrypt(self, secret: str) -> bytes:
        """The form in which a secret is stored."""
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, stored: bytes) -> str:
        """The secret. Raises Conflict when it was stored with another key."""
        try:
            return self._fernet.decrypt(bytes(stored)).decode()
        except InvalidToken:
            raise Conflict(
                "A stored secret cannot be read: it was encrypted with another key.",
                remedy=f"restore {FILE} or TIELINE_SECRET_KEY, or enter the API key again",
            ) from None


def _key(settings: Settings) -> bytes:
    if settings.secret_key:
        if len(settings.secret_key) < 16:
            raise InvalidInput(
                "is too short", field="TIELINE_SECRET_KEY", remedy="use at least 16 random characters"
            )
        return base64.urlsafe_b64encode(hashlib.sha256(settings.secret_key.encode()).digest())
    path = Path(settings.data_dir) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Made and filled in one step, readable by the owner alone; a second process finds the first one's.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        key = Fernet.generate_key()
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
