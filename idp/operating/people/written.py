"""People as whoever runs Acrux writes them down, and what becomes of a profile by that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from idp.authenticators import identifiers
from idp.errors import CommandError
from idp.oidc.tokens import profile
from idp.people.newcomers import USER_TYPE, group_names, role_names, type_name
from idp.store.people import PersonRow
from idp.store.people.profiles import Profile

ADDRESS = "address"


@dataclass(frozen=True)
class Newcomer:
    """Someone to be added, as it was written."""

    username: str
    email: str
    name: str = ""
    phone: str = ""
    type: str = USER_TYPE
    verified: bool = False
    """The address and the number are known to be right."""
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProfileChange:
    """What is to be another one in a profile; None leaves it as it is."""

    name: str | None = None
    type: str | None = None
    groups: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None
    claims: Mapping[str, str | None] = field(default_factory=dict)
    """Standard claims, those of an address as `address.locality`; None takes one away, and
    `address` all of it."""


def profile_of(given: ProfileChange, person: PersonRow) -> Profile:
    """Return the profile that a person is to have.

    Raises:
        CommandError: a value that cannot be.
    """
    found = Profile(
        person.name,
        claims_checked(given.claims, person.claims.get(ADDRESS)),
        person.groups,
        person.roles,
    )
    if given.name is not None:
        shown = identifiers.full_name(given.name)
        if shown is None:
            raise CommandError("name must be text, not empty, and not too long")
        found = replace(found, name=shown)
    if given.type is not None:
        found = replace(found, user_type=type_name(given.type))
    if given.groups is not None:
        found = replace(found, groups=group_names(given.groups))
    if given.roles is not None:
        found = replace(found, roles=role_names(given.roles))
    return found


def claims_checked(given: Mapping[str, str | None], address: Any = None) -> dict[str, Any | None]:
    """Return the claims to be stored, None for what goes.

    Raises:
        CommandError: a value that the claim cannot have, or no such claim.
    """
    found: dict[str, Any | None] = {}
    members: dict[str, Any] = dict(address) if isinstance(address, Mapping) else {}
    if ADDRESS in given:
        members.clear()
    for key, value in given.items():
        claim, _, member = key.partition(".")
        if member and claim == ADDRESS and member in profile.ADDRESS:
            members[member] = value
        elif member or claim not in profile.CHECKS or (claim == ADDRESS and value):
            raise CommandError(f"{key!r} is no claim that can be set")
        elif claim != ADDRESS:
            found[claim] = value or None
    if any(key.partition(".")[0] == ADDRESS for key in given):
        found[ADDRESS] = {name: value for name, value in members.items() if value} or None
    for claim, content in found.items():
        check, words = profile.CHECKS[claim]
        if content is not None and not check(content):
            raise CommandError(f"{claim} must be {words}")
    return found
