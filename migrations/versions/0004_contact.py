"""Another address or number is proved inside a sign-in.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seconds = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("interaction", sa.Column("contact_confirmed_at", seconds))


def downgrade() -> None:
    op.drop_column("interaction", "contact_confirmed_at")
