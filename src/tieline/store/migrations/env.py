"""What Alembic runs: one connection, one transaction, both dialects."""

from __future__ import annotations

import sqlalchemy
from alembic import context

from tieline.store.migrations import LOCK
from tieline.store.tables import metadata

engine = sqlalchemy.create_engine(context.config.attributes["url"], poolclass=sqlalchemy.pool.NullPool)
with engine.connect() as connection:
    if connection.dialect.name == "postgresql":
        connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True
    )
    context.run_migrations()
    connection.commit()
engine.dispose()
