"""The tables of the first release.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_digest", sa.String(length=43)),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("updated_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
    )
    op.create_table(
        "event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.String(length=43)),
        sa.Column("client_id", sa.String(length=128)),
        sa.Column("interaction_id", sa.String(length=43)),
        sa.Column("sid", sa.String(length=43)),
        sa.Column("requested", sa.String(length=400)),
        sa.Column("acr", sa.String(length=200)),
        sa.Column("amr", sa.String(length=200)),
        sa.Column("auth_time", BIG),
        sa.Column("source", sa.String(length=64)),
        sa.Column("reason", sa.Text()),
        sa.Column("data", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_at", "event", ["at"])
    op.create_index("ix_event_client_id", "event", ["client_id"])
    op.create_index("ix_event_person_id", "event", ["person_id"])

    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("sent_at", BIG),
        sa.Column("error", sa.String(length=200)),
        sa.Column("reference", sa.String(length=64)),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.String(length=20)),
        sa.Column("phone_verified", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("user_type", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("updated_at", BIG, nullable=False),
        sa.Column("disabled_at", BIG),
        sa.Column("announced_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("email", name="uq_person_email"),
        sa.UniqueConstraint("username", name="uq_person_username"),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(length=43), nullable=False),
        sa.Column("alg", sa.String(length=16), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("active_at", BIG, nullable=False),
        sa.Column("retired_at", BIG),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
    )
    op.create_table(
        "stage",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=200), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("enforce_at", BIG),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stage"),
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("next_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_throttle"),
    )
    op.create_index("ix_throttle_since", "throttle", ["since"])

    op.create_table(
        "authorization",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("code_digest", sa.String(length=43), nullable=False),
        sa.Column("code_expires_at", BIG, nullable=False),
        sa.Column("code_used_at", BIG),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.String(length=128)),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("person_id", sa.String(length=43), nullable=False),
        sa.Column("session_id", sa.String(length=43)),
        sa.Column("sid", sa.String(length=43), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text()),
        sa.Column("acr", sa.String(length=200), nullable=False),
        sa.Column("amr", sa.String(length=200), nullable=False),
        sa.Column("auth_time", BIG, nullable=False),
        sa.Column("methods", sa.String(length=200), nullable=False),
        sa.Column("says_auth_time", sa.Boolean(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("revoked_at", BIG),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
            name="fk_authorization_client_id_client",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_authorization_person_id_person",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_authorization"),
        sa.UniqueConstraint("code_digest", name="uq_authorization_code_digest"),
    )
    op.create_index("ix_authorization_client_id", "authorization", ["client_id"])
    op.create_index("ix_authorization_code_expires_at", "authorization", ["code_expires_at"])
    op.create_index("ix_authorization_person_id", "authorization", ["person_id"])
    op.create_index("ix_authorization_session_id", "authorization", ["session_id"])

    op.create_table(
        "credential",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("person_id", sa.String(length=43), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("last_used_at", BIG),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_credential_person_id_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
    )
    op.create_index("ix_credential_person_id", "credential", ["person_id"])

    op.create_table(
        "grant",
        sa.Column("person_id", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("granted_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name="fk_grant_client_id_client", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_grant_person_id_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "client_id", name="pk_grant"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("previous_digest", sa.String(length=43)),
        sa.Column("repeat_digest", sa.String(length=43)),
        sa.Column("rotated_at", BIG, nullable=False),
        sa.Column("sid", sa.String(length=43), nullable=False),
        sa.Column("person_id", sa.String(length=43)),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("ended_at", BIG),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_session_person_id_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("digest", name="uq_session_digest"),
    )
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_index("ix_session_person_id", "session", ["person_id"])
    op.create_index("ix_session_previous_digest", "session", ["previous_digest"])
    op.create_index("ix_session_sid", "session", ["sid"])

    op.create_table(
        "interaction",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("session_id", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=128)),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=43)),
        sa.Column("username", sa.String(length=254), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("claimed_at", BIG),
        sa.Column("consented_at", BIG),
        sa.Column("announced_at", BIG),
        sa.Column("wants_enrolment", sa.Boolean(), nullable=False),
        sa.Column("address_confirmed_at", BIG),
        sa.Column("pending", sa.LargeBinary()),
        sa.Column("refused", sa.String(length=64)),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_interaction_person_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name="fk_interaction_session_id_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_interaction"),
    )
    op.create_index("ix_interaction_expires_at", "interaction", ["expires_at"])
    op.create_index("ix_interaction_session_id", "interaction", ["session_id"])

    op.create_table(
        "proof",
        sa.Column("id", BIG, nullable=False),
        sa.Column("interaction_id", sa.String(length=43), nullable=False),
        sa.Column("session_id", sa.String(length=43)),
        sa.Column("person_id", sa.String(length=43), nullable=False),
        sa.Column("credential_id", sa.String(length=43)),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("amr", sa.String(length=100), nullable=False),
        sa.Column("factors", sa.String(length=100), nullable=False),
        sa.Column("traits", sa.String(length=100), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("bootstrap", sa.Boolean(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_proof_person_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name="fk_proof_session_id_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proof"),
    )
    op.create_index("ix_proof_credential_id", "proof", ["credential_id"])
    op.create_index("ix_proof_interaction_id", "proof", ["interaction_id"])
    op.create_index("ix_proof_session_id", "proof", ["session_id"])

    op.create_table(
        "token",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("authorization_id", sa.String(length=43), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
        sa.ForeignKeyConstraint(
            ["authorization_id"],
            ["authorization.id"],
            name="fk_token_authorization_id_authorization",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_token"),
    )
    op.create_index("ix_token_authorization_id", "token", ["authorization_id"])
    op.create_index("ix_token_expires_at", "token", ["expires_at"])

    op.create_table(
        "challenge",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("interaction_id", sa.String(length=43), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("outbox_id", sa.String(length=43), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name="fk_challenge_interaction_id_interaction",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_challenge"),
    )
    op.create_index("ix_challenge_expires_at", "challenge", ["expires_at"])
    op.create_index("ix_challenge_interaction_id", "challenge", ["interaction_id"])


def downgrade() -> None:
    for table in (
        "challenge",
        "token",
        "proof",
        "interaction",
        "session",
        "grant",
        "credential",
        "authorization",
        "throttle",
        "stage",
        "signing_key",
        "person",
        "outbox",
        "event",
        "client",
    ):
        op.drop_table(table)
