"""`acrux standards`: what is supported, by specification and section."""

import click

from idp.cli.output import json_option, print_json, print_table
from idp.oidc.discovery import features


@click.command()
@click.option("--markdown", is_flag=True, help="As the table of docs/standards.md.")
@json_option
def standards(markdown: bool, as_json: bool) -> None:
    """List what is supported, by specification and section."""
    rows = list(features.table())
    if as_json:
        names = ("specification", "section", "what")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif markdown:
        click.echo(features.markdown(), nl=False)
    else:
        print_table(("SPECIFICATION", "SECTION", "WHAT"), rows, "Nothing.")
