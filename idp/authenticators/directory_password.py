"""Passwords that a directory checks: a credential is then the link to an entry there.

Owns that link, and what a person reads when the directory does not answer. Who is new comes in
through `TakesIn`. It never keeps a password, nor anything that one could be guessed by.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from idp.authenticators.base import Attempt, Kind, Rejected, Verified
from idp.crypto import Keyring, random_token
from idp.directory.answers import DirectoryError, Entry, Refused
from idp.language import Words, _
from idp.store import credentials, people
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.people import PersonRow

if TYPE_CHECKING:
    from idp.directory.asking import Asking

METHOD = "password"
LINK = "directory:"
"""Begins what is sealed in place of a hash."""
LABEL = "Password of the directory"
AWAY = _(
    "Your password is checked by your organisation's directory, and that does not answer just now."
    " So what you typed could not be checked. Try again in a few minutes, or sign in with a passkey"
    " if you have one."
)
ELSEWHERE = _(
    "Your password is that of your organisation's directory: it is changed there, not here."
)

_log = logging.getLogger("acrux.directory")


class TakesIn(Protocol):
    """Adds people of the directory, and follows what it says of them."""

    def welcome(self, work: Work, entry: Entry) -> PersonRow | Rejected:
        """Return the person of an entry that nobody here is linked with, added just now."""

    def follow(self, work: Work, person_id: str, entry: Entry) -> None:
        """Let name, type and groups be what the entry says; the person is locked."""


class DirectoryPassword:
    """The directory's part of the password, for one installation. Threads share it."""

    def __init__(
        self, keyring: Keyring, asking: "Asking", takes_in: TakesIn, wrong: Words, *, adopt: bool
    ) -> None:
        """`wrong`: what is said of every wrong password; `adopt`: see `directory.adopt`."""
        self._keyring, self._asking, self._takes_in = keyring, asking, takes_in
        self._wrong, self._adopt = wrong, adopt

    def verify(
        self, attempt: Attempt, credential: CredentialRow, known: str, password: str
    ) -> Verified | Rejected:
        """Have the password of someone linked checked; `known` is the entry's id."""
        name = attempt.person.username
        found = self._ask(attempt.work, lambda: self._asking.by_id(known, name, password))
        if isinstance(found, Rejected):
            return found
        ended = attempt.lock()
        if ended is not None:
            return ended
        if not credentials.mark_used(attempt.work, credential.id):
            return Rejected("the password was changed meanwhile", self._wrong)
        self._takes_in.follow(attempt.work, attempt.person.id, found)
        return Verified(credential.id)

    def adopt(self, attempt: Attempt, password: str) -> Verified | Rejected:
        """Link someone who is here without a password with the entry of the same name and address.

        Only where the settings say so: whoever may write there would else take over who is here.
        """
        person = attempt.person
        if not self._adopt:
            self.spend()
            return Rejected("no password is set", self._wrong)
        found = self._ask(attempt.work, lambda: self._asking.by_name(person.username, password))
        if isinstance(found, Rejected):
            return found
        same = (found.username.casefold(), found.email.casefold())
        if same != (person.username, person.email):
            return Rejected("the entry has another name or address", self._wrong)
        ended = attempt.lock()
        if ended is not None:
            return ended
        credential = self._link(attempt.work, person.id, found)
        if credential is None:
            return Rejected("another person here is that entry", self._wrong)
        self._takes_in.follow(attempt.work, person.id, found)
        return Verified(credential)

    def introduce(
        self, work: Work, name: str, password: str
    ) -> tuple[PersonRow, Verified] | Rejected:
        """Return who gives a name that nobody has here, if the directory knows the two."""
        found = self._ask(work, lambda: self._asking.by_name(name, password))
        if isinstance(found, Rejected):
            return found
        people.take_turn_to_add(work)
        held = credentials.by_outside(work, outside(found.id))
        if held is not None:
            person = people.by_id(work, held.person_id)
            if person is not None:
                return person, Verified(held.id)
        welcome = self._takes_in.welcome(work, found)
        if isinstance(welcome, Rejected):
            return welcome
        credential = self._link(work, welcome.id, found)
        if credential is None:
            return Rejected("another person here is that entry", self._wrong)
        person = people.by_id(work, welcome.id)
        assert person is not None
        return person, Verified(credential)

    def spend(self) -> None:
        """Take the time of an answer of the directory."""
        self._asking.nobody()

    def _link(self, work: Work, person_id: str, found: Entry) -> str | None:
        """Let a person's password be that of an entry; None where another person's is."""
        credential_id = random_token(16)
        sealed = self._keyring.seal(f"{LINK}{found.id}".encode(), credentials.place(credential_id))
        added = credentials.add(
            work,
            credential_id=credential_id,
            person_id=person_id,
            method=METHOD,
            label=LABEL,
            secret=sealed,
            used=True,
            outside=outside(found.id),
        )
        return credential_id if added else None

    def _ask(self, work: Work, question: Callable[[], Entry | Refused]) -> Entry | Rejected:
        """Ask in no transaction; what the directory could not say is no guess."""
        work.release()
        try:
            found = question()
        except DirectoryError as error:
            _log.error("the directory could not check a password: %s", error)
            return Rejected(f"the directory: {error}", AWAY, Kind.UNCHECKED)
        if isinstance(found, Refused):
            return Rejected(found.reason, self._wrong)
        return found


def outside(entry_id: str) -> str:
    """Return the digest by which an entry is found among credentials."""
    return hashlib.sha256(f"{LINK}{entry_id}".encode()).hexdigest()[:43]
