"""Passwords over their life: first one by invitation, changed, forgotten, demanded anew.

Nobody but the person ever chooses or sees a password; what may be one says
`idp.people.password_rule`. A link in a mail lets choose one and does nothing else: it signs nobody
in, and every further factor is asked as before. A password never expires (SP 800-63B-4 3.1.1.2).
"""

from dataclasses import dataclass

from idp import audit, language
from idp.audit import Event, Outcome
from idp.authenticators.base import ENDED, Kind, Rejected
from idp.language import _
from idp.messages import Post, links, notices
from idp.messages.links import Purpose
from idp.messages.notices import Notice
from idp.people.password_rule import PasswordRule
from idp.policy.steps import Mark
from idp.policy.throttle import Window
from idp.policy.types import Factor
from idp.signin import sessions
from idp.signin.admission import Subject
from idp.signin.interaction import Authorized, Interaction
from idp.signin.sign_in import SignIn
from idp.store import changes, credentials, people, throttles
from idp.store import sessions as session_store
from idp.store.db import Work
from idp.store.links import LinkRow
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


class Passwords:
    """All that changes a password, for one installation."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        self.rule = PasswordRule(signin)
        self._password = self.rule.password
        self._signin = signin
        self._settings = signin.settings
        self._post = post

    # -- with the current one

    def change(self, work: Work, who: Authorized, current: str, new: str) -> Rejected | None:
        """Change the password of somebody who is signed in; None when it is done.

        The current one is asked (ASVS 6.2.3), and guesses at it are counted as at the sign-in.
        All that others hold ends (ASVS 7.4.3): a person changes it because somebody may know it.
        """
        empty = Rejected("no password", _("Type the password you have now."), Kind.MALFORMED)
        admission, person_id = self._signin.admission, who.person.id
        proved = admission.guess(
            work,
            admission.key("password", person_id),
            Subject("", person_id, None),
            lambda: self._prove(work, who, current, new),
            malformed=None if current else empty,
        )
        if isinstance(proved, Rejected):
            return proved
        person, hashed = proved
        if isinstance(hashed, Rejected):
            return hashed
        how = "with the current one"
        self._store(work, person, hashed, how, Notice.PASSWORD_CHANGED)
        session_store.drop_unfinished(work, person.id, "password")
        self._end_others(work, person, how, who.session_id)
        return None

    def _prove(
        self, work: Work, who: Authorized, current: str, new: str
    ) -> tuple[PersonRow, str | Rejected] | Rejected:
        """Find `current` right; return the person, locked, and what is to be stored of `new`."""
        credential = self._password.present(work, who.person.id, current)
        if credential is None:
            return Rejected("wrong password", _("That is not the password you have now."))
        # Hashing takes its time: the lock comes after it, and before every other write.
        hashed = self.rule.hashed(work, who.person, new)
        person = self._signin.lock_signed_in(work, who)
        if person is None:
            return Rejected("the session has ended", ENDED, Kind.UNCHECKED)
        if not credentials.mark_used(work, credential):
            text = _("Your password was changed elsewhere just now, so nothing was changed here.")
            return Rejected("changed meanwhile", text, Kind.UNCHECKED)
        return person, hashed

    def _end_others(self, work: Work, person: PersonRow, how: str, spared: str = "") -> None:
        """Let nobody go on with what was got with the password before, but for one session.

        Other sessions, their offline access, sign-ins that are open, codes sent in them: one rule
        for every way to a new password.
        """
        sessions.end_person(work, person.id, f"a new password was chosen {how}", spared)

    def _store(
        self,
        work: Work,
        person: PersonRow,
        hashed: str,
        how: str,
        notice: Notice | None,
    ) -> None:
        """Let the new password be in force, and tell of it."""
        self._password.store(work, person.id, hashed)
        audit.record(work, Event.PASSWORD_CHANGED, person=person.id, reason=how)
        self.replaced(work, person, notice)

    def replaced(self, work: Work, person: PersonRow, notice: Notice | None) -> None:
        """Let what rested on the password before end: links to a new one, and counted guesses."""
        links.void(work, person.id, *OPENING)
        self._signin.admission.forget(work, "password", person.id)
        if notice is not None:
            notices.tell(work, self._post, self._settings, person, notice)

    # -- by a link

    def available(self) -> bool:
        """Say whether links can be mailed at all."""
        return self._post.available("mail")

    def mail_reset(self, work: Work, person: PersonRow | None, client: str | None = None) -> None:
        """Mail somebody who forgot the password a link to a new one, or record why not.

        `client` is the application whose sign-in it began from: the new password leads back to it.
        """
        if person is not None:
            people.lock_person(work, person.id)
            person = people.by_id(work, person.id)
        why_not = _unreachable(person) or self._too_often(work, person)
        audit.record(
            work,
            Event.RESET_ASKED,
            Outcome.REFUSED if why_not else Outcome.DONE,
            person=person.id if person else None,
            reason=why_not or "a link was mailed",
        )
        if person is not None and not why_not:
            self._mail_link(work, person, client)

    def _too_often(self, work: Work, person: PersonRow | None) -> str | None:
        """Count a mail to somebody who gets one; say so when there were too many."""
        if person is None:
            return None
        keyring, window = self._signin.keyring, Window(self._settings.mail.per_hour, 3600)
        to = keyring.keyed_digest("destination", "mail", person.email)
        for key in (f"send:reset:{person.id}", f"send:mail:{to}"):
            if throttles.count(work, key, window) is not None:
                return "too many mails in this hour"
        return None

    def _mail_link(self, work: Work, person: PersonRow, client: str | None) -> None:
        """Mail the one link to a new password that works from now on."""
        links.void(work, person.id, Purpose.RESET)
        self._mail(work, person, Purpose.RESET, "reset-link", client)

    def _mail(
        self, work: Work, person: PersonRow, purpose: Purpose, kind: str, client: str | None
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
            "support_email": brand.support_email,
        }
        with language.speaking(language.first_known([person.locale], brand.language)):
            return self._post.enqueue(
                work, channel="mail", kind=kind, to=person.email, values=values, lifetime=lifetime
            )

    def invite(self, work: Work, person: PersonRow, client: str | None = None) -> str | Rejected:
        """Mail the link to a first password; return the outbox id.

        `client` is the application that it leads to in the end.
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
        return self._mail(work, person, Purpose.INVITATION, "invitation", client)

    def open(self, work: Work, token: str) -> Opened | None:
        """Return what a link opens; None when it is wrong, used, expired, or nobody's any more."""
        link = links.read(work, token, *OPENING)
        person = people.by_id(work, link.person_id) if link else None
        if link is None or person is None or person.disabled_at is not None:
            return None
        return Opened(link, person) if links.reaches(link, person) else None

    def choose(self, work: Work, opened: Opened, new: str) -> Rejected | bool:
        """Set the password by a link: True for exactly one caller.

        Every session and all that was authorized end; nobody is signed in by it.
        """
        person = opened.person
        hashed = self.rule.hashed(work, person, new)
        if isinstance(hashed, Rejected):
            return hashed
        people.lock_person(work, person.id)
        if not links.use(work, opened.link):
            return False
        people.mark_email_verified(work, person.id, person.email)
        notice = None if opened.first else Notice.PASSWORD_RESET
        how = "by invitation" if opened.first else "by a link in a mail"
        self._store(work, person, hashed, how, notice)
        self._end_others(work, person, how)
        return True

    # -- demanded

    def demand(self, work: Work, person: PersonRow, reason: str) -> bool:
        """Demand a new password before the next sign-in finishes, and end all sessions.

        False for somebody who has none.
        """
        if "password" not in person.methods:
            return False
        people.demand_password(work, person.id, True)
        audit.record(work, Event.PASSWORD_DEMANDED, person=person.id, reason=reason)
        sessions.end_person(work, person.id, reason)
        return True

    def by_mail(self, work: Work, interaction: Interaction) -> bool:
        """Say whether a demanded password is chosen by a link, not in the sign-in itself.

        Whoever has proved nothing but the old password, and what was set up with it lately, may be
        the very person it is demanded because of.
        """
        person = interaction.person
        if person is None or not (person.email_verified and self.available()):
            return False
        proofs = interaction.proofs
        if interaction.session is not None and interaction.session.person_id == person.id:
            proofs += interaction.session.proofs
        # What was set up lately may be the very thing that the password is demanded because of.
        lately = {one.credential_id for one in changes.lately(work, person.id) if one.own}
        more = any(
            proof.factors - {Factor.KNOWLEDGE} and proof.credential not in lately
            for proof in proofs
        )
        return not more and Mark.ADDRESS_CONFIRMED not in interaction.marks

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

    def renew(self, work: Work, interaction: Interaction, new: str) -> Rejected | None:
        """Set the password that is demanded, in the sign-in; the caller knows it is its turn."""
        person = interaction.person
        assert person is not None, "a demand follows identification"
        if self.by_mail(work, interaction):
            return Rejected(
                "not by mail", _("Choose your new password with the link in our e-mail.")
            )
        hashed = self.rule.hashed(work, person, new)
        if isinstance(hashed, Rejected):
            return hashed
        now = self._signin.locked(work, interaction)
        if (
            now is None
            or now.person is None
            or now.person.id != person.id
            or self.by_mail(work, now)
        ):
            return Rejected("ended meanwhile", ENDED)
        if people.settle_password(work, person.id):
            self._store(work, now.person, hashed, "as demanded", Notice.PASSWORD_CHANGED)
            session = now.session.id if now.session else ""
            self._end_others(work, now.person, "as demanded", session)
        return None


def _unreachable(person: PersonRow | None) -> str | None:
    """Say why somebody gets no link."""
    if person is None:
        return "nobody of that name"
    if person.disabled_at is not None:
        return "the account is switched off"
    if not person.email_verified and person.methods:
        return "the address was never confirmed"
    if person.methods and "password" not in person.methods:
        return "the account has no password"
    return None
