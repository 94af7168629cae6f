"""Tables of signals to applications (Shared Signals Framework): streams, what waits, about whom."""

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds, Serial


class SignalStream(Model):
    """How an application is told of its people. `data` is what it said of the stream, as JSON.

    `sealed` is what we show at its address, `sector` that of its pairwise subjects.
    """

    __tablename__ = "signal_stream"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), unique=True)
    sector: Mapped[str | None] = mapped_column(String(255))
    data: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    pushed: Mapped[bool]
    status: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(Seconds)
    updated_at: Mapped[int] = mapped_column(Seconds)
    asked_at: Mapped[int] = mapped_column(Seconds)
    sent: Mapped[int] = mapped_column(Seconds)
    sent_at: Mapped[int | None] = mapped_column(Seconds)
    failures: Mapped[int] = mapped_column(Integer)
    failing_since: Mapped[int | None] = mapped_column(Seconds)
    retry_at: Mapped[int] = mapped_column(Seconds)
    error: Mapped[str | None] = mapped_column(String(200))
    fence: Mapped[int] = mapped_column(Seconds)
    holder: Mapped[str | None] = mapped_column(Id)
    held_until: Mapped[int] = mapped_column(Seconds)


class SignalSet(Model):
    """A security event token (RFC 8417) that waits: what it says, to be signed when it is given.

    Without a person it is about the stream itself.
    """

    __tablename__ = "signal_set"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("signal_stream.id", ondelete="CASCADE"))
    jti: Mapped[str] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    event: Mapped[str] = mapped_column(String(120))
    said: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(Seconds)

    __table_args__ = (
        Index("ix_signal_set_stream_id", "stream_id", "id"),
        Index("ix_signal_set_jti", "stream_id", "jti", unique=True),
    )


class SignalSubject(Model):
    """What a stream knows of one person beside their sign-ins: added, taken out, or deleted.

    `subject` is what the application calls a person who was added by it, or is deleted.
    """

    __tablename__ = "signal_subject"
    stream_id: Mapped[str] = mapped_column(
        ForeignKey("signal_stream.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(Id, primary_key=True, index=True)
    state: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str | None] = mapped_column(Text)
    at: Mapped[int] = mapped_column(Seconds)
