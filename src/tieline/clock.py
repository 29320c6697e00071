"""The one clock. Everything that asks for the time asks here, so that a test can wait thirty days."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Source = Callable[[], float]

_source: Source = time.time


def now() -> float:
    """Seconds since the epoch, as a float."""
    return _source()


def now_ms() -> int:
    """Milliseconds since the epoch: the unit of every stored and transmitted instant."""
    return int(_source() * 1000)


def utc_now() -> datetime:
    """The current instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(_source(), UTC)


def set_source(source: Source | None) -> None:
    """Replace the clock (tests only); `None` restores the system's."""
    global _source
    _source = source or time.time
