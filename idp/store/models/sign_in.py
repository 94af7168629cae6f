"""Tables of signing in: browsers, sign-ins in progress, proofs, codes, counters of attempts."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds, Serial


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
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


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
    """A counter of attempts; see `policy.throttling.throttle`."""

    __tablename__ = "throttle"
    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    since: Mapped[int] = mapped_column(Seconds, index=True)
    next_at: Mapped[int] = mapped_column(Seconds)
