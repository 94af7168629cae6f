"""No two people have a passkey of one credential id: a digest of it, noted from now on.

Those of earlier passkeys are sealed; they are noted when the next passkey is added.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credential", sa.Column("outside", sa.String(43)))
    op.create_index("ix_credential_outside", "credential", ["outside"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_credential_outside", "credential")
    op.drop_column("credential", "outside")
