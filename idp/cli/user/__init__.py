"""`acrux user`: adding, finding, switching off and on. What they enrolled: `factors.py`."""

from typing import Any

import click

from idp import audit
from idp.audit import Event
from idp.cli import context, mailing
from idp.cli.output import json_option, print_json, print_record, print_table, when
from idp.cli.user import contact, factors, import_people, invite, leaving, profile
from idp.cli.user import why as support
from idp.cli.user.shared import find, find_locked, password_from_stdin, set_password
from idp.errors import CommandError
from idp.messages.notices import Notice
from idp.people.newcomers import USER_TYPE, checked, insert
from idp.signin import sessions
from idp.store import credentials, next_sign_in, people
from idp.store.people import PersonRow

PAGE = 1000
OWN = sorted(people.OWN_ROLES)


@click.group()
def user() -> None:
    """People who sign in. NAME is a user name, an e-mail address or a sub."""


@user.command()
@click.argument("name")
@click.option("--email", required=True, help="The address that codes and notices go to.")
@click.option("--name", "full_name", default="", help="What pages call the person.")
@click.option("--phone", default="", help="A mobile number, +64… or as written in the country.")
@click.option("--type", "user_type", default=USER_TYPE, show_default=True, help="For stages.")
@click.option("--verified", is_flag=True, help="E-mail address and number are known to be right.")
@click.option("--role", "roles", multiple=True, type=click.Choice(OWN), help="May be repeated.")
@click.option("--group", "groups", multiple=True, help="Told to applications. May be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read a password, one line.")
@click.option("--invite", "invites", is_flag=True, help="Mail a link to choose a password with.")
@json_option
def add(
    name: str,
    email: str,
    full_name: str,
    phone: str,
    user_type: str,
    verified: bool,
    roles: tuple[str, ...],
    groups: tuple[str, ...],
    password_stdin: bool,
    invites: bool,
    as_json: bool,
) -> None:
    """Add a person.

    With --invite the person chooses a password with a link in a mail, so that no one else knows it.
    Without it, and without --password-stdin, no one can sign in yet.
    """
    if invites and password_stdin:
        raise click.UsageError("an invited person chooses the password: leave one of them out")
    at_hand = context.open_installation()
    new = checked(
        at_hand.installation.settings,
        username=name,
        email=email,
        name=full_name,
        phone=phone,
        user_type=user_type,
        verified=verified,
        roles=roles,
        groups=groups,
    )
    password = password_from_stdin() if password_stdin else None
    with at_hand.work() as work:
        person_id = insert(work, new)
        if password is not None:
            set_password(at_hand, work, person_id, password, new)
            audit.record(work, Event.PASSWORD_SET, person=person_id)
        mail = invite.send(at_hand, work, find(work, person_id)) if invites else None
    why = mailing.trouble(at_hand, mail)
    if as_json:
        print_json({"sub": person_id, "username": new.username, "email": new.email})
    else:
        click.echo(f"Added {new.username}, sub {person_id}.")
    if why:
        raise CommandError(f"{new.username} was added, but the invitation was not mailed: {why}")


@user.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List everyone, by user name."""
    at_hand = context.open_installation()
    found: list[PersonRow] = []
    with at_hand.work() as work:
        while page := people.everyone(work, PAGE, len(found)):
            found += page
    if as_json:
        print_json([_summary(person) for person in found])
        return
    print_table(
        ("NAME", "E-MAIL", "TYPE", "SIGNS IN WITH", "ROLES", "STATE"),
        [
            (p.username, p.email, p.user_type, sorted(p.methods), sorted(p.roles), _state(p))
            for p in found
        ],
        "There is nobody yet: `acrux user add` adds somebody.",
    )


@user.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show one person, and what is enrolled."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        person = find(work, name)
        enrolled = credentials.of(work, person.id)
    factors_shown = [
        {"method": c.method, "since": when(c.created_at), "last_used": when(c.last_used_at)}
        for c in enrolled
    ]
    if as_json:
        print_json(_summary(person) | {"factors": factors_shown})
        return
    print_record(_summary(person) | {"methods": sorted(person.methods)})
    for factor in factors_shown:
        used = factor["last_used"] or "never"
        click.echo(f"{factor['method']}: since {factor['since']}, last used {used}")


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Switch an account off.

    Its sessions and tokens end at once, and their applications are told.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        person = find_locked(work, name)
        changed = people.set_disabled(work, person.id, True)
        if changed:
            audit.record(work, Event.PERSON_DISABLED, person=person.id)
            sessions.end_person(work, person.id, "switched off by an operator")
    click.echo(f"{person.username} is switched off." if changed else f"{person.username} was off.")


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Switch an account on again."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        person = find_locked(work, name)
        changed = people.set_disabled(work, person.id, False)
        if changed:
            audit.record(work, Event.PERSON_ENABLED, person=person.id)
    click.echo(f"{person.username} is switched on." if changed else f"{person.username} was on.")


@user.command("sign-out")
@click.argument("name")
def sign_out(name: str) -> None:
    """End every session of a person.

    All tokens end too, those for offline access included, and the applications are told. The person
    may sign in again at once: to prevent that, use `disable`.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        person = find_locked(work, name)
        count = sessions.end_person(work, person.id, "signed out by an operator")
    click.echo(f"{person.username} is signed out: {count} sessions ended.")


@user.command("set-password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, required=True, help="Read it, one line.")
def set_password_(name: str, password_stdin: bool) -> None:
    """Set a password for one sign-in: the person then chooses another.

    The sessions and tokens of the person end. `acrux user invite`, or "Forgot your password?" on
    the sign-in page, needs no password from anyone else.
    """
    at_hand = context.open_installation()
    password = password_from_stdin()
    with at_hand.work() as work:
        # Hashed before the person is locked.
        found = find(work, name)
        set_password(at_hand, work, found.id, password, found)
        person = find_locked(work, found.id)
        at_hand.installation.passwords.replaced(work, person, Notice.PASSWORD_CHANGED)
        sessions.end_person(work, person.id, "the password was set by an operator")
        audit.record(work, Event.PASSWORD_SET, person=person.id)
        # No one but the person knows a password for long (ASVS 6.4.1, 6.4.6).
        next_sign_in.demand_password(work, person.id, True)
    click.echo(f"{person.username} has a new password, to be changed at the next sign-in.")


def _summary(person: PersonRow) -> dict[str, Any]:
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
        "state": _state(person),
        "created_at": when(person.created_at),
    }


def _state(person: PersonRow) -> str:
    return "on" if person.disabled_at is None else "off"


user.add_command(profile.set_)
user.add_command(contact.set_email)
user.add_command(contact.set_phone)
user.add_command(leaving.delete)
user.add_command(import_people.import_)
user.add_command(factors.enrol_totp)
user.add_command(invite.invite)
user.add_command(invite.demand_password)
user.add_command(factors.reset_factor)
user.add_command(support.why)
user.add_command(support.release)
