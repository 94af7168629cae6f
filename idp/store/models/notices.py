"""Tables of the mails ahead of a stage's date."""

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds


class RolloutNotice(Model):
    """One mail to one person, about one date of one stage, and what became of it."""

    __tablename__ = "rollout_notice"
    stage_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    enforce_at: Mapped[int] = mapped_column(Seconds, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    state: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(String(200))
    outbox_id: Mapped[str | None] = mapped_column(Id, index=True)
    queued_at: Mapped[int] = mapped_column(Seconds)
    settled_at: Mapped[int | None] = mapped_column(Seconds)
    opened_at: Mapped[int | None] = mapped_column(Seconds)
    __table_args__ = (Index("ix_rollout_notice_state", "state", "stage_id", "enforce_at"),)


class RolloutRound(Model):
    """How far everyone was gone through for one mail of a stage."""

    __tablename__ = "rollout_round"
    stage_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    enforce_at: Mapped[int] = mapped_column(Seconds, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    after: Mapped[str] = mapped_column(Id)
    version: Mapped[int] = mapped_column(Integer)
    begun_at: Mapped[int] = mapped_column(Seconds)
    done_at: Mapped[int | None] = mapped_column(Seconds)
    queued: Mapped[int] = mapped_column(Integer)


class RolloutTurn(Model):
    """When the next mails may be queued. Whoever queues some holds the row."""

    __tablename__ = "rollout_turn"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    free_at: Mapped[int] = mapped_column(Seconds)


class RolloutLetter(Model):
    """What a stage says in a mail in the place of ours, in one language."""

    __tablename__ = "rollout_letter"
    stage_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    letter: Mapped[str] = mapped_column(String(16), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
