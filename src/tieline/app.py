"""The application: every room in one ASGI app, and what runs as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tieline import __version__, api
from tieline.api import envelope
from tieline.crm import deliveries, touches
from tieline.http import Door
from tieline.jobs import create_runner
from tieline.settings import Settings
from tieline.store.database import open_database


def create_app(settings: Settings) -> Starlette:
    """The whole server. `app.state` has settings, and once it runs database, door and jobs."""
    app = Starlette(
        routes=[
            *api.routes(),
            Route("/healthz", health),
        ],
        lifespan=running,
        exception_handlers={404: unknown_path, 405: unknown_path},
    )
    app.state.settings = settings
    return app


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[None]:
    """Open what the rooms share, do the work that was left, and close it all in the opposite order."""
    state = app.state
    settings: Settings = state.settings
    async with AsyncExitStack() as closing:
        state.database = await open_database(settings.database_url)
        closing.push_async_callback(state.database.close)
        state.door = Door(settings)
        closing.push_async_callback(state.door.close)
        state.jobs = create_runner(state.database, settings)
        await state.jobs.start(
            {
                **deliveries.handlers(state.database, state.door, settings),
                **touches.handlers(state.database),
            }
        )
        closing.push_async_callback(state.jobs.stop)
        yield


async def health(request: Request) -> Response:
    """Answers when the server runs."""
    return JSONResponse({"status": "ok", "version": __version__})


async def unknown_path(request: Request, error: Exception) -> Response:
    """What nobody serves (contract 1.6)."""
    answer = envelope.UNKNOWN_PATH
    return Response(answer.body, answer.status, media_type="application/json")
