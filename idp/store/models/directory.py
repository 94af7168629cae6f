"""Tables of groups, and of what directories call people and groups."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds


class PersonGroup(Model):
    """A group by itself, also one that nobody is in. Who is in it, `person.member_of` says."""

    __tablename__ = "person_group"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[int] = mapped_column(Seconds)
    updated_at: Mapped[int] = mapped_column(Seconds)


class DirectoryPerson(Model):
    """What a directory, which is a client, calls a person; the name as it spells it."""

    __tablename__ = "directory_person"
    client_id: Mapped[str] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    external_id: Mapped[str | None] = mapped_column(String(255))
    user_name: Mapped[str | None] = mapped_column(String(254))
    unsaid: Mapped[str | None] = mapped_column(String(64))
    off_at: Mapped[int | None] = mapped_column(Seconds)

    __table_args__ = (Index("ix_directory_person_external_id", "client_id", "external_id"),)


class DirectoryGroup(Model):
    """What a directory calls a group."""

    __tablename__ = "directory_group"
    client_id: Mapped[str] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[str] = mapped_column(
        ForeignKey("person_group.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    external_id: Mapped[str | None] = mapped_column(String(255))

    __table_args__ = (Index("ix_directory_group_external_id", "client_id", "external_id"),)
