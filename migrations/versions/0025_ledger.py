"""The ledger of evidence: its leaves, what they call people, and what a sign-in rested on.

An authorization of before has no `basis`: its leaves say that nothing more is known.

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seconds = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("event", sa.Column("salt", sa.String(43), nullable=True))
    op.add_column("authorization", sa.Column("basis", sa.Text(), nullable=True))
    op.create_table(
        "ledger_leaf",
        sa.Column("id", seconds, nullable=False, autoincrement=True),
        sa.Column("jti", sa.String(43), nullable=False),
        sa.Column("at", seconds, nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("seq", seconds, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_leaf")),
    )
    # Both are the sealer's to fill: a request that writes a leaf writes into neither.
    sealed = sa.text("seq IS NOT NULL")
    for column, unique in (("seq", True), ("jti", False)):
        op.create_index(
            f"ix_ledger_leaf_{column}",
            "ledger_leaf",
            [column],
            unique=unique,
            sqlite_where=sealed,
            postgresql_where=sealed,
        )
    if op.get_bind().dialect.name == "postgresql":
        # Its transactions end in another order than their rows are numbered in.
        op.create_index(
            "ix_ledger_leaf_unsealed", "ledger_leaf", ["id"], postgresql_where=sa.text("seq IS NULL")
        )
    op.create_table(
        "ledger_rules",
        sa.Column("digest", sa.String(43), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_ledger_rules")),
    )
    op.create_table(
        "pseudonym",
        sa.Column("person_id", sa.String(43), nullable=False),
        sa.Column("name", sa.String(43), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_pseudonym_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_pseudonym")),
        sa.UniqueConstraint("name", name=op.f("uq_pseudonym_name")),
    )


def downgrade() -> None:
    for table in ("pseudonym", "ledger_rules", "ledger_leaf"):
        op.drop_table(table)
    with op.batch_alter_table("authorization") as table:
        table.drop_column("basis")
    with op.batch_alter_table("event") as table:
        table.drop_column("salt")
