"""Whose `sub` is never given again, and where a message goes, so that it can be withdrawn.

Messages that wait during the upgrade have no destination: they are sent.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "departed",
        sa.Column("subject", sa.String(43), nullable=False),
        sa.Column("username", sa.String(128)),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_departed"),
    )
    op.create_index("ix_departed_username", "departed", ["username"])
    op.add_column("outbox", sa.Column("destination", sa.String(43)))
    op.create_index("ix_outbox_destination", "outbox", ["destination"])


def downgrade() -> None:
    op.drop_index("ix_outbox_destination", "outbox")
    op.drop_column("outbox", "destination")
    op.drop_table("departed")
