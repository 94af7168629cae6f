"""`acrux api`: APIs with scopes and types of details of their own, in words for people."""

from pathlib import Path
from typing import Any

import click

from idp.cli import context
from idp.cli.output import json_option, print_json, print_record, print_table
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.operating.applications.apis import RegisteredApi, read


@click.group("api")
def api() -> None:
    """APIs: their scopes, and what people are asked to agree to in detail (docs/connect.md)."""


@api.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the APIs."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.apis.everything(work, OPERATOR)
    if as_json:
        print_json([one.described() for one in found])
        return
    rows = [
        (one.api.id, one.api.audience, one.api.name, list(one.api.scopes), list(one.api.types))
        for one in found
    ]
    empty = "There is no API yet: `acrux api add` registers one."
    print_table(("ID", "AUDIENCE", "NAME", "SCOPES", "TYPES OF DETAILS"), rows, empty)


@api.command()
@click.argument("api_id", metavar="ID")
@json_option
def show(api_id: str, as_json: bool) -> None:
    """Show what an API has."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.apis.one(work, OPERATOR, api_id)
    _print(found, as_json)


@api.command()
@click.argument("api_id", metavar="ID")
@click.argument("audience")
@click.argument("text", metavar="JSON")
@json_option
def add(api_id: str, audience: str, text: str, as_json: bool) -> None:
    """Register an API.

    AUDIENCE is what its tokens' aud calls it, such as https://pay.example.org/api. JSON, or @FILE
    with it, has name, published, scopes and types: docs/connect.md shows one.
    """
    given = read(_text(text))
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.apis.add(work, OPERATOR, api_id, audience, given)
    if as_json:
        print_json(found.described())
        return
    click.echo(f"Registered {api_id}. Applications are given what it has by `acrux client set`:")
    click.echo("  resource_scopes and authorization_details_types.")


@api.command("set")
@click.argument("api_id", metavar="ID")
@click.argument("text", metavar="JSON")
@json_option
def set_(api_id: str, text: str, as_json: bool) -> None:
    """Change an API: each member of JSON, or of @FILE, stands in the place of the one before."""
    given = read(_text(text))
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.apis.change(work, OPERATOR, api_id, given)
    if as_json:
        print_json(found.described())
    else:
        click.echo(f"Changed {api_id}. Servers take it up within seconds.")


@api.command()
@click.argument("api_id", metavar="ID")
def delete(api_id: str) -> None:
    """Remove an API that no application has anything of."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        gone = at_hand.cases.apis.delete(work, OPERATOR, api_id)
    click.echo(f"Deleted {api_id} ({gone.api.name}).")


def _text(given: str) -> str:
    """Return JSON as it was typed, or what is in its file."""
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CommandError(f"{given[1:]} cannot be read: {reason}") from None


def _print(found: RegisteredApi, as_json: bool) -> None:
    said: dict[str, Any] = found.described()
    if as_json:
        print_json(said)
    else:
        print_record(said)
