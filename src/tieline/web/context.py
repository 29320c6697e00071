"""What a page may ask of the application, typed."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request

from tieline.http import Door
from tieline.scenarios.engine import Engine
from tieline.settings import Settings
from tieline.store.database import Database
from tieline.vault import Vault


def settings(request: Request) -> Settings:
    """The configuration of this process."""
    return cast(Settings, request.app.state.settings)


def database(request: Request) -> Database:
    """The store."""
    return cast(Database, request.app.state.database)


def engine(request: Request) -> Engine:
    """The scenario engine."""
    return cast(Engine, request.app.state.engine)


def vault(request: Request) -> Vault:
    """Where secrets are encrypted and decrypted."""
    return cast(Vault, request.app.state.vault)


def door(request: Request) -> Door:
    """The outgoing door."""
    return cast(Door, request.app.state.door)
