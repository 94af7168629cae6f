"""Whether the keyring is the one that this database was sealed with.

For each key that ever sealed something here, the database keeps a check value that opens with this
key alone and tells which key makes the digests. Owns that comparison; it never makes a key, and
never reads what the other tables hold sealed, only which keys they name.
"""

from collections.abc import Iterable

from idp.crypto import Keyring
from idp.errors import ConfigurationError, SealError
from idp.store.db import Work, work
from idp.store.db.connections import Engine
from idp.store.service import seals

_PURPOSE = "seal check"
_BACK = "bring back the keyring of this database, see docs/operate.md"


def holds_any(engine: Engine) -> bool:
    """Return True if the database holds values that some keyring has sealed."""
    with work(engine) as unit:
        return bool(_kept(unit, engine) or _named(unit, engine))


def check(engine: Engine, keyring: Keyring) -> None:
    """Demand that `keyring` is the one of this database, and remember a key that is new to it.

    Raises:
        ConfigurationError: it is another one, or lacks a line; nothing was changed.
    """
    with work(engine) as unit:
        rows = _kept(unit, engine)
        _compare(rows, keyring)
        if not rows:
            _be_named(keyring, _named(unit, engine))
        if seals.kept(engine):
            _remember(unit, keyring, {row.key for row in rows})


def problem(unit: Work, keyring: Keyring) -> str | None:
    """Return in one line why `keyring` is not this database's; None when it is."""
    try:
        _compare(seals.everything(unit), keyring)
    except ConfigurationError as error:
        return str(error)
    return None


def unopenable(unit: Work, engine: Engine, keyring: Keyring) -> dict[str, int]:
    """Return for each table how many values name a key that `keyring` lacks."""
    found = {
        table: sum(n for key, n in keys.items() if key not in keyring.key_ids)
        for table, keys in seals.named(unit, engine).items()
    }
    return {table: count for table, count in found.items() if count}


def _kept(unit: Work, engine: Engine) -> list[seals.CheckRow]:
    return seals.everything(unit) if seals.kept(engine) else []


def _named(unit: Work, engine: Engine) -> set[bytes]:
    return {key for keys in seals.named(unit, engine).values() for key in keys}


def _compare(rows: Iterable[seals.CheckRow], keyring: Keyring) -> None:
    """Demand that every check value opens, and then that the digests are made as they were.

    In this order: a line that is missing may be the last one as well, and is the cause.
    """
    try:
        found = {keyring.open(row.sealed, seals.place(row.key)).decode() for row in rows}
    except SealError:
        raise ConfigurationError(
            f"the keyring {_where(keyring)}lacks a key that this database was sealed with: {_BACK}"
        ) from None
    if found - {keyring.keyed_digest(_PURPOSE)}:
        raise ConfigurationError(
            f"the last line of the keyring {_where(keyring)}is another than it was: put the oldest"
            " key there again, new ones on top"
        )


def _be_named(keyring: Keyring, named: Iterable[bytes]) -> None:
    """A database from before there were check values: one of its values must name our key."""
    found = set(named)
    if found and not found & set(keyring.key_ids):
        raise ConfigurationError(
            f"the keyring {_where(keyring)}opens nothing of what this database holds: {_BACK}"
        )


def _remember(unit: Work, keyring: Keyring, known: set[str]) -> None:
    """Keep a check value for every key of ours: any of them may have sealed what is there."""
    value = keyring.keyed_digest(_PURPOSE).encode()
    for one in keyring.each():
        key = one.key_ids[0].hex()
        if key not in known:
            seals.add(unit, key, one.seal(value, seals.place(key)))


def _where(keyring: Keyring) -> str:
    return f"{keyring.path} " if keyring.path else ""
