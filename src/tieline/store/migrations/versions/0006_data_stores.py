"""Data stores, and what executions answer and warn of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what is new."""
    op.add_column("execution", sa.Column("warnings", sa.Text()))
    op.add_column("execution", sa.Column("reply", sa.Text()))
    op.create_table(
        "data_store",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("max_bytes", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_data_store_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_store")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_data_store_account_id_name")),
    )
    op.create_table(
        "data_record",
        sa.Column("store_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["data_store.id"], name=op.f("fk_data_record_store_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("store_id", "key", name=op.f("pk_data_record")),
    )
    op.create_table(
        "data_undo",
        sa.Column("id", ID, nullable=False),
        sa.Column("execution_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("store_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["execution.id"], name=op.f("fk_data_undo_execution_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["data_store.id"], name=op.f("fk_data_undo_store_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_undo")),
    )
    op.create_index("ix_data_undo_execution", "data_undo", ["execution_id", "id"])


def downgrade() -> None:
    """Take it away again."""
    for name in ("data_undo", "data_record", "data_store"):
        op.drop_table(name)
    with op.batch_alter_table("execution") as batch:
        batch.drop_column("reply")
        batch.drop_column("warnings")
