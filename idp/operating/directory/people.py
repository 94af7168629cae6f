"""People as a directory keeps them: whoever leaves it can do nothing here from that moment on."""

from collections.abc import Collection
from dataclasses import replace

from idp import audit
from idp.audit import Event
from idp.authenticators import identifiers
from idp.errors import CommandError, GoneError
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.directory.entries import TYPE, Entry, Wanted, check_called, known
from idp.operating.directory.words import Vocabulary
from idp.operating.people import standing
from idp.operating.people.changing import Register
from idp.operating.people.naming import locked, of_sub
from idp.operating.people.written import ProfileChange, claims_checked
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.people.newcomers import USER_TYPE, checked
from idp.policy.roles import Action
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow, directories, groups, profiles
from idp.store.people.directories import NOT_CALLED, CalledRow, Condition


class DirectoryPeople:
    """The people of one installation, for directories."""

    def __init__(self, installation: Installation) -> None:
        self._settings = installation.settings
        self._links = installation.password_links
        self._register = Register(installation)
        self._words = Vocabulary(installation.settings.scim)

    # -- looking

    @acts(Action.PEOPLE_READ)
    def find(
        self,
        work: Work,
        _actor: Actor,
        client_id: str,
        wanted: Collection[Condition],
        limit: int,
        offset: int,
    ) -> tuple[int, list[Entry]]:
        """Return how many people there are of whom all this holds, and some of them.

        Somebody who has no such user name is also found by it as an address: so a directory meets
        the people who were here before it.
        """
        asked = [self._question(one) for one in wanted]
        total, rows = directories.some_people(work, client_id, asked, limit, offset)
        if not total and any(one.member == "username" for one in asked):
            by_address = [
                replace(one, member="email") if one.member == "username" else one for one in asked
            ]
            total, rows = directories.some_people(work, client_id, by_address, limit, offset)
        return total, self._entries(work, client_id, rows)

    @acts(Action.PEOPLE_READ)
    def one(self, work: Work, _actor: Actor, client_id: str, sub: str) -> Entry:
        """Return the person of this `sub`.

        Raises:
            NotFound: there is no one.
        """
        return self._entries(work, client_id, [of_sub(work, known(sub))])[0]

    @acts(Action.PEOPLE_CHANGE)
    def one_to_change(self, work: Work, actor: Actor, client_id: str, sub: str) -> Entry:
        """Return someone whom nobody else changes until the commit.

        Raises:
            NotFound: there is no one.
            Outranked: this is nobody whom a program changes.
        """
        standing.check(actor, of_sub(work, known(sub)))
        return self._entries(work, client_id, [locked(work, sub)])[0]

    # -- changing

    @acts(Action.PEOPLE_CHANGE)
    def add(self, work: Work, actor: Actor, client_id: str, wanted: Wanted) -> Entry:
        """Add a person, who has no way to sign in yet.

        Raises:
            CommandError: which value cannot be, and why.
            Conflict: the user name or the address belongs to somebody.
        """
        self._words.check_roles(wanted.roles)
        check_called(wanted.external_id, wanted.username)
        claims = {name: value for name, value in wanted.claims.items() if value}
        new = checked(
            self._settings,
            username=wanted.username,
            email=_address(wanted),
            name=wanted.name or _composed(claims),
            phone=(wanted.phone or "") if self._settings.scim.phone_numbers else "",
            user_type=self._words.types.ours(wanted.type) if wanted.type else USER_TYPE,
            verified=self._settings.scim.verified,
            roles=wanted.roles,
            naming=identifiers.directory_name,
        )
        claims_checked(claims)
        person = self._register.admit(work, actor, replace(new, claims=claims))
        off_at = None
        if wanted.active is False:
            off_at = self._register.switch_off(work, actor, person.id)[0].disabled_at
        elif self._settings.scim.invite:
            self._links.invite(work, person)
        self._call(work, client_id, person.id, wanted, off_at)
        return self.one(work, actor, client_id, person.id)

    @acts(Action.PEOPLE_CHANGE)
    def put(
        self,
        work: Work,
        actor: Actor,
        client_id: str,
        sub: str,
        wanted: Wanted,
        *,
        seen: str | None = None,
    ) -> Entry:
        """Let a person be as the directory wants, all at once; return them as they are then.

        Raises:
            NotFound, Changed: there is no one, or somebody else was faster.
            CommandError, Conflict: a value that cannot be, or is somebody's.
            Outranked: this is nobody whom a program changes.
        """
        before = self.one_to_change(work, actor, client_id, sub)
        if seen is not None and seen != before.version:
            raise Changed("the person has just been changed by somebody else: look again")
        self._words.check_roles(wanted.roles)
        check_called(wanted.external_id, wanted.username)
        self._rename(work, before, wanted.username)
        if wanted.email is not None or "@" in wanted.username:
            verified = self._settings.scim.verified
            self._register.set_address(work, actor, sub, _address(wanted), verified=verified)
        if self._settings.scim.phone_numbers:
            self._register.set_number(work, actor, sub, wanted.phone)
        self._register.change_unread(work, actor, sub, self._profile(before, wanted))
        off_at = self._switched(work, actor, before, wanted)
        self._call(work, client_id, sub, wanted, off_at)
        return self.one(work, actor, client_id, sub)

    @acts(Action.PEOPLE_DELETE)
    def remove(
        self, work: Work, actor: Actor, client_id: str, sub: str, *, seen: str | None = None
    ) -> None:
        """Delete a person for good.

        Raises:
            NotFound, Changed: there is no one, or somebody else was faster.
            Outranked: this is nobody whom a program deletes.
        """
        standing.check(actor, of_sub(work, known(sub)))
        try:
            people.lock_for_good(work, sub)
        except GoneError as error:
            raise NotFound(str(error)) from None
        if seen is not None and seen != self.one(work, actor, client_id, sub).version:
            raise Changed("the person has just been changed by somebody else: look again")
        self._register.delete(work, actor, sub)

    # -- parts

    def _question(self, asked: Condition) -> Condition:
        if asked.member in ("username", "email"):
            return replace(asked, value=identifiers.login_name(str(asked.value)))
        return asked

    def _entries(self, work: Work, client_id: str, rows: list[PersonRow]) -> list[Entry]:
        called = directories.called(work, client_id, [row.id for row in rows])
        there = groups.named(work, {name for row in rows for name in row.groups})
        return [
            Entry(
                row,
                _spelled(row, called.get(row.id, NOT_CALLED).user_name),
                called.get(row.id, NOT_CALLED).external_id,
                called.get(row.id, NOT_CALLED).off_at,
                called.get(row.id, NOT_CALLED).unsaid,
                self._words.types.their(row.user_type),
                tuple(sorted(row.roles & self._words.roles)),
                tuple(
                    (there[name].id, self._words.groups.their(name))
                    for name in row.groups
                    if name in there
                ),
            )
            for row in rows
        ]

    def _profile(self, before: Entry, wanted: Wanted) -> ProfileChange:
        person = before.person
        name = wanted.name
        claims = {name: value for name, value in wanted.claims.items() if value}
        if name is None or name == person.name:
            # A name that was only put together follows its parts.
            was = _composed({key: str(value) for key, value in person.claims.items()})
            name = _composed(claims) if was == person.name or name is None else None
        kind = None
        if wanted.type is not None and wanted.type != before.type:
            kind = self._words.types.ours(wanted.type)
        elif wanted.type is None and TYPE not in before.unsaid:
            kind = USER_TYPE
        kept = person.roles - self._words.roles
        roles = tuple(sorted(kept | set(wanted.roles)))
        return ProfileChange(name or None, kind, None, roles, wanted.claims)

    def _rename(self, work: Work, before: Entry, wanted: str) -> None:
        """Give a person another user name, with the event."""
        if wanted == before.username:
            return
        person, name = before.person, identifiers.directory_name(wanted)
        if name is None:
            raise CommandError(f"{wanted!r} is no user name")
        if name == person.username:
            return
        if not profiles.rename(work, person, name):
            raise Conflict(f"{name} belongs to somebody already")
        audit.record(
            work,
            Event.PERSON_CHANGED,
            person=person.id,
            reason="set: username",
            before={"username": person.username},
            after={"username": name},
        )

    def _switched(self, work: Work, actor: Actor, before: Entry, wanted: Wanted) -> int | None:
        """Switch someone off, or on again; return when the directory switched them off, if it did.

        It switches on whom it switched off itself. Whom somebody else did stays off: a directory
        says of everyone that they are active, whatever it changes.
        """
        person = before.person
        if wanted.active is False:
            now, changed = self._register.switch_off(work, actor, person.id)
            return now.disabled_at if changed else before.off_at
        if wanted.active and before.off_at == person.disabled_at:
            self._register.switch_on(work, actor, person.id)
            return None
        return before.off_at

    def _call(
        self, work: Work, client_id: str, sub: str, wanted: Wanted, off_at: int | None
    ) -> None:
        said = CalledRow(wanted.external_id, wanted.username, wanted.unsaid, off_at)
        directories.call(work, client_id, sub, said)


def _spelled(person: PersonRow, said: str | None) -> str:
    name = None if said is None else identifiers.directory_name(said)
    return said if said is not None and name == person.username else person.username


def _address(wanted: Wanted) -> str:
    """Return the e-mail address of someone: what is said, or the user name where it is one.

    Raises:
        CommandError: there is none.
    """
    found = wanted.email or (wanted.username if "@" in wanted.username else None)
    if found is None:
        raise CommandError("everyone here has an e-mail address: send emails")
    return found


def _composed(claims: dict[str, str]) -> str:
    parts = (claims.get(name, "") for name in ("given_name", "middle_name", "family_name"))
    return " ".join(filter(None, parts))
