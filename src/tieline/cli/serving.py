"""`tieline serve` and `tieline work`: the processes that stay."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator

import msgspec
import uvicorn
import uvloop
from starlette.applications import Starlette

from tieline import ids
from tieline.app import create_app, handlers, start_jobs
from tieline.cli.output import say
from tieline.cli.reach import announced
from tieline.crm import accounts, sample
from tieline.errors import Conflict, InvalidInput
from tieline.observing import logs, spans
from tieline.settings import Settings
from tieline.store.lock import ProcessLock


def serve(settings: Settings, with_sample: bool) -> None:
    """Run the server until it is told to end."""
    with _observed(settings):
        _serve_alone(settings, with_sample)


def _serve_alone(settings: Settings, with_sample: bool) -> None:
    lock = ProcessLock(settings.data_dir) if settings.database_url.startswith("sqlite") else None
    if lock is not None:
        lock.acquire({"pid": os.getpid(), "at": settings.base_url})
    try:
        _check_port(settings)
        token = ids.secret()
        with announced(settings, token):
            _run(settings, token, with_sample)
    finally:
        if lock is not None:
            lock.release()


def _run(settings: Settings, token: str, with_sample: bool) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, token, with_sample, os.path.abspath(settings.data_dir)))


class Listener(uvicorn.Server):
    """uvicorn, ended by our own signal handlers: its own would raise the signal again, past our closing work."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self) -> None:
        """Finish what is under way; asked again, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def _serve(settings: Settings, token: str, with_sample: bool, folder: str) -> None:
    app = create_app(settings)
    app.state.owner_token = token
    app.state.jobs_wait = True
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=15,
    )
    server = Listener(config)
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, server.end)
    task = asyncio.create_task(server.serve())
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    if server.started:
        if settings.run_jobs:
            await start_jobs(app)
        if with_sample:
            await _load_sample(app)
        say(f"Tieline is at {settings.base_url}  (data in {folder}; Ctrl+C ends it)")
    await task


async def _load_sample(app: Starlette) -> None:
    """The sample office for the only account, or for a new one when there is none yet."""
    database = app.state.database
    found = await database.read(accounts.list_accounts)
    if not found:
        made = await database.write(
            accounts.create_account, "sample@tieline.example", name="Sample Office", password="sample office"
        )
        say("Sign in as sample@tieline.example with the password “sample office”.")
        found = [made]
    caller = await database.read(accounts.caller_by_id, found[0].id)
    count = await database.write(sample.load, caller)
    say(f"The sample office has {count} records." if count else "The sample office is there already.")


def work(settings: Settings) -> None:
    """Run jobs until told to end."""
    if settings.database_url.startswith("sqlite"):
        raise InvalidInput(
            "workers need PostgreSQL",
            field="database",
            remedy="give --database postgresql://…; on SQLite the server does the work itself",
        )
    with _observed(settings):
        asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    app = create_app(msgspec.structs.replace(settings, run_jobs=False))
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    async with app.router.lifespan_context(app):
        await app.state.jobs.start(handlers(app))
        say(f"Working on the jobs of {settings.database_url.rpartition('@')[2]}  (Ctrl+C ends it)")
        await ended.wait()
        await app.state.jobs.stop()


def _check_port(settings: Settings) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Conflict(
                f"Port {settings.port} cannot be used: {error.strerror}.", remedy="give another --port"
            ) from None


@contextlib.contextmanager
def _observed(settings: Settings) -> Iterator[None]:
    """With log lines, and with spans where they are wanted."""
    logs.set_up(settings.log_level, settings.log_format)
    if settings.tracing:
        spans.start()
    try:
        yield
    finally:
        spans.stop()
