"""Someone new: the values of a person checked and in their normal form, and the person added.

Whoever brings people in goes through here: the command line, an import, pages and programs. It
never decides who may.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from idp import audit
from idp.audit import Event
from idp.authenticators import identifiers
from idp.errors import CommandError
from idp.settings.values import Settings
from idp.store import people
from idp.store.db import Work

USER_TYPE = "user"
_SUB = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{7,63}")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_NAME = 200
MOST = 200
"""Groups, and roles, of one person: more would burst the tokens that tell of them."""


@dataclass(frozen=True)
class NewPerson:
    """Someone to be added, every value in its normal form."""

    username: str
    email: str
    name: str
    phone: str | None
    user_type: str
    verified: bool
    roles: frozenset[str] = frozenset()
    groups: tuple[str, ...] = ()
    claims: dict[str, str] = field(default_factory=dict)
    """Standard claims, such as given_name."""
    phone_verified: bool | None = None
    """As `verified` where nothing is said."""
    sub: str | None = None
    """What applications know the person by already; drawn where nothing is said."""


def checked(
    settings: Settings,
    *,
    username: str,
    email: str,
    name: str = "",
    phone: str = "",
    user_type: str = "",
    verified: bool = False,
    roles: Iterable[str] = (),
    groups: Iterable[str] = (),
    naming: Callable[[str], str | None] = identifiers.username,
) -> NewPerson:
    """Return the person that the texts describe; `naming` says what may be a user name.

    Raises:
        CommandError: which text cannot be, and why.
    """
    known_name, known_email = naming(username), identifiers.email(email)
    if known_name is None:
        raise CommandError(f"{username!r} is no user name: letters, digits and . _ - + only")
    if known_email is None:
        raise CommandError(f"{email!r} is no e-mail address")
    number = mobile(settings, phone) if phone.strip() else None
    shown = " ".join(name.split()) or known_name
    if len(shown) > _MAX_NAME or not shown.isprintable():
        raise CommandError(f"the name of {known_name} is too long, or has unprintable characters")
    kind = type_name(user_type) if user_type.strip() else USER_TYPE
    return NewPerson(
        known_name,
        known_email,
        shown,
        number,
        kind,
        verified,
        role_names(roles),
        group_names(groups),
    )


def mobile(settings: Settings, phone: str) -> str:
    """Return a number as E.164.

    Raises:
        CommandError: it is none, or none that messages may go to.
    """
    sms = settings.sms
    number = identifiers.phone(phone, sms.default_country, sms.countries, sms.number_types)
    if number is None:
        raise CommandError(f"{phone!r} is no mobile number that text messages may be sent to")
    return number


def type_name(text: str) -> str:
    """Return a user type.

    Raises:
        CommandError: it cannot be one.
    """
    kind = text.strip()
    if not _TYPE.fullmatch(kind):
        raise CommandError(f"{kind!r} is no user type: letters, digits and . _ - only, at most 64")
    return kind


def sub_name(text: str) -> str:
    """Return what applications are to know somebody by.

    Raises:
        CommandError: it cannot be that.
    """
    if not _SUB.fullmatch(text):
        raise CommandError(f"{text[:80]!r} is no sub: 8 to 64 letters, digits, _ and - only")
    return text


def group_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return groups in alphabetical order, each once; texts that are empty are left out.

    Raises:
        CommandError: a text that cannot be the name of a group, or too many.
    """
    found = set()
    for text in filter(None, map(str.strip, texts)):
        name = identifiers.group(text)
        if name is None:
            raise CommandError(f"{text!r} is no group: at most 100 characters, without a comma")
        found.add(name)
    if len(found) > MOST:
        raise CommandError(f"a person is in {MOST} groups at most")
    return tuple(sorted(found))


def role_names(texts: Iterable[str]) -> frozenset[str]:
    """Return roles; texts that are empty are left out.

    Raises:
        CommandError: a text that cannot be the name of a role, or too many.
    """
    found = set()
    for text in filter(None, map(str.strip, texts)):
        if identifiers.role(text) is None:
            raise CommandError(f"{text!r} is no role: letters, digits and . _ : / - only")
        found.add(text)
    if len(found) > MOST:
        raise CommandError(f"a person has {MOST} roles at most")
    return frozenset(found)


def insert(work: Work, new: NewPerson, reason: str | None = None) -> str:
    """Add a checked person, with the event, and return the new `sub`.

    Raises:
        CommandError: the name or the address belongs to someone.
    """
    if people.taken(work, new.username, new.email):
        raise CommandError(f"{new.username} or {new.email} belongs to somebody already")
    person_id = people.add(
        work,
        username=new.username,
        email=new.email,
        name=new.name,
        phone=new.phone,
        verified=new.verified,
        phone_verified=new.phone_verified,
        user_type=new.user_type,
        roles=new.roles,
        groups=new.groups,
        claims=new.claims,
        sub=new.sub,
    )
    audit.record(
        work,
        Event.PERSON_ADDED,
        person=person_id,
        reason=reason,
        type=new.user_type,
        roles=sorted(new.roles),
        groups=new.groups,
    )
    return person_id
