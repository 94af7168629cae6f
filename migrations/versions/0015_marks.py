"""What happened in a sign-in and is no proof, as marks of one column instead of a column each.

Sign-ins under way keep their marks, there and back. When each was put is not kept (the event of the
audit trail says it): on the way back it is the time at which the sign-in began.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WANTED, MARK_OF_WANTED = "wants_enrolment", 4
TIMES = {
    "consented_at": 1,
    "announced_at": 2,
    "address_confirmed_at": 8,
    "contact_confirmed_at": 16,
    "kept_at": 32,
    "able_at": 64,
    "offer_taken_at": 128,
}
"""The numbers that `idp.policy.steps.Mark` gave these in this version."""


def upgrade() -> None:
    marks = sa.Column("marks", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("interaction", marks)
    parts = [
        *(f"CASE WHEN {column} IS NULL THEN 0 ELSE {mark} END" for column, mark in TIMES.items()),
        f"CASE WHEN {WANTED} THEN {MARK_OF_WANTED} ELSE 0 END",
    ]
    op.execute(f"UPDATE interaction SET marks = {' + '.join(parts)}")
    for column in (*TIMES, WANTED):
        op.drop_column("interaction", column)


def downgrade() -> None:
    for column in TIMES:
        op.add_column("interaction", sa.Column(column, BIG))
    wanted = sa.Column(WANTED, sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("interaction", wanted)
    parts = [
        *(
            f"{column} = CASE WHEN (marks & {mark}) = 0 THEN NULL ELSE created_at END"
            for column, mark in TIMES.items()
        ),
        f"{WANTED} = ((marks & {MARK_OF_WANTED}) <> 0)",
    ]
    op.execute(f"UPDATE interaction SET {', '.join(parts)}")
    op.drop_column("interaction", "marks")
