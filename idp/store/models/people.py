"""Tables of people: who they are, what they have enrolled, what changes and waits to change."""

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds, Serial


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
    quiet_until: Mapped[int | None] = mapped_column(Seconds)
    locale: Mapped[str | None] = mapped_column(String(16))
    locale_chosen: Mapped[bool] = mapped_column(server_default=false())
    password_due_at: Mapped[int | None] = mapped_column(Seconds)
    offered_at: Mapped[int | None] = mapped_column(Seconds)
    enrolment_due_at: Mapped[int | None] = mapped_column(Seconds)
    member_of: Mapped[str] = mapped_column(Text, server_default="[]")
    epoch: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class Departed(Model):
    """A subject of someone who was deleted: never given again."""

    __tablename__ = "departed"
    subject: Mapped[str] = mapped_column(Id, primary_key=True)
    username: Mapped[str | None] = mapped_column(String(128), index=True)
    at: Mapped[int] = mapped_column(Seconds)


class Credential(Model):
    """Something enrolled: a password's hash, a TOTP secret, a number; `secret` is sealed.

    `cost`: what a password's hash takes to check, in its own words; None while no one has looked.
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
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


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
    """A link that was sent to someone, by digest: for one purpose, once, for a while."""

    __tablename__ = "link"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(24))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    data: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    used_at: Mapped[int | None] = mapped_column(Seconds)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)
