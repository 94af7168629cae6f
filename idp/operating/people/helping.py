"""Somebody cannot sign in: ways are reset, locks lifted, invitations mailed, sessions ended."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any

from idp import audit
from idp.audit import Event
from idp.authenticators.base import Rejected
from idp.authenticators.password import Password
from idp.authenticators.totp import Totp, provisioning_uri
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words
from idp.messages import notices
from idp.messages.notices import Notice
from idp.operating.actor import Actor, acts
from idp.operating.people import standing
from idp.operating.people.naming import locked, of_sub
from idp.people.contacts import address_links
from idp.people.factors import removal
from idp.people.factors.tickets import Issued
from idp.policy.roles import Action
from idp.signin import sessions
from idp.signin.facts import member
from idp.store import next_sign_in
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.people import PersonRow

SECRET_BYTES = 20
BY = "by an operator"


@dataclass(frozen=True)
class Reset:
    """What became of a way to sign in that was reset."""

    person: PersonRow
    """As the person is now."""
    method: str
    removed: int
    sessions: int
    """How many ended."""
    link: str | None
    """The message with the link to set up a new one, in the outbox; None: none was mailed."""
    notice: str | None
    """The message that tells of it."""
    notes: tuple[str, ...]
    """What follows, and what is left to be done."""


class Helping:
    """What is done for people who ask for help, for one installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._signin = installation.signin

    def methods(self) -> tuple[str, ...]:
        """Return the names of all ways to sign in."""
        return tuple(self._signin.authenticators)

    @acts(Action.PEOPLE_HELP)
    def sign_out(self, work: Work, actor: Actor, sub: str) -> tuple[PersonRow, int]:
        """End every session and token of a person; return how many sessions.

        Raises:
            NotFound: there is no one.
        """
        person = locked(work, sub)
        standing.check(actor, person)
        return person, sessions.end_person(work, sub, "signed out by an operator")

    @acts(Action.PEOPLE_HELP)
    def release(
        self, work: Work, actor: Actor, sub: str, method: str | None = None
    ) -> tuple[PersonRow, list[str]]:
        """Forget what is counted against a person: all, or of one method; return what that was.

        Raises:
            NotFound: there is no one.
            CommandError: no such method.
        """
        known = [*self.methods(), "mail"]
        if method is not None and method not in known:
            raise CommandError(f"{method!r} is no method: {', '.join(known)}")
        person = of_sub(work, sub)
        standing.check(actor, person)
        return person, self._installation.helpdesk.counters.release(work, person, method)

    @acts(Action.PEOPLE_HELP)
    def invite(
        self, work: Work, actor: Actor, sub: str, client: str | None = None
    ) -> tuple[PersonRow, str]:
        """Mail a link to choose a first password with; return the message's id in the outbox.

        Raises:
            NotFound: there is no one.
            CommandError: there is no such application, or why there can be no link.
        """
        person = locked(work, sub)
        standing.check(actor, person)
        if client is not None and clients.find(work, client) is None:
            raise CommandError(f"there is no client {client}")
        sent = self._installation.password_links.invite(work, person, client)
        if isinstance(sent, Rejected):
            raise CommandError(f"{person.username} cannot be invited: {sent.message}")
        return person, sent

    @acts(Action.PEOPLE_HELP)
    def confirm_address(self, work: Work, actor: Actor, sub: str) -> tuple[PersonRow, str]:
        """Mail a link to confirm the address with; return the message's id in the outbox.

        Raises:
            NotFound: there is no one.
            CommandError: it is confirmed, or why there can be no link.
        """
        person = locked(work, sub)
        standing.check(actor, person)
        this = self._installation
        sent = address_links.send(work, this.post, this.settings, person)
        if isinstance(sent, Rejected):
            raise CommandError(f"{person.username} gets no link: {sent.message}")
        return person, sent

    @acts(Action.PEOPLE_HELP)
    def demand_password(self, work: Work, actor: Actor, sub: str) -> PersonRow:
        """Demand a new password at the next sign-in, and end what is open.

        Raises:
            NotFound: there is no one.
            CommandError: the person has no password.
        """
        person = locked(work, sub)
        standing.check(actor, person)
        if not self._installation.passwords.demand(work, person, "demanded by an operator"):
            raise CommandError(f"{person.username} has no password")
        return person

    @acts(Action.PEOPLE_HELP)
    def reset(self, work: Work, actor: Actor, sub: str, method: str) -> Reset:
        """Remove a way to sign in, lift its locks, and mail a link to set up a new one.

        Raises:
            NotFound: there is no one.
            CommandError: no such method.
        """
        known = self._signin.authenticators
        if method not in known:
            raise CommandError(f"{method!r} is no method: {', '.join(known)}")
        person = locked(work, sub)
        standing.check_ways(actor, person)
        gone = self._remove(work, person, method)
        left = of_sub(work, sub)
        issued = None
        if gone.credentials or left.enrolment_due_at is not None:
            issued = self._installation.tickets.issue(work, left, method)
        notice = None
        if gone.credentials:
            notice = self._tell(work, person, Notice.FACTOR_REMOVED, known[method].title)
        return Reset(
            left,
            method,
            gone.credentials,
            gone.sessions,
            issued.mail if issued else None,
            notice,
            tuple(self._notes(work, left, method, issued)),
        )

    @acts(Action.PEOPLE_CHANGE)
    def give_app(self, work: Work, actor: Actor, sub: str) -> tuple[str, str | None]:
        """Set up an authenticator app; return its otpauth:// address, and the notice of it.

        Whoever has the address makes the person's codes.

        Raises:
            NotFound: there is no one.
            CommandError: there is an app already.
        """
        totp = self._signin.authenticators["totp"]
        assert isinstance(totp, Totp)
        secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        person = locked(work, sub)
        standing.check_ways(actor, person)
        if totp.method in person.methods:
            raise CommandError(
                f"{person.username} has an authenticator app: `acrux user reset-factor"
                f" {person.username} totp` removes it first"
            )
        totp.add(work, sub, secret)
        self._installation.enrolment.settle(work, sub)
        audit.record(work, Event.FACTOR_ADDED, person=sub, reason=f"totp, set up {BY}")
        notice = self._tell(work, person, Notice.FACTOR_ADDED, totp.title)
        brand = self._installation.settings.brand.name
        return provisioning_uri(secret, person.username, brand), notice

    @acts(Action.PEOPLE_CHANGE)
    def first_password(self, work: Work, actor: Actor, sub: str, password: str) -> None:
        """Give someone who was just added a password.

        Raises:
            CommandError: why it cannot be taken.
        """
        person = of_sub(work, sub)
        standing.check_ways(actor, person)
        self._set_password(work, person, password)
        audit.record(work, Event.PASSWORD_SET, person=sub)

    @acts(Action.PEOPLE_CHANGE)
    def set_password(self, work: Work, actor: Actor, sub: str, password: str) -> PersonRow:
        """Give a person a password for one sign-in, after which another is chosen.

        Raises:
            NotFound: there is no one.
            CommandError: why it cannot be taken.
        """
        # Hashed before the person is locked.
        found = of_sub(work, sub)
        standing.check_ways(actor, found)
        self._set_password(work, found, password)
        person = locked(work, sub)
        self._installation.passwords.replaced(work, person, Notice.PASSWORD_CHANGED)
        sessions.end_person(work, sub, "the password was set by an operator")
        audit.record(work, Event.PASSWORD_SET, person=sub)
        # No one but the person knows a password for long (ASVS 6.4.1, 6.4.6).
        next_sign_in.demand_password(work, sub, True)
        return person

    # -- parts

    def _set_password(self, work: Work, about: PersonRow, password: str) -> None:
        authenticator: Any = self._signin.authenticators["password"]
        assert isinstance(authenticator, Password)
        if authenticator.elsewhere(work, about.id):
            raise CommandError(f"the password of {about.username} is the directory's: set it there")
        words = (about.username, about.email, about.name)
        mfa = self._installation.passwords.rule.needs_second(work, member(about))
        problem = authenticator.problem(password, words, mfa=mfa)
        if problem:
            raise CommandError(f"the password cannot be taken: {problem}")
        authenticator.set(work, about.id, password)

    def _remove(self, work: Work, person: PersonRow, method: str) -> removal.Removed:
        codes = [one.purpose for one in self._installation.first_proof.codes.values()]
        gone = removal.remove_all(work, self._signin, person.id, method, BY, codes)
        if gone.credentials:
            self._installation.tickets.demand(work, person, method)
        return gone

    def _tell(self, work: Work, person: PersonRow, kind: Notice, title: Words) -> str | None:
        """Tell the person by mail, where mail can be sent; return the message's id."""
        post, settings = self._installation.post, self._installation.settings
        sent = notices.tell(work, post, settings, person, kind, method_text=title)
        return sent[0] if sent else None

    def _notes(
        self, work: Work, person: PersonRow, method: str, issued: Issued | None
    ) -> list[str]:
        """Say what follows for the person, and what is left for the operator to do."""
        installation, name = self._installation, person.username
        facts = self._signin.facts.of(work, person)
        if not installation.tickets.begins(facts):
            return [
                f"{name} has no way left to begin a sign-in: `acrux user invite {name}` mails a"
                " link to choose a password with."
            ]
        if issued is None or self._signin.authenticators[method].ability.remembered:
            return []
        if issued.mail is not None:
            said = [
                f"A link to set up a new one was mailed to {person.email}: it works once, for a"
                " day."
            ]
        else:
            said = [f"No link to set up a new one could be mailed: {issued.why_not}."]
            if person.disabled_at is None and "totp" not in person.methods:
                said.append(f"Hand over an authenticator app: `acrux user enrol-totp {name} --qr`.")
        if facts.enrolment_due and self._signin.rules.ask_enrolled is not None:
            end = (
                "the next sign-in sets one up"
                if issued.mail is not None or installation.first_proof.possible(facts)
                else "no sign-in is finished before there is one"
            )
            said.append(f"{name} is asked for a second step all the same: {end}.")
        return said
