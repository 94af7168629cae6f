"""Signs of shared profiles, counted a day, and what became of an account that was told of.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("switches", "apart", "spread", "elsewhere", "set_ups", "denied")


def _person(table: str, column: str = "person_id") -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_person"
    return sa.ForeignKeyConstraint([column], ["person.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "profile_day",
        sa.Column("person_id", sa.String(43), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        _person("profile_day"),
        sa.PrimaryKeyConstraint("person_id", "day", name="pk_profile_day"),
    )
    op.create_index("ix_profile_day_day", "profile_day", ["day"])
    op.create_table(
        "profile_day_done",
        sa.Column("day", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_profile_day_done"),
    )
    op.create_table(
        "shared_profile",
        sa.Column("person_id", sa.String(43), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("scored_day", sa.Integer(), nullable=False),
        sa.Column("kept_day", sa.Integer()),
        *(sa.Column(name, BIG) for name in ("asked_at", "closes_at", "warned_at", "closed_at")),
        _person("shared_profile"),
        sa.PrimaryKeyConstraint("person_id", name="pk_shared_profile"),
    )
    op.create_index("ix_shared_profile_score", "shared_profile", ["score"])
    op.create_index("ix_shared_profile_closes_at", "shared_profile", ["closes_at"])
    op.create_table(
        "profile_split",
        sa.Column("person_id", sa.String(43), nullable=False),
        sa.Column("shared_id", sa.String(43), nullable=False),
        sa.Column("at", BIG, nullable=False),
        _person("profile_split"),
        _person("profile_split", "shared_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_profile_split"),
    )
    op.create_index("ix_profile_split_shared_id", "profile_split", ["shared_id"])


def downgrade() -> None:
    for table in ("profile_split", "shared_profile", "profile_day_done", "profile_day"):
        op.drop_table(table)
