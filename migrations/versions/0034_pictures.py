"""Logos of applications that operators uploaded.

Revision ID: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_picture")),
    )


def downgrade() -> None:
    op.drop_table("picture")
