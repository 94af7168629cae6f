"""What clients authenticate with, register themselves by, get for themselves, and call a person.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("client", sa.Column("sealed_secret", sa.LargeBinary()))
    op.add_column("client", sa.Column("registration_digest", sa.String(length=43)))
    op.add_column("authorization", sa.Column("claims", sa.Text()))
    op.add_column(
        "authorization",
        sa.Column("subject", sa.String(length=43), nullable=False, server_default=sa.text("''")),
    )
    op.execute('UPDATE "authorization" SET subject = person_id')
    op.add_column("outbox", sa.Column("about", sa.String(length=43)))
    op.create_table(
        "pairwise",
        sa.Column("sector", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=43), nullable=False),
        sa.Column("subject", sa.String(length=43), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_pairwise_person_id_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sector", "person_id", name="pk_pairwise"),
        sa.UniqueConstraint("subject", name="uq_pairwise_subject"),
    )
    op.create_index("ix_pairwise_person_id", "pairwise", ["person_id"])
    op.create_table(
        "client_token",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
            name="fk_client_token_client_id_client",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_client_token"),
    )
    op.create_index("ix_client_token_client_id", "client_token", ["client_id"])
    op.create_index("ix_client_token_expires_at", "client_token", ["expires_at"])
    op.create_table(
        "initial_access_token",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_initial_access_token"),
    )
    op.create_index(
        "ix_initial_access_token_expires_at", "initial_access_token", ["expires_at"]
    )
    op.create_table(
        "spent",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_spent"),
    )
    op.create_index("ix_spent_expires_at", "spent", ["expires_at"])


def downgrade() -> None:
    for table in ("spent", "initial_access_token", "client_token", "pairwise"):
        op.drop_table(table)
    for table, column in (
        ("outbox", "about"),
        ("authorization", "subject"),
        ("authorization", "claims"),
        ("client", "registration_digest"),
        ("client", "sealed_secret"),
    ):
        op.drop_column(table, column)
