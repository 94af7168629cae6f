"""Links to a new password: mailed to a person who forgot one, has none yet, or must have another.

Owns who gets such a link, and whose it is when it comes back. A link lets choose a password and
does nothing else: it signs no one in, and every further factor is asked as before. It never changes
a password: that is `people.passwords.renewal`.
"""

from dataclasses import dataclass

from idp import audit, language, moments
from idp.audit import Event, Outcome
from idp.authenticators.base import Rejected
from idp.authenticators.password import Password
from idp.language import _
from idp.messages import Post, links
from idp.messages.links import Purpose
from idp.policy.reach import ready_for
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.signin.sign_in import SignIn
from idp.store import people, throttles
from idp.store.db import Work
from idp.store.messages.links import LinkRow
from idp.store.people import PersonRow

OPENING = (Purpose.RESET, Purpose.INVITATION)
"""Links that let choose a password."""


@dataclass(frozen=True)
class Opened:
    """A link that works, and whose it is."""

    link: LinkRow
    person: PersonRow

    @property
    def first(self) -> bool:
        """The person has no password yet."""
        return self.link.purpose == Purpose.INVITATION


class PasswordLinks:
    """All that mails such a link and reads one, for one installation."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        self._signin = signin
        self._keyring = signin.keyring
        self._settings = signin.settings
        self._post = post

    def available(self) -> bool:
        """Return True if links can be mailed at all."""
        return self._post.available("mail")

    def mail_reset(self, work: Work, person: PersonRow | None, client: str | None = None) -> None:
        """Mail someone who forgot the password a link to a new one, or record why not.

        `client` is the application whose sign-in it began from: the new password leads back to it.
        """
        if person is not None:
            people.lock_person(work, person.id)
            person = people.by_id(work, person.id)
        why_not = _unreachable(person) or self._too_often(work, person)
        elsewhere = self._elsewhere(work, person)
        done = "told that it is the directory's" if elsewhere else "a link was mailed"
        audit.record(
            work,
            Event.RESET_ASKED,
            Outcome.REFUSED if why_not else Outcome.DONE,
            person=person.id if person else None,
            reason=why_not or done,
        )
        if person is None or why_not:
            return
        if elsewhere:
            self._mail_elsewhere(work, person)
        else:
            self._mail_link(work, person, client)

    def mail_demanded(self, work: Work, person: PersonRow, client: str | None) -> Rejected | None:
        """Mail the link to a password that is demanded in a sign-in; None when that is done.

        `client` is the application that the sign-in is for.
        """
        people.lock_person(work, person.id)
        why_not = self._too_often(work, person)
        if why_not:
            text = _("We sent you several e-mails in the last hour. Use the newest one.")
            return Rejected(why_not, text)
        audit.record(work, Event.RESET_ASKED, person=person.id, reason="a new one is demanded")
        self._mail_link(work, person, client)
        return None

    def invite(
        self, work: Work, person: PersonRow, client: str | None = None, *, at_once: bool = True
    ) -> str | Rejected:
        """Mail the link to a first password; return the outbox id.

        `client` is the application that it leads to in the end; `at_once` as for `Post.enqueue`.
        Earlier invitations end. The caller is an operator, who sees neither link nor password.
        """
        if not self.available():
            return Rejected("mail is off", "mail is off: set mail.backend to send invitations")
        if person.disabled_at is not None:
            return Rejected("switched off", "the account is switched off")
        if "password" in person.methods:
            return Rejected("has a password", "there is a password already")
        links.void(work, person.id, Purpose.INVITATION)
        audit.record(work, Event.PERSON_INVITED, person=person.id)
        return self._mail(work, person, Purpose.INVITATION, "invitation", client, at_once)

    def open(self, work: Work, token: str) -> Opened | None:
        """Return what a link opens; None when it is wrong, used, expired, or no one's any more."""
        link = links.read(work, token, *OPENING)
        person = people.by_id(work, link.person_id) if link else None
        if link is None or person is None or person.disabled_at is not None:
            return None
        return Opened(link, person) if links.reaches(link, person) else None

    def _elsewhere(self, work: Work, person: PersonRow | None) -> bool:
        password = self._signin.authenticators["password"]
        assert isinstance(password, Password)
        return person is not None and password.elsewhere(work, person.id)

    def _mail_elsewhere(self, work: Work, person: PersonRow) -> None:
        """Tell someone whose password a directory has where it is changed."""
        brand = self._settings.brand
        values: dict[str, object] = {
            "brand": brand.name,
            "name": person.name,
            "password_url": self._settings.directory.password_url,
            **brand.support,
        }
        with language.speaking(language.first_known([person.locale], brand.language)):
            self._post.enqueue(
                work,
                channel="mail",
                kind="reset-elsewhere",
                to=person.email,
                values=values,
                lifetime=links.DAY,
            )

    def _too_often(self, work: Work, person: PersonRow | None) -> str | None:
        """Count a mail to someone who gets one; say so when there were too many."""
        if person is None:
            return None
        window = Window(self._settings.mail.per_hour, 3600)
        to = self._keyring.keyed_digest("destination", "mail", person.email)
        for key in (throttle_keys.sent_for("reset", person.id), throttle_keys.sent_to("mail", to)):
            if throttles.count(work, key, window) is not None:
                return "too many mails in this hour"
        return None

    def _mail_link(self, work: Work, person: PersonRow, client: str | None) -> None:
        """Mail the one link to a new password that works from now on."""
        links.void(work, person.id, Purpose.RESET)
        self._mail(work, person, Purpose.RESET, "reset-link", client)

    def _mail(
        self,
        work: Work,
        person: PersonRow,
        purpose: Purpose,
        kind: str,
        client: str | None,
        at_once: bool = True,
    ) -> str:
        issuer, brand = self._settings.server.issuer, self._settings.brand
        lifetime = links.KINDS[purpose].lifetime
        values: dict[str, object] = {
            "brand": brand.name,
            "name": person.name,
            "username": person.username,
            "link": links.make(
                work,
                issuer,
                purpose,
                person.id,
                sent_to=person.email,
                data={links.CLIENT: client} if client else None,
            ),
            "link_minutes": lifetime // 60,
            "link_days": lifetime // links.DAY,
            **brand.support,
        }
        with language.speaking(language.first_known([person.locale], brand.language)):
            if purpose == Purpose.INVITATION:
                values["second_step_from"] = self._second_step_from(work, person)
            return self._post.enqueue(
                work,
                channel="mail",
                kind=kind,
                to=person.email,
                values=values,
                lifetime=lifetime,
                at_once=at_once,
            )

    def _second_step_from(self, work: Work, person: PersonRow) -> str:
        """Return from when a stage that people are told of demands what someone lacks.

        The date in words, in the zone of the stage; "" when there is none.
        """
        facts = self._signin.facts
        known, planned = facts.of(work, person), facts.plan(work).stages
        coming = next((s for s in planned if s.id == known.requirement.coming_stage), None)
        if coming is None or not coming.required or coming.enforce_at is None:
            return ""
        if ready_for(coming.level, known, self._signin.rules):
            return ""
        return moments.beginning(coming.enforce_at, coming.zone)


def _unreachable(person: PersonRow | None) -> str | None:
    """Say why someone gets no link."""
    if person is None:
        return "nobody of that name"
    if person.disabled_at is not None:
        return "the account is switched off"
    if not person.email_verified and person.methods:
        return "the address was never confirmed"
    if person.methods and "password" not in person.methods:
        return "the account has no password"
    return None
