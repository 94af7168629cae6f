"""People are added, changed, switched off and on, and deleted."""

from idp import audit
from idp.audit import Event
from idp.authenticators import identifiers
from idp.errors import CommandError
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.people import standing
from idp.operating.people.naming import locked, of_sub
from idp.operating.people.written import Newcomer, ProfileChange, profile_of
from idp.operating.refusals import Conflict
from idp.people import sorting
from idp.people.contacts import How
from idp.people.leaving import Ahead, Departure
from idp.people.newcomers import NewPerson, checked, insert, mobile
from idp.policy.roles import Action
from idp.signin import sessions
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.people.profiles import Profile

BY = "by an operator"


class Register:
    """The people of one installation, to change."""

    def __init__(self, installation: Installation) -> None:
        self._settings = installation.settings
        self._signin = installation.signin
        self._contacts = installation.contacts
        self._leaving = installation.leaving

    def checked(self, new: Newcomer) -> NewPerson:
        """Return someone new, every value in its normal form.

        Raises:
            CommandError: which value cannot be, and why.
        """
        return checked(
            self._settings,
            username=new.username,
            email=new.email,
            name=new.name,
            phone=new.phone,
            user_type=new.type,
            verified=new.verified,
            roles=new.roles,
            groups=new.groups,
        )

    @acts(Action.PEOPLE_CHANGE)
    def add(self, work: Work, actor: Actor, new: Newcomer) -> PersonRow:
        """Add a person, who cannot sign in before there is a password: see `helping`.

        Raises:
            CommandError: which value cannot be, and why.
            Conflict: the user name or the address belongs to somebody.
        """
        return self.admit(work, actor, self.checked(new))

    @acts(Action.PEOPLE_CHANGE)
    def admit(self, work: Work, actor: Actor, wanted: NewPerson) -> PersonRow:
        """Add a person who was checked, as `add` does.

        Raises:
            Conflict: the user name or the address belongs to somebody.
        """
        standing.check_given(actor, wanted.roles)
        if people.taken(work, wanted.username, wanted.email):
            raise Conflict(f"{wanted.username} or {wanted.email} belongs to somebody already")
        try:
            return of_sub(work, insert(work, wanted))
        except CommandError as error:
            # It became somebody's a moment ago.
            raise Conflict(str(error)) from None

    @acts(Action.PEOPLE_CHANGE)
    def change(
        self, work: Work, actor: Actor, sub: str, wanted: ProfileChange, *, seen: str | None = None
    ) -> tuple[PersonRow, list[str]]:
        """Change a profile, type, groups and roles; return it, and what may be a mistake.

        Raises:
            NotFound, Changed: there is no one, or somebody else was faster.
            CommandError: a value that cannot be.
        """
        person, profile_wanted = self._to_change(work, actor, sub, wanted, seen)
        notes = _notes(work, person, profile_wanted)
        sorting.change(work, person, profile_wanted)
        return of_sub(work, sub), notes

    @acts(Action.PEOPLE_CHANGE)
    def change_unread(self, work: Work, actor: Actor, sub: str, wanted: ProfileChange) -> None:
        """Change as `change` does, where nobody reads what may be a mistake.

        To find that takes a look at everyone.

        Raises:
            NotFound, CommandError: as there.
        """
        person, profile_wanted = self._to_change(work, actor, sub, wanted, None)
        sorting.change(work, person, profile_wanted)

    def _to_change(
        self, work: Work, actor: Actor, sub: str, wanted: ProfileChange, seen: str | None
    ) -> tuple[PersonRow, Profile]:
        """Return a person, locked, and the profile that they are to have and may."""
        standing.take_turn(work, of_sub(work, sub))
        person = locked(work, sub, seen)
        standing.check(actor, person)
        found = profile_of(wanted, person)
        standing.check_roles(actor, person, found.roles)
        standing.keep_an_owner(work, actor, person, found.roles)
        return person, found

    @acts(Action.PEOPLE_CHANGE)
    def set_address(
        self,
        work: Work,
        actor: Actor,
        sub: str,
        address: str,
        *,
        verified: bool = False,
        seen: str | None = None,
    ) -> PersonRow | None:
        """Give a person another e-mail address; None where it is so already.

        Raises:
            NotFound, Changed: there is no one, or somebody else was faster.
            CommandError, Conflict: it is none, or somebody's.
        """
        known = identifiers.email(address)
        if known is None:
            raise CommandError(f"{address!r} is no e-mail address")
        person = locked(work, sub, seen)
        standing.check(actor, person)
        if known == person.email and (person.email_verified or not verified):
            return None
        if known != person.email:
            standing.check_ways(actor, person)
        if not self._contacts.set_address(work, person, known, How(BY), verified=verified):
            raise Conflict(f"{known} belongs to somebody already")
        return of_sub(work, sub)

    @acts(Action.PEOPLE_CHANGE)
    def set_number(
        self,
        work: Work,
        actor: Actor,
        sub: str,
        number: str | None,
        *,
        verified: bool = False,
        seen: str | None = None,
    ) -> PersonRow | None:
        """Give a person another number, or none; None where it is so already.

        Raises:
            NotFound, Changed: there is no one, or somebody else was faster.
            CommandError: messages cannot be sent to it.
        """
        known = None if number is None else mobile(self._settings, number)
        person = locked(work, sub, seen)
        standing.check(actor, person)
        if known == person.phone and (person.phone_verified or not verified or known is None):
            return None
        if known != person.phone:
            standing.check_ways(actor, person)
        if self._contacts.set_number(work, person, known, How(BY), verified=verified) is None:
            raise CommandError("somebody else changed the number: look, and set it again")
        return of_sub(work, sub)

    def inert(self, person: PersonRow) -> list[str]:
        """Return the methods of a person that wait until the number on the profile is proved."""
        known = self._signin.authenticators.values()
        return [way.method for way in known if way.on_number and way.method in person.methods]

    @acts(Action.PEOPLE_CHANGE)
    def switch_off(
        self, work: Work, actor: Actor, sub: str, *, seen: str | None = None
    ) -> tuple[PersonRow, bool]:
        """Switch an account off, and end all that it has open; False where it was off.

        Raises:
            NotFound, Changed: there is no one, or somebody else was faster.
        """
        standing.take_turn(work, of_sub(work, sub))
        person = locked(work, sub, seen)
        standing.check(actor, person)
        standing.keep_an_owner(work, actor, person)
        changed = people.set_disabled(work, sub, True)
        if changed:
            audit.record(work, Event.PERSON_DISABLED, person=sub, before="on", after="off")
            sessions.end_person(work, sub, "switched off by an operator")
        return of_sub(work, sub), changed

    @acts(Action.PEOPLE_CHANGE)
    def switch_on(
        self, work: Work, actor: Actor, sub: str, *, seen: str | None = None
    ) -> tuple[PersonRow, bool]:
        """Switch an account on again; False where it was on.

        Raises:
            NotFound, Changed: there is no one, or somebody else was faster.
        """
        person = locked(work, sub, seen)
        standing.check(actor, person)
        changed = people.set_disabled(work, sub, False)
        if changed:
            audit.record(work, Event.PERSON_ENABLED, person=sub, before="off", after="on")
        return of_sub(work, sub), changed

    @acts(Action.PEOPLE_READ)
    def ahead_of_leaving(self, work: Work, _actor: Actor, sub: str) -> Ahead:
        """Return what deleting a person would end.

        Raises:
            NotFound: there is no one.
        """
        return self._leaving.ahead(work, of_sub(work, sub))

    @acts(Action.PEOPLE_DELETE)
    def delete(self, work: Work, actor: Actor, sub: str, *, seen: str | None = None) -> Departure:
        """Delete a person for good.

        Raises:
            NotFound, Changed, GoneError: there is no one, or somebody else was faster.
        """
        person = of_sub(work, sub)
        standing.take_turn(work, person)
        people.lock_for_good(work, sub)
        person = locked(work, sub, seen)
        standing.check(actor, person)
        standing.keep_an_owner(work, actor, person)
        return self._leaving.delete(work, sub, BY)


def _notes(work: Work, person: PersonRow, wanted: Profile) -> list[str]:
    """Say what is taken, and may yet be a mistake."""
    new_type = wanted.user_type if wanted.user_type != person.user_type else None
    new_groups = sorted(set(wanted.groups) - set(person.groups))
    said = sorting.Known(work).unknown(new_type, new_groups) if new_type or new_groups else []
    gone = sorting.last_with(work, person, wanted.roles)
    return said + [f"nobody else has the role {role}" for role in gone]
