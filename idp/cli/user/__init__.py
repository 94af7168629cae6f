"""`acrux user`: adding, finding, switching off and on. What they enrolled: `factors.py`."""

import click

from idp.cli import context, mailing
from idp.cli.output import json_option, print_json, print_record, print_table, when
from idp.cli.user import contact, factors, import_people, invite, kinds, leaving, profile
from idp.cli.user import why as support
from idp.cli.user.shared import password_from_stdin
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.operating.people.naming import described, state
from idp.operating.people.written import Newcomer
from idp.people.newcomers import USER_TYPE
from idp.store import people

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
    register, helping = at_hand.cases.register, at_hand.cases.helping
    new = Newcomer(name, email, full_name, phone, user_type, verified, roles, groups)
    register.checked(new)
    password = password_from_stdin() if password_stdin else None
    with at_hand.work() as work:
        person = register.add(work, OPERATOR, new)
        if password is not None:
            helping.first_password(work, OPERATOR, person.id, password)
        mail = helping.invite(work, OPERATOR, person.id)[1] if invites else None
    why = mailing.trouble(at_hand, mail)
    if as_json:
        print_json({"sub": person.id, "username": person.username, "email": person.email})
    else:
        click.echo(f"Added {person.username}, sub {person.id}.")
    if why:
        raise CommandError(f"{person.username} was added, but the invitation was not mailed: {why}")


@user.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List everyone, by user name."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = list(at_hand.cases.directory.everyone(work, OPERATOR))
    if as_json:
        print_json([described(person) for person in found])
        return
    print_table(
        ("NAME", "E-MAIL", "TYPE", "SIGNS IN WITH", "ROLES", "STATE"),
        [
            (p.username, p.email, p.user_type, sorted(p.methods), sorted(p.roles), state(p))
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
        person = at_hand.cases.directory.named(work, OPERATOR, name)
        enrolled = at_hand.cases.directory.enrolled(work, OPERATOR, person.id)
    factors_shown = [
        {"method": c.method, "since": when(c.created_at), "last_used": when(c.last_used_at)}
        for c in enrolled
    ]
    if as_json:
        print_json(described(person) | {"factors": factors_shown})
        return
    print_record(described(person) | {"methods": sorted(person.methods)})
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
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person, changed = at_hand.cases.register.switch_off(work, OPERATOR, found.id)
    click.echo(f"{person.username} is switched off." if changed else f"{person.username} was off.")


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Switch an account on again."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person, changed = at_hand.cases.register.switch_on(work, OPERATOR, found.id)
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
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person, count = at_hand.cases.helping.sign_out(work, OPERATOR, found.id)
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
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person = at_hand.cases.helping.set_password(work, OPERATOR, found.id, password)
    click.echo(f"{person.username} has a new password, to be changed at the next sign-in.")


user.add_command(profile.set_)
user.add_command(kinds.rename_type)
user.add_command(kinds.rename_group)
user.add_command(contact.set_email)
user.add_command(contact.set_phone)
user.add_command(leaving.delete)
user.add_command(import_people.import_)
user.add_command(factors.enrol_totp)
user.add_command(invite.invite)
user.add_command(invite.confirm_email)
user.add_command(invite.demand_password)
user.add_command(factors.reset_factor)
user.add_command(support.why)
user.add_command(support.release)
