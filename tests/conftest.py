"""What every test may ask for: a real server, one on each database, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.databases import database, database_url
from tests.receiver import receiver
from tieline import clock
from tieline.settings import load

if TYPE_CHECKING:
    from tests.servers import RunningServer, Thread

__all__ = [
    "FakeClock",
    "StartServer",
    "database",
    "database_url",
    "fake_clock",
    "receiver",
    "server",
    "start_server",
]

__all__ = ["database_url"]

StartServer = Callable[..., "RunningServer"]


@dataclass
class FakeClock:
    """The time, in seconds since the epoch; it stands still until it is moved."""

    now: float = 1_767_614_400.0  # Monday, 5 January 2026, 12:00 UTC

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Let time pass."""
        self.now += seconds + 60 * minutes + 3600 * hours + 86400 * days


@pytest.fixture
def fake_clock() -> Iterator[FakeClock]:
    """The one clock of Tieline, under the test's control."""
    made = FakeClock()
    clock.set_source(lambda: made.now)
    yield made
    clock.set_source(None)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers with the given settings, each on a free port; all are stopped after the test."""
    from tests.servers import Thread  # here, so that the tests of a small room need not load every room

    threads: list[Thread] = []

    def start(**settings: Any) -> RunningServer:
        defaults = {
            "data_dir": str(tmp_path / "data"),
            "port": 0,
            "rate_limit": 0,
            "allow_private_targets": "loopback",
        }
        thread = Thread(load({}, **{**defaults, **settings}))
        threads.append(thread)
        return thread.start()

    yield start
    for thread in threads:
        thread.stop()


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """A server on SQLite."""
    return start_server()


@pytest.fixture
def any_server(start_server: StartServer, database_url: str) -> RunningServer:
    """The same test with a server on SQLite and one on PostgreSQL."""
    return start_server(database=database_url)
