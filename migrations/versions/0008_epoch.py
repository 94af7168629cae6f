"""How often anything of a person was changed or ended: what was decided before is not stored after.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("person", column)


def downgrade() -> None:
    op.drop_column("person", "epoch")
