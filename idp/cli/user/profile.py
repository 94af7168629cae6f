"""`acrux user set`: what a profile says beside user name, address and number; how it is sorted."""

from collections.abc import Iterable
from typing import Any

import click

from idp.cli import context
from idp.cli.output import json_option, print_json, print_record
from idp.errors import CommandError
from idp.oidc.tokens import profile
from idp.operating.actor import OPERATOR
from idp.operating.people.written import ADDRESS, ProfileChange
from idp.people.sorting import GROUPS, NAME, ROLES, TYPE
from idp.store.people import PersonRow

KEYS = (
    TYPE,
    NAME,
    GROUPS,
    ROLES,
    *(claim for claim in profile.CHECKS if claim != ADDRESS),
    *(f"{ADDRESS}.{member}" for member in profile.ADDRESS),
)

_NO_CLAIMS = frozenset({NAME, TYPE, GROUPS, ROLES})


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
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        now, notes = at_hand.cases.register.change(work, OPERATOR, found.id, _wanted(given))
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


def _wanted(given: dict[str, str]) -> ProfileChange:
    """Return the change that `given` asks for."""
    claims = {key: value or None for key, value in given.items() if key not in _NO_CLAIMS}
    return ProfileChange(
        name=given.get(NAME),
        type=given.get(TYPE),
        groups=_listed(given.get(GROUPS)),
        roles=_listed(given.get(ROLES)),
        claims=claims,
    )


def _listed(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(text.split(","))
