"""What was counted against a person: tries and messages, and letting go of them.

Owns which counts are a person's own, and what they are called for an operator. It never counts
(`idp.signin.admission`) and never says how many are too many (`idp.policy.throttling.throttle`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from idp import audit, clock
from idp.audit import Event
from idp.language import english
from idp.people.contacts.contact_proof import ContactProof
from idp.people.factors.first_proof import FirstProof
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Held, Limit, Window
from idp.signin.sign_in import SignIn
from idp.store import throttles
from idp.store.db import Work
from idp.store.people import PersonRow

HOUR = 3600


@dataclass(frozen=True)
class Counter:
    """A count of attempts or of messages. `free_at` is in seconds since 1970 UTC."""

    method: str
    what: str
    count: int
    held: bool
    free_at: int | None
    """When it is free again of itself; None when it is free now, or until it is released."""


class Counters:
    """What counts for and against people, for one installation."""

    def __init__(
        self, signin: SignIn, first_proof: FirstProof, contact_proof: ContactProof
    ) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._keyring = signin.keyring
        self._first_proof = first_proof
        self._contact_proof = contact_proof

    def standing(self, work: Work, person: PersonRow) -> Iterator[Counter]:
        """Yield what counts against a person now, or holds the person back."""
        now = clock.now()
        for method, what, key, limit in self._keys(work, person):
            tally = throttles.tally(work, key)
            if not tally.count:
                continue
            held = limit.admit(tally, now)
            if isinstance(held, Held):
                free_at = None if held.wait is None else now + held.wait
                yield Counter(method, what, tally.count, True, free_at)
            elif not (isinstance(limit, Window) and now >= tally.since + limit.seconds):
                yield Counter(method, what, tally.count, False, None)

    def release(self, work: Work, person: PersonRow, method: str | None) -> list[str]:
        """Forget what was counted against a person (for one method), and say what that was.

        Nothing is recorded where there was nothing. The counts of a network address stay: they are
        no one's own.
        """
        let_go = []
        for name, what, key, limit in self._keys(work, person):
            tally = throttles.tally(work, key)
            if (method is None or name == method) and tally.count:
                throttles.forgive(work, key)
                held = isinstance(limit.admit(tally, clock.now()), Held)
                let_go.append(f"{what}{' (held back)' if held else ''}")
        if let_go:
            audit.record(
                work,
                Event.THROTTLE_RELEASED,
                person=person.id,
                reason=f"released: {', '.join(let_go)}",
            )
        return let_go

    def _keys(self, work: Work, person: PersonRow) -> Iterator[tuple[str, str, str, Limit]]:
        """Yield every count that is a person's own: method, words, key, limit."""
        for method, counted, what in self._guessed():
            first, *known = self._signin.admission.keys(work, counted, person.id)
            yield method, what, *first
            for one in known:
                yield method, f"{what} in a known browser", *one
        yield from self._sent(person)

    def _guessed(self) -> Iterator[tuple[str, str, str]]:
        """Yield what guesses are made at: method or channel, what they are counted as, words."""
        for method, authenticator in self._signin.authenticators.items():
            title = english(authenticator.title).lower() or method
            yield method, method, f"tries of {title}"
            yield method, f"enrol-{method}", f"tries at setting up {title}"
        for codes in self._first_proof.codes.values():
            yield codes.channel, codes.purpose, "tries of the code sent"
        for codes in self._contact_proof.codes.values():
            words = f"tries of the code to a new address or number ({codes.purpose})"
            yield codes.channel, codes.purpose, words

    def _sent(self, person: PersonRow) -> Iterator[tuple[str, str, str, Limit]]:
        mail, sms = (Window(s.per_hour, HOUR) for s in (self._settings.mail, self._settings.sms))
        sent = (
            *(way.sends for way in self._signin.authenticators.values() if way.sends),
            ("sms", "sms-proof-code"),
            ("mail", "address-code"),
            ("mail", "new-address-code"),
            ("sms", "new-number-code"),
            ("mail", "reset"),
        )
        for channel, purpose in sent:
            words = f"messages sent by {channel} ({purpose})"
            limit = mail if channel == "mail" else sms
            yield channel, words, throttle_keys.sent_for(purpose, person.id), limit
        for channel, address, limit in (("mail", person.email, mail), ("sms", person.phone, sms)):
            if address:
                to = self._keyring.keyed_digest("destination", channel, address)
                where = "this address" if channel == "mail" else "this number"
                key = throttle_keys.sent_to(channel, to)
                yield channel, f"messages sent to {where}", key, limit
