"""`acrux client scim-token`: what a directory that can ask for no token is given instead."""

import click

from idp import clock
from idp.cli import context
from idp.cli.output import json_option, print_json, print_table, when
from idp.operating.actor import OPERATOR
from idp.operating.directory.tokens import LONGEST_OVERLAP, MOST_DAYS


@click.group("scim-token")
def scim_token() -> None:
    """Tokens that a directory keeps, such as the secret token of Microsoft Entra."""


@scim_token.command()
@click.argument("client_id", metavar="ID")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=365,
    show_default=True,
    help="Until it expires.",
)
@click.option(
    "--overlap",
    type=click.IntRange(0, LONGEST_OVERLAP),
    default=0,
    metavar="DAYS",
    help="The one before works for so long.  [default: not at all]",
)
@json_option
def add(client_id: str, days: int, overlap: int, as_json: bool) -> None:
    """Make a token.

    Prints it, once.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        made = at_hand.cases.directory_tokens.make(
            work, OPERATOR, client_id, days=days, overlap=overlap
        )
    if not at_hand.installation.settings.scim.enabled:
        click.echo("scim.enabled is off: nothing is answered at /scim/v2/.", err=True)
    if as_json:
        print_json(made.described())
        return
    click.echo(made.token)
    click.echo(f"{made.label}, until {when(made.expires_at)}. It is shown this once.", err=True)


@scim_token.command("list")
@click.argument("client_id", metavar="ID")
@json_option
def list_(client_id: str, as_json: bool) -> None:
    """List the tokens that work."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory_tokens.of(work, OPERATOR, client_id)
    if as_json:
        print_json(
            [
                {
                    "label": row.label,
                    "created_at": clock.iso(row.created_at),
                    "expires_at": clock.iso(row.expires_at),
                }
                for row in found
            ]
        )
        return
    print_table(
        ("LABEL", "MADE", "EXPIRES"),
        [(row.label, when(row.created_at), when(row.expires_at)) for row in found],
        "There is no token: `acrux client scim-token add ID` makes one.",
    )


@scim_token.command()
@click.argument("client_id", metavar="ID")
@click.argument("label")
def end(client_id: str, label: str) -> None:
    """End a token at once."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        at_hand.cases.directory_tokens.end(work, OPERATOR, client_id, label)
    click.echo(f"Ended {label} of {client_id}.")
