"""A tag for each leaf of the ledger: until it is sealed, nothing else would show that it was changed.

Revision ID: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_leaf", sa.Column("tag", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("ledger_leaf", "tag")
