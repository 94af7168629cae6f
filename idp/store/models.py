"""The tables. Times are seconds since 1970 UTC; JSON columns are text; tokens stand as digests.

Names of people and numbers are personal data; secrets are sealed (`idp.crypto.Keyring`) and bound
to `table:column:id`.
"""

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model

Id = String(43)
Seconds = BigInteger().with_variant(Integer, "sqlite")
Serial = BigInteger().with_variant(Integer, "sqlite")


class Person(Model):
    """Someone who signs in. `id` is the `sub` of every token and is never given to another."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(String(128), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    email_verified: Mapped[bool]
    phone: Mapped[str | None] = mapped_column(String(20))
    phone_verified: Mapped[bool]
    name: Mapped[str] = mapped_column(String(200))
    user_type: Mapped[str] = mapped_column(String(64))
    roles: Mapped[str] = mapped_column(Text)
    claims: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    updated_at: Mapped[int] = mapped_column(Seconds)
    disabled_at: Mapped[int | None] = mapped_column(Seconds)
    announced_at: Mapped[int | None] = mapped_column(Seconds)
    locale: Mapped[str | None] = mapped_column(String(16))
    locale_chosen: Mapped[bool] = mapped_column(server_default=false())
    password_due_at: Mapped[int | None] = mapped_column(Seconds)
    offered_at: Mapped[int | None] = mapped_column(Seconds)
    enrolment_due_at: Mapped[int | None] = mapped_column(Seconds)
    member_of: Mapped[str] = mapped_column(Text, server_default="[]")
    epoch: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class Credential(Model):
    """Something enrolled: a password's hash, a TOTP secret, a number; `secret` is sealed.

    `cost`: what a password's hash takes to check, in its own words; None while nobody has looked.
    """

    __tablename__ = "credential"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    method: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(100))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(Seconds)
    created_at: Mapped[int] = mapped_column(Seconds)
    last_used_at: Mapped[int | None] = mapped_column(Seconds)
    outside: Mapped[str | None] = mapped_column(Id, unique=True, index=True)
    cost: Mapped[str | None] = mapped_column(String(48), index=True)


class AccountChange(Model):
    """A change of how a person is reached or signs in, for as long as it can be denied."""

    __tablename__ = "account_change"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(Seconds, index=True)
    what: Mapped[str] = mapped_column(String(16))
    own: Mapped[bool]
    method: Mapped[str | None] = mapped_column(String(16))
    credential_id: Mapped[str | None] = mapped_column(Id)
    old: Mapped[str | None] = mapped_column(String(254))
    new: Mapped[str | None] = mapped_column(String(254))

    __table_args__ = (Index("ix_account_change_person_id_at", "person_id", "at"),)


class PendingChange(Model):
    """A change that was asked for without the strongest proof: it waits, and may be stopped."""

    __tablename__ = "pending_change"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(16))
    credential_id: Mapped[str | None] = mapped_column(Id)
    asked_at: Mapped[int] = mapped_column(Seconds)
    due_at: Mapped[int] = mapped_column(Seconds, index=True)
    opened_at: Mapped[int | None] = mapped_column(Seconds)
    ended_at: Mapped[int | None] = mapped_column(Seconds)
    ended: Mapped[str | None] = mapped_column(String(16))
    label: Mapped[str | None] = mapped_column(String(100))
    source: Mapped[str | None] = mapped_column(String(64))


class RecoveryCode(Model):
    """One of the codes that stand in for a lost factor, as a keyed digest; once."""

    __tablename__ = "recovery_code"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int] = mapped_column(Seconds)
    used_at: Mapped[int | None] = mapped_column(Seconds)


class Link(Model):
    """A link that was sent to somebody, by digest: for one purpose, once, for a while."""

    __tablename__ = "link"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(24))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    data: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    used_at: Mapped[int | None] = mapped_column(Seconds)


class Device(Model):
    """A browser that a person has signed in with before, by the digest of its own cookie."""

    __tablename__ = "device"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[int] = mapped_column(Seconds)
    seen_at: Mapped[int] = mapped_column(Seconds)
    previous: Mapped[str | None] = mapped_column(Id)
    allowance: Mapped[str | None] = mapped_column(String(16))


class Session(Model):
    """A browser. Without a person until a sign-in finishes in it."""

    __tablename__ = "session"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(Id, unique=True)
    previous_digest: Mapped[str | None] = mapped_column(Id, index=True)
    repeat_digest: Mapped[str | None] = mapped_column(Id)
    rotated_at: Mapped[int] = mapped_column(Seconds)
    sid: Mapped[str] = mapped_column(Id, index=True)
    person_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[int] = mapped_column(Seconds)
    seen_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    ended_at: Mapped[int | None] = mapped_column(Seconds)
    label: Mapped[str | None] = mapped_column(String(100))
    source: Mapped[str | None] = mapped_column(String(64))


class Interaction(Model):
    """One sign-in in progress, bound to the browser that began it."""

    __tablename__ = "interaction"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    session_id: Mapped[str] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True
    )
    client_id: Mapped[str | None] = mapped_column(String(128))
    request: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    username: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    claimed_at: Mapped[int | None] = mapped_column(Seconds)
    marks: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    pending: Mapped[bytes | None] = mapped_column(LargeBinary)
    refused: Mapped[str | None] = mapped_column(String(64))


class Proof(Model):
    """One success of one authenticator: append-only; a session's proofs are those it finished."""

    __tablename__ = "proof"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    interaction_id: Mapped[str] = mapped_column(Id, index=True)
    session_id: Mapped[str | None] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    credential_id: Mapped[str | None] = mapped_column(Id, index=True)
    method: Mapped[str] = mapped_column(String(16))
    amr: Mapped[str] = mapped_column(String(100))
    factors: Mapped[str] = mapped_column(String(100))
    traits: Mapped[str] = mapped_column(String(100))
    first: Mapped[bool]
    bootstrap: Mapped[bool]
    at: Mapped[int] = mapped_column(Seconds)


class Challenge(Model):
    """A code that was sent: keyed digest only, for one purpose in one interaction, once."""

    __tablename__ = "challenge"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(Id)
    channel: Mapped[str | None] = mapped_column(String(8))
    outbox_id: Mapped[str] = mapped_column(Id)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    used_at: Mapped[int | None] = mapped_column(Seconds)


class Throttle(Model):
    """A counter of attempts; see `policy.throttle`."""

    __tablename__ = "throttle"
    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    since: Mapped[int] = mapped_column(Seconds, index=True)
    next_at: Mapped[int] = mapped_column(Seconds)


class Client(Model):
    """An application (relying party). `data` is its registered metadata.

    A secret is kept as a digest; sealed only where the client signs with it (client_secret_jwt).
    """

    __tablename__ = "client"
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    secret_digest: Mapped[str | None] = mapped_column(Id)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    registration_digest: Mapped[str | None] = mapped_column(Id)
    data: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    updated_at: Mapped[int] = mapped_column(Seconds)


class SigningKey(Model):
    """A key that signs tokens; the private half sealed, the public half exactly as published."""

    __tablename__ = "signing_key"
    kid: Mapped[str] = mapped_column(Id, primary_key=True)
    alg: Mapped[str] = mapped_column(String(16))
    private: Mapped[bytes] = mapped_column(LargeBinary)
    public: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    active_at: Mapped[int] = mapped_column(Seconds)
    retired_at: Mapped[int | None] = mapped_column(Seconds)


class Grant(Model):
    """What a person consented to for a client."""

    __tablename__ = "grant"
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[str] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    scopes: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[int] = mapped_column(Seconds)
    grantee: Mapped[str] = mapped_column(Id, server_default=text("''"))


class Authorization(Model):
    """A finished sign-in for one client, its code, and all that every token from it says."""

    __tablename__ = "authorization"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_digest: Mapped[str] = mapped_column(Id, unique=True)
    code_expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    code_used_at: Mapped[int | None] = mapped_column(Seconds)
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str | None] = mapped_column(String(128))
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(Id, server_default=text("''"))
    session_id: Mapped[str | None] = mapped_column(Id, index=True)
    sid: Mapped[str] = mapped_column(Id)
    scope: Mapped[str] = mapped_column(Text)
    claims: Mapped[str | None] = mapped_column(Text)
    nonce: Mapped[str | None] = mapped_column(Text)
    acr: Mapped[str] = mapped_column(String(200))
    amr: Mapped[str] = mapped_column(String(200))
    methods: Mapped[str] = mapped_column(String(200))
    auth_time: Mapped[int] = mapped_column(Seconds)
    says_auth_time: Mapped[bool]
    created_at: Mapped[int] = mapped_column(Seconds)
    revoked_at: Mapped[int | None] = mapped_column(Seconds)


class Token(Model):
    """An access or refresh token, by digest; what it says stands in its authorization."""

    __tablename__ = "token"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    authorization_id: Mapped[str] = mapped_column(
        ForeignKey("authorization.id", ondelete="CASCADE"), index=True
    )
    scope: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    used_at: Mapped[int | None] = mapped_column(Seconds)


class ClientToken(Model):
    """An access token that a client got for itself (RFC 6749 section 4.4): nobody signed in."""

    __tablename__ = "client_token"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)


class Pairwise(Model):
    """What the clients of one sector call a person (OIDC Core 8.1): drawn once, kept for good."""

    __tablename__ = "pairwise"
    sector: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    subject: Mapped[str] = mapped_column(Id, unique=True)


class InitialAccessToken(Model):
    """Lets its holder register some clients (RFC 7591 section 3)."""

    __tablename__ = "initial_access_token"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    uses_left: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)


class Spent(Model):
    """The digest of something that may be used once, for as long as it could be used again."""

    __tablename__ = "spent"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)


class SealCheck(Model):
    """What opens only with the right encryption key, by the key's id: see `idp.keyring_check`."""

    __tablename__ = "seal_check"
    key: Mapped[str] = mapped_column(String(8), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(Seconds)
    tried_at: Mapped[int] = mapped_column(Seconds)


class Stage(Model):
    """One part of an MFA rollout."""

    __tablename__ = "stage"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    audience: Mapped[str] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(200))
    required: Mapped[bool]
    enforce_at: Mapped[int | None] = mapped_column(Seconds)
    created_at: Mapped[int] = mapped_column(Seconds)


class Outbox(Model):
    """A message to be sent: sealed until it is delivered, then emptied.

    One that is written at its delivery has no text; `about` says what it will tell of.
    """

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    about: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds)
    created_at: Mapped[int] = mapped_column(Seconds)
    sent_at: Mapped[int | None] = mapped_column(Seconds)
    error: Mapped[str | None] = mapped_column(String(200))
    reference: Mapped[str | None] = mapped_column(String(64), index=True)
    report: Mapped[str | None] = mapped_column(String(16))
    reported_at: Mapped[int | None] = mapped_column(Seconds)

    __table_args__ = (Index("ix_outbox_state_due_at", "state", "due_at"),)


class Event(Model):
    """What happened, append-only; `kind` is a name of `idp.audit.Event`."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    at: Mapped[int] = mapped_column(Seconds, index=True)
    kind: Mapped[str] = mapped_column(String(48))
    outcome: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[str | None] = mapped_column(Id, index=True)
    client_id: Mapped[str | None] = mapped_column(String(128), index=True)
    interaction_id: Mapped[str | None] = mapped_column(Id)
    sid: Mapped[str | None] = mapped_column(Id)
    requested: Mapped[str | None] = mapped_column(String(400))
    acr: Mapped[str | None] = mapped_column(String(200))
    amr: Mapped[str | None] = mapped_column(String(200))
    auth_time: Mapped[int | None] = mapped_column(Seconds)
    source: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    data: Mapped[str | None] = mapped_column(Text)
    counted: Mapped[str | None] = mapped_column(Id)


class EventCount(Model):
    """How many events were like the one whose `counted` is this key, and when the last was."""

    __tablename__ = "event_count"
    key: Mapped[str] = mapped_column(Id, primary_key=True)
    times: Mapped[int] = mapped_column(Seconds)
    last_at: Mapped[int] = mapped_column(Seconds)
