"""Incomplete executions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what is new."""
    op.add_column("execution", sa.Column("incomplete_id", ID))
    op.create_table(
        "incomplete",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("scenario_id", ID, nullable=False),
        sa.Column("execution_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("module", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bundles", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("resolver", sa.Text()),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_incomplete_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenario.id"], name=op.f("fk_incomplete_scenario_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incomplete")),
        sa.UniqueConstraint("execution_id", "path", name=op.f("uq_incomplete_execution_id_path")),
    )
    op.create_index("ix_incomplete_scenario", "incomplete", ["scenario_id", "id"])
    op.create_index("ix_incomplete_origin", "incomplete", ["origin"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("incomplete")
    with op.batch_alter_table("execution") as batch:
        batch.drop_column("incomplete_id")
