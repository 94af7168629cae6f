"""What one row of a file asks for: its values checked and in their normal form.

An empty cell asks for nothing, so that it never takes anything away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from idp.authenticators import identifiers
from idp.errors import CommandError
from idp.language import _
from idp.people import newcomers
from idp.people.intake import brought
from idp.people.intake.brought import Brought
from idp.people.newcomers import group_names, mobile, role_names, sub_name, type_name
from idp.settings.values import Settings
from idp.store import people

_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_OFF = {
    "false",
    "no",
    "0",
    "disabled",
    "inactive",
    "suspended",
    "terminated",
    "archived",
    "deleted",
    "deactivated",
    "deprovisioned",
}
_LOST = re.compile(r"\w\?|\?\w")
"""Where a letter stood that a code page has not, as programs save it: `T?ne` was Tāne."""


@dataclass(frozen=True)
class Row:
    """What a row says of somebody; None where it says nothing."""

    username: str
    chosen: bool
    """The user name has a column of its own; else it is the part before @ of an address."""
    email: str | None
    name: str | None
    claims: Mapping[str, str]
    phone: str | None
    user_type: str | None
    groups: tuple[str, ...] | None
    """All groups from now on."""
    department: tuple[str, ...]
    """A group that comes to those there are."""
    roles: frozenset[str] | None
    verified: bool
    phone_verified: bool
    left_out: bool
    """Switched off where the file comes from."""
    brought: Brought
    sub: str | None = None
    """What applications know the person by already."""

    @property
    def label(self) -> str:
        """What a report calls it."""
        return self.username


def label_of(values: Mapping[str, str]) -> str:
    """Return what a report calls a row that cannot be understood."""
    text = values.get("username") or values.get("email") or values.get("name") or "?"
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:80]


def read(values: Mapping[str, str], settings: Settings) -> Row:
    """Return what the values of a row ask for.

    Raises:
        CommandError: which value cannot be, and why.
    """
    username, chosen, email = _who(values)
    given = {key: _name(values[key]) for key in ("given_name", "family_name") if key in values}
    name = values.get("name") or " ".join(given.values())
    groups = group_names(_kept(values["groups"]).split(";")) if "groups" in values else None
    verified = _verified(values.get("verified", "no"))
    # A group has no comma in its name, many a department has.
    department = group_names([_kept(values.get("department", "")).replace(",", " ")])
    return Row(
        username,
        chosen,
        email,
        _name(name) if name else None,
        given,
        _phone(values, settings),
        _type(values),
        None if groups is None else tuple(sorted({*groups, *department})),
        department,
        _roles(values["roles"]) if "roles" in values else None,
        verified,
        _verified(values["phone_verified"]) if "phone_verified" in values else verified,
        _is_off(values),
        brought.read(values),
        sub_name(values["sub"]) if "sub" in values else None,
    )


def _who(values: Mapping[str, str]) -> tuple[str, bool, str | None]:
    """Return user name, whether it was chosen, and address.

    Many a login is an address; where nothing else is one, it is taken for both.
    """
    login, address = values.get("username", ""), values.get("email", "")
    chosen = bool(login) and "@" not in login
    address = address or ("" if chosen else login)
    email = identifiers.email(address) if address else None
    if address and email is None:
        raise CommandError(_("%(text)s is no e-mail address", text=repr(address)), "bad-email")
    # The login of a guest is often none: `guest_other.org#EXT#@example.org`.
    stems = [login] if chosen else [text.partition("@")[0] for text in (login, address) if text]
    if not stems:
        raise CommandError(_("there is neither a user name nor an address"), "nobody")
    found = filter(None, map(identifiers.username, stems))
    if (username := next(found, None)) is None:
        raise newcomers.no_username(stems[0])
    return username, chosen, email


def _kept(text: str) -> str:
    """Return a text that has all its letters.

    Raises:
        CommandError: some were lost when the file was saved.
    """
    if _LOST.search(text):
        words = _("%(text)s has lost a letter: save the file as UTF-8", text=repr(text))
        raise CommandError(words, "lost-letter")
    return text


def _name(text: str) -> str:
    shown = identifiers.full_name(_kept(text))
    if shown is None:
        words = _("the name is too long, or has unprintable characters")
        raise CommandError(words, "bad-name")
    return shown


def _phone(values: Mapping[str, str], settings: Settings) -> str | None:
    """Return the mobile number; a column that may hold another kind counts only if it is one."""
    if "phone" in values:
        return mobile(settings, values["phone"])
    try:
        return mobile(settings, values["some_phone"]) if "some_phone" in values else None
    except CommandError:
        return None


def _type(values: Mapping[str, str]) -> str | None:
    """Return the user type; words of other programs are made one: `Full Time` is `full-time`."""
    if "type" in values:
        return type_name(values["type"])
    theirs = re.sub(r"[^a-z0-9._-]+", "-", values.get("their_type", "").lower()).strip("-._")
    return type_name(theirs) if theirs else None


def _roles(text: str) -> frozenset[str]:
    """Return the roles of a cell; those of Acrux itself are given one by one, never by a file."""
    names = role_names(text.split(";"))
    own = sorted(people.OWN_ROLES & names)
    if own:
        words = _("%(role)s is a role in Acrux itself: give it by `acrux user set`", role=own[0])
        raise CommandError(words, "role-of-acrux")
    return names


def _verified(text: str) -> bool:
    found = _YES.get(text.lower())
    if found is None:
        raise CommandError(_("verified must be true or false"), "bad-verified")
    return found


def _is_off(values: Mapping[str, str]) -> bool:
    blocked = _YES.get(values.get("blocked", "no").lower(), False)
    return blocked or values.get("enabled", "").lower() in _OFF
