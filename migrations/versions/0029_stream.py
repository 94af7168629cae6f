"""How far each receiver of the stream of events is.

Revision ID: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "stream_receiver",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("position", _NUMBER, nullable=False),
        sa.Column("recounted", _NUMBER, nullable=False),
        sa.Column("sent", _NUMBER, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", _NUMBER, nullable=False),
        sa.Column("error", sa.String(200), nullable=True),
        sa.Column("sent_at", _NUMBER, nullable=True),
        sa.Column("fence", _NUMBER, nullable=False),
        sa.Column("holder", sa.String(43), nullable=True),
        sa.Column("held_until", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_stream_receiver"),
    )


def downgrade() -> None:
    op.drop_table("stream_receiver")
