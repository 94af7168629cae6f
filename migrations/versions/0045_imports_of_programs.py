"""Which program brought a file of people: it is carried out with what that program may.

Revision ID: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_job", sa.Column("program", sa.String(128)))


def downgrade() -> None:
    op.drop_column("import_job", "program")
