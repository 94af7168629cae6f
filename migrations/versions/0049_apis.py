"""APIs with scopes and kinds of details of their own, and the details that people agreed to.

Revision ID: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_DETAILED = ("authorization", "token")


def upgrade() -> None:
    op.create_table(
        "api",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("audience", sa.String(200), nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("tag", sa.LargeBinary()),
    )
    for table in _DETAILED:
        op.add_column(table, sa.Column("details", sa.Text()))


def downgrade() -> None:
    for table in _DETAILED:
        op.drop_column(table, "details")
    op.drop_table("api")
