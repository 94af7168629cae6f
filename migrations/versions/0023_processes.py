"""Processes that are at work, and the encryption keys that each opens with.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seconds = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "process",
        sa.Column("id", sa.String(43), nullable=False),
        sa.Column("host", sa.String(64), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("started_at", seconds, nullable=False),
        sa.Column("seen_at", seconds, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
    )


def downgrade() -> None:
    op.drop_table("process")
