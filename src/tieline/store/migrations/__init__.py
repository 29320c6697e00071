"""Schema migrations, run by the program itself: no alembic.ini, no second command."""

from __future__ import annotations

from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from procrastinate.schema import SchemaManager

from tieline.errors import Conflict, Unavailable

HERE = Path(__file__).parent
LOCK = 0x7469656C696E65  # PostgreSQL advisory lock: one process migrates at a time


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
        if not url.startswith("sqlite"):
            add_queue(url)
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


def add_queue(url: str) -> None:
    """Procrastinate's own tables and functions, once; one process at a time."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() == (None,):
            connection.execute(SchemaManager.get_schema())
