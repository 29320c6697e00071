"""Schema migrations, run by the program itself: no alembic.ini, no second command."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from tieline.errors import Conflict, Unavailable

HERE = Path(__file__).parent


def sqlalchemy_url(url: str) -> str:
    """The URL as SQLAlchemy wants it, with psycopg named as the driver."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def config(url: str) -> Config:
    """Alembic's configuration for a database."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.attributes["url"] = sqlalchemy_url(url)
    return made


def upgrade(url: str) -> None:
    """Bring the schema up to date. Raises Conflict when it is newer than this program."""
    settings = config(url)
    try:
        command.upgrade(settings, "head")
    except CommandError as error:
        known = ScriptDirectory.from_config(settings).get_current_head()
        raise Conflict(
            f"The database was made by a newer version of Tieline ({error}; this program knows {known}).",
            remedy="install that version",
        ) from None
    except sqlalchemy.exc.OperationalError as error:
        raise Unavailable(
            f"The database does not answer: {error.orig}", remedy="check its URL and that it runs"
        ) from None
