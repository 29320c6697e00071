"""One process on one SQLite file: whoever holds the lock may serve, others are told who it is."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec

from tieline.errors import Conflict

FILE = "tieline.lock"


class ProcessLock:
    """An exclusive lock on a data folder. It ends with the process, however the process ends."""

    def __init__(self, data_dir: str) -> None:
        self.path = Path(data_dir) / FILE
        self.handle: int | None = None

    def acquire(self, info: dict[str, Any]) -> None:
        """Take the lock and say who has it. Raises Conflict when another process holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            holder = self.holder() or {}
            who = ", ".join(f"{name} {value}" for name, value in holder.items())
            raise Conflict(
                f"Tieline already works on the data folder {self.path.parent}{f' ({who})' if who else ''}.",
                remedy="stop it, or give another --data-dir",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(info), 0)
        self.handle = handle

    def holder(self) -> dict[str, Any] | None:
        """What the holder said of itself, if anything."""
        try:
            found = msgspec.json.decode(self.path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return None
        return found if isinstance(found, dict) else None

    def release(self) -> None:
        """Let go."""
        if self.handle is not None:
            os.ftruncate(self.handle, 0)
            os.close(self.handle)
            self.handle = None
