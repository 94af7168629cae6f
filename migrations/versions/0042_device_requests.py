"""Devices that ask for a sign-in elsewhere (RFC 8628).

Revision ID: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_ID = sa.String(43)
_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "device_request",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("device_digest", _ID, nullable=False, unique=True),
        sa.Column("user_digest", _ID, nullable=False, unique=True),
        sa.Column(
            "client_id",
            sa.String(128),
            sa.ForeignKey("client.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("address", sa.String(64)),
        sa.Column("browser", sa.String(64)),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("expires_at", _SECONDS, nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False),
        sa.Column("asked_at", _SECONDS, nullable=False),
        sa.Column("answered_at", _SECONDS),
        sa.Column("answer", sa.String(16)),
    )
    for column in ("client_id", "expires_at"):
        op.create_index(op.f(f"ix_device_request_{column}"), "device_request", [column])


def downgrade() -> None:
    op.drop_table("device_request")
