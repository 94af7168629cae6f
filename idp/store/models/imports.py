"""Tables of people who are brought in from a file, by somebody in a browser or by a program."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds


class ImportJob(Model):
    """A file of people, and how far it is: see `store.people.imports`.

    `run` names the process that is at it for now; `mistakes` are the first rows that are wrong,
    sealed.
    """

    __tablename__ = "import_job"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(Id)
    size: Mapped[int] = mapped_column(Integer)
    product: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(8))
    version: Mapped[int] = mapped_column(Integer)
    options: Mapped[str] = mapped_column(Text)
    meant: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Id)
    program: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[int] = mapped_column(Seconds)
    touched_at: Mapped[int] = mapped_column(Seconds, index=True)
    total: Mapped[int] = mapped_column(Integer)
    seen: Mapped[int] = mapped_column(Integer)
    counts: Mapped[str] = mapped_column(Text)
    mistakes: Mapped[bytes | None] = mapped_column(LargeBinary)
    error: Mapped[str | None] = mapped_column(String(400))
    run: Mapped[str | None] = mapped_column(Id)
    alive_at: Mapped[int | None] = mapped_column(Seconds)


class ImportPart(Model):
    """A piece of an import, sealed: of its file, or of the report of its dry run or itself."""

    __tablename__ = "import_part"
    job_id: Mapped[str] = mapped_column(
        ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
