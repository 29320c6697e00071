"""Pauses of scenarios, and the scenario that takes every failure."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("scenario", sa.Column("paused_until", sa.BigInteger()))
    op.add_column("scenario", sa.Column("probes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("account", sa.Column("catch_all_id", ID))


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("account") as batch:
        batch.drop_column("catch_all_id")
    with op.batch_alter_table("scenario") as batch:
        batch.drop_column("probes")
        batch.drop_column("paused_until")
