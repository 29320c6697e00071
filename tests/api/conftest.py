"""One server for the whole room; every test has an account of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import RunningServer, Thread
from tieline.settings import load


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with the default settings, but no rate limit."""
    folder = str(tmp_path_factory.mktemp("api"))
    thread = Thread(load({}, data_dir=folder, port=0, rate_limit=0, allow_private_targets="loopback"))
    yield thread.start()
    thread.stop()


@pytest.fixture
def api(api_server: RunningServer) -> RunningServer:
    """The server as a new account sees it."""
    return api_server.with_account(name="Ada Lindqvist")
