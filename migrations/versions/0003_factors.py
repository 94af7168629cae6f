"""The life of factors: recovery codes, links, devices, what a session was begun with.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = (
    ("person", sa.Column("locale", sa.String(length=16))),
    ("person", sa.Column("password_due_at", BIG)),
    ("person", sa.Column("offered_at", BIG)),
    ("session", sa.Column("label", sa.String(length=100))),
    ("session", sa.Column("source", sa.String(length=64))),
    ("interaction", sa.Column("kept_at", BIG)),
    ("challenge", sa.Column("channel", sa.String(length=8))),
    ("outbox", sa.Column("report", sa.String(length=16))),
    ("outbox", sa.Column("reported_at", BIG)),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)
    op.create_index("ix_outbox_reference", "outbox", ["reference"])
    _person_table(
        "recovery_code",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
    )
    _person_table(
        "link",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("data", sa.Text()),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
    )
    op.create_index("ix_link_expires_at", "link", ["expires_at"])
    _person_table(
        "device",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
    )


def _person_table(name: str, *columns: sa.Column[object]) -> None:
    """Make a table whose rows go with their person."""
    op.create_table(
        name,
        *columns,
        sa.Column("person_id", sa.String(length=43), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=f"fk_{name}_person_id_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_person_id", name, ["person_id"])


def downgrade() -> None:
    for table in ("device", "link", "recovery_code"):
        op.drop_table(table)
    op.drop_index("ix_outbox_reference", "outbox")
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)
