"""A check value for each encryption key that this database was sealed with.

The table begins empty: `acrux upgrade` and every start fill it, once the keyring has opened what is
there.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "seal_check",
        sa.Column("key", sa.String(length=8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("tried_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_seal_check"),
    )


def downgrade() -> None:
    op.drop_table("seal_check")
