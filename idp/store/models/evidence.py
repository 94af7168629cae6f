"""Tables of evidence: the leaves of the ledger, and what they call people."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds, Serial


class Leaf(Model):
    """One leaf of the ledger; `body` is the very text that is hashed (docs/evidence.md).

    `id` counts in no order that means anything: whoever writes a leaf waits for no one. The sealer
    gives it its place in the tree, `seq`, once and for good; only then it stands in an index, so
    that a request writes one page and not three.
    """

    __tablename__ = "ledger_leaf"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    jti: Mapped[str] = mapped_column(String(43))
    at: Mapped[int] = mapped_column(Seconds)
    body: Mapped[str | None] = mapped_column(Text)
    seq: Mapped[int | None] = mapped_column(Seconds)

    __table_args__ = (
        Index(
            "ix_ledger_leaf_seq",
            "seq",
            unique=True,
            sqlite_where=text("seq IS NOT NULL"),
            postgresql_where=text("seq IS NOT NULL"),
        ),
        Index(
            "ix_ledger_leaf_jti",
            "jti",
            sqlite_where=text("seq IS NOT NULL"),
            postgresql_where=text("seq IS NOT NULL"),
        ),
        # Transactions of PostgreSQL end in another order than their rows are numbered in.
        Index("ix_ledger_leaf_unsealed", "id", postgresql_where=text("seq IS NULL")).ddl_if(
            dialect="postgresql"
        ),
    )


class Rules(Model):
    """Rules that stand in the ledger already, by their digest."""

    __tablename__ = "ledger_rules"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)


class Pseudonym(Model):
    """What the ledger calls a person, and the sealed key that all such names of theirs come of.

    It goes with the person: what the ledger says of them is then nobody's.
    """

    __tablename__ = "pseudonym"
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Id, unique=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
