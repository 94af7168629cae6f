"""When the canary is due, and how its last run went.

Revision ID: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "canary",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("due_at", _NUMBER, nullable=False),
        sa.Column("ran_at", _NUMBER, nullable=True),
        sa.Column("state", sa.String(8), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary")),
    )


def downgrade() -> None:
    op.drop_table("canary")
