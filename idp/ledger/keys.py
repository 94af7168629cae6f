"""The keys that sign checkpoints: made here, kept sealed; auditors get their other halves.

What the database says of a public key is not believed: each is worked out from the private one,
which only the keyring opens.
"""

from collections.abc import Callable

from idp import crypto
from idp.errors import AcruxError, SealError
from idp.evidence import checkpoint, note
from idp.evidence.note import Signer, VerifierKey, parse_key
from idp.store.db import Work
from idp.store.ledger import log
from idp.store.ledger.log import CheckpointRow, KeyRow

Announce = Callable[[Work, VerifierKey], None]
"""Records that a key was made, in the transaction that makes it."""

_KEY_BYTES = 32
_PUBLIC = b"lost, and known by its other half: "
"""Begins what is sealed in place of a key that is lost; a key has 32 bytes."""


class LedgerError(AcruxError):
    """The ledger cannot be sealed or read: something in it was changed, or its key is lost."""


def signers(
    work: Work,
    keyring: crypto.Keyring,
    issuer: str,
    announce: Announce,
    newest: CheckpointRow | None,
) -> list[Signer]:
    """Return the keys that sign next, the newest last; the first one of all is made here.

    Those between the one that signed last and the newest sign too: so whoever knows an older key
    sees that its holder brought in the new one.

    Raises:
        LedgerError: a key does not open, or is another than the database says.
    """
    rows = log.keys(work)
    if not rows:
        return [_made(work, keyring, issuer, announce)]
    known = [_known(row, keyring) for row in rows]
    begin = len(rows) - 1
    if newest is not None:
        ids = {one.key_id for one in note.parse(newest.note.encode()).signatures}
        begin = max((at for at, key in enumerate(known) if key.key_id in ids), default=begin)
    opened = [_opened(row, keyring) for row in rows[begin:]]
    if opened[-1] is None:
        raise LedgerError(f"the key {rows[-1].id} is lost: `acrux ledger key --new` makes another")
    return [one for one in opened if one is not None]


def verifiers(work: Work, keyring: crypto.Keyring) -> list[VerifierKey]:
    """Return what all checkpoints can be checked with, the oldest key first.

    Raises:
        LedgerError: a key does not open, or is another than the database says.
    """
    return [_known(row, keyring) for row in log.keys(work)]


def renew(work: Work, keyring: crypto.Keyring, issuer: str, announce: Announce) -> VerifierKey:
    """Make a key that signs from now on; the others stay to check with.

    Raises:
        LedgerError: a key does not open; see `give_up`.
    """
    verifiers(work, keyring)
    return _made(work, keyring, issuer, announce).verifier


def give_up(work: Work, keyring: crypto.Keyring, said: str) -> None:
    """Keep a lost key to check with, on the word of an operator who has it from an auditor.

    Raises:
        LedgerError: the database has no such key, or it is not lost.
    """
    row = next((row for row in log.keys(work) if row.public == said), None)
    if row is None:
        raise LedgerError("no key of this ledger is that one: ask an auditor for the right one")
    try:
        keyring.open(row.private, log.place(row.id))
    except SealError:
        log.reseal_key(work, row.id, keyring.seal(_PUBLIC + said.encode(), log.place(row.id)))
        return
    raise LedgerError(f"the key {row.id} is not lost: acrux ledger key --new makes another")


def _known(row: KeyRow, keyring: crypto.Keyring) -> VerifierKey:
    """Return what a key's signatures are checked with, which the keyring vouches for."""
    try:
        content = keyring.open(row.private, log.place(row.id))
        if content.startswith(_PUBLIC):
            found = parse_key(content.removeprefix(_PUBLIC).decode())
        else:
            found = Signer(parse_key(row.public).name, content).verifier
    except (SealError, ValueError) as error:
        raise LedgerError(
            f"the ledger's key {row.id} cannot be used: {error}; if the keyring's line is lost for"
            " good, see docs/ledger.md#keys"
        ) from None
    if str(found) != row.public:
        raise LedgerError(f"the ledger's key {row.id} is another than its row says")
    return found


def _opened(row: KeyRow, keyring: crypto.Keyring) -> Signer | None:
    """Return a key that signs; None where only its other half is left."""
    content = keyring.open(row.private, log.place(row.id))
    return None if content.startswith(_PUBLIC) else Signer(parse_key(row.public).name, content)


def _made(work: Work, keyring: crypto.Keyring, issuer: str, announce: Announce) -> Signer:
    made = Signer(checkpoint.origin(issuer), crypto.random_bytes(_KEY_BYTES))
    key_id = made.verifier.key_id.hex()
    sealed = keyring.seal(made.private, log.place(key_id))
    log.add_key(work, key_id, str(made.verifier), sealed)
    announce(work, made.verifier)
    return made
