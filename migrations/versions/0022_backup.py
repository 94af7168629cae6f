"""Backups that were made of this database, and the one that it was restored from.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seconds = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "backup",
        sa.Column("id", sa.String(43), nullable=False),
        sa.Column("made_at", seconds, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("restored_at", seconds),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup")),
    )


def downgrade() -> None:
    op.drop_table("backup")
