"""What is to become of a row: who it is about, and what is different there.

It reads, and changes nothing. An address or number that somebody has proved is not changed by a
file: whoever writes the file would else get into every account. Only the person, or an operator
who names the person, does that.
"""

from dataclasses import dataclass
from enum import StrEnum

from idp.errors import CommandError
from idp.language import Words, _
from idp.people.intake.rows import Row
from idp.people.newcomers import USER_TYPE, NewPerson
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.people.profiles import Profile

KEPT = "the {0} was confirmed and stays: `acrux user set-{0}` changes it"


class Outcome(StrEnum):
    """What became of a row, or would."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LEFT_OUT = "left out"
    WRONG = "wrong"


@dataclass(frozen=True)
class Said:
    """The report of one row."""

    line: int
    name: str
    outcome: Outcome
    fields: tuple[str, ...] = ()
    """What was changed."""
    why: str = ""
    """What is wrong, or why it was left out, in English."""
    notes: tuple[str, ...] = ()
    """What was done, and may yet be a mistake; what was kept."""
    sub: str | None = None
    invited: bool = False
    code: str = ""
    """What is wrong, for programs; "" where nothing has a name for it."""
    words: Words = ""
    """`why` for pages: in their language where it is a text."""


@dataclass(frozen=True)
class Change:
    """What is different between a row and the person that it is about."""

    profile: Profile
    sorted_fields: tuple[str, ...]
    """What of the profile changes."""
    email: str | None
    phone: str | None
    """A new one, or the same to be confirmed; None: it stays."""
    verified: bool
    phone_verified: bool
    kept: tuple[str, ...]
    """What the row has another value for, and what stays all the same: it was confirmed."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was kept, in words."""
        return tuple(KEPT.format(what) for what in self.kept)

    @property
    def fields(self) -> tuple[str, ...]:
        """Everything that changes, in alphabetical order."""
        contact = {"email": self.email, "phone": self.phone}
        return tuple(sorted([*self.sorted_fields, *(n for n, value in contact.items() if value)]))


def whose(work: Work, row: Row) -> PersonRow | None:
    """Return the person that a row is about, by user name or address; None for someone new.

    Raises:
        CommandError: name and address are of two people, or the person goes by another name.
    """
    by_name = people.by_name(work, row.username)
    if by_name is not None and row.email == by_name.email:
        return by_name
    by_email = people.by_name(work, row.email) if row.email else None
    if by_name is None and by_email is not None and by_email.username == row.username:
        # Added by another between the two questions.
        return by_email
    if by_email is not None and by_email != by_name:
        if by_name is not None and row.chosen:
            values = {"name": row.username, "email": row.email}
            words = _("%(name)s is one person, and %(email)s is another's", **values)
            raise CommandError(words, "two-people")
        if row.chosen:
            words = _("%(email)s belongs to %(name)s", email=row.email, name=by_email.username)
            raise CommandError(words, "address-taken")
        return by_email
    if by_name is not None and not row.chosen and row.email and by_email is None:
        # The name was made from the address: it may be somebody else of that name.
        words = _("%(name)s is there already, with another address", name=row.username)
        raise CommandError(words, "name-taken")
    return by_name


def newcomer(row: Row) -> NewPerson:
    """Return the person that a row adds.

    Raises:
        CommandError: there is no address.
    """
    if row.email is None:
        words = _("it is nobody who is here, and has no address to be added with")
        raise CommandError(words, "no-address")
    return NewPerson(
        row.username,
        row.email,
        row.name or row.username,
        row.phone,
        row.user_type or USER_TYPE,
        row.verified,
        row.roles or frozenset(),
        row.groups if row.groups is not None else row.department,
        dict(row.claims),
        row.phone_verified,
        row.sub,
    )


def change(row: Row, person: PersonRow) -> Change:
    """Return what is different in a row from the person that it is about.

    Raises:
        CommandError: applications know that person by another `sub`.
    """
    if row.sub is not None and row.sub != person.id:
        words = _("is here already, and applications know them as %(sub)s", sub=person.id)
        raise CommandError(words, "other-sub")
    groups = person.groups if row.groups is None else row.groups
    groups = tuple(sorted({*groups, *row.department}))
    roles = person.roles
    if row.roles is not None:
        roles = row.roles | (person.roles & people.OWN_ROLES)
    profile = Profile(
        row.name or person.name,
        {key: value for key, value in row.claims.items() if person.claims.get(key) != value},
        groups,
        roles,
        row.user_type or person.user_type,
    )
    email, email_kept = _contact(row.email, person.email, person.email_verified, row.verified)
    phone, phone_kept = _contact(row.phone, person.phone, person.phone_verified, row.phone_verified)
    kept = (("email", email_kept), ("phone", phone_kept))
    return Change(
        profile,
        tuple(_of_profile(profile, person)),
        email,
        phone,
        row.verified,
        row.phone_verified,
        tuple(what for what, stays in kept if stays),
    )


def _contact(
    given: str | None, there: str | None, proved: bool, verified: bool
) -> tuple[str | None, bool]:
    """Return what is to stand on the profile, None if nothing new, and whether one is kept."""
    if given is None or (given == there and (proved or not verified)):
        return None, False
    if given != there and proved:
        return None, True
    return given, False


def _of_profile(profile: Profile, person: PersonRow) -> list[str]:
    pairs = {
        "name": (profile.name, person.name),
        "type": (profile.user_type, person.user_type),
        "groups": (profile.groups, person.groups),
        "roles": (profile.roles, person.roles),
    }
    return [*profile.claims, *(name for name, (new, old) in pairs.items() if new != old)]
