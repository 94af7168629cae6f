"""Stages of a rollout with everything that they say, exceptions from them, and what was put off.

A stage of before reaches its one user type or everyone, is required or recommended, and its dates
mean UTC. It mails nobody until it is told when: no upgrade writes to people. On the way back a stage that reaches several kinds of people, or that is neither required
nor recommended, is left out: nothing there could hold it.

Revision ID: 0017
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(43)
REQUIRED, RECOMMENDED = "required", "recommended"


def _person() -> sa.Column[str]:
    person = sa.ForeignKey("person.id", ondelete="CASCADE")
    return sa.Column("person_id", ID, person, primary_key=True)


def _old() -> sa.Table:
    return sa.table(  # type: ignore[return-value]
        "stage",
        *(
            sa.column(name)
            for name in ("id", "audience", "level", "required", "enforce_at", "created_at")
        ),
    )


def upgrade() -> None:
    new = op.create_table(
        "rollout_stage",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("level", sa.String(200), nullable=False),
        sa.Column("strength", sa.String(16), nullable=False),
        sa.Column("enforce_at", BIG),
        sa.Column("excluded", sa.Text(), nullable=False),
        sa.Column("announce_at", BIG),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("reminders", sa.String(200), nullable=False),
        sa.Column("grace", sa.Integer(), nullable=False),
        sa.Column("grace_privileged", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column("stopped_at", BIG),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
    )
    op.create_table(
        "rollout_exception",
        sa.Column("stage_id", sa.String(64), primary_key=True),
        _person(),
        sa.Column("until", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
    )
    op.create_index("ix_rollout_exception_person_id", "rollout_exception", ["person_id"])
    op.create_table(
        "rollout_postponement",
        _person(),
        sa.Column("interaction_id", ID, primary_key=True),
        sa.Column("level", sa.String(200), nullable=False),
        sa.Column("stage_id", sa.String(64), nullable=False),
        sa.Column("at", BIG, nullable=False),
    )
    op.add_column("person", sa.Column("quiet_until", BIG))
    rows = op.get_bind().execute(sa.select(*_old().c)).mappings()
    for row in rows.all():
        who = row["audience"]
        audience = [who if who == "*" else f"type:{who}"]
        op.bulk_insert(
            new,
            [
                {
                    "id": row["id"],
                    "audience": json.dumps(audience),
                    "level": row["level"],
                    "strength": REQUIRED if row["required"] else RECOMMENDED,
                    "enforce_at": row["enforce_at"] if row["required"] else None,
                    "excluded": "[]",
                    "announce_at": None,
                    "zone": "UTC",
                    "reminders": "",
                    "grace": 0,
                    "grace_privileged": 0,
                    "why": "{}",
                    "guidance": "",
                    "stopped_at": None,
                    "version": 1,
                    "created_at": row["created_at"],
                }
            ],
        )
    op.drop_table("stage")


def downgrade() -> None:
    op.create_table(
        "stage",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("audience", sa.String(64), nullable=False),
        sa.Column("level", sa.String(200), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("enforce_at", BIG),
        sa.Column("created_at", BIG, nullable=False),
    )
    rows = op.get_bind().execute(
        sa.text(
            "SELECT id, audience, level, strength, enforce_at, created_at FROM rollout_stage"
            " WHERE stopped_at IS NULL AND excluded = '[]'"
        )
    )
    for row in rows.mappings().all():
        audience = json.loads(row["audience"])
        kind, _, name = audience[0].rpartition(":")
        if len(audience) == 1 and kind in ("", "type") and row["strength"] in (REQUIRED, RECOMMENDED):
            op.execute(
                sa.insert(_old()).values(
                    id=row["id"],
                    audience=name,
                    level=row["level"],
                    required=row["strength"] == REQUIRED,
                    enforce_at=row["enforce_at"],
                    created_at=row["created_at"],
                )
            )
    op.drop_column("person", "quiet_until")
    op.drop_table("rollout_postponement")
    op.drop_index("ix_rollout_exception_person_id", "rollout_exception")
    op.drop_table("rollout_exception")
    op.drop_table("rollout_stage")
