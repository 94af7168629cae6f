"""Authorization requests that applications pushed before they send a browser (RFC 9126).

Revision ID: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pushed_request",
        sa.Column("digest", sa.String(43), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(128),
            sa.ForeignKey("client.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("expires_at", _SECONDS, nullable=False),
        sa.Column("tag", sa.LargeBinary()),
    )
    for column in ("client_id", "expires_at"):
        op.create_index(f"ix_pushed_request_{column}", "pushed_request", [column])


def downgrade() -> None:
    op.drop_table("pushed_request")
