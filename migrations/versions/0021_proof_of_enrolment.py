"""What must come back before the people of a stage set up a first second factor.

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rollout_stage", sa.Column("proof", sa.String(8)))


def downgrade() -> None:
    op.drop_column("rollout_stage", "proof")
