"""`acrux client add`: registers an application and prints its secret once."""

from typing import Any

import click

from idp.cli import context
from idp.cli.client.members import changes as read_changes
from idp.cli.doctor.reached import warn
from idp.cli.output import json_option, print_json
from idp.egress import Fetcher
from idp.oidc.clients.client import Client
from idp.oidc.clients.redirect_addresses import ONE_PORT, portless_localhost
from idp.oidc.clients.secrets import SIGNING_METHOD
from idp.oidc.vocabulary import ALL_AUTH_METHODS
from idp.operating.actor import OPERATOR
from idp.operating.applications.products import Product, find, reached_at, values_of


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
@click.option("--auth-method", type=click.Choice(ALL_AUTH_METHODS), help="At the token endpoint.")
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
    at_hand = context.open_installation()
    with at_hand.work() as work:
        stored = at_hand.cases.clients.add(
            work, OPERATOR, name, data, client_id=client_id, chosen=product is not None
        )
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
