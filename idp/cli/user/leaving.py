"""`acrux user delete`: someone leaves for good."""

from dataclasses import asdict

import click

from idp.cli import context
from idp.cli.output import json_option, print_json
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.people.leaving import Ahead, Departure
from idp.store.people import PersonRow


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask to type the user name.")
@json_option
def delete(name: str, yes: bool, as_json: bool) -> None:
    """Delete a person for good.

    Sessions, tokens, ways to sign in, consents, links and waiting messages are gone at once, and
    the applications are told. The audit trail stays. The user name and the address may be given
    again, the sub never. To keep somebody out for a while, use `disable`.
    """
    at_hand = context.open_installation()
    register = at_hand.cases.register
    with at_hand.work() as work:
        person = at_hand.cases.directory.named(work, OPERATOR, name)
        ahead = register.ahead_of_leaving(work, OPERATOR, person.id)
    _warn(person, ahead)
    if not yes:
        _confirmed(person, ahead)
    with at_hand.work() as work:
        done = register.delete(work, OPERATOR, person.id)
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(_sentence(done))


def _warn(person: PersonRow, ahead: Ahead) -> None:
    for role in ahead.alone:
        click.echo(f"warning: nobody else but {person.username} has the role {role}", err=True)


def _confirmed(person: PersonRow, ahead: Ahead) -> None:
    """Have the user name typed.

    Raises:
        CommandError: it was another, or there is no one to type it.
    """
    held = ", ".join(ahead.applications) or "none"
    click.echo(
        f"{person.username} ({person.name}, {person.email}), sub {person.id}\n"
        f"sessions: {ahead.sessions}; applications with access: {held}",
        err=True,
    )
    question = f"Type {person.username} to delete this account for good"
    try:
        typed = click.prompt(question, default="", show_default=False, err=True)
    except click.Abort:
        raise CommandError("nothing was deleted: type the user name, or give --yes") from None
    if typed.strip() != person.username:
        raise CommandError(f"nothing was deleted: {typed.strip()!r} is not {person.username}")


def _sentence(done: Departure) -> str:
    def count(number: int, what: str) -> str:
        return f"{number} {what}" if number == 1 else f"{number} {what}s"

    return (
        f"{done.username} is deleted: {count(done.sessions, 'session')} ended,"
        f" {count(done.applications, 'application')} told,"
        f" {count(done.messages, 'message')} not sent any more."
    )
