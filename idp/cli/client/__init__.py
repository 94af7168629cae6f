"""`acrux client`: applications (relying parties), and their secrets."""

import click

from idp.cli import context
from idp.cli.client.adding import add, note_addresses, print_credentials
from idp.cli.client.import_clients import import_
from idp.cli.client.initial_token import initial_token
from idp.cli.client.likes import likes
from idp.cli.client.logo import logo
from idp.cli.client.members import changes as read_changes
from idp.cli.client.members import members
from idp.cli.client.preview import preview
from idp.cli.client.scim_token import scim_token
from idp.cli.client.streams import stream
from idp.cli.doctor.reached import warn
from idp.cli.output import json_option, print_json, print_record, print_table
from idp.egress import Fetcher
from idp.operating.actor import OPERATOR
from idp.operating.applications.clients import LONGEST_OVERLAP


@click.group()
def client() -> None:
    """Applications (relying parties)."""


client.add_command(add)
client.add_command(import_)
client.add_command(likes)
client.add_command(logo)
client.add_command(members)
client.add_command(preview)
client.add_command(initial_token)
client.add_command(scim_token)
client.add_command(stream)


@client.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the applications."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = list(at_hand.cases.clients.everything(work, OPERATOR))
    if as_json:
        print_json([one.described() for one in found])
        return
    print_table(
        ("CLIENT_ID", "NAME", "AUTH METHOD", "MIN_ACR", "ACR_MODE", "FIRST REDIRECT URI"),
        [
            (
                *(c.client_id, c.name, c.token_endpoint_auth_method, c.min_acr),
                *(c.acr_values_mode, c.redirect_uris[0] if c.redirect_uris else None),
            )
            for c in (one.client for one in found)
        ],
        "There is no application yet: `acrux client add` registers one.",
    )


@client.command()
@click.argument("client_id", metavar="ID")
@json_option
def show(client_id: str, as_json: bool) -> None:
    """Show what is registered."""
    at_hand = context.open_installation()
    clients = at_hand.cases.clients
    with at_hand.work() as work:
        found = clients.one(work, OPERATOR, client_id).described()
        found["refused_uris"] = clients.refused_uris(work, OPERATOR, client_id)
    if as_json:
        print_json(found)
    else:
        print_record(found)


@client.command("set")
@click.argument("client_id", metavar="ID")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE ...")
@json_option
def set_(client_id: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Change registered members.

    Such as min_acr=urn:acrux:acr:mfa; `acrux client members` lists them. Lists are separated by
    commas, or the key is repeated. KEY= removes a member. `name` is one too.
    """
    at_hand = context.open_installation()
    asked = read_changes(changes)
    with at_hand.work() as work:
        stored = at_hand.cases.clients.change(work, OPERATOR, client_id, asked)
    warn(Fetcher(at_hand.installation.settings.egress), stored.client)
    if "redirect_uris" in asked:
        note_addresses(stored.client)
    if stored.secret:
        print_credentials(stored.client, stored.secret, as_json)
    elif as_json:
        print_json(stored.described())
    else:
        click.echo(f"Changed {client_id}. Servers take it up within seconds.")


@client.command("rotate-secret")
@click.argument("client_id", metavar="ID")
@click.option(
    "--overlap",
    type=click.IntRange(0, LONGEST_OVERLAP),
    default=0,
    metavar="SECONDS",
    help="The old one works for so long.  [default: not at all]",
)
@json_option
def rotate_secret(client_id: str, overlap: int, as_json: bool) -> None:
    """Replace the secret.

    Prints the new one, once; the old one is refused within seconds, or after the --overlap.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.clients.rotate_secret(work, OPERATOR, client_id, overlap=overlap)
    print_credentials(found.client, found.secret, as_json)


@client.command()
@click.argument("client_id", metavar="ID")
def delete(client_id: str) -> None:
    """Remove an application.

    Its tokens end, and the consents given to it are forgotten.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        gone = at_hand.cases.clients.delete(work, OPERATOR, client_id)
    click.echo(f"Deleted {client_id} ({gone.client.name}).")
