"""Groups by themselves, what directories call people and groups, and tokens that last.

Each name of a group that people have becomes a group.

Revision ID: 0039
"""

import json
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(length=43)


def upgrade() -> None:
    op.create_table(
        "person_group",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("updated_at", _SECONDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_group")),
        sa.UniqueConstraint("name", name=op.f("uq_person_group_name")),
    )
    _add_names("directory_person", "person")
    op.add_column("directory_person", sa.Column("user_name", sa.String(length=254)))
    op.add_column("directory_person", sa.Column("unsaid", sa.String(length=64)))
    _add_names("directory_group", "person_group", "group_id")
    op.add_column("client_token", sa.Column("label", sa.String(length=64)))
    _add_groups()


def _add_names(table: str, of: str, column: str = "person_id") -> None:
    op.create_table(
        table,
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column(column, _ID, nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
            name=op.f(f"fk_{table}_client_id_client"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            [column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", column, name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index(f"ix_{table}_external_id", table, ["client_id", "external_id"])


def _add_groups() -> None:
    """Give each name that people have a row, created when the first of them was changed last."""
    names: dict[str, int] = {}
    rows = op.get_bind().execute(
        sa.text("SELECT member_of, updated_at FROM person WHERE member_of <> '[]'")
    )
    for member_of, at in rows:
        for name in json.loads(member_of):
            names[name] = min(at, names.get(name, at))
    table = sa.table(
        "person_group",
        *(sa.column(name) for name in ("id", "name", "created_at", "updated_at")),
    )
    found = [
        {"id": secrets.token_urlsafe(16), "name": name, "created_at": at, "updated_at": at}
        for name, at in sorted(names.items())
    ]
    if found:
        op.bulk_insert(table, found)


def downgrade() -> None:
    op.drop_column("client_token", "label")
    op.drop_table("directory_group")
    op.drop_table("directory_person")
    op.drop_table("person_group")
