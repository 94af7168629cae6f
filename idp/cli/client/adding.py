"""`acrux client add`: registers an application and prints its secret once."""

import re
from typing import Any

import click

from idp import audit
from idp.audit import Event
from idp.cli import context
from idp.cli.client.likes import values_of
from idp.cli.client.members import changes as read_changes
from idp.cli.client.members import checked_name
from idp.cli.client.products import Product, find, reached_at
from idp.cli.context import Context
from idp.cli.doctor.reached import warn
from idp.cli.output import json_option, print_json
from idp.egress import Fetcher
from idp.errors import CommandError
from idp.oidc.clients import changes as client_changes
from idp.oidc.clients.client import Client, from_metadata
from idp.oidc.clients.metadata import ONE_PORT, Offer, check, portless_localhost
from idp.oidc.clients.secrets import SIGNING_METHOD
from idp.oidc.provider import offer
from idp.oidc.registration import sectors
from idp.oidc.vocabulary import AUTH_METHODS
from idp.store.db import Work
from idp.store.oidc import signing_keys

_ALG = "id_token_signed_response_alg"
_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")


@click.command()
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
        check(data, offered(at_hand, work))
    check_sector(at_hand, from_metadata(data, client_id=client_id, name=name))
    with at_hand.work() as work:
        stored = client_changes.add(work, at_hand.installation.keyring, client_id, name, data)
        if stored is None:
            raise CommandError(f"{client_id} is taken already, by a client or as a person's sub")
        audit.record(work, Event.CLIENT_ADDED, client=client_id, name=name, metadata=data)
    note_addresses(stored.client)
    warn(Fetcher(at_hand.installation.settings.egress), stored.client)
    settings = None
    if product is not None:
        issuer = at_hand.installation.settings.server.issuer
        settings = product.filled(values_of(issuer, stored.client, stored.secret))
        click.echo(f"What to set in {product.title} follows. More: {product.link}", err=True)
    print_credentials(stored.client, stored.secret, as_json, settings)


def _likened(product: Product | None, at: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a product, and before them those that are given."""
    if product is None:
        return given
    return product.registration(reached_at(at), given.get("redirect_uris", [])) | given


def _signed(alg: str) -> dict[str, Any]:
    """Return the members that let ID tokens be signed by `alg`: none for what holds anyway."""
    return {} if alg == Client.id_token_signed_response_alg else {_ALG: alg}


def note_addresses(client: Client) -> None:
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


def offered(at_hand: Context, work: Work) -> Offer:
    """Return what this installation can do for a client."""
    algs = tuple(dict.fromkeys(key.alg for key in signing_keys.everything(work)))
    return offer(at_hand.installation, algs)


def check_sector(at_hand: Context, found: Client) -> None:
    """Look at the sector identifier (OIDC Registration section 5), with no transaction open.

    Raises:
        CommandError: what is found there does not name the client's addresses.
    """
    problem = sectors.problem(Fetcher(at_hand.installation.settings.egress), found)
    if problem is not None:
        raise CommandError(problem)


def print_credentials(
    found: Client, secret: str | None, as_json: bool, settings: str | None = None
) -> None:
    """Print the client_id and, this once, the secret."""
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
