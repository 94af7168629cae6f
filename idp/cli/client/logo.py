"""`acrux client logo`: the picture that an application's sign-in page shows."""

from pathlib import Path

import click

from idp.cli import context
from idp.errors import CommandError
from idp.oidc.clients.pictures import LARGEST
from idp.operating.actor import OPERATOR


@click.command()
@click.argument("client_id", metavar="ID")
@click.argument("file", required=False)
@click.option("--none", "remove", is_flag=True, help="Show none.")
def logo(client_id: str, file: str | None, remove: bool) -> None:
    """Show a logo on the sign-in page.

    A PNG, JPEG or WebP FILE of at most 32 KiB, 16 to 1024 pixels wide and high; it is kept here and
    shown at 56 pixels. It comes before `logo_uri`.
    """
    if remove == bool(file):
        raise click.UsageError("give a FILE, or --none")
    at_hand = context.open_installation()
    with at_hand.work() as work:
        content = _read(file) if file else None
        at_hand.cases.logos.change(work, OPERATOR, client_id, content)
    click.echo(f"Changed {client_id}. Servers take it up within seconds.")


def _read(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from None
