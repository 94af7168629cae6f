"""Access tokens that services get for others (RFC 8693); tags of what devices ask for.

Revision ID: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_ID = sa.String(43)
_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "exchanged_token",
        sa.Column("digest", _ID, primary_key=True),
        sa.Column(
            "token_digest", _ID, sa.ForeignKey("token.digest", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "parent_digest", _ID, sa.ForeignKey("exchanged_token.digest", ondelete="CASCADE")
        ),
        sa.Column(
            "client_id",
            sa.String(128),
            sa.ForeignKey("client.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("expires_at", _SECONDS, nullable=False),
        sa.Column("tag", sa.LargeBinary()),
    )
    for column in ("token_digest", "parent_digest", "client_id", "expires_at"):
        op.create_index(op.f(f"ix_exchanged_token_{column}"), "exchanged_token", [column])

    op.add_column("device_request", sa.Column("tag", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("device_request", "tag")
    op.drop_table("exchanged_token")
