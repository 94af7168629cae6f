"""For which APIs a token is (RFC 8707), and to which key it is bound (RFC 9449).

Revision ID: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_TABLES = ("authorization", "token", "client_token")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("resource", sa.Text()))
        op.add_column(table, sa.Column("jkt", sa.String(43)))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "jkt")
        op.drop_column(table, "resource")
