"""`acrux user set`: what a profile says beside user name, address and number; how it is sorted."""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from idp.authenticators import identifiers
from idp.cli import context
from idp.cli.output import json_option, print_json, print_record
from idp.cli.user.shared import find_locked
from idp.errors import CommandError
from idp.oidc.tokens import profile
from idp.people import sorting
from idp.people.newcomers import group_names, role_names, type_name
from idp.people.sorting import GROUPS, NAME, ROLES, TYPE
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.profiles import Profile

ADDRESS = "address"
KEYS = (
    TYPE,
    NAME,
    GROUPS,
    ROLES,
    *(claim for claim in profile.CHECKS if claim != ADDRESS),
    *(f"{ADDRESS}.{member}" for member in profile.ADDRESS),
)

Values = dict[str, Any | None]


@click.command("set")
@click.argument("name")
@click.argument("values", metavar="KEY=VALUE...", nargs=-1, required=True)
@json_option
def set_(name: str, values: tuple[str, ...], as_json: bool) -> None:
    """Set user type, groups, roles and standard claims of a person.

    KEY= with nothing behind it takes a claim away. groups=A,B and roles=A,B replace all that were
    there. A type or group that nobody has yet is taken, and said to be new. The roles admin,
    auditor and support are about Acrux itself, and told to no application. Keys are type, groups,
    roles, name, given_name, family_name, middle_name, nickname, profile, picture, website, gender,
    birthdate, zoneinfo, locale, and address.formatted, address.street_address, address.locality,
    address.region, address.postal_code, address.country; address= takes the whole address away.
    """
    at_hand = context.open_installation()
    given = _pairs(values)
    with at_hand.work() as work:
        person = find_locked(work, name)
        wanted = _profile(given, person)
        notes = _notes(work, person, wanted)
        sorting.change(work, person, wanted)
        now = people.by_id(work, person.id)
    assert now is not None
    for note in notes:
        click.echo(f"note: {now.username}: {note}", err=True)
    shown = {NAME: now.name, **profile.holds(now.claims), **_memberships(now)}
    if as_json:
        print_json(shown)
    else:
        print_record(shown)


def _pairs(values: Iterable[str]) -> dict[str, str]:
    """Return the values by key.

    Raises:
        CommandError: one is not KEY=VALUE, or its key is no claim, or there twice.
    """
    found: dict[str, str] = {}
    for text in values:
        key, sign, value = text.partition("=")
        if not sign:
            raise CommandError(f"{text!r} is not KEY=VALUE")
        if key not in (*KEYS, ADDRESS) or (key == ADDRESS and value):
            raise CommandError(f"{key!r} cannot be set: {', '.join(KEYS)}")
        if key in found:
            raise CommandError(f"{key} is given twice")
        found[key] = value
    return found


def _memberships(person: PersonRow) -> dict[str, Any]:
    """Return the user type, and groups and roles as far as there are any."""
    found = {TYPE: person.user_type, GROUPS: list(person.groups), ROLES: sorted(person.roles)}
    return {name: values for name, values in found.items() if values}


def _notes(work: Work, person: PersonRow, wanted: Profile) -> list[str]:
    """Say what is taken, and may yet be a mistake."""
    new_type = wanted.user_type if wanted.user_type != person.user_type else None
    new_groups = sorted(set(wanted.groups) - set(person.groups))
    said = sorting.Known(work).unknown(new_type, new_groups) if new_type or new_groups else []
    gone = sorting.last_with(work, person, wanted.roles)
    return said + [f"nobody else has the role {role}" for role in gone]


def _profile(given: dict[str, str], person: PersonRow) -> Profile:
    """Return the profile that `given` makes of the person's.

    Raises:
        CommandError: a value that cannot be.
    """
    name = _full_name(given.pop(NAME, person.name))
    groups, roles = person.groups, person.roles
    kind = type_name(given.pop(TYPE)) if TYPE in given else None
    if GROUPS in given:
        groups = group_names(given.pop(GROUPS).split(","))
    if ROLES in given:
        roles = role_names(given.pop(ROLES).split(","))
    return Profile(name, _claims(given, person.claims.get(ADDRESS)), groups, roles, kind)


def _full_name(text: str) -> str:
    shown = identifiers.full_name(text)
    if shown is None:
        raise CommandError("name must be text, not empty, and not too long")
    return shown


def _claims(given: Mapping[str, str], address: Any) -> Values:
    """Return the claims to be stored, None for what goes.

    Raises:
        CommandError: a value that the claim cannot have.
    """
    found: Values = {}
    members: dict[str, str] = dict(address) if isinstance(address, Mapping) else {}
    if ADDRESS in given:
        members.clear()
    for key, value in given.items():
        claim, _, member = key.partition(".")
        if member:
            members[member] = value
        elif claim != ADDRESS:
            found[claim] = value or None
    if any(key.partition(".")[0] == ADDRESS for key in given):
        found[ADDRESS] = {name: value for name, value in members.items() if value} or None
    for claim, content in found.items():
        check, words = profile.CHECKS[claim]
        if content is not None and not check(content):
            raise CommandError(f"{claim} must be {words}")
    return found
