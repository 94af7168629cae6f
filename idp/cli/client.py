"""`acrux client`: applications (relying parties), and their secrets."""

import json
import re
from typing import Any

import click

from idp import audit, crypto
from idp.audit import Event
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_record, print_table, when
from idp.errors import CommandError
from idp.oidc.client_metadata import AUTH_METHODS, MEMBERS, Offer, check
from idp.oidc.clients import Client, parse
from idp.oidc.provider import offer
from idp.store import clients
from idp.store.clients import ClientRow
from idp.store.db import Work

_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_MAX_NAME = 200
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@click.group()
def client() -> None:
    """Applications (relying parties)."""


@client.command()
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True)
@click.option("--post-logout-uri", "post_logout_uris", multiple=True, help="Where sign-out ends.")
@click.option("--public", is_flag=True, help="An app that cannot keep a secret.")
@click.option("--pkce", type=click.Choice(("required", "optional")))
@click.option("--min-acr", help="The level demanded of everybody here: a floor.")
@click.option("--acr-mode", type=click.Choice(("voluntary", "required")), help="Of acr_values.")
@click.option("--auth-method", type=click.Choice(AUTH_METHODS), help="At the token endpoint.")
@click.option("--first-party", is_flag=True, help="Ours: nobody is asked for consent.")
@click.option("--id", "client_id", help="The client_id; drawn if not given.")
@json_option
def add(
    name: str,
    redirect_uris: tuple[str, ...],
    post_logout_uris: tuple[str, ...],
    public: bool,
    pkce: str | None,
    min_acr: str | None,
    acr_mode: str | None,
    auth_method: str | None,
    first_party: bool,
    client_id: str | None,
    as_json: bool,
) -> None:
    """Register an application.

    Prints its client_id and, once, its secret. --redirect-uri and --post-logout-uri may be
    repeated.
    """
    if public and auth_method not in (None, "none"):
        raise click.UsageError("--public and --auth-method contradict each other")
    asked: dict[str, Any] = {
        "redirect_uris": list(redirect_uris),
        "post_logout_redirect_uris": list(post_logout_uris) or None,
        "token_endpoint_auth_method": "none" if public else auth_method,
        "pkce": pkce,
        "min_acr": min_acr,
        "acr_values_mode": acr_mode,
        "first_party": first_party or None,
    }
    data = {key: value for key, value in asked.items() if value is not None}
    at_hand = context.open_installation()
    with at_hand.work() as work:
        check(data, _offer(at_hand, work))
    name, client_id = _name(name), client_id or crypto.random_token(12)
    if not _ID.fullmatch(client_id):
        raise CommandError(f"{client_id!r} is no client_id: letters, digits and . _ ~ - only")
    secret = None if "none" in (auth_method, data.get("token_endpoint_auth_method")) else _secret()
    with at_hand.work() as work:
        digest = crypto.digest(secret) if secret else None
        if not clients.add(work, client_id, name, digest, json.dumps(data)):
            raise CommandError(f"there is a client {client_id} already")
        audit.record(work, Event.CLIENT_ADDED, client=client_id, name=name, metadata=data)
    _print_credentials(client_id, secret, as_json, name)


@client.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the applications."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        rows = clients.everything(work)
    if as_json:
        print_json([_record(row) for row in rows])
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
        record = _record(_find(work, client_id))
    if as_json:
        print_json(record)
    else:
        print_record(record)


@client.command("set")
@click.argument("client_id", metavar="ID")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE ...")
@json_option
def set_(client_id: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Change registered members.

    Such as min_acr=urn:acrux:acr:mfa. Lists are separated by commas, or the key is repeated. KEY=
    removes a member. `name` is one too.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        row = _find(work, client_id)
        data = json.loads(row.data)
        asked = _changes(changes)
        name = _name(asked.pop("name")) if "name" in asked else row.name
        data = {k: v for k, v in (data | asked).items() if v is not None}
        check(data, _offer(at_hand, work))
        clients.change(work, row.id, name, json.dumps(data))
        secret = _match_secret(work, row, data)
        audit.record(work, Event.CLIENT_CHANGED, client=row.id, changed=list(changes))
        record = _record(_find(work, client_id))
    if secret:
        _print_credentials(client_id, secret, as_json, name)
    elif as_json:
        print_json(record)
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
    secret = _secret()
    with at_hand.work() as work:
        row = _find(work, client_id)
        if parse(row).public:
            raise CommandError(f"{client_id} is a public client: it has no secret")
        clients.set_secret(work, client_id, crypto.digest(secret))
        audit.record(work, Event.CLIENT_SECRET_ROTATED, client=client_id)
    _print_credentials(client_id, secret, as_json, row.name)


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
    algs = tuple(dict.fromkeys(key.alg for key in clients.keys(work)))
    return offer(at_hand.this, algs)


def _name(text: str) -> str:
    name = " ".join((text or "").split())
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise CommandError(f"a client's name has 1 to {_MAX_NAME} printable characters")
    return name


def _secret() -> str:
    """Return a new secret of 256 bits: only its digest is kept."""
    return crypto.random_token(32)


def _changes(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return the members that KEY=VALUE texts give; None removes one."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise CommandError(f"{pair!r} is not KEY=VALUE")
        if key != "name" and key not in MEMBERS:
            raise CommandError(f"{key!r} is no member of a client: name, {', '.join(MEMBERS)}")
        value = _value(key, text)
        if isinstance(value, list) and isinstance(found.get(key), list):
            value = found[key] + value
        found[key] = value
    return found


def _value(key: str, text: str) -> Any:
    kind = MEMBERS[key].kind if key in MEMBERS else str
    if not text:
        return None
    if kind is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        if kind is bool:
            return _TRUTH[text.lower()]
        return int(text) if kind is int else text
    except (KeyError, ValueError):
        wanted = "true or false" if kind is bool else "a whole number"
        raise CommandError(f"{key} must be {wanted}") from None


def _match_secret(work: Work, row: ClientRow, data: dict[str, Any]) -> str | None:
    """A client that became confidential gets a secret; one that became public loses it."""
    public = Client(
        "", "", **{k: data[k] for k in data if k == "token_endpoint_auth_method"}
    ).public
    if public and row.secret_digest is not None:
        clients.set_secret(work, row.id, None)
    if public or row.secret_digest is not None:
        return None
    secret = _secret()
    clients.set_secret(work, row.id, crypto.digest(secret))
    return secret


def _record(row: ClientRow) -> dict[str, Any]:
    """Return what is registered and what holds by default, without the secret."""
    found = parse(row)
    members = {key: getattr(found, key) for key in MEMBERS}
    return {
        "client_id": row.id,
        "name": row.name,
        **{k: list(v) if isinstance(v, tuple) else v for k, v in members.items()},
        "created_at": when(row.created_at),
    }


def _print_credentials(client_id: str, secret: str | None, as_json: bool, name: str) -> None:
    if as_json:
        shown = {"client_id": client_id, "client_secret": secret, "name": name}
        print_json({key: value for key, value in shown.items() if value is not None})
        return
    click.echo(f"client_id      {client_id}")
    if secret is None:
        click.echo("This is a public client: it has no secret and must use PKCE.")
    else:
        click.echo(f"client_secret  {secret}")
        click.echo("The secret is shown this once; only its digest is kept.", err=True)
