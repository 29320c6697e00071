"""Migrations make exactly the declared tables, and keep what was there before them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tieline.store import migrations
from tieline.store.tables import metadata


def test_the_tables_are_those_declared(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tieline.db'}"
    migrations.upgrade(url)
    with sqlalchemy.create_engine(url).connect() as connection:
        # The full-text tables are made by hand, for SQLAlchemy has no words for them.
        options = {"include_name": lambda name, *_: not str(name).startswith("relation_text")}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_a_connection_from_before_oauth_has_a_key(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tieline.db'}"
    command.upgrade(migrations.config(url), "0001")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for insert in (
            "INSERT INTO account (id, email, name, first, last, country, timezone, aka, settings, last_changed, created) "
            "VALUES (1, 'a@x.example', '', '', '', 'US', 'UTC', '[]', '{}', 0, 1)",
            "INSERT INTO connection (id, account_id, name, app, url, email, created, identity) "
            "VALUES (1, 1, 'Cloze', 'cloze', 'https://api.cloze.com', '', 1, '')",
        ):
            connection.execute(sqlalchemy.text(insert))
    migrations.upgrade(url)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT name, kind FROM connection")).all() == [
            ("Cloze", "key")
        ]
    command.downgrade(migrations.config(url), "0001")
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT name FROM connection")).all() == [("Cloze",)]
