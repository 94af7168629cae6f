"""Passwords: Argon2id over the NFC form, sealed; constant work for people who do not exist."""

import os
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from idp.authenticators.base import Attempt, Authenticator, Kind, Rejected, Verified
from idp.authenticators.directory_password import LINK, DirectoryPassword
from idp.authenticators.foreign import schemes, wrapping
from idp.authenticators.foreign.schemes import Hash
from idp.authenticators.foreign.wrapping import Wrapped
from idp.authenticators.hash_costs import Costs, cost_of, nobodys
from idp.authenticators.password_strength import MAX_LENGTH, Strength
from idp.crypto import Keyring, random_token
from idp.errors import PageError, SealError
from idp.language import Words, _, english
from idp.policy.types import Ability, Factor
from idp.settings.values import Settings
from idp.store import credentials, next_sign_in, password_costs, people
from idp.store.db import Work
from idp.store.people import PersonRow

_Found = TypeVar("_Found")
NICE = 5
"""By so much the threads that hash give way to all others (setpriority(2))."""
WRONG = _("That name and password don't match. Check both and try again.")


class Password(Authenticator):
    """Something one knows; it begins a sign-in."""

    ability = Ability("password", ("pwd",), frozenset({Factor.KNOWLEDGE}), first=True)
    title = _("Password")
    noun = _("your password")
    wrong = WRONG

    def __init__(
        self, settings: Settings, keyring: Keyring, directory: DirectoryPassword | None = None
    ) -> None:
        """`directory` checks the passwords of those who are linked with it, and of newcomers."""
        rules = settings.password
        self._directory = directory
        self._rules = rules
        self._keyring = keyring
        self._strength = Strength(settings)
        self._hasher = PasswordHasher(
            time_cost=rules.argon2_time,
            memory_cost=rules.argon2_memory,
            parallelism=rules.argon2_lanes,
        )
        parameters = f"m={rules.argon2_memory},t={rules.argon2_time},p={rules.argon2_lanes}"
        self.cost = f"argon2id$v=19${parameters}"
        """What a hash of ours takes to check."""
        self._costs = Costs(self.cost)
        # A storm of sign-ins must take neither every thread nor all memory: few hash at once, some
        # wait, the rest are asked to come back (docs/performance.md).
        self._hashing = ThreadPoolExecutor(self.at_once, "acrux-hashing", initializer=_give_way)
        self._places = threading.BoundedSemaphore(self.at_once + rules.argon2_waiting)

    @property
    def at_once(self) -> int:
        """How many passwords may be hashed at once."""
        return max(1, self._rules.argon2_parallel)

    @property
    def hashing(self) -> tuple[int, int]:
        """How many passwords are being hashed at this moment, and how many wait for that."""
        taken = self.at_once + self._rules.argon2_waiting - self._places._value
        return min(taken, self.at_once), max(0, taken - self.at_once)

    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        password = normalise(form.get("password", ""))
        found = credentials.of(attempt.work, attempt.person.id, self.method)
        if not found:
            return self._without(attempt, form)
        credential = found[0]
        stored = self._keyring.open(credential.secret, credential.place).decode()
        if stored.startswith(LINK):
            known = stored.removeprefix(LINK)
            return self._by_directory(
                attempt.work, form, lambda one, typed: one.verify(attempt, credential, known, typed)
            )
        if not self._judge(attempt.work, password, stored):
            if self._directory is not None:
                self._directory.spend()
            return Rejected("wrong password", WRONG)
        # Hashed again before the transaction begins: no one's write waits for it.
        renewed = self._hash(password) if self._is_outdated(stored) else None
        ended = attempt.lock()
        if ended is not None:
            return ended
        # Hashing takes its time: the password may have been changed since it was read.
        if not credentials.mark_used(attempt.work, credential.id):
            return Rejected("the password was changed meanwhile", WRONG)
        if renewed is not None:
            sealed = self._keyring.seal(renewed.encode(), credential.place)
            credentials.replace_secret(attempt.work, credential.id, sealed)
            password_costs.note(attempt.work, credential.id, cost_of(renewed))
        return Verified(credential.id)

    def introduce(
        self, work: Work, name: str, form: Mapping[str, str]
    ) -> tuple[PersonRow, Verified] | Rejected:
        if self._directory is None:
            return super().introduce(work, name, form)
        return self._by_directory(work, form, lambda one, typed: one.introduce(work, name, typed))

    def _without(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        if self._directory is None:
            self.waste(attempt.work, form)
            return Rejected("no password is set", WRONG)
        return self._by_directory(attempt.work, form, lambda one, typed: one.adopt(attempt, typed))

    def _by_directory(
        self,
        work: Work,
        form: Mapping[str, str],
        ask: Callable[[DirectoryPassword, str], _Found | Rejected],
    ) -> _Found | Rejected:
        """Have the password checked elsewhere; a wrong one takes what one of ours takes, too."""
        if self._directory is None:
            self.waste(work, form)
            return Rejected("the directory that has the password is not set", WRONG)
        found = ask(self._directory, form.get("password", ""))
        if isinstance(found, Rejected) and found.kind is Kind.WRONG:
            self.waste(work, form)
        return found

    def elsewhere(self, work: Work, person_id: str) -> bool:
        """Return True if a person's password is a directory's, so that none is set here."""
        found = credentials.of(work, person_id, self.method)
        return any(
            self._keyring.open(one.secret, one.place).startswith(LINK.encode()) for one in found
        )

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        if not form.get("password"):
            return Rejected("no password", _("Type your password."), Kind.MALFORMED)
        # Asked before the attempt is counted: who is sent away for want of room has not guessed.
        self._take_place()
        self._places.release()
        return None

    def waste(self, work: Work, form: Mapping[str, str]) -> None:
        self._judge(work, normalise(form.get("password", "")))

    def set(self, work: Work, person_id: str, password: str) -> None:
        """Store a password that `problem` found nothing against."""
        self.store(work, person_id, self.hashed(password))

    def hashed(self, password: str) -> str:
        """Return what is stored of a new password; slow, so it comes before a transaction."""
        return self._hash(normalise(password))

    def store(self, work: Work, person_id: str, hashed: str) -> None:
        """Let a new password be the person's; a demand for one is met."""
        # One at a time, or two at once would both remove the old one and leave two new ones.
        people.lock_person(work, person_id)
        credentials.remove_method(work, person_id, self.method)
        next_sign_in.settle_password(work, person_id)
        credential_id = random_token(16)
        credentials.add(
            work,
            credential_id=credential_id,
            person_id=person_id,
            method=self.method,
            label=english(self.title),
            secret=self._keyring.seal(hashed.encode(), credentials.place(credential_id)),
        )
        password_costs.note(work, credential_id, cost_of(hashed))

    def taken(self, found: Hash | str) -> str:
        """Return what is stored of a hash that another program made; slow where it is weak."""
        if isinstance(found, str):
            return found
        if not wrapping.is_weak(found):
            return found.text
        outer = self._hash(found.digest.hex())
        return Wrapped(found.scheme, found.parameters, found.salt, outer).text

    def cost_of_taken(self, found: Hash | str) -> str:
        """Return what checking it will take, once it is stored."""
        if isinstance(found, str) or not wrapping.is_weak(found):
            return cost_of(found if isinstance(found, str) else found.text)
        return Wrapped(found.scheme, found.parameters, found.salt, nobodys(self.cost)).cost

    def learn_costs(self, work: Work, limit: int) -> int:
        """Look at what some hashes of an earlier version take; return how many those were."""
        found = password_costs.unknown(work, self.method, limit)
        for credential_id, sealed in found:
            try:
                hashed = self._keyring.open(sealed, credentials.place(credential_id)).decode()
            except SealError:
                hashed = ""  # It opens nothing; sign-in says so, and the next one is looked at.
            password_costs.note(work, credential_id, cost_of(hashed))
        return len(found)

    def present(self, work: Work, person_id: str, password: str) -> str | None:
        """Return the credential's id if `password` is the one that the person has now."""
        for one in credentials.of(work, person_id, self.method):
            stored = self._keyring.open(one.secret, one.place).decode()
            if self._judge(work, normalise(password), stored):
                return one.id
        return None

    def problem(self, password: str, about: tuple[str, ...] = (), *, mfa: bool = False) -> Words:
        """Return why a new password cannot be taken (`authenticators.password_strength`)."""
        return self._strength.problem(normalise(password), about, mfa=mfa)

    def _hash(self, password: str) -> str:
        with self._turn():
            return self._hashing.submit(self._hasher.hash, password).result()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Have a place among those who hash or wait to.

        Raises:
            PageError: too many are waiting already (503, nothing of the attempt is kept).
        """
        self._take_place()
        try:
            yield
        finally:
            self._places.release()

    def _take_place(self) -> None:
        if not self._places.acquire(blocking=False):
            raise PageError(
                _("Many people are signing in"),
                _("More than can be served at this moment."),
                _("Go back, wait a few seconds, then try again."),
                503,
            )

    def _judge(self, work: Work, password: str, stored: str | None = None) -> bool:
        """Return True if `stored` is the hash of `password`, for the same work whatever it is.

        A wrong answer is checked at every cost that some hash has, so that neither a person nor
        the age of a hash shows in the time. No one else waits for a connection meanwhile.
        """
        costs = self._costs.all(work)
        work.release()
        return self._check(stored, password, costs)

    def _check(
        self, stored: str | None, password: str, costs: frozenset[str] = frozenset()
    ) -> bool:
        if len(password) > MAX_LENGTH:
            password = ""
        with self._turn():
            return self._hashing.submit(self._checked, stored, password, costs).result()

    def _checked(self, stored: str | None, password: str, costs: frozenset[str]) -> bool:
        if stored is not None and self._opens(stored, password):
            return True
        own = cost_of(stored) if stored is not None else None
        for cost in sorted(costs - {own}):
            self._opens(nobodys(cost), password)
        return False

    def _is_outdated(self, stored: str) -> bool:
        """Return True if a hash is not as the settings would have it now."""
        return not stored.startswith("$argon2") or self._hasher.check_needs_rehash(stored)

    def _opens(self, hashed: str, password: str) -> bool:
        wrapped = wrapping.parsed(hashed)
        if wrapped is not None:
            hashed, password = wrapped.outer, wrapped.digest(password)
        elif (found := schemes.parsed(hashed)) is not None:
            return schemes.opens(found, password)
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _give_way() -> None:
    """Let whoever asks for a token come first, where threads have priorities (Linux)."""
    with suppress(OSError, AttributeError):
        mine = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, mine, os.getpriority(os.PRIO_PROCESS, mine) + NICE)


def normalise(password: str) -> str:
    """Return the NFC form (SP 800-63B-4 3.1.1.2); nothing is trimmed or folded."""
    return unicodedata.normalize("NFC", password)
