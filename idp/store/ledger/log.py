"""What was sealed: leaves in their places, the tree over them, its checkpoints and keys."""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.ledger import leaves
from idp.store.models.evidence import LedgerCheckpoint, LedgerKey
from idp.store.rows import reader


@dataclass(frozen=True)
class CheckpointRow:
    """A signed root over the first `size` leaves."""

    size: int
    note: str
    at: int


@dataclass(frozen=True)
class KeyRow:
    """A key that signs; `private` opens at `place(id)`, `public` is the verifier key."""

    id: str
    public: str
    private: bytes
    created_at: int


@dataclass(frozen=True)
class Placed:
    """A leaf in its place; `body` is None when it was pruned."""

    seq: int
    body: str | None


def place(key_id: str) -> str:
    """Return the sealing place of a key that signs checkpoints."""
    return f"ledger_key:private:{key_id}"


_CHECKPOINT = reader(CheckpointRow, LedgerCheckpoint)
_KEY = reader(KeyRow, LedgerKey)
_ROWS = Statement(
    "SELECT seq, body FROM ledger_leaf WHERE seq >= :start AND seq < :end ORDER BY seq"
)
_SEQ_OF = Statement("SELECT seq, body FROM ledger_leaf WHERE jti = :jti AND seq IS NOT NULL")
_TILE = Statement("SELECT hashes FROM ledger_tile WHERE level = :level AND number = :number")
_PUT_TILE = Statement(
    "INSERT INTO ledger_tile (level, number, hashes) VALUES (:level, :number, :hashes)"
    " ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes"
)
_ADD_CHECKPOINT = Statement(
    "INSERT INTO ledger_checkpoint (size, note, at) VALUES (:size, :note, :at)"
)
_NEWEST = Statement(
    f"SELECT {_CHECKPOINT.columns} FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"
)
_CHECKPOINTS = Statement(
    f"SELECT {_CHECKPOINT.columns} FROM ledger_checkpoint"
    " WHERE size > :after AND size <= :until ORDER BY size"
)
_NEXT = Statement(
    f"SELECT {_CHECKPOINT.columns} FROM ledger_checkpoint"
    " WHERE size > :after ORDER BY size LIMIT :most"
)
_IS_SIGNED = Statement("SELECT 1 FROM ledger_checkpoint WHERE size = :size")
_KEYS = Statement(f"SELECT {_KEY.columns} FROM ledger_key ORDER BY created_at, id")
_RESEAL_KEY = Statement("UPDATE ledger_key SET private = :private WHERE id = :id")
_ADD_KEY = Statement(
    "INSERT INTO ledger_key (id, public, private, created_at) VALUES (:id, :public, :private, :now)"
)


def rows(work: Work, start: int, end: int) -> list[Placed]:
    """Return the leaves from number `start` up to `end`, which is not among them."""
    return [Placed(seq, body) for seq, body in work.all(_ROWS, start=start, end=end)]


def by_jti(work: Work, jti: str) -> tuple[int | None, str | None] | None:
    """Return number and body of a leaf, no number where it is not sealed; None for no leaf."""
    row = work.one(_SEQ_OF, jti=jti)
    if row is not None:
        return row[0], row[1]
    body = leaves.body_of(work, jti)
    return None if body is None else (None, body)


def tile(work: Work, level: int, number: int) -> bytes:
    """Return a tile as wide as it is; without hashes where there is none."""
    return bytes(work.value(_TILE, level=level, number=number) or b"")


def put_tile(work: Work, level: int, number: int, hashes: bytes) -> None:
    """Keep a tile that is new or longer now."""
    work.run(_PUT_TILE, level=level, number=number, hashes=hashes)


def add_checkpoint(work: Work, size: int, note: str) -> None:
    """Keep a signed root."""
    work.run(_ADD_CHECKPOINT, size=size, note=note, at=clock.now())


def newest(work: Work) -> CheckpointRow | None:
    """Return the checkpoint over most leaves; None before the first."""
    return _CHECKPOINT.one(work.one(_NEWEST))


def checkpoints(work: Work, after: int, until: int) -> list[CheckpointRow]:
    """Return the checkpoints over more than `after` leaves and up to `until`, smallest first."""
    return _CHECKPOINT.all(work.all(_CHECKPOINTS, after=after, until=until))


def checkpoints_after(work: Work, after: int, most: int) -> list[CheckpointRow]:
    """Return the next checkpoints over more than `after` leaves, smallest first."""
    return _CHECKPOINT.all(work.all(_NEXT, after=after, most=most))


def first_after(work: Work, after: int) -> CheckpointRow | None:
    """Return the next checkpoint over more than `after` leaves; None when there is none."""
    return next(iter(checkpoints_after(work, after, 1)), None)


def is_signed(work: Work, size: int) -> bool:
    """Tell whether there is a checkpoint over exactly so many leaves."""
    return work.one(_IS_SIGNED, size=size) is not None


def keys(work: Work) -> list[KeyRow]:
    """Return all keys, oldest first: the last one signs."""
    return _KEY.all(work.all(_KEYS))


def add_key(work: Work, key_id: str, public: str, private: bytes) -> None:
    """Keep a key that signs from now on: it is the newest, also after a clock was set back."""
    latest = max((row.created_at for row in keys(work)), default=0)
    now = max(clock.now(), latest + 1)
    work.run(_ADD_KEY, id=key_id, public=public, private=private, now=now)


def reseal_key(work: Work, key_id: str, private: bytes) -> None:
    """Keep something else in place of a key that does not open."""
    work.run(_RESEAL_KEY, id=key_id, private=private)
