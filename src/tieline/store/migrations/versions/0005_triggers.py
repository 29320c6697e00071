"""Rules of webhooks, and executions in line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make it so."""
    op.add_column("hook", sa.Column("options", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("hook", sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.add_column("execution", sa.Column("lane", sa.Text(), nullable=True))
    op.create_index("ix_execution_trace", "execution", ["trace"], unique=False)
    op.create_table(
        "line",
        sa.Column("id", ID, nullable=False),
        sa.Column("scenario_id", ID, nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("execution_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenario.id"], name=op.f("fk_line_scenario_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["execution.id"], name=op.f("fk_line_execution_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line")),
        sa.UniqueConstraint("execution_id", name=op.f("uq_line_execution_id")),
    )
    op.create_index("ix_line_lane", "line", ["scenario_id", "lane", "id"], unique=False)


def downgrade() -> None:
    """Undo it."""
    op.drop_table("line")
    op.drop_index("ix_execution_trace", "execution")
    with op.batch_alter_table("execution") as batch:
        batch.drop_column("lane")
    with op.batch_alter_table("hook") as batch:
        batch.drop_column("secret")
        batch.drop_column("options")
