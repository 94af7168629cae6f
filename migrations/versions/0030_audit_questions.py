"""What auditors ask is answered from indexes and from counts of the sealed leaves.

The counts are made by the worker, from the first leaf on.

Revision ID: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

RARE = (
    "kind NOT IN ('client:code:issued', 'client:token:issued', 'client:token:refreshed',"
    " 'client:own-token:issued', 'client:logout:delivered', 'person:factor:proved',"
    " 'person:sign-in:finished')"
)
PARTLY = (
    ("ix_event_rare", ["kind", "id"], RARE),
    ("ix_event_refused", ["person_id", "id"], "outcome = 'refused'"),
    ("ix_event_interaction", ["interaction_id", "id"], "interaction_id IS NOT NULL"),
)
TABLES = ("audit_question", "audit_sign_in", "audit_day", "audit_means", "audit_progress")


def upgrade() -> None:
    seconds = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name in ("person_id", "client_id"):
        op.drop_index(f"ix_event_{name}", "event")
        op.create_index(f"ix_event_{name}", "event", [name, "id"])
    for name, columns, where in PARTLY:
        condition = sa.text(where)
        op.create_index(
            name, "event", columns, sqlite_where=condition, postgresql_where=condition
        )
    op.create_table(
        "audit_progress",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seq", seconds, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_progress")),
    )
    op.create_table(
        "audit_means",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("acr", sa.String(200), nullable=False),
        sa.Column("amr", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_means")),
    )
    op.create_index("ix_audit_means_acr_amr", "audit_means", ["acr", "amr"], unique=True)
    _add_counts(seconds)
    op.create_table(
        "audit_question",
        sa.Column("id", seconds, nullable=False, autoincrement=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("page", sa.String(32), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.String(43), nullable=False),
        sa.Column("saved_at", seconds, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_question")),
    )


def _add_counts(seconds: sa.types.TypeEngine[int]) -> None:
    alike = ("client_id", "day", "grant_type", "means", "binding", "asked", "floors")
    op.create_table(
        "audit_day",
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("grant_type", sa.String(64), nullable=False),
        sa.Column("means", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("binding", sa.String(16), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("floors", sa.Text(), nullable=False),
        sa.Column("answers", seconds, nullable=False),
        sa.PrimaryKeyConstraint(*alike, name=op.f("pk_audit_day")),
    )
    op.create_index("ix_audit_day_day", "audit_day", ["day"])
    op.create_table(
        "audit_sign_in",
        sa.Column("seq", seconds, nullable=False, autoincrement=False),
        sa.Column("at", seconds, nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("means", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(43), nullable=True),
        sa.Column("sid", sa.String(43), nullable=True),
        sa.Column("jti", sa.String(43), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_sign_in")),
    )
    for name, columns in (
        ("client", ["client_id", "means", "at", "seq"]),
        ("means", ["means", "at", "seq"]),
        ("who", ["who", "at", "seq"]),
        ("sid", ["sid"]),
    ):
        op.create_index(f"ix_audit_sign_in_{name}", "audit_sign_in", columns)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for name, _columns, _where in PARTLY:
        op.drop_index(name, "event")
    for name in ("person_id", "client_id"):
        op.drop_index(f"ix_event_{name}", "event")
        op.create_index(f"ix_event_{name}", "event", [name])
