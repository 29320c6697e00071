"""The one clock. Everything that asks for the time asks here, so that a test can wait thirty days."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

Source = Callable[[], float]
Sleeper = Callable[[float], Awaitable[None]]

_source: Source = time.time
_sleeper: Sleeper = asyncio.sleep


def now() -> float:
    """Seconds since the epoch, as a float."""
    return _source()


def now_ms() -> int:
    """Milliseconds since the epoch: the unit of every stored and transmitted instant."""
    return int(_source() * 1000)


def utc_now() -> datetime:
    """The current instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(_source(), UTC)


async def sleep(seconds: float) -> None:
    """Wait as long as somebody asked for."""
    await _sleeper(seconds)


def set_source(source: Source | None, sleeper: Sleeper | None = None) -> None:
    """Replace the clock, and what waits (tests and cases of scenarios only); `None` restores the system's."""
    global _source, _sleeper
    _source = source or time.time
    _sleeper = sleeper or asyncio.sleep
