"""One server on each database for the whole room; every test has an account of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import new_postgres
from tests.servers import RunningServer, Thread
from tieline.settings import load


def running(folder: str, database: str) -> Iterator[RunningServer]:
    """A server with the default settings, but no rate limit."""
    thread = Thread(
        load({}, data_dir=folder, database=database, port=0, rate_limit=0, allow_private_targets="loopback")
    )
    yield thread.start()
    thread.stop()


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The server on SQLite."""
    yield from running(str(tmp_path_factory.mktemp("api")), "")


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The server on PostgreSQL."""
    with new_postgres() as url:
        yield from running(str(tmp_path_factory.mktemp("api")), url)


@pytest.fixture(params=["sqlite", "postgresql"])
def api(request: pytest.FixtureRequest) -> RunningServer:
    """The server on either database, as a new account sees it."""
    server: RunningServer = request.getfixturevalue(f"{request.param}_server")
    return server.with_account(name="Ada Lindqvist")


@pytest.fixture
def sqlite_api(sqlite_server: RunningServer) -> RunningServer:
    """The same for what does not depend on the database."""
    return sqlite_server.with_account(name="Ada Lindqvist")
