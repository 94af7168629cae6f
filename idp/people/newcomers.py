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
from idp.language import _
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
        raise no_username(username)
    if known_email is None:
        raise CommandError(_("%(text)s is no e-mail address", text=repr(email)), "bad-email")
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


def no_username(text: str) -> CommandError:
    """Return the refusal of what cannot be a user name."""
    words = _("%(text)s is no user name: letters, digits and . _ - + only", text=repr(text))
    return CommandError(words, "bad-username")


def taken(username: str, email: str) -> CommandError:
    """Return the refusal of a user name or an address that is somebody's."""
    words = _("%(name)s or %(email)s belongs to somebody already", name=username, email=email)
    return CommandError(words, "taken")


def mobile(settings: Settings, phone: str) -> str:
    """Return a number as E.164.

    Raises:
        CommandError: it is none, or none that messages may go to.
    """
    sms = settings.sms
    number = identifiers.phone(phone, sms.default_country, sms.countries, sms.number_types)
    if number is None:
        words = _(
            "%(text)s is no mobile number that text messages may be sent to", text=repr(phone)
        )
        raise CommandError(words, "bad-phone")
    return number


def type_name(text: str) -> str:
    """Return a user type.

    Raises:
        CommandError: it cannot be one.
    """
    kind = text.strip()
    if not _TYPE.fullmatch(kind):
        words = _(
            "%(text)s is no user type: letters, digits and . _ - only, at most 64", text=repr(kind)
        )
        raise CommandError(words, "bad-type")
    return kind


def sub_name(text: str) -> str:
    """Return what applications are to know somebody by.

    Raises:
        CommandError: it cannot be that.
    """
    if not _SUB.fullmatch(text):
        words = _("%(text)s is no sub: 8 to 64 letters, digits, _ and - only", text=repr(text[:80]))
        raise CommandError(words, "bad-sub")
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
            words = _(
                "%(text)s is no group: at most 100 characters, without a comma", text=repr(text)
            )
            raise CommandError(words, "bad-group")
        found.add(name)
    if len(found) > MOST:
        raise CommandError(
            _("a person is in %(most)s groups at most", most=MOST), "too-many-groups"
        )
    return tuple(sorted(found))


def role_names(texts: Iterable[str]) -> frozenset[str]:
    """Return roles; texts that are empty are left out.

    Raises:
        CommandError: a text that cannot be the name of a role, or too many.
    """
    found = set()
    for text in filter(None, map(str.strip, texts)):
        if identifiers.role(text) is None:
            words = _("%(text)s is no role: letters, digits and . _ : / - only", text=repr(text))
            raise CommandError(words, "bad-role")
        found.add(text)
    if len(found) > MOST:
        raise CommandError(_("a person has %(most)s roles at most", most=MOST), "too-many-roles")
    return frozenset(found)


def insert(work: Work, new: NewPerson, reason: str | None = None) -> str:
    """Add a checked person, with the event, and return the new `sub`.

    Raises:
        CommandError: the name or the address belongs to someone.
    """
    if people.taken(work, new.username, new.email):
        raise taken(new.username, new.email)
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
