"""The key that signs checkpoints: made by the first seal, kept sealed; auditors get its other half.

What the database says of a public key is not believed: each is worked out from the private one,
which only the keyring opens.
"""

from collections.abc import Callable

from idp import crypto
from idp.errors import AcruxError, SealError
from idp.evidence import checkpoint
from idp.evidence.note import Signer, VerifierKey, parse_key
from idp.store.db import Work
from idp.store.ledger import log
from idp.store.ledger.log import KeyRow

Announce = Callable[[Work, VerifierKey], None]
"""Records that a key was made, in the transaction that makes it."""

_KEY_BYTES = 32


class LedgerError(AcruxError):
    """The ledger cannot be sealed or read: something in it was changed, or its key is lost."""


def signer(work: Work, keyring: crypto.Keyring, issuer: str, announce: Announce) -> Signer:
    """Return the key that signs now; the first one is made here.

    Raises:
        LedgerError: the key does not open, or is another than the database says.
    """
    rows = log.keys(work)
    return _opened(rows[-1], keyring) if rows else _made(work, keyring, issuer, announce)


def verifiers(work: Work, keyring: crypto.Keyring) -> list[VerifierKey]:
    """Return what all checkpoints can be checked with, the oldest key first.

    Raises:
        LedgerError: a key does not open, or is another than the database says.
    """
    return [_opened(row, keyring).verifier for row in log.keys(work)]


def _opened(row: KeyRow, keyring: crypto.Keyring) -> Signer:
    try:
        private = keyring.open(row.private, log.place(row.id))
        found = Signer(parse_key(row.public).name, private)
    except (SealError, ValueError) as error:
        raise LedgerError(f"the ledger's key {row.id} cannot be used: {error}") from None
    if str(found.verifier) != row.public:
        raise LedgerError(f"the ledger's key {row.id} is another than its row says")
    return found


def _made(work: Work, keyring: crypto.Keyring, issuer: str, announce: Announce) -> Signer:
    made = Signer(checkpoint.origin(issuer), crypto.random_bytes(_KEY_BYTES))
    key_id = made.verifier.key_id.hex()
    sealed = keyring.seal(made.private, log.place(key_id))
    log.add_key(work, key_id, str(made.verifier), sealed)
    announce(work, made.verifier)
    return made
