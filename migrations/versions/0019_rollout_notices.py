"""Mails ahead of a stage's date: to whom, how far each round is, when the next may go, own words.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(43)
NOTICE = "rollout_notice"


def _round() -> tuple[sa.Column[str], sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("stage_id", sa.String(64), primary_key=True),
        sa.Column("enforce_at", BIG, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), primary_key=True),
    )


def upgrade() -> None:
    person = sa.ForeignKey("person.id", ondelete="CASCADE")
    op.create_table(
        NOTICE,
        *_round(),
        sa.Column("person_id", ID, person, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("outbox_id", ID),
        sa.Column("queued_at", BIG, nullable=False),
        sa.Column("settled_at", BIG),
        sa.Column("opened_at", BIG),
    )
    op.create_index("ix_rollout_notice_person_id", NOTICE, ["person_id"])
    op.create_index("ix_rollout_notice_outbox_id", NOTICE, ["outbox_id"])
    op.create_index("ix_rollout_notice_state", NOTICE, ["state", "stage_id", "enforce_at"])
    op.create_table(
        "rollout_round",
        *_round(),
        sa.Column("after", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("begun_at", BIG, nullable=False),
        sa.Column("done_at", BIG),
        sa.Column("queued", sa.Integer(), nullable=False),
    )
    op.create_table(
        "rollout_turn",
        sa.Column("id", sa.String(8), primary_key=True),
        sa.Column("free_at", BIG, nullable=False),
    )
    op.create_table(
        "rollout_letter",
        sa.Column("stage_id", sa.String(64), primary_key=True),
        sa.Column("letter", sa.String(16), primary_key=True),
        sa.Column("language", sa.String(8), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("rollout_letter")
    op.drop_table("rollout_turn")
    op.drop_table("rollout_round")
    for name in ("state", "outbox_id", "person_id"):
        op.drop_index(f"ix_rollout_notice_{name}", NOTICE)
    op.drop_table(NOTICE)
