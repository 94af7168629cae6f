"""What people changed lately of their own accounts, what waits to be changed, and hashes' costs.

Links in notices of a changed address named it; they name a digest now, and the addresses stand
with the change.

Revision ID: 0010
"""

import base64
import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_change",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("person_id", sa.String(43), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(16)),
        sa.Column("credential_id", sa.String(43)),
        sa.Column("old", sa.String(254)),
        sa.Column("new", sa.String(254)),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_account_change_person_id_person",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_change"),
    )
    op.create_index("ix_account_change_person_id_at", "account_change", ["person_id", "at"])
    op.create_index("ix_account_change_at", "account_change", ["at"])
    op.create_table(
        "pending_change",
        sa.Column("id", sa.String(43), nullable=False),
        sa.Column("person_id", sa.String(43), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("credential_id", sa.String(43)),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("opened_at", BIG),
        sa.Column("ended_at", BIG),
        sa.Column("ended", sa.String(16)),
        sa.Column("label", sa.String(100)),
        sa.Column("source", sa.String(64)),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_pending_change_person_id_person",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pending_change"),
    )
    op.create_index("ix_pending_change_person_id", "pending_change", ["person_id"])
    op.create_index("ix_pending_change_due_at", "pending_change", ["due_at"])
    op.add_column("credential", sa.Column("cost", sa.String(48)))
    op.create_index("ix_credential_cost", "credential", ["cost"])
    _carry_over()


def _carry_over() -> None:
    """Move the addresses out of the links that could take a change of address back."""
    bind = op.get_bind()
    rows = bind.execute(
        sa.text(
            "SELECT digest, person_id, data, created_at FROM link WHERE data LIKE '%\"restore\"%'"
            " ORDER BY created_at"
        )
    ).fetchall()
    add = sa.text(
        "INSERT INTO account_change (person_id, at, what, own, old, new)"
        " VALUES (:person, :at, 'email', :own, :old, :new)"
    )
    change = sa.text("UPDATE link SET data = :data WHERE digest = :digest")
    for digest, person, data, at in rows:
        said = json.loads(data)
        old, new = said.pop("restore"), said.pop("instead_of", None)
        bind.execute(add, {"person": person, "at": at, "own": True, "old": old, "new": new})
        hashed = hashlib.sha256(old.encode()).digest()
        said["sent_to"] = base64.urlsafe_b64encode(hashed)[:-1].decode()
        bind.execute(change, {"digest": digest, "data": json.dumps(said)})


def downgrade() -> None:
    op.drop_index("ix_credential_cost", "credential")
    op.drop_column("credential", "cost")
    op.drop_table("pending_change")
    op.drop_table("account_change")
