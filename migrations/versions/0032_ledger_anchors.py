"""How far each place outside has the checkpoints of the ledger.

Revision ID: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_anchor",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("size", _SECONDS, nullable=False),
        sa.Column("arrived_at", _SECONDS, nullable=True),
        sa.Column("due_at", _SECONDS, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", _SECONDS, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("message", sa.String(length=43), nullable=True),
        sa.Column("under_way", _SECONDS, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_anchor")),
    )


def downgrade() -> None:
    op.drop_table("ledger_anchor")
