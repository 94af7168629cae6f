"""`acrux client initial-token`: who may register a client where that is not open to everyone."""

import click

from idp import audit, clock, crypto
from idp.audit import Event
from idp.cli import context
from idp.cli.output import json_option, print_json, when
from idp.store.oidc import client_tokens

DAY = 86_400


@click.command("initial-token")
@click.option("--uses", type=click.IntRange(1, 10_000), default=1, help="Registrations; 1.")
@click.option("--days", type=click.IntRange(1, 365), default=7, help="Until it expires; 7.")
@json_option
def initial_token(uses: int, days: int, as_json: bool) -> None:
    """Make an initial access token for /register.

    Prints it, once. It is needed when `registration.mode` is token.
    """
    at_hand = context.open_installation()
    token, expires_at = crypto.random_token(), clock.now() + days * DAY
    with at_hand.work() as work:
        client_tokens.add_initial(
            work, digest=crypto.digest(token), uses=uses, expires_at=expires_at
        )
        audit.record(work, Event.INITIAL_TOKEN_ADDED, uses=uses, expires_at=expires_at)
    mode = at_hand.installation.settings.registration.mode
    if mode != "token":
        click.echo(f"registration.mode is {mode}: nobody is asked for this token.", err=True)
    if as_json:
        print_json({"initial_access_token": token, "uses": uses, "expires_at": when(expires_at)})
        return
    click.echo(token)
    many = "one registration" if uses == 1 else f"{uses} registrations"
    click.echo(f"For {many} until {when(expires_at)}. It is shown this once.", err=True)
