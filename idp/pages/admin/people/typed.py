"""A person's profile as it is typed into a form: read, and checked field by field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import request

from idp.authenticators import identifiers
from idp.errors import CommandError
from idp.language import Words, _
from idp.people.newcomers import group_names, mobile, role_names, type_name
from idp.settings.values import Settings
from idp.store.people import OWN_ROLES, PersonRow

NAMES = ("username", "name", "email", "phone", "type", "groups", "roles")
"""The fields with text. `roles` are those for applications: ours are ticks."""
TICKS = ("email_verified", "phone_verified", "invite")
_CUT = 2000
"""Characters of a field that are read."""


@dataclass(frozen=True)
class Typed:
    """What a form says of a person, as it was typed."""

    text: Mapping[str, str]
    own: frozenset[str]
    """Roles of ours."""
    ticks: frozenset[str]

    @property
    def groups(self) -> tuple[str, ...]:
        return _words(self.text["groups"])

    @property
    def roles(self) -> tuple[str, ...]:
        return (*sorted(self.own), *_words(self.text["roles"]))


def read() -> Typed:
    """Return what the form says."""
    form = request.form
    text = {name: form.get(name, "").strip()[:_CUT] for name in NAMES}
    own = frozenset(form.getlist("role")) & OWN_ROLES
    return Typed(text, own, frozenset(name for name in TICKS if form.get(name)))


def of(person: PersonRow) -> Typed:
    """Return a person as the form shows one."""
    text = {
        "username": person.username,
        "name": person.name,
        "email": person.email,
        "phone": person.phone or "",
        "type": person.user_type,
        "groups": ", ".join(person.groups),
        "roles": ", ".join(sorted(person.roles - OWN_ROLES)),
    }
    ticks = {"email_verified": person.email_verified, "phone_verified": person.phone_verified}
    on = frozenset(name for name, ticked in ticks.items() if ticked)
    return Typed(text, person.roles & OWN_ROLES, on)


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a field that has several, with a comma between two."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


Check = Callable[[Settings, str], object]
_CHECKS: tuple[tuple[str, Check, Words], ...] = (
    (
        "username",
        lambda _s, text: identifiers.username(text),
        _("This cannot be a user name. Choose letters, digits, dots and hyphens."),
    ),
    ("name", lambda _s, text: identifiers.full_name(text), _("Type the person's name.")),
    ("email", lambda _s, text: identifiers.email(text), _("This is no e-mail address.")),
    (
        "phone",
        lambda settings, text: mobile(settings, text) if text else "",
        _("Messages cannot be sent to this number. Type it with its country, such as +64 21 …"),
    ),
    ("type", lambda _s, text: type_name(text), _("This cannot be a user type.")),
    (
        "groups",
        lambda _s, text: group_names(_words(text)),
        _("This cannot be the name of a group."),
    ),
    ("roles", lambda _s, text: role_names(_words(text)), _("This cannot be the name of a role.")),
)


def problem(settings: Settings, given: Typed) -> tuple[str, Words] | None:
    """Return the first field that cannot be as it is typed, and why."""
    for name, check, why in _CHECKS:
        try:
            good = check(settings, given.text[name]) is not None
        except CommandError:
            good = False
        if not good:
            return name, why
    return None
