"""What the commands about people share: checked input, finding someone, the password rule."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from idp import audit
from idp.audit import Event
from idp.authenticators import identifiers
from idp.authenticators.password import Password
from idp.cli.context import Context
from idp.errors import CommandError
from idp.installation import Installation
from idp.settings.values import Settings
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow

USER_TYPE = "user"
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
) -> NewPerson:
    """Return the person that the texts describe.

    Raises:
        CommandError: which text cannot be, and why.
    """
    known_name, known_email = identifiers.username(username), identifiers.email(email)
    if known_name is None:
        raise CommandError(f"{username!r} is no user name: letters, digits and . _ - + only")
    if known_email is None:
        raise CommandError(f"{email!r} is no e-mail address")
    number = _mobile(settings, phone) if phone.strip() else None
    shown = " ".join(name.split()) or known_name
    if len(shown) > _MAX_NAME or not shown.isprintable():
        raise CommandError(f"the name of {known_name} is too long, or has unprintable characters")
    kind = user_type.strip() or USER_TYPE
    if not _TYPE.fullmatch(kind):
        raise CommandError(f"{kind!r} is no user type: letters, digits and . _ - only, at most 64")
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


def _mobile(settings: Settings, phone: str) -> str:
    sms = settings.sms
    number = identifiers.phone(phone, sms.default_country, sms.countries, sms.number_types)
    if number is None:
        raise CommandError(f"{phone!r} is no mobile number that text messages may be sent to")
    return number


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
        user_type=new.user_type,
        roles=new.roles,
        groups=new.groups,
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


def find(work: Work, name: str) -> PersonRow:
    """Return the person with this user name, e-mail address or `sub`.

    Raises:
        CommandError: there is no one.
    """
    found = people.by_name(work, identifiers.login_name(name)) or people.by_id(work, name)
    if found is None:
        raise CommandError(f"there is nobody called {name!r}")
    return found


def find_locked(work: Work, name: str) -> PersonRow:
    """Return the person, who is to be changed: no one else changes them until the commit.

    Raises:
        CommandError: there is no one.
    """
    found = find(work, name)
    people.lock_person(work, found.id)
    return people.by_id(work, found.id) or found


def set_password(
    context: Context, work: Work, person_id: str, password: str, about: NewPerson | PersonRow
) -> None:
    """Store a password after the rules have been asked.

    Raises:
        CommandError: why it cannot be taken.
    """
    authenticator = context.installation.signin.authenticators["password"]
    assert isinstance(authenticator, Password)
    words = (about.username, about.email, about.name)
    mfa = needs_second(context.installation, work, about.user_type)
    problem = authenticator.problem(password, words, mfa=mfa)
    if problem:
        raise CommandError(f"the password cannot be taken: {problem}")
    authenticator.set(work, person_id, password)


def needs_second(installation: Installation, work: Work, user_type: str) -> bool:
    """Return True if a second factor is enforced for people of this type, today."""
    return installation.passwords.rule.needs_second(work, user_type)


def password_from_stdin() -> str:
    """Read one line from standard input.

    Raises:
        CommandError: there is none, or it is no text.
    """
    try:
        line = sys.stdin.buffer.readline().decode()
    except UnicodeDecodeError:
        raise CommandError("the password on standard input is not UTF-8") from None
    password = line.rstrip("\r\n")
    if not password:
        raise CommandError("there is no password on standard input")
    return password
