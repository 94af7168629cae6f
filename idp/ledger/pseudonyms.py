"""What the ledger calls people and what they have enrolled: nobody's, once their key is gone.

Each person has a key of their own, drawn at random and sealed; all names of theirs come of it. The
row goes with the person, so that the ledger stays whole and says nothing of them any more.
"""

import hmac
from dataclasses import dataclass

from idp import crypto
from idp.errors import GoneError
from idp.store.db import Work
from idp.store.ledger import pseudonyms
from idp.store.ledger.pseudonyms import PseudonymRow

_KEY_BYTES = 32
_NAME_BYTES = 16
_KEPT = 10_000
"""People whose keys a process keeps: about three megabytes."""


@dataclass(frozen=True)
class Pseudonym:
    """One person, as the ledger knows them."""

    key: bytes
    name: str

    def of(self, credential: str) -> str:
        """Return what the ledger calls one of the person's credentials."""
        return _name(self.key, f"credential:{credential}")


class Pseudonyms:
    """The people whom this process has named lately. Threads share it."""

    def __init__(self, keyring: crypto.Keyring) -> None:
        self._keyring = keyring
        self._kept: dict[str, Pseudonym] = {}

    def of(self, work: Work, person_id: str) -> Pseudonym:
        """Return what the ledger calls a person, from now on if it has not named them yet.

        Raises:
            GoneError: they were deleted.
            SealError: their key was sealed with one that is not in the keyring, or was altered.
        """
        found = self._kept.get(person_id)
        if found is None:
            row = pseudonyms.of(work, person_id)
            found = self._new(work, person_id) if row is None else self._opened(row)
            work.after_commit(lambda: self._keep(person_id, found))
        return found

    def name_of(self, work: Work, person_id: str) -> str | None:
        """Return what the ledger calls a person; None when they were deleted."""
        try:
            return self.of(work, person_id).name
        except GoneError:
            return None

    def _opened(self, row: PseudonymRow) -> Pseudonym:
        key = self._keyring.open(row.key, pseudonyms.place(row.person_id))
        return Pseudonym(key, _name(key, "person"))

    def _new(self, work: Work, person_id: str) -> Pseudonym:
        key = crypto.random_bytes(_KEY_BYTES)
        made = Pseudonym(key, _name(key, "person"))
        sealed = self._keyring.seal(key, pseudonyms.place(person_id))
        if pseudonyms.add(work, PseudonymRow(person_id, made.name, sealed)):
            return made
        # Named in another request a moment ago, or gone.
        row = pseudonyms.of(work, person_id)
        if row is None:
            raise GoneError("that person was deleted a moment ago")
        return self._opened(row)

    def _keep(self, person_id: str, found: Pseudonym) -> None:
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[person_id] = found


def _name(key: bytes, what: str) -> str:
    return crypto.base64url(hmac.digest(key, what.encode(), "sha256")[:_NAME_BYTES])
