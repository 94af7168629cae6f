"""The groups of a person, which applications may be told of.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "person", sa.Column("member_of", sa.Text(), nullable=False, server_default="[]")
    )


def downgrade() -> None:
    op.drop_column("person", "member_of")
