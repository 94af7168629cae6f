"""Second steps that are due after an operator took the last one away, and passkeys offered.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = (
    ("person", sa.Column("enrolment_due_at", BIG)),
    ("interaction", sa.Column("able_at", BIG)),
    ("interaction", sa.Column("offer_taken_at", BIG)),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)
    op.create_index("ix_interaction_person_id", "interaction", ["person_id"])


def downgrade() -> None:
    op.drop_index("ix_interaction_person_id", "interaction")
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)
