"""`acrux user invite` and `demand-password`: the person chooses the password, no one else."""

import click

from idp.authenticators.base import Rejected
from idp.cli import context, mailing
from idp.cli.context import Context
from idp.cli.user.shared import find_locked
from idp.errors import CommandError
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.people import PersonRow


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
        person = find_locked(work, name)
        if client is not None and clients.find(work, client) is None:
            raise CommandError(f"there is no client {client}")
        mail = send(at_hand, work, person, client)
    if why := mailing.trouble(at_hand, mail):
        raise CommandError(f"the invitation of {person.username} was not mailed: {why}")
    click.echo(f"{person.username} is invited: a link was mailed to {person.email}.")


@click.command("demand-password")
@click.argument("name")
def demand_password(name: str) -> None:
    """Demand a new password at the next sign-in.

    For a password that someone else may know. All sessions and tokens of the person end.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        person = find_locked(work, name)
        if not at_hand.installation.passwords.demand(work, person, "demanded by an operator"):
            raise CommandError(f"{person.username} has no password")
    click.echo(f"{person.username} is signed out and needs a new password.")


def send(at_hand: Context, work: Work, person: PersonRow, client: str | None = None) -> str:
    """Queue an invitation and return its outbox id.

    Raises:
        CommandError: why there can be none.
    """
    sent = at_hand.installation.password_links.invite(work, person, client)
    if isinstance(sent, Rejected):
        raise CommandError(f"{person.username} cannot be invited: {sent.message}")
    return sent
