"""Applications that ask behind the browser for a person's sign-in (OpenID CIBA).

Revision ID: 0047
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_ID = sa.String(43)
_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ciba_request",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("code_digest", _ID, nullable=False, unique=True),
        sa.Column(
            "client_id",
            sa.String(128),
            sa.ForeignKey("client.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("person_id", _ID, sa.ForeignKey("person.id", ondelete="CASCADE")),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("message", sa.String(200)),
        sa.Column("notify", sa.LargeBinary()),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("expires_at", _SECONDS, nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False),
        sa.Column("asked_at", _SECONDS, nullable=False),
        sa.Column("reached_at", _SECONDS),
        sa.Column("answered_at", _SECONDS),
        sa.Column("answer", sa.String(16)),
        sa.Column("tag", sa.LargeBinary()),
    )
    for column in ("client_id", "person_id", "expires_at"):
        op.create_index(op.f(f"ix_ciba_request_{column}"), "ciba_request", [column])


def downgrade() -> None:
    op.drop_table("ciba_request")
