"""What a known browser is recognised by is renewed, and guesses in it are counted apart.

A browser that is known already gets its allowance with the next sign-in that finishes in it.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("previous", sa.String(43)))
    op.add_column("device", sa.Column("allowance", sa.String(16)))


def downgrade() -> None:
    op.drop_column("device", "allowance")
    op.drop_column("device", "previous")
