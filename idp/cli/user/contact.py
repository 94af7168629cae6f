"""`acrux user set-email` and `set-phone`: another address or number, by an operator."""

import click

from idp.cli import context
from idp.operating.actor import OPERATOR

KNOWN = "It is known to be the person's, without a code."


@click.command("set-email")
@click.argument("name")
@click.argument("address")
@click.option("--verified", is_flag=True, help=KNOWN)
def set_email(name: str, address: str, verified: bool) -> None:
    """Change the e-mail address of a person.

    The old address and the new one are told. Links to a new password that were mailed before end.
    Without --verified the person confirms it on the account page, or with an invitation, before
    links are mailed to it.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person = at_hand.cases.register.set_address(
            work, OPERATOR, found.id, address, verified=verified
        )
    if person is None:
        click.echo(f"{found.username} has this address already.")
        return
    state = "confirmed" if verified else "not confirmed yet"
    click.echo(f"{person.username} has the address {person.email}, {state}.")


@click.command("set-phone")
@click.argument("name")
@click.argument("number", required=False)
@click.option("--none", "nothing", is_flag=True, help="Take the number away.")
@click.option("--verified", is_flag=True, help=KNOWN)
def set_phone(name: str, number: str | None, nothing: bool, verified: bool) -> None:
    """Change the mobile number of a person.

    NUMBER is +64… or as written in the country. The old number, the new one and the mail address
    are told. Text messages that were set up as a second step work no longer, and sessions and
    tokens that rest on them end, until the person proves the new number: on the account page, with
    another second step; or at the next sign-in after `acrux user reset-factor NAME sms`.
    """
    if nothing == (number is not None):
        raise click.UsageError("give a number, or --none")
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person = at_hand.cases.register.set_number(
            work, OPERATOR, found.id, number, verified=verified
        )
    if person is None:
        click.echo(f"{found.username} has this number already.")
        return
    state = "no number now" if person.phone is None else f"the number {person.phone}"
    if person.phone is not None:
        state += ", confirmed" if verified else ", not confirmed yet"
    click.echo(f"{person.username} has {state}.")
    for method in at_hand.cases.register.inert(person):
        click.echo(
            f"What was set up as {method} waits until the new number is proved: see"
            f" `acrux user why {person.username}`."
        )
