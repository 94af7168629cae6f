"""A tag for every row that decides: `acrux upgrade` makes those of the rows that there are.

Revision ID: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = (
    "person",
    "credential",
    "proof",
    "authorization",
    "token",
    "client_token",
    "link",
    "signing_key",
    "client",
    "rollout_stage",
    "rollout_exception",
)


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("tag", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as changed:
            changed.drop_column("tag")
