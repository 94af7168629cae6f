"""Tokens got for other tokens are bound to a key, too (RFC 9449).

Revision ID: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exchanged_token", sa.Column("jkt", sa.String(43)))


def downgrade() -> None:
    op.drop_column("exchanged_token", "jkt")
