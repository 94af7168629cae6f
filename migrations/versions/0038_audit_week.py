"""Counts of the leaves by week, so that a question about a quarter reads a third of the rows.

Revision ID: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ALIKE = ("week", "client_id", "grant_type", "means", "binding", "asked", "floors")


def upgrade() -> None:
    op.create_table(
        "audit_week",
        sa.Column("week", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("grant_type", sa.String(length=64), nullable=False),
        sa.Column("means", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("binding", sa.String(length=16), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("floors", sa.Text(), nullable=False),
        sa.Column("answers", _SECONDS, nullable=False),
        sa.PrimaryKeyConstraint(*_ALIKE, name=op.f("pk_audit_week")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO audit_week (week, client_id, grant_type, means, binding, asked, floors, answers)"
        " SELECT day / 7, client_id, grant_type, means, binding, asked, floors, SUM(answers)"
        " FROM audit_day GROUP BY day / 7, client_id, grant_type, means, binding, asked, floors"
    )


def downgrade() -> None:
    op.drop_table("audit_week")
