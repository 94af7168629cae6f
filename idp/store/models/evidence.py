"""Tables of evidence: the leaves of the ledger, what they call people, and the tree over them."""

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, text
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
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)

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


class TreeSize(Model):
    """The one row that says how many leaves are sealed, and which process seals for now.

    `last_id` is the greatest id that is sealed. `fence` counts who ever did: one that was held up,
    and comes back, writes nothing any more.
    """

    __tablename__ = "ledger_tree"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(Seconds)
    last_id: Mapped[int] = mapped_column(Seconds)
    fence: Mapped[int] = mapped_column(Seconds)
    holder: Mapped[str | None] = mapped_column(Id)
    held_until: Mapped[int] = mapped_column(Seconds)


class Tile(Model):
    """Up to 256 hashes of the tree beside each other: `evidence.tiles`."""

    __tablename__ = "ledger_tile"
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Seconds, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerCheckpoint(Model):
    """A signed root: `note` is the very text, signatures included."""

    __tablename__ = "ledger_checkpoint"
    size: Mapped[int] = mapped_column(Seconds, primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(Seconds)


class LedgerCosignature(Model):
    """A witness's signature below the checkpoint of that size: `line` is the very line.

    `witness` is its verifier key. Whoever reads a line checks it; the row vouches for nothing.
    """

    __tablename__ = "ledger_cosignature"
    size: Mapped[int] = mapped_column(Seconds, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(400), primary_key=True)
    line: Mapped[str] = mapped_column(Text)


class LedgerKey(Model):
    """A key that signs checkpoints; `public` is the verifier key, as auditors are given it."""

    __tablename__ = "ledger_key"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    public: Mapped[str] = mapped_column(Text)
    private: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(Seconds)


class LedgerAnchor(Model):
    """How far a place outside has the checkpoints; `name` is what the settings call it.

    `size` is that of the last checkpoint which arrived there. Between `tried_at` and `due_at` it is
    some process's, or is left alone after a failure.
    """

    __tablename__ = "ledger_anchor"
    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    size: Mapped[int] = mapped_column(Seconds)
    arrived_at: Mapped[int | None] = mapped_column(Seconds)
    due_at: Mapped[int] = mapped_column(Seconds)
    failures: Mapped[int] = mapped_column(Integer)
    failing_since: Mapped[int | None] = mapped_column(Seconds)
    problem: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Id)
    under_way: Mapped[int | None] = mapped_column(Seconds)
