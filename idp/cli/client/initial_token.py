"""`acrux client initial-token`: who may register a client where that is not open to everyone."""

import click

from idp.cli import context
from idp.cli.output import json_option, print_json, when
from idp.operating.actor import OPERATOR
from idp.operating.applications.initial_tokens import MOST_DAYS, MOST_USES


@click.command("initial-token")
@click.option("--uses", type=click.IntRange(1, MOST_USES), default=1, help="Registrations; 1.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=7, help="Until it expires; 7.")
@json_option
def initial_token(uses: int, days: int, as_json: bool) -> None:
    """Make an initial access token for /register.

    Prints it, once. It is needed when `registration.mode` is token.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        made = at_hand.cases.initial_tokens.make(work, OPERATOR, uses=uses, days=days)
    mode = at_hand.installation.settings.registration.mode
    if mode != "token":
        click.echo(f"registration.mode is {mode}: nobody is asked for this token.", err=True)
    if as_json:
        print_json(made.described())
        return
    click.echo(made.token)
    many = "one registration" if uses == 1 else f"{uses} registrations"
    click.echo(f"For {many} until {when(made.expires_at)}. It is shown this once.", err=True)
