"""A person as whoever runs Acrux finds and describes one."""

import json
from dataclasses import asdict
from typing import Any

from idp import clock, crypto, moments
from idp.authenticators import identifiers
from idp.errors import GoneError
from idp.operating.refusals import Changed, NotFound
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow, departed

_UNCOUNTED = frozenset({"epoch", "announced_at", "offered_at", "quiet_until", "methods", "locale"})
"""What moves on without anyone changing the person."""


def named(work: Work, name: str) -> PersonRow:
    """Return the person with this user name, e-mail address or `sub`.

    Raises:
        NotFound: there is no one.
    """
    found = people.by_name(work, identifiers.login_name(name)) or people.by_id(work, name)
    if found is None:
        raise NotFound(_nobody(work, name))
    return found


def of_sub(work: Work, sub: str) -> PersonRow:
    """Return the person of this `sub`.

    Raises:
        NotFound: there is no one.
    """
    found = people.by_id(work, sub)
    if found is None:
        raise NotFound(_nobody(work, sub))
    return found


def locked(work: Work, sub: str, seen: str | None = None) -> PersonRow:
    """Return a person who is to be changed: no one else changes them until the commit.

    Raises:
        NotFound: there is no one.
        Changed: the person is no longer as in the version `seen`.
    """
    try:
        people.lock_person(work, sub)
    except GoneError:
        raise NotFound(_nobody(work, sub)) from None
    person = of_sub(work, sub)
    if seen is not None and seen != version_of(person):
        raise Changed(f"{person.username} has just been changed by somebody else: look again")
    return person


def _nobody(work: Work, name: str) -> str:
    gone = departed.named(work, name)
    if gone is None:
        return f"there is nobody called {name!r}"
    return f"{gone.username or name} was deleted on {moments.second(gone.at)}"


def version_of(person: PersonRow) -> str:
    """Return what is another one after every change of a person's profile, rights or state."""
    held = {name: value for name, value in asdict(person).items() if name not in _UNCOUNTED}
    held |= {"roles": sorted(person.roles), "methods": sorted(person.methods)}
    return crypto.digest(json.dumps(held, sort_keys=True, default=str))[:22]


def described(person: PersonRow) -> dict[str, Any]:
    """Return what is told of a person, as JSON has it."""
    return {
        "sub": person.id,
        "username": person.username,
        "name": person.name,
        "email": person.email,
        "email_verified": bool(person.email_verified),
        "phone": person.phone,
        "phone_verified": bool(person.phone_verified),
        "type": person.user_type,
        "roles": sorted(person.roles),
        "groups": list(person.groups),
        "methods": sorted(person.methods),
        "state": state(person),
        "created_at": clock.iso(person.created_at),
    }


def state(person: PersonRow) -> str:
    """Return `on`, or `off` of an account that is switched off."""
    return "on" if person.disabled_at is None else "off"
