"""The application: every room in one ASGI app, and what runs as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from tieline import __version__, api, control, importing, web
from tieline.api import envelope
from tieline.client import AsgiTransport, Transport
from tieline.control import metrics
from tieline.crm import accounts, deliveries, touches
from tieline.crm.access import Actor
from tieline.errors import NotFound
from tieline.http import Door
from tieline.jobs import Handler, create_runner
from tieline.mcp import http as assistants
from tieline.scenarios import hooks, state
from tieline.scenarios.engine import Engine
from tieline.settings import Settings
from tieline.store.database import open_database
from tieline.vault import Vault
from tieline.web.page import page


class Application(Starlette):
    """Starlette, with a shorter way to the API and to hooks: they answer their own failures and need no layer around.

    That saves a quarter of the time a look-up takes. The routes have the API too, for paths spelled with more slashes.
    """

    def __init__(self, settings: Settings, routes: list[BaseRoute]) -> None:
        self.api = api.routes()
        super().__init__(
            routes=[*self.api, *routes],
            lifespan=running,
            exception_handlers={404: unknown_path, 405: unknown_path},
        )
        self.state.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            scope["app"] = self
            await self.api[0].handle(scope, receive, send)
        elif scope["type"] == "http" and hooks.is_event(scope):
            scope["app"] = self
            await hooks.answer(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings) -> Starlette:
    """The whole server. `app.state` has settings, and once it runs database, door, vault, engine and jobs."""
    return Application(
        settings,
        routes=[
            *hooks.routes(),
            Route("/healthz", health),
            Route("/readyz", ready),
            *control.routes(),
            *metrics.routes(),
            *assistants.routes(),
            *web.routes(),
        ],
    )


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[None]:
    """Open what the rooms share, do the work that was left, and close it all in the opposite order."""
    shared = app.state
    settings: Settings = shared.settings
    async with AsyncExitStack() as closing:
        shared.database = await open_database(settings.database_url)
        closing.push_async_callback(shared.database.close)
        shared.door = Door(settings)
        closing.push_async_callback(shared.door.close)
        shared.vault = Vault(settings)
        shared.engine = Engine(
            database=shared.database,
            settings=settings,
            door=shared.door,
            vault=shared.vault,
            local=lambda account_id, name: inside(app, account_id, name),
        )
        closing.push_async_callback(shared.engine.close)
        shared.assistants = assistants.Assistants(app)
        closing.push_async_callback(shared.assistants.close)
        shared.jobs = create_runner(shared.database, settings)
        closing.push_async_callback(shared.jobs.stop)
        if settings.run_jobs and not getattr(shared, "jobs_wait", False):
            await start_jobs(app)
        yield


async def start_jobs(app: Starlette) -> None:
    """Begin the work that must happen.

    `tieline serve` sets `state.jobs_wait` and calls this once it listens: deliveries to our own hooks would find nobody
    there before, and be counted as failures of the receiver.
    """
    await app.state.jobs.start(handlers(app))
    await app.state.database.write(state.plan_pruning)


def handlers(app: Starlette) -> dict[str, Handler]:
    """Everything that a job runner of this application can do."""
    shared = app.state
    return {
        **deliveries.handlers(shared.database, shared.door, shared.settings, shared.vault),
        **touches.handlers(shared.database),
        **shared.engine.handlers(),
        **importing.handlers(shared.database),
    }


def inside(app: Starlette, account_id: int, name: str) -> Transport:
    """The way from a scenario to an account of this server: the same API, without a socket."""
    return AsgiTransport(app, account_id, {"tieline.actor": Actor("scenario", name)})


async def health(request: Request) -> Response:
    """Answers when the server runs."""
    return JSONResponse({"status": "ok", "version": __version__})


async def ready(request: Request) -> Response:
    """Answers when the server can do its work: the database answers too."""
    await request.app.state.database.read(accounts.count_accounts)
    return JSONResponse({"status": "ok"})


async def _no_such_page(request: Request) -> Response:
    raise NotFound("There is no such page.")


no_such_page = page(_no_such_page, public=True)


async def unknown_path(request: Request, error: Exception) -> Response:
    """What nobody serves (contract 1.6): for a browser as a page."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return await no_such_page(request)
    answer = envelope.UNKNOWN_PATH
    return Response(answer.body, answer.status, media_type="application/json")
