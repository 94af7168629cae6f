"""Tables of shared profiles: what is counted of a day, and what is made of an account."""

from sqlalchemy import ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds


class ProfileDay(Model):
    """What one day of one person says of an account that several may use: numbers alone.

    `day` counts from 1970 in UTC. An ordinary day has no row. See `policy.profile_day.DayCounts`.
    """

    __tablename__ = "profile_day"
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[int] = mapped_column(Integer, primary_key=True, index=True)
    switches: Mapped[int] = mapped_column(Integer)
    apart: Mapped[int] = mapped_column(Integer)
    spread: Mapped[int] = mapped_column(Integer)
    elsewhere: Mapped[int] = mapped_column(Integer)
    set_ups: Mapped[int] = mapped_column(Integer)
    denied: Mapped[int] = mapped_column(Integer)


class ProfileDayDone(Model):
    """A day that was counted for everyone."""

    __tablename__ = "profile_day_done"
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(Seconds)


class SharedProfile(Model):
    """An account that may be shared: its score, and what an administrator made of it.

    `reasons` is JSON: how often each sign was seen, and its points. `kept_day`: signs until that
    day were looked at and found to be one person's.
    """

    __tablename__ = "shared_profile"
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    score: Mapped[int] = mapped_column(Integer, index=True)
    reasons: Mapped[str] = mapped_column(Text)
    scored_day: Mapped[int] = mapped_column(Integer)
    kept_day: Mapped[int | None] = mapped_column(Integer)
    asked_at: Mapped[int | None] = mapped_column(Seconds)
    closes_at: Mapped[int | None] = mapped_column(Seconds, index=True)
    warned_at: Mapped[int | None] = mapped_column(Seconds)
    closed_at: Mapped[int | None] = mapped_column(Seconds)


class ProfileSplit(Model):
    """A personal profile that was made from a shared one."""

    __tablename__ = "profile_split"
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    shared_id: Mapped[str] = mapped_column(
        Id, ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[int] = mapped_column(Seconds)
