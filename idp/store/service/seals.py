"""The check values of the encryption keys, and which keys the sealed columns and the tags name.

One row for each key that this database was ever sealed with. Owns no cipher:
`idp.keyring.keyring_check` makes the values and opens them.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.db.schema import has_column, has_table
from idp.store.db.statements import Statement
from idp.store.models.service import SealCheck
from idp.store.rows import reader
from idp.store.tags.kinds import EVERY

_SEALED = (
    ("signing_key", "private"),
    ("credential", "secret"),
    ("client", "sealed_secret"),
    ("outbox", "sealed"),
    ("signal_stream", "sealed"),
    ("pseudonym", "key"),
    ("ledger_key", "private"),
    ("import_job", "mistakes"),
    ("import_part", "sealed"),
    *((seal.table, "tag") for seal in EVERY if seal.lasting),
)
"""The columns whose values begin with the id of a key, but for what goes by itself."""


@dataclass(frozen=True)
class CheckRow:
    """The check value of one key; `sealed` opens at `place(key)`, `key` is the key's id in hex."""

    key: str
    sealed: bytes


def place(key: str) -> str:
    """Return the sealing place of a key's check value."""
    return f"seal_check:sealed:{key}"


_ROW = reader(CheckRow, SealCheck)
_ALL = Statement(f"SELECT {_ROW.columns} FROM seal_check ORDER BY key")
_ADD = Statement(
    "INSERT INTO seal_check (key, sealed, created_at, tried_at)"
    " VALUES (:key, :sealed, :now, :now) ON CONFLICT DO NOTHING"
)
_TRY = Statement(
    "UPDATE seal_check SET tried_at = :now WHERE key = (SELECT min(key) FROM seal_check)"
)
_NAMED = {
    (table, column): Statement(
        f"SELECT substr({column}, 1, 4), count(*) FROM {table}"
        f" WHERE {column} IS NOT NULL GROUP BY substr({column}, 1, 4)"
    )
    for table, column in _SEALED
}


def kept(engine: Engine) -> bool:
    """Return True if the schema has a place for check values: an older one has none."""
    return has_table(engine, "seal_check")


def everything(work: Work) -> list[CheckRow]:
    """Return the check values of all keys."""
    return _ROW.all(work.all(_ALL))


def add(work: Work, key: str, sealed: bytes) -> bool:
    """Store the check value of a key; False when it has one."""
    return work.run(_ADD, key=key, sealed=sealed, now=clock.now()) == 1


def try_writing(work: Work) -> None:
    """Write what changes nothing: the database takes writes, or raises what it says instead."""
    work.run(_TRY, now=clock.now())


def named(work: Work, engine: Engine) -> dict[str, dict[bytes, int]]:
    """Return for each table how many of its values are of which key (`crypto.key_id`)."""
    found: dict[str, dict[bytes, int]] = {}
    for (table, column), statement in _NAMED.items():
        if has_column(engine, table, column):
            keys = found.setdefault(table, {})
            for key, count in work.all(statement):
                keys[bytes(key)] = keys.get(bytes(key), 0) + count
    return found
