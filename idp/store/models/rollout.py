"""Tables of the rollout: stages, exceptions from them, set-ups put off, forecasts, adoption."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds


class RolloutStage(Model):
    """One part of a rollout: `policy.rollout.Stage`, with audience and words as JSON."""

    __tablename__ = "rollout_stage"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    audience: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(200))
    strength: Mapped[str] = mapped_column(String(16))
    enforce_at: Mapped[int | None] = mapped_column(Seconds)
    excluded: Mapped[str] = mapped_column(Text)
    announce_at: Mapped[int | None] = mapped_column(Seconds)
    zone: Mapped[str] = mapped_column(String(64))
    reminders: Mapped[str] = mapped_column(String(200))
    grace: Mapped[int] = mapped_column(Integer)
    grace_privileged: Mapped[int] = mapped_column(Integer)
    why: Mapped[str] = mapped_column(Text)
    guidance: Mapped[str] = mapped_column(Text)
    proof: Mapped[str | None] = mapped_column(String(8))
    stopped_at: Mapped[int | None] = mapped_column(Seconds)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[int] = mapped_column(Seconds)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class RolloutException(Model):
    """A person whom a stage does not reach until a time: why, and who said so."""

    __tablename__ = "rollout_exception"
    stage_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    until: Mapped[int] = mapped_column(Seconds)
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(Seconds)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class RolloutPostponement(Model):
    """A sign-in in which setting up a level that is demanded was put off."""

    __tablename__ = "rollout_postponement"
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    interaction_id: Mapped[str] = mapped_column(Id, primary_key=True)
    level: Mapped[str] = mapped_column(String(200))
    stage_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(Seconds)


class RolloutForecast(Model):
    """The last forecast of a stage, and how far the next one is; `run` and `running` name them."""

    __tablename__ = "rollout_forecast"
    stage_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    run: Mapped[str | None] = mapped_column(Id)
    plan: Mapped[str | None] = mapped_column(Id)
    at: Mapped[int | None] = mapped_column(Seconds)
    computed_at: Mapped[int | None] = mapped_column(Seconds)
    people: Mapped[int] = mapped_column(Integer)
    ready: Mapped[int] = mapped_column(Integer)
    asked: Mapped[int] = mapped_column(Integer)
    stuck: Mapped[int] = mapped_column(Integer)
    counts: Mapped[str] = mapped_column(Text)
    running: Mapped[str | None] = mapped_column(Id)
    alive_at: Mapped[int | None] = mapped_column(Seconds)
    seen: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)


class RolloutStuck(Model):
    """Someone who is stuck for a stage, by one run of its forecast; `reasons` are words."""

    __tablename__ = "rollout_stuck"
    stage_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    run: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    reasons: Mapped[str] = mapped_column(Text)
    grace: Mapped[int] = mapped_column(Integer)


class RolloutAdoption(Model):
    """How many people of a user type had something set up on a day (UTC, `2027-02-01`)."""

    __tablename__ = "rollout_adoption"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    user_type: Mapped[str] = mapped_column(String(64), primary_key=True)
    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    people: Mapped[int] = mapped_column(Integer)
