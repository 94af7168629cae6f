"""When a directory switched a person off: it alone, and nobody else's switch, may be undone by it.

Revision ID: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("directory_person", sa.Column("off_at", _SECONDS))


def downgrade() -> None:
    op.drop_column("directory_person", "off_at")
