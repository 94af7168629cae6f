"""Events that need no account are counted: one row and a number for all that are alike.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("event", sa.Column("counted", sa.String(length=43)))
    op.create_table(
        "event_count",
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("times", BIG, nullable=False),
        sa.Column("last_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_event_count"),
    )


def downgrade() -> None:
    op.drop_table("event_count")
    op.drop_column("event", "counted")
