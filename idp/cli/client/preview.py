"""`acrux client preview`: what tokens would say of one person, before anything is saved."""

import click

from idp.cli import context
from idp.cli.client.members import changes as read_changes
from idp.cli.output import json_option, print_json
from idp.operating.actor import OPERATOR
from idp.operating.applications.previews import written


@click.command()
@click.argument("client_id", metavar="ID")
@click.argument("person")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE ...]")
@click.option("--scope", help="Asked for; all that it may ask for if not given.")
@json_option
def preview(
    client_id: str, person: str, changes: tuple[str, ...], scope: str | None, as_json: bool
) -> None:
    """Show what tokens would say of somebody.

    PERSON is a user name, an e-mail address or a sub. With KEY=VALUE as if that were registered, as
    `acrux client set` takes it; nothing is saved, and no token is made.
    """
    at_hand = context.open_installation()
    asked = read_changes(changes)
    with at_hand.work() as work:
        found = at_hand.cases.previews.tokens(work, OPERATOR, client_id, person, asked, scope)
    if as_json:
        print_json(found.described())
        return
    asks = ", ".join(found.consents) or "nothing: it is first_party"
    click.echo(f"{found.person.username} is asked to allow: {asks}")
    for name, text in written(found).items():
        click.echo(f"\n{name}\n{text}")
