"""`acrux client likes`: products and libraries that are known, and what to set on their side."""

from typing import Any

import click

from idp.cli import context
from idp.cli.output import json_option, print_json, print_record, print_table
from idp.operating.actor import OPERATOR
from idp.operating.applications.products import (
    DOCUMENT,
    Product,
    Values,
    find,
    known,
    markdown,
    values_of,
)


@click.command()
@click.argument("name", required=False)
@click.option("--client", "client_id", metavar="ID", help="Print the settings for this client.")
@click.option("--markdown", "as_markdown", is_flag=True, help=f"As the table of {DOCUMENT}.")
@json_option
def likes(name: str | None, client_id: str | None, as_markdown: bool, as_json: bool) -> None:
    """List the products and libraries that --like knows, or show one of them.

    Says what each sends and reads, what is registered for it, and what to set on its own side.
    """
    if as_markdown:
        click.echo(markdown(), nl=False)
        return
    if name is None:
        _print_all(as_json)
        return
    product = find(name)
    record = _record(product)
    if client_id is not None:
        record["settings"] = product.filled(_values(client_id))
    if as_json:
        print_json(record)
        return
    settings = record.pop("settings")
    print_record(record)
    click.echo(f"\n{settings}")


def _print_all(as_json: bool) -> None:
    records = [_record(product) for product in known().values()]
    if as_json:
        print_json(records)
        return
    rows = [(r["name"], r["title"], r["sends"], r["reads"]) for r in records]
    print_table(("NAME", "PRODUCT", "SENDS", "READS"), rows, "There is none.")


def _record(product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "title": product.title,
        "sends": product.sends,
        "reads": product.reads,
        "redirect": list(product.redirect),
        "members": dict(product.members),
        "more": product.link,
        "settings": product.settings.strip("\n"),
    }


def _values(client_id: str) -> Values:
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.clients.one(work, OPERATOR, client_id)
    return values_of(at_hand.installation.settings.server.issuer, found.client, None)
