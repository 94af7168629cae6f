"""Tables for auditors' questions: what the sealed leaves come to, and questions that were kept."""

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds, Serial


class AuditProgress(Model):
    """The one row that says how many sealed leaves are counted in the tables below."""

    __tablename__ = "audit_progress"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Seconds)


class AuditMeans(Model):
    """What tokens said together: an acr and its amr; both "" where nobody signed in."""

    __tablename__ = "audit_means"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    acr: Mapped[str] = mapped_column(String(200))
    amr: Mapped[str] = mapped_column(String(200))

    __table_args__ = (Index("ix_audit_means_acr_amr", "acr", "amr", unique=True),)


class AuditDay(Model):
    """How many answers with tokens an application got on a day (UTC) that are alike.

    `asked` are the levels that were asked for, `binding` how; `floors` had to hold anyway.
    """

    __tablename__ = "audit_day"
    client_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    grant_type: Mapped[str] = mapped_column(String(64), primary_key=True)
    means: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    binding: Mapped[str] = mapped_column(String(16), primary_key=True)
    asked: Mapped[str] = mapped_column(Text, primary_key=True)
    floors: Mapped[str] = mapped_column(Text, primary_key=True)
    answers: Mapped[int] = mapped_column(Seconds)

    __table_args__ = (Index("ix_audit_day_day", "day"),)


class AuditWeek(Model):
    """The same by week (`day` / 7): what a question about many days is answered from.

    The week comes first, so that the weeks of a question lie beside each other.
    """

    __tablename__ = "audit_week"
    week: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    client_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    grant_type: Mapped[str] = mapped_column(String(64), primary_key=True)
    means: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    binding: Mapped[str] = mapped_column(String(16), primary_key=True)
    asked: Mapped[str] = mapped_column(Text, primary_key=True)
    floors: Mapped[str] = mapped_column(Text, primary_key=True)
    answers: Mapped[int] = mapped_column(Seconds)

    __table_args__ = ({"sqlite_with_rowid": False},)


class AuditSignIn(Model):
    """One sign-in that an application got tokens of; `seq` is its leaf's, `who` the pseudonym."""

    __tablename__ = "audit_sign_in"
    seq: Mapped[int] = mapped_column(Seconds, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(Seconds)
    client_id: Mapped[str] = mapped_column(String(128))
    means: Mapped[int] = mapped_column(Integer)
    who: Mapped[str | None] = mapped_column(Id)
    sid: Mapped[str | None] = mapped_column(Id, index=True)
    jti: Mapped[str] = mapped_column(String(43))

    __table_args__ = (
        Index("ix_audit_sign_in_client", "client_id", "means", "at", "seq"),
        Index("ix_audit_sign_in_means", "means", "at", "seq"),
        Index("ix_audit_sign_in_who", "who", "at", "seq"),
    )


class AuditQuestion(Model):
    """A question that somebody kept under a name: a page of the console with its filters."""

    __tablename__ = "audit_question"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(120))
    page: Mapped[str] = mapped_column(String(32))
    query: Mapped[str] = mapped_column(Text)
    saved_by: Mapped[str] = mapped_column(Id)
    saved_at: Mapped[int] = mapped_column(Seconds)
