"""What the terminal says once the demo runs: where to go, as whom, and where codes arrive."""

import sys

import click

from idp.authenticators import totp
from idp.demo import seed
from idp.demo.cast import CAST
from idp.installation import Installation
from idp.store import db

HEADINGS = ("name", "password", "what they show")


def show(installation: Installation, address: str) -> None:
    """Print it. `address` is the relying party's."""
    # A terminal that lacks block characters or macrons still gets the rest.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    with db.work(installation.engine) as work:
        secret = seed.shared_secret(installation, work)
    if secret is not None:
        click.echo(_app(secret, installation.settings.brand.name))
    click.echo(_people())
    click.echo(_addresses(installation, address))


def _app(secret: str, brand: str) -> str:
    """The secret of tane and admin, as a picture and as letters."""
    uri = totp.provisioning_uri(secret, "tane and admin", brand)
    groups = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return (
        f"\n{totp.qr_terminal(uri).rstrip()}\n"
        "For tane and admin: scan this with an authenticator app, or type its key\n"
        f"  {groups}\n"
        "or read their codes on the inbox page."
    )


def _people() -> str:
    """The table of names and passwords."""
    rows = [HEADINGS, *((p.username, p.password, p.shows) for p in CAST)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ("  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) for row in rows)
    return "\n" + "\n".join(f"  {line.rstrip()}" for line in lines)


def _addresses(installation: Installation, address: str) -> str:
    issuer = installation.settings.server.issuer
    return f"""
  Begin here          {address}
  Codes arrive here   {address}/inbox
  The provider        {issuer}
  Account             {issuer}/account/
  Console             {issuer}/admin/   (as admin)
  Data                {installation.settings.instance_path}   (delete it to begin afresh)

Everything runs on this machine alone. Ctrl-C ends it."""
