"""Teams, merges that can be taken back or looked at first, signed webhooks."""

from __future__ import annotations

import math

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = (
    ("account", "is_team"),
    ("account", "team_id"),
    ("account", "membership"),
    ("relation", "node"),
    ("change", "undo"),
    ("subscription", "watched_id"),
    ("subscription", "secret"),
)


def upgrade() -> None:
    """Add what is new."""
    op.add_column("account", sa.Column("is_team", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("account", sa.Column("team_id", ID))
    op.add_column("account", sa.Column("membership", sa.Text(), nullable=False, server_default="{}"))
    op.create_index("ix_account_team_id", "account", ["team_id"])
    op.add_column("relation", sa.Column("node", sa.Text()))
    op.add_column("relation", sa.Column("energy", sa.Float()))
    op.create_index("ix_relation_energy", "relation", ["account_id", "kind", "energy"])
    estimate_energy()
    op.drop_column("relation", "score")
    op.add_column("change", sa.Column("undo", sa.Text()))
    op.add_column("subscription", sa.Column("watched_id", ID))
    op.add_column("subscription", sa.Column("secret", sa.LargeBinary()))
    op.create_index("ix_subscription_watched_id", "subscription", ["watched_id"])
    op.create_table(
        "merge_review",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("second_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_merge_review_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["first_id"],
            ["relation.id"],
            name=op.f("fk_merge_review_first_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_id"],
            ["relation.id"],
            name=op.f("fk_merge_review_second_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_review")),
        sa.UniqueConstraint("first_id", "second_id", name="uq_merge_review_pair"),
    )
    op.create_index("ix_merge_review_account", "merge_review", ["account_id", "state", "id"])


def estimate_energy() -> None:
    """As if every talk so far had been a plain one on the day of the last; the next touch of a record is exact."""
    relation = sa.table("relation", *(sa.column(name) for name in ("id", "talks", "last_talked", "energy")))
    found = op.get_bind().execute(
        sa.select(relation.c.id, relation.c.talks, relation.c.last_talked).where(
            relation.c.talks > 0, relation.c.last_talked.is_not(None)
        )
    )
    for row in found.fetchall():
        energy = math.log2(row.talks) + row.last_talked / (90 * 86_400_000)
        op.get_bind().execute(relation.update().where(relation.c.id == row.id).values(energy=energy))


def downgrade() -> None:
    """Take it away again."""
    op.add_column("relation", sa.Column("score", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_relation_energy", "relation")
    op.drop_column("relation", "energy")
    op.drop_table("merge_review")
    op.drop_index("ix_subscription_watched_id", "subscription")
    op.drop_index("ix_account_team_id", "account")
    for table, column in reversed(ADDED):
        op.drop_column(table, column)
