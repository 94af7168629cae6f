"""Where a person is reached, mail address and mobile number: what follows when one is another.

Anyone who changes it has shown the right to: the person in a sign-in (`contact_proof`), or an
operator (`acrux user set-email`, `set-phone`). Here are the change, its event, what ends with the
old one, and who is told. Events and notices have masked values only.
"""

from dataclasses import dataclass, replace
from typing import Any

from idp import audit
from idp.audit import Event
from idp.authenticators import identifiers
from idp.authenticators.base import Authenticator, Verified
from idp.authenticators.codes import mask_email, mask_phone
from idp.messages import Post, links, notices
from idp.messages.links import Purpose
from idp.messages.notices import Notice
from idp.policy.steps import Mark
from idp.signin import sessions
from idp.signin.sign_in import SignIn
from idp.store import changes
from idp.store.db import Work
from idp.store.people import PersonRow, contacts
from idp.store.signin import marks

_ADDRESSED = (Purpose.RESET, Purpose.INVITATION, Purpose.ENROL, Purpose.CONFIRM)
"""Links that went to an address, and end with it."""


@dataclass(frozen=True)
class How:
    """Who changes it, and in what: `by` in words for the auditor."""

    by: str
    interaction: str = ""
    session: str = ""
    """Where the change is made; it does not end, even if it rests on the old number."""
    channel: str = ""
    """How a code reached the new number; "" when no one has proved it."""
    own: bool = False
    """The person did it, so anyone who reads the old mailbox may take it back (`denial`)."""


Bound = tuple[Authenticator, Verified]
"""A method that rests on the new number from now on, and its credential."""


class Contacts:
    """All that changes where a person is reached, for one installation."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._post = post

    def set_address(
        self, work: Work, person: PersonRow, address: str, how: How, *, verified: bool
    ) -> bool:
        """Put a mail address, in its normal form, on the profile.

        Links that open the account and went to the old one die. False when the address is someone
        else's, or when the profile already has another one than `person`.
        """
        verified = verified or (address == person.email and person.email_verified)
        if not contacts.set_email(work, person, address, verified):
            return False
        if address == person.email:
            self._confirmed(work, person, how, "mail")
            return True
        self._moved(work, person, address, how)
        notices.tell(
            work,
            self._post,
            self._settings,
            person,
            Notice.ADDRESS_CHANGED,
            addresses=(person.email, address),
            old=mask_email(person.email),
            new=mask_email(address),
        )
        return True

    def put_back(self, work: Work, person: PersonRow, address: str, by: str) -> bool:
        """Give a profile an earlier, confirmed address again; the caller tells of it.

        False when it is already someone else's.
        """
        if not contacts.set_email(work, person, address, True):
            return False
        self._moved(work, person, address, How(by))
        return True

    def _moved(self, work: Work, person: PersonRow, address: str, how: How) -> None:
        """Let what rested on the old address end, and record the change."""
        links.void(work, person.id, *_ADDRESSED)
        marks.drop_elsewhere(work, person.id, Mark.ADDRESS_CONFIRMED, how.interaction)
        self._record(
            work, person, Event.ADDRESS_CHANGED, how, mask_email(person.email), mask_email(address)
        )
        former = person.email if person.email_verified else None
        changes.note(work, person.id, changes.EMAIL, own=how.own, old=former, new=address)

    def set_number(
        self, work: Work, person: PersonRow, number: str | None, how: How, *, verified: bool
    ) -> list[Bound] | None:
        """Put a mobile number (E.164, or none) on the profile; None when it already has another.

        What rests on the old number ends (docs/acr.md rule 14). A method that was set up for it is
        inert until it is proved for the new one: at once, where `how` says that a code has just
        reached it; then it is returned with its new credential, which the caller keeps as proved.
        """
        verified = verified or (number == person.phone and person.phone_verified)
        if not contacts.set_phone(work, person, number, verified):
            return None
        moved = replace(person, phone=number, phone_verified=verified)
        bound = self._rebind(work, moved, how) if how.channel else []
        sids: list[str] = []
        if bound or number != person.phone:
            sids = self._end_resting(work, person, how)
        if number == person.phone:
            self._confirmed(work, person, how, "sms")
            for way, _verified in bound:
                kind = Notice.FACTOR_ADDED
                notices.tell(
                    work,
                    self._post,
                    self._settings,
                    person,
                    kind,
                    method_text=way.title,
                )
            return bound
        links.void(work, person.id, Purpose.RESET)
        marks.drop_elsewhere(work, person.id, Mark.ADDRESS_CONFIRMED, how.interaction)
        self._tell_numbers(work, person, number, how, sids)
        return bound

    def _rebind(self, work: Work, moved: PersonRow, how: How) -> list[Bound]:
        found = []
        for way in self._signin.authenticators.values():
            verified = way.rebind(work, moved, how.channel)
            if verified is None:
                continue
            audit.record(
                work,
                Event.FACTOR_ADDED,
                person=moved.id,
                interaction=how.interaction or None,
                reason=f"{way.method}, for the number that was proved",
            )
            changes.note(
                work,
                moved.id,
                changes.REPLACED,
                own=how.own,
                method=way.method,
                credential_id=verified.credential,
            )
            found.append((way, verified))
        return found

    def _end_resting(self, work: Work, person: PersonRow, how: How) -> list[str]:
        """End what rests on the number before (docs/acr.md rule 14); return which sessions."""
        sids: list[str] = []
        for way in self._signin.authenticators.values():
            if way.on_number and way.method in person.methods:
                sids += sessions.end_resting_on(work, person.id, way.method, how.session).sids
        return sids

    def _tell_numbers(
        self, work: Work, person: PersonRow, number: str | None, how: How, sids: list[str]
    ) -> None:
        changes.note(work, person.id, changes.PHONE, own=how.own, old=person.phone, new=number)
        old = mask_phone(person.phone) if person.phone else ""
        new = mask_phone(number) if number else ""
        ended = {"sids": sids} if sids else {}
        self._record(work, person, Event.NUMBER_CHANGED, how, old, new, **ended)
        # Anyone who has just typed a code from the new number knows.
        told = (person.phone,) if how.channel else (person.phone, number)
        sms = self._settings.sms
        notices.tell(
            work,
            self._post,
            self._settings,
            person,
            Notice.PHONE_CHANGED,
            numbers=[
                one
                for one in told
                if one and identifiers.reachable(one, sms.countries, sms.number_types)
            ],
            old=old,
            new=new,
        )

    def _record(
        self,
        work: Work,
        person: PersonRow,
        event: Event,
        how: How,
        old: str,
        new: str,
        **more: Any,
    ) -> None:
        audit.record(
            work,
            event,
            person=person.id,
            interaction=how.interaction or None,
            reason=how.by,
            old=old or None,
            new=new or None,
            **more,
        )

    def _confirmed(self, work: Work, person: PersonRow, how: How, channel: str) -> None:
        audit.record(
            work,
            Event.ADDRESS_CONFIRMED,
            person=person.id,
            interaction=how.interaction or None,
            reason=f"{channel}, {how.by}",
        )
