"""`acrux client`: applications (relying parties), and their secrets."""

import json

import click

from idp import audit
from idp.audit import Event
from idp.cli import context
from idp.cli.client.adding import (
    add,
    check_sector,
    note_addresses,
    offered,
    print_credentials,
)
from idp.cli.client.initial_token import initial_token
from idp.cli.client.likes import likes
from idp.cli.client.members import changes as read_changes
from idp.cli.client.members import checked_name, members, record
from idp.cli.doctor.reached import warn
from idp.cli.output import json_option, print_json, print_record, print_table
from idp.egress import Fetcher
from idp.errors import CommandError
from idp.oidc.clients import changes as client_changes
from idp.oidc.clients.client import from_metadata, parse
from idp.oidc.clients.metadata import check
from idp.oidc.clients.secrets import SECRET_METHODS, new_secret
from idp.store import events
from idp.store.db import Work
from idp.store.events import Filter
from idp.store.oidc import clients
from idp.store.oidc.clients import ClientRow

LATELY, SHOWN = 200, 10
"""Refused requests that are looked at for other redirect URIs, and how many of those are shown."""


@click.group()
def client() -> None:
    """Applications (relying parties)."""


client.add_command(add)
client.add_command(likes)
client.add_command(members)
client.add_command(initial_token)


@client.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the applications."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        rows = clients.everything(work)
    if as_json:
        print_json([record(row) for row in rows])
        return
    found = [parse(row) for row in rows]
    print_table(
        ("CLIENT_ID", "NAME", "AUTH METHOD", "MIN_ACR", "ACR_MODE", "FIRST REDIRECT URI"),
        [
            (
                *(c.client_id, c.name, c.token_endpoint_auth_method, c.min_acr),
                *(c.acr_values_mode, c.redirect_uris[0] if c.redirect_uris else None),
            )
            for c in found
        ],
        "There is no application yet: `acrux client add` registers one.",
    )


@client.command()
@click.argument("client_id", metavar="ID")
@json_option
def show(client_id: str, as_json: bool) -> None:
    """Show what is registered."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = record(_find(work, client_id)) | {"refused_uris": _refused(work, client_id)}
    if as_json:
        print_json(found)
    else:
        print_record(found)


def _refused(work: Work, client_id: str) -> list[str]:
    """Return the redirect URIs that were asked for lately and are not registered, newest first."""
    wanted = Filter(client=client_id, kind=Event.REQUEST_REFUSED.value)
    rows = events.listing(work, wanted, LATELY)
    uris = (json.loads(row.data).get("redirect_uri") for row in rows if row.data)
    return list(dict.fromkeys(uri for uri in uris if uri))[:SHOWN]


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
    with at_hand.work() as work:
        row = _find(work, client_id)
        asked = read_changes(changes)
        name = checked_name(asked.pop("name")) if "name" in asked else row.name
        data = {k: v for k, v in (json.loads(row.data) | asked).items() if v is not None}
        check(data, offered(at_hand, work))
    if {"sector_identifier_uri", "redirect_uris"} & asked.keys():
        check_sector(at_hand, from_metadata(data, client_id=client_id, name=name))
    with at_hand.work() as work:
        stored = client_changes.change(work, at_hand.installation.keyring, row, name, data)
        if stored is None:
            raise CommandError(f"{client_id} has just been changed by somebody else: try again")
        audit.record(work, Event.CLIENT_CHANGED, client=row.id, changed=list(changes))
        found = record(_find(work, client_id))
    warn(Fetcher(at_hand.installation.settings.egress), stored.client)
    if "redirect_uris" in asked:
        note_addresses(stored.client)
    if stored.secret:
        print_credentials(stored.client, stored.secret, as_json)
    elif as_json:
        print_json(found)
    else:
        click.echo(f"Changed {client_id}. Servers take it up within seconds.")


@client.command("rotate-secret")
@click.argument("client_id", metavar="ID")
@json_option
def rotate_secret(client_id: str, as_json: bool) -> None:
    """Replace the secret.

    Prints the new one, once; the old one is refused within seconds.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = parse(_find(work, client_id))
        method = found.token_endpoint_auth_method
        if method not in SECRET_METHODS:
            raise CommandError(f"{client_id} authenticates by {method}: it has no secret")
        drawn = new_secret(at_hand.installation.keyring, client_id, method)
        clients.set_secret(work, client_id, drawn.digest, drawn.sealed)
        audit.record(work, Event.CLIENT_SECRET_ROTATED, client=client_id)
    print_credentials(found, drawn.text, as_json)


@client.command()
@click.argument("client_id", metavar="ID")
def delete(client_id: str) -> None:
    """Remove an application.

    Its tokens end, and the consents given to it are forgotten.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        row = _find(work, client_id)
        clients.delete(work, client_id)
        audit.record(work, Event.CLIENT_DELETED, client=client_id, name=row.name)
    click.echo(f"Deleted {client_id} ({row.name}).")


def _find(work: Work, client_id: str) -> ClientRow:
    found = clients.find(work, client_id)
    if found is None:
        raise CommandError(f"there is no client {client_id!r}")
    return found
