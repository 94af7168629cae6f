"""`acrux client`: applications (relying parties), and their secrets."""

import json
import re
from typing import Any

import click

from idp import audit
from idp.audit import Event
from idp.cli import context
from idp.cli.client.initial_token import initial_token
from idp.cli.client.likes import likes, values_of
from idp.cli.client.members import changes as read_changes
from idp.cli.client.members import checked_name, members, record
from idp.cli.client.products import Product, find, reached_at
from idp.cli.context import Context
from idp.cli.doctor.reached import warn
from idp.cli.output import json_option, print_json, print_record, print_table
from idp.egress import Fetcher
from idp.errors import CommandError
from idp.oidc.clients import changes as client_changes
from idp.oidc.clients.client import Client, from_metadata, parse
from idp.oidc.clients.metadata import ONE_PORT, Offer, check, portless_localhost
from idp.oidc.clients.secrets import SECRET_METHODS, SIGNING_METHOD, new_secret
from idp.oidc.provider import offer
from idp.oidc.registration import sectors
from idp.oidc.vocabulary import AUTH_METHODS
from idp.store import events
from idp.store.db import Work
from idp.store.events import Filter
from idp.store.oidc import clients, signing_keys
from idp.store.oidc.clients import ClientRow

LATELY, SHOWN = 200, 10
"""Refused requests that are looked at for other redirect URIs, and how many of those are shown."""

_ALG = "id_token_signed_response_alg"
_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")


@click.group()
def client() -> None:
    """Applications (relying parties)."""


client.add_command(likes)
client.add_command(members)
client.add_command(initial_token)


@client.command()
@click.argument("name")
@click.option("--like", metavar="PRODUCT", help="As this one needs it: `acrux client likes`.")
@click.option("--at", metavar="URL", help="Where it is reached: gives --like its addresses.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where answers go.")
@click.option(
    "--post-logout-uri", "post_logout_redirect_uris", multiple=True, help="Where sign-out ends."
)
@click.option("--public", is_flag=True, help="An app that cannot keep a secret.")
@click.option("--pkce", type=click.Choice(("required", "optional")))
@click.option("--min-acr", help="The level demanded of everybody here: a floor.")
@click.option(
    "--acr-mode",
    "acr_values_mode",
    type=click.Choice(("voluntary", "required")),
    help="Of acr_values.",
)
@click.option("--auth-method", type=click.Choice(AUTH_METHODS), help="At the token endpoint.")
@click.option("--first-party", is_flag=True, help="Ours: nobody is asked for consent.")
@click.option("--set", "others", multiple=True, metavar="KEY=VALUE", help="Any other member.")
@click.option("--id", "client_id", help="The client_id; drawn if not given.")
@json_option
def add(
    name: str,
    like: str | None,
    at: str | None,
    public: bool,
    auth_method: str | None,
    others: tuple[str, ...],
    client_id: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Register an application.

    Prints its client_id and, once, its secret. --redirect-uri, --post-logout-uri and --set may be
    repeated; `acrux client members` lists what can be set. With --like it prints, too, what to set
    on the product's side; options and --set come before what it would register.
    """
    if public and auth_method not in (None, "none"):
        raise click.UsageError("--public and --auth-method contradict each other")
    options["token_endpoint_auth_method"] = "none" if public else auth_method
    product = find(like) if like else None
    if at and product is None:
        raise click.UsageError("--at goes with --like")
    data = _likened(product, at, _merged(options, read_changes(others)))
    name, client_id = checked_name(name), client_id or client_changes.new_id()
    if not _ID.fullmatch(client_id):
        raise CommandError(f"{client_id!r} is no client_id: letters, digits and . _ ~ - only")
    at_hand = context.open_installation()
    if product is None:
        # The libraries of a product are known, and not all of them read anything but RS256.
        data = _signed(at_hand.installation.settings.oidc.new_clients_alg) | data
    with at_hand.work() as work:
        check(data, _offer(at_hand, work))
    _check_sector(at_hand, from_metadata(data, client_id=client_id, name=name))
    with at_hand.work() as work:
        stored = client_changes.add(work, at_hand.installation.keyring, client_id, name, data)
        if stored is None:
            raise CommandError(f"{client_id} is taken already, by a client or as a person's sub")
        audit.record(work, Event.CLIENT_ADDED, client=client_id, name=name, metadata=data)
    _note_addresses(stored.client)
    warn(Fetcher(at_hand.installation.settings.egress), stored.client)
    settings = None
    if product is not None:
        issuer = at_hand.installation.settings.server.issuer
        settings = product.filled(values_of(issuer, stored.client, stored.secret))
        click.echo(f"What to set in {product.title} follows. More: {product.link}", err=True)
    _print_credentials(stored.client, stored.secret, as_json, settings)


def _likened(product: Product | None, at: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a product, and before them those that are given."""
    if product is None:
        return given
    return product.registration(reached_at(at), given.get("redirect_uris", [])) | given


def _signed(alg: str) -> dict[str, Any]:
    """Return the members that let ID tokens be signed by `alg`: none for what holds anyway."""
    return {} if alg == Client.id_token_signed_response_alg else {_ALG: alg}


def _note_addresses(client: Client) -> None:
    """Say what is registered and may never match what the application sends."""
    for uri in filter(portless_localhost, client.redirect_uris):
        click.echo(f"Note: {uri} {ONE_PORT}.", err=True)


def _merged(named: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return the members that options and --set give, each by one of them."""
    named = {k: list(v) if isinstance(v, tuple) else v for k, v in named.items() if v}
    for key in others:
        if key in named or key == "name":
            raise click.UsageError(f"{key} is given by an option and by --set")
    return named | {key: value for key, value in others.items() if value is not None}


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
        check(data, _offer(at_hand, work))
    if {"sector_identifier_uri", "redirect_uris"} & asked.keys():
        _check_sector(at_hand, from_metadata(data, client_id=client_id, name=name))
    with at_hand.work() as work:
        stored = client_changes.change(work, at_hand.installation.keyring, row, name, data)
        if stored is None:
            raise CommandError(f"{client_id} has just been changed by somebody else: try again")
        audit.record(work, Event.CLIENT_CHANGED, client=row.id, changed=list(changes))
        found = record(_find(work, client_id))
    warn(Fetcher(at_hand.installation.settings.egress), stored.client)
    if "redirect_uris" in asked:
        _note_addresses(stored.client)
    if stored.secret:
        _print_credentials(stored.client, stored.secret, as_json)
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
    _print_credentials(found, drawn.text, as_json)


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


def _offer(at_hand: Context, work: Work) -> Offer:
    algs = tuple(dict.fromkeys(key.alg for key in signing_keys.everything(work)))
    return offer(at_hand.installation, algs)


def _check_sector(at_hand: Context, found: Client) -> None:
    """OIDC Registration section 5: looked up when it is registered, no transaction open."""
    problem = sectors.problem(Fetcher(at_hand.installation.settings.egress), found)
    if problem is not None:
        raise CommandError(problem)


def _print_credentials(
    found: Client, secret: str | None, as_json: bool, settings: str | None = None
) -> None:
    if as_json:
        shown = {
            "client_id": found.client_id,
            "client_secret": secret,
            "name": found.name,
            "settings": settings,
        }
        print_json({key: value for key, value in shown.items() if value is not None})
        return
    method = found.token_endpoint_auth_method
    click.echo(f"client_id      {found.client_id}")
    if secret is not None:
        click.echo(f"client_secret  {secret}")
        kept = "it is kept sealed" if method == SIGNING_METHOD else "only its digest is kept"
        click.echo(f"The secret is shown this once; {kept}.", err=True)
    elif found.public:
        click.echo("This is a public client: it has no secret and must use PKCE.")
    else:
        click.echo(f"It authenticates by {method}: it has no secret.")
    if settings is not None:
        click.echo(f"\n{settings}")
