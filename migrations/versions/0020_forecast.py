"""Forecasts of a rollout, who is stuck by them, and how many people had what, by the day.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(43)


def upgrade() -> None:
    op.create_table(
        "rollout_forecast",
        sa.Column("stage_id", sa.String(64), primary_key=True),
        sa.Column("run", ID),
        sa.Column("plan", ID),
        sa.Column("at", BIG),
        sa.Column("computed_at", BIG),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("ready", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("stuck", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("running", ID),
        sa.Column("alive_at", BIG),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
    )
    person = sa.ForeignKey("person.id", ondelete="CASCADE")
    op.create_table(
        "rollout_stuck",
        sa.Column("stage_id", sa.String(64), primary_key=True),
        sa.Column("run", ID, primary_key=True),
        sa.Column("person_id", ID, person, primary_key=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("grace", sa.Integer(), nullable=False),
    )
    op.create_index("ix_rollout_stuck_person_id", "rollout_stuck", ["person_id"])
    op.create_table(
        "rollout_adoption",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("user_type", sa.String(64), primary_key=True),
        sa.Column("what", sa.String(32), primary_key=True),
        sa.Column("people", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("rollout_adoption")
    op.drop_index("ix_rollout_stuck_person_id", "rollout_stuck")
    op.drop_table("rollout_stuck")
    op.drop_table("rollout_forecast")
