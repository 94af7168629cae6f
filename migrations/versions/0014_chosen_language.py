"""Whether a person chose the language that is kept, or it was learned at the first sign-in.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("locale_chosen", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("person", column)
    chosen = sa.text(
        "UPDATE person SET locale_chosen = :yes WHERE locale IS NOT NULL AND EXISTS (SELECT 1"
        " FROM event e WHERE e.person_id = person.id AND e.kind = 'person:profile:changed'"
        " AND e.reason LIKE '%language%')"
    )
    op.get_bind().execute(chosen, {"yes": True})


def downgrade() -> None:
    op.drop_column("person", "locale_chosen")
