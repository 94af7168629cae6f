"""The tree over the ledger's leaves: its tiles, signed roots and keys, and who seals for now.

Leaves of before are sealed by the worker.

Revision ID: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seconds = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ledger_tree",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("size", seconds, nullable=False),
        sa.Column("last_id", seconds, nullable=False),
        sa.Column("fence", seconds, nullable=False),
        sa.Column("holder", sa.String(43), nullable=True),
        sa.Column("held_until", seconds, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_tree")),
    )
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("number", seconds, nullable=False, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_ledger_tile")),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", seconds, nullable=False, autoincrement=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", seconds, nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoint")),
    )
    op.create_table(
        "ledger_key",
        sa.Column("id", sa.String(8), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", seconds, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_key")),
    )


def downgrade() -> None:
    op.execute("UPDATE ledger_leaf SET seq = NULL WHERE seq IS NOT NULL")
    for table in ("ledger_key", "ledger_checkpoint", "ledger_tile", "ledger_tree"):
        op.drop_table(table)
