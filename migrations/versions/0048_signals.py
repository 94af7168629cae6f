"""Signals to applications: streams, what waits in them, and about whom (SSF 1.0).

Revision ID: 0048
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_ID = sa.String(43)
_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "signal_stream",
        sa.Column("id", _ID, primary_key=True),
        sa.Column(
            "client_id",
            sa.String(128),
            sa.ForeignKey("client.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("sector", sa.String(255)),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("pushed", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("updated_at", _SECONDS, nullable=False),
        sa.Column("asked_at", _SECONDS, nullable=False),
        sa.Column("sent", _SECONDS, nullable=False),
        sa.Column("sent_at", _SECONDS),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", _SECONDS),
        sa.Column("retry_at", _SECONDS, nullable=False),
        sa.Column("error", sa.String(200)),
        sa.Column("fence", _SECONDS, nullable=False),
        sa.Column("holder", _ID),
        sa.Column("held_until", _SECONDS, nullable=False),
    )
    _of_a_stream(
        "signal_set",
        sa.Column("id", _SECONDS, primary_key=True, autoincrement=True),
        sa.Column("stream_id", _ID, nullable=False),
        sa.Column("jti", _ID, nullable=False),
        sa.Column("person_id", _ID),
        sa.Column("event", sa.String(120), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", _SECONDS, nullable=False),
    )
    op.create_index("ix_signal_set_stream_id", "signal_set", ["stream_id", "id"])
    op.create_index("ix_signal_set_jti", "signal_set", ["stream_id", "jti"], unique=True)
    _of_a_stream(
        "signal_subject",
        sa.Column("stream_id", _ID, primary_key=True),
        sa.Column("person_id", _ID, primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("at", _SECONDS, nullable=False),
    )
    op.create_index(op.f("ix_signal_subject_person_id"), "signal_subject", ["person_id"])


def _of_a_stream(name: str, *columns: sa.Column) -> None:
    stream = sa.ForeignKeyConstraint(["stream_id"], ["signal_stream.id"], ondelete="CASCADE")
    op.create_table(name, *columns, stream)


def downgrade() -> None:
    for table in ("signal_subject", "signal_set", "signal_stream"):
        op.drop_table(table)
