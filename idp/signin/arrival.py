"""Browsers: whether a person has signed in with one before, and what follows from it.

A cookie of its own remembers a browser beyond any session: a mark for each person who signed in
there, drawn by us, renewed at every sign-in. It proves nothing: no step is left out and no acr is
higher because of it. Two things rest on it: a person is told of a sign-in with a browser never used
for the account, and the guesses made in a known one are counted apart (`idp.signin.admission`), so
that a stranger's guesses do not hold its owner back.
"""

from dataclasses import dataclass, replace

from idp import audit, language
from idp.audit import Event
from idp.crypto import Keyring
from idp.messages import Post, notices
from idp.messages.notices import Notice
from idp.settings.values import Settings
from idp.signin.interaction import Authorized, Interaction
from idp.store import next_sign_in
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.signin import devices, sessions

MARK_SIZE = 22
"""Characters of base64url: 132 bits."""
MARKS = 8
"""People whom one browser is remembered for; the first to be forgotten is who came longest ago."""


def known(work: Work, person: PersonRow) -> bool:
    """Return True if the caller's browser was used by this person before."""
    return bool(work.caller.marks) and devices.known(work, person.id, work.caller.marks)


def came(work: Work, interaction: Interaction) -> None:
    """Note what browser a step was passed in, while no one is signed in there."""
    session = interaction.session
    if session is not None and session.person_id is None:
        sessions.describe(work, session.id, work.caller.browser, work.caller.address)


@dataclass(frozen=True)
class Arrivals:
    """What happens at the end of every sign-in."""

    post: Post
    settings: Settings
    keyring: Keyring

    def arrived(self, work: Work, interaction: Interaction, done: Authorized) -> None:
        """Note the browser and language of a finished sign-in; tell of a new browser.

        `SignIn.complete` calls it, in the transaction of the sign-in. No one is told of the first
        sign-in of all. The language is learned then, or in a browser that is known: a thief does
        not choose the one in which a person is warned.
        """
        person, session = done.person, interaction.session
        if session is None or session.person_id != person.id:
            caller = work.caller
            sessions.describe(work, done.session_id, caller.browser, caller.address)
        if self._recognised(work, person) or not self._remembered(work, done):
            _learn_language(work, person)
            return
        finished = Event.SIGN_IN_FINISHED.value
        if not devices.happened_before(work, person.id, finished, interaction.id):
            _learn_language(work, person)
            return
        self._tell(work, interaction, done)

    def _recognised(self, work: Work, person: PersonRow) -> bool:
        """Renew the mark by which the browser is known to the person; False if it is not known."""
        label = work.caller.browser or ""
        for mark in work.caller.marks:
            # Follows from the one before: two sign-ins that end at once give the same.
            following = self._mark("next-mark", person.id, mark)
            if devices.seen(work, person.id, mark, following, label):
                _give(work, following, instead_of=mark)
                return True
        return False

    def _remembered(self, work: Work, done: Authorized) -> bool:
        """Give the browser its first mark for the person: True for one of several at once."""
        mark = self._mark("first-mark", done.person.id, done.session_id)
        _give(work, mark)
        return devices.add(work, done.person.id, mark, work.caller.browser or "")

    def _mark(self, *parts: str) -> str:
        return self.keyring.keyed_digest(*parts)[:MARK_SIZE]

    def _tell(self, work: Work, interaction: Interaction, done: Authorized) -> None:
        application, person = interaction.demand.application, done.person
        audit.record(
            work,
            Event.DEVICE_NEW,
            person=person.id,
            client=interaction.demand.client_id,
            interaction=interaction.id,
            sid=done.sid,
            reason=work.caller.browser or "a browser of an unknown kind",
        )
        if any(proof.bootstrap for proof in interaction.proofs):
            # The mail about what was set up here says from which browser: one act, one mail.
            return
        notices.tell(
            work,
            self.post,
            self.settings,
            person,
            Notice.NEW_DEVICE,
            client=application.name if application else None,
        )


def _give(work: Work, mark: str, instead_of: str = "") -> None:
    others = [one for one in work.caller.marks if one not in (mark, instead_of)]
    work.caller = replace(work.caller, given=(mark, *others)[:MARKS])


def _learn_language(work: Work, person: PersonRow) -> None:
    if person.locale is None:
        next_sign_in.learn_locale(work, person.id, language.spoken())
