"""An account is deleted, and what follows from that.

Everything of the person goes in one transaction: ways to sign in, sessions and tokens, consents,
links, known browsers, changes that wait, messages that were not sent yet. Applications are told as
at any sign-out. What stays is the audit trail, and the `sub` with the user name
(`store.people.departed`), so that no one else ever gets the one and the trail can be read. It never
decides who may.
"""

import json
from dataclasses import asdict, dataclass

from idp import audit
from idp.audit import Event
from idp.messages import Post
from idp.people import sorting
from idp.signin import sessions
from idp.signin.sessions import LOGOUT_CHANNEL
from idp.signin.sign_in import SignIn
from idp.store import changes, people
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.oidc import authorizations, grants, logouts
from idp.store.people import PersonRow, contacts, departed
from idp.store.signals import subjects as signal_subjects
from idp.store.signin import sessions as session_store

REASON = "the account was deleted"


@dataclass(frozen=True)
class Ahead:
    """What a deletion would end, for whoever is to confirm it."""

    sessions: int
    applications: tuple[str, ...]
    """Names of those that hold something of the person."""
    alone: tuple[str, ...]
    """Roles of Acrux itself that nobody would have any more."""


@dataclass(frozen=True)
class Departure:
    """What a deletion has ended."""

    sub: str
    username: str
    sessions: int
    applications: int
    """How many messages are on their way to applications, to tell them."""
    messages: int
    """How many messages were not sent any more."""


class Leaving:
    """All that deletes an account, for one installation."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        self._settings = signin.settings
        self._keyring = signin.keyring
        self._post = post

    def ahead(self, work: Work, person: PersonRow) -> Ahead:
        """Return what deleting a person would end; it changes nothing."""
        idle = self._settings.session.idle
        return Ahead(
            len(session_store.sessions(work, person.id, idle)),
            tuple(held.name for held in grants.connections(work, person.id)),
            tuple(sorting.last_with(work, person)),
        )

    def delete(self, work: Work, person_id: str, by: str) -> Departure:
        """Delete a person; `by` says who did it, for the auditor.

        Raises:
            GoneError: the person is deleted already.
        """
        people.lock_for_good(work, person_id)
        person = people.by_id(work, person_id)
        assert person is not None
        ended = sessions.end_person(work, person_id, REASON)
        told = self._keep_what_is_told(work, person_id)
        withdrawn = self._withdraw(work, person)
        signal_subjects.part(work, person_id, self._settings.server.issuer)
        departed.add(work, person_id)
        audit.record(
            work,
            Event.PERSON_DELETED,
            person=person_id,
            reason=by,
            username=person.username,
            type=person.user_type,
            roles=sorted(person.roles),
            groups=person.groups,
            sessions=ended,
        )
        authorizations.end_tokens_of_person(work, person_id)
        people.delete(work, person_id)
        return Departure(person_id, person.username, ended, told, withdrawn)

    def _keep_what_is_told(self, work: Work, person_id: str) -> int:
        """Let the messages to applications outlive the authorizations that they are about."""
        waiting = logouts.waiting(work, person_id, LOGOUT_CHANNEL)
        for outbox_id, party in waiting:
            content = json.dumps(asdict(party)).encode()
            outbox.fill(work, outbox_id, self._keyring.seal(content, outbox.place(outbox_id)))
        return len(waiting)

    def _withdraw(self, work: Work, person: PersonRow) -> int:
        """Send nothing more to the mailboxes and the numbers of the last days that are no one's."""
        places = {("mail", person.email), ("sms", person.phone)}
        for change in changes.lately(work, person.id):
            channel = {changes.EMAIL: "mail", changes.PHONE: "sms"}.get(change.what)
            if channel is not None:
                places |= {(channel, change.old), (channel, change.new)}
        return sum(
            self._post.withdraw(work, channel, place)
            for channel, place in places
            if place and not contacts.of_others(work, person.id, place)
        )
