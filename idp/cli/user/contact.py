"""`acrux user set-email` and `set-phone`: another address or number, by an operator."""

import click

from idp.authenticators import identifiers
from idp.cli import context
from idp.cli.context import Context
from idp.cli.user.shared import find_locked
from idp.errors import CommandError
from idp.people.contacts import How
from idp.store import people
from idp.store.db import Work

BY = How("by an operator")
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
    known = identifiers.email(address)
    if known is None:
        raise CommandError(f"{address!r} is no e-mail address")
    with at_hand.work() as work:
        person = find_locked(work, name)
        if known == person.email and (person.email_verified or not verified):
            click.echo(f"{person.username} has this address already.")
            return
        if not at_hand.installation.contacts.set_address(
            work, person, known, BY, verified=verified
        ):
            raise CommandError(f"{known} belongs to somebody already")
    state = "confirmed" if verified else "not confirmed yet"
    click.echo(f"{person.username} has the address {known}, {state}.")


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
    known = None if number is None else _read(at_hand, number)
    with at_hand.work() as work:
        person = find_locked(work, name)
        if known == person.phone and (person.phone_verified or not verified or known is None):
            click.echo(f"{person.username} has this number already.")
            return
        done = at_hand.installation.contacts.set_number(work, person, known, BY, verified=verified)
        if done is None:
            raise CommandError("somebody else changed the number: look, and set it again")
        inert = _inert(at_hand, work, person.id)
    state = "no number now" if known is None else f"the number {known}"
    if known is not None:
        state += ", confirmed" if verified else ", not confirmed yet"
    click.echo(f"{person.username} has {state}.")
    for method in inert:
        click.echo(
            f"What was set up as {method} waits until the new number is proved: see"
            f" `acrux user why {person.username}`."
        )


def _read(at_hand: Context, number: str) -> str:
    sms = at_hand.installation.settings.sms
    known = identifiers.phone(number, sms.default_country, sms.countries, sms.number_types)
    if known is None:
        raise CommandError(f"{number!r} is no mobile number that text messages may be sent to")
    return known


def _inert(at_hand: Context, work: Work, person_id: str) -> list[str]:
    now = people.by_id(work, person_id)
    known = at_hand.installation.signin.authenticators.values()
    return [way.method for way in known if now and way.on_number and way.method in now.methods]
