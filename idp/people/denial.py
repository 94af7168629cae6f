"""'This was not me': what follows when a person denies a sign-in or a change.

The link stands in every code message and every notice. Using it is harmless: at worst the person
signs in again and chooses a new password; so it needs no sign-in of its own. What it takes back
is said before (`outlook`) and, as it turned out, after (`Done`), which stays with the link.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from idp import audit
from idp.audit import Event, Outcome
from idp.authenticators.codes import mask_email, mask_phone
from idp.authenticators.password import Password
from idp.language import Words
from idp.messages import Post, links, notices
from idp.messages.links import Purpose
from idp.messages.notices import Notice
from idp.people import taken_back
from idp.people.contacts import Contacts
from idp.people.factors import removal
from idp.people.taken_back import Done
from idp.policy.undoing import Altered, Held, Undoing, undoing
from idp.signin import sessions
from idp.signin.sign_in import SignIn
from idp.store import changes, credentials, next_sign_in, people, waiting
from idp.store.changes import ChangeRow
from idp.store.db import Work
from idp.store.messages import links as link_store
from idp.store.messages.links import LinkRow
from idp.store.people import PersonRow
from idp.store.people import contacts as contact_store
from idp.store.signin import challenges, devices, interactions

DENYING = (Purpose.CODE_DENIED, Purpose.NOTICE_DENIED)
REASON = "the person said: this was not me"
BEFORE = 3600
"""Seconds before a notice in which anyone who made the change may have made others."""
_DONE = "done"


@dataclass(frozen=True)
class _Plan:
    """What a link would take back now."""

    mailbox: str | None
    undoing: Undoing
    codes: bool
    number: bool
    done: Done


class Denial:
    """Denials, for one installation."""

    def __init__(self, signin: SignIn, post: Post, contacts: Contacts) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._post = post
        self._contacts = contacts

    def outlook(self, work: Work, link: LinkRow, person: PersonRow) -> Done:
        """Return what using a link would do at this moment."""
        return self._plan(work, link, person).done

    def deny(self, work: Work, link: LinkRow, person: PersonRow) -> bool:
        """End what the person denies: True for exactly one caller.

        The sign-in that a code was sent for is refused, every session ends, what was changed lately
        is taken back as far as it can be, links to a new password or a new second step that
        someone else may have asked for die, and a new password is demanded.
        """
        # Before all else, as every change of a person's: two at once must not wait for each other.
        people.lock_person(work, person.id)
        if not links.use(work, link):
            return False
        pending = link.data.get("interaction")
        if pending is not None:
            challenges.drop(work, str(pending))
            interactions.refuse(work, str(pending), "access_denied")
        audit.record(
            work,
            Event.SIGN_IN_DENIED,
            Outcome.REFUSED,
            person=person.id,
            interaction=pending,
            reason="a code" if link.purpose == Purpose.CODE_DENIED else "a notice",
            locked=not spares(link),
        )
        if not spares(link):
            done = self._lock_down(work, link, people.by_id(work, person.id) or person)
            link_store.say(work, link, {**link.data, _DONE: asdict(done)})
        return True

    def _lock_down(self, work: Work, link: LinkRow, person: PersonRow) -> Done:
        links.void(work, person.id, Purpose.RESET, Purpose.ENROL)
        told = [person.email, *notices.earlier(work, person)]
        plan = self._plan(work, link, person)
        done = self._take_back(work, person, plan)
        if waiting.end_all(work, person.id, "denied"):
            audit.record(work, Event.CHANGE_STOPPED, person=person.id, reason=REASON)
        if done.address is not None:
            # The mailboxes after the one that is back are those that are denied.
            told = told[1 : told.index(str(plan.mailbox)) + 1]
        if done.demanded:
            next_sign_in.demand_password(work, person.id, True)
            audit.record(work, Event.PASSWORD_DEMANDED, person=person.id, reason=REASON)
        sessions.end_person(work, person.id, REASON)
        # The next sign-in in any browser is told of: the thief's is a known one already.
        devices.forget(work, person.id)
        now = people.by_id(work, person.id) or person
        taken, left = self.words(done)
        notices.tell(
            work,
            self._post,
            self._settings,
            now,
            Notice.DENIED,
            addresses=[now.email, *told],
            former=False,
            demanded=done.demanded,
            outcome=[*taken, *left],
        )
        return done

    def _take_back(self, work: Work, person: PersonRow, plan: _Plan) -> Done:
        """Carry a plan out; return it as it turned out."""
        done = plan.done
        if plan.mailbox is not None and not self._contacts.put_back(
            work, person, plan.mailbox, REASON
        ):
            done = replace(done, address=None, address_left=mask_email(person.email))
        for held in plan.undoing.go:
            removal.remove(work, self._signin, person.id, held.id, REASON)
        if plan.codes:
            for row in credentials.of(work, person.id, "recovery"):
                removal.remove(work, self._signin, person.id, row.id, REASON)
        if plan.number:
            now = people.by_id(work, person.id) or person
            contact_store.set_phone(work, now, now.phone, False)
        return done

    def _plan(self, work: Work, link: LinkRow, person: PersonRow) -> _Plan:
        lately = changes.lately(work, person.id)
        since = link.created_at - (BEFORE if link.purpose == Purpose.NOTICE_DENIED else 0)
        late = [one for one in lately if one.at >= since and one.own]
        held = [
            Held(row.id, row.method, self._signin.authenticators[row.method].in_service)
            for row in credentials.of(work, person.id)
            if self._second(row.method)
        ]
        ways = undoing([_altered(one) for one in lately if self._second(one.method)], held, since)
        mailbox = _mailbox(lately, link, person)
        moved = any(one.what == changes.EMAIL for one in late)
        number = bool(person.phone) and any(one.what == changes.PHONE for one in late)
        codes = "recovery" in person.methods and any(one.what == changes.CODES for one in late)
        on_number = {m for m, way in self._signin.authenticators.items() if way.on_number}
        return _Plan(
            mailbox,
            ways,
            codes,
            # A way to sign in that stays goes on resting on the number.
            number=number and not any(one.method in on_number for one in ways.stay),
            done=Done(
                demanded="password" in person.methods and not self._elsewhere(work, person),
                address=mask_email(mailbox) if mailbox else None,
                address_left=mask_email(person.email) if moved and not mailbox else None,
                removed=tuple(one.method for one in ways.go),
                stayed=tuple(one.method for one in ways.stay),
                lost=ways.lost,
                codes=codes,
                stopped=bool(waiting.of(work, person.id)),
                number_left=mask_phone(person.phone or "") if number else None,
            ),
        )

    def _elsewhere(self, work: Work, person: PersonRow) -> bool:
        password = self._signin.authenticators["password"]
        assert isinstance(password, Password)
        return password.elsewhere(work, person.id)

    def _second(self, method: str | None) -> bool:
        way = self._signin.authenticators.get(method or "")
        return way is not None and not way.ability.remembered

    def words(self, done: Done) -> tuple[list[Words], list[Words]]:
        """Return what is, or will be, taken back, and what is not, a sentence each."""
        ways = self._signin.authenticators
        return list(taken_back.taken(done, ways)), list(taken_back.left(done, ways))


def _altered(change: ChangeRow) -> Altered:
    added = change.what in (changes.ADDED, changes.REPLACED)
    return Altered(
        change.at,
        change.method or "",
        added=change.credential_id if added else None,
        lost=change.what in (changes.REPLACED, changes.REMOVED),
        own=change.own,
    )


def _mailbox(lately: list[ChangeRow], link: LinkRow, person: PersonRow) -> str | None:
    """Return the mailbox that a link went to, where it is an earlier one that can be had again."""
    for change in changes.mailboxes(lately):
        if change.old and change.old != person.email and links.went_to(link, change.old):
            return change.old
    return None


def opened(work: Work, token: str) -> tuple[LinkRow, PersonRow] | None:
    """Return a link that works, and whose it is."""
    return _with_person(work, links.read(work, token, *DENYING))


def done(work: Work, token: str) -> Done | None:
    """Return what a link did that was used."""
    link = links.read_used(work, token, *DENYING)
    said: Mapping[str, Any] | None = link.data.get(_DONE) if link else None
    if said is None:
        return None
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
    return Done(**values)


def _with_person(work: Work, link: LinkRow | None) -> tuple[LinkRow, PersonRow] | None:
    person = people.by_id(work, link.person_id) if link else None
    return (link, person) if link is not None and person is not None else None


def spares(link: LinkRow) -> bool:
    """Return True if a link ends one sign-in alone.

    So does that of a code which was to confirm an address or number: anyone who gets one by mistake
    is a stranger to the account.
    """
    return bool(link.data.get("wished"))
