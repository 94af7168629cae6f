"""Passwords over their life: chosen by a link, changed, demanded again; and what ends with the old.

Owns every change of a password. What may be one says `people.passwords.rule`; links to a new one
are `people.passwords.links`. A password never expires (SP 800-63B-4 3.1.1.2).
"""

from idp import audit
from idp.audit import Event
from idp.authenticators.base import ENDED, Kind, Rejected
from idp.authenticators.directory_password import ELSEWHERE
from idp.language import _
from idp.messages import Post, links, notices
from idp.messages.notices import Notice
from idp.people.passwords.links import OPENING, Opened, PasswordLinks
from idp.people.passwords.rule import PasswordRule
from idp.policy.steps import Mark
from idp.policy.types import Factor
from idp.signin import sessions
from idp.signin.admission import Subject
from idp.signin.interaction import Authorized, Interaction
from idp.signin.sign_in import SignIn
from idp.store import changes, credentials, next_sign_in, people
from idp.store.db import Work
from idp.store.people import PersonRow, contacts
from idp.store.signin import sessions as session_store


class Passwords:
    """All that changes a password, for one installation."""

    def __init__(self, signin: SignIn, post: Post, password_links: PasswordLinks) -> None:
        self.rule = PasswordRule(signin)
        self._password = self.rule.password
        self._signin = signin
        self._settings = signin.settings
        self._post = post
        self._links = password_links

    # -- with the current one

    def change(self, work: Work, who: Authorized, current: str, new: str) -> Rejected | None:
        """Change the password of someone who is signed in; None when it is done.

        The current one is asked (ASVS 6.2.3), and guesses at it are counted as at the sign-in.
        All that others hold ends (ASVS 7.4.3): a person changes it because someone may know it.
        """
        empty = Rejected("no password", _("Type the password you have now."), Kind.MALFORMED)
        admission, person_id = self._signin.admission, who.person.id
        if self._password.elsewhere(work, person_id):
            return Rejected("the password is the directory's", ELSEWHERE, Kind.MALFORMED)
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
        """Let no one go on with what was got with the password before, but for one session.

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

    def choose(self, work: Work, opened: Opened, new: str) -> Rejected | bool:
        """Set the password by a link: True for exactly one caller.

        Every session and all that was authorized end; no one is signed in by it.
        """
        person = opened.person
        hashed = self.rule.hashed(work, person, new)
        if isinstance(hashed, Rejected):
            return hashed
        people.lock_person(work, person.id)
        if not links.use(work, opened.link):
            return False
        contacts.mark_email_verified(work, person.id, person.email)
        notice = None if opened.first else Notice.PASSWORD_RESET
        how = "by invitation" if opened.first else "by a link in a mail"
        self._store(work, person, hashed, how, notice)
        self._end_others(work, person, how)
        return True

    # -- demanded

    def demand(self, work: Work, person: PersonRow, reason: str) -> bool:
        """Demand a new password before the next sign-in finishes, and end all sessions.

        False for someone who has none.
        """
        if "password" not in person.methods or self._password.elsewhere(work, person.id):
            return False
        next_sign_in.demand_password(work, person.id, True)
        audit.record(work, Event.PASSWORD_DEMANDED, person=person.id, reason=reason)
        sessions.end_person(work, person.id, reason)
        return True

    def by_mail(self, work: Work, interaction: Interaction) -> bool:
        """Return True if a demanded password is chosen by a link, not in the sign-in itself.

        Anyone who has proved nothing but the old password, and what was set up with it lately, may
        be the very person it is demanded because of.
        """
        person = interaction.person
        if person is None or not (person.email_verified and self._links.available()):
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
        if next_sign_in.settle_password(work, person.id):
            self._store(work, now.person, hashed, "as demanded", Notice.PASSWORD_CHANGED)
            session = now.session.id if now.session else ""
            self._end_others(work, now.person, "as demanded", session)
        return None
