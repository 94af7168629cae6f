"""`acrux user invite` and `demand-password`: the person chooses the password, no one else."""

import click

from idp.cli import context, mailing
from idp.errors import CommandError
from idp.operating.actor import OPERATOR


@click.command()
@click.argument("name")
@click.option("--client", help="The id of the application that the person is led to afterwards.")
def invite(name: str, client: str | None) -> None:
    """Mail a link to choose a first password with.

    It works once, for seven days. Earlier links of this kind end. Using it confirms the address.
    Without --client it leads to the only application there is, or to the account.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person, mail = at_hand.cases.helping.invite(work, OPERATOR, found.id, client)
    if why := mailing.trouble(at_hand, mail):
        raise CommandError(f"the invitation of {person.username} was not mailed: {why}")
    click.echo(f"{person.username} is invited: a link was mailed to {person.email}.")


@click.command("confirm-email")
@click.argument("name")
def confirm_email(name: str) -> None:
    """Mail a link with which the person confirms the e-mail address.

    It works once, for seven days, and signs no one in. Earlier links of this kind end.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person, mail = at_hand.cases.helping.confirm_address(work, OPERATOR, found.id)
    if why := mailing.trouble(at_hand, mail):
        raise CommandError(f"the link for {person.username} was not mailed: {why}")
    click.echo(f"A link was mailed to {person.email}.")


@click.command("demand-password")
@click.argument("name")
def demand_password(name: str) -> None:
    """Demand a new password at the next sign-in.

    For a password that someone else may know. All sessions and tokens of the person end.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person = at_hand.cases.helping.demand_password(work, OPERATOR, found.id)
    click.echo(f"{person.username} is signed out and needs a new password.")
