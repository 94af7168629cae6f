"""`acrux pack`: the evidence of a period in one signed file."""

from pathlib import Path

import click

from idp import audit, clock, moments
from idp.audit import Event, packing
from idp.backup import whole_files
from idp.cli import context
from idp.errors import CommandError


@click.command()
@click.option("--from", "since", required=True, help="The first day (2027-01-01), or a moment.")
@click.option("--until", required=True, help="The last day, which is in it, or a moment.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def pack(since: str, until: str, file: Path) -> None:
    """Write the evidence of a period into FILE, a zip, for an auditor without network.

    In it are the rows of the ledger, the rules in force, what each application got, what the
    anchors have, and the programs that check it: its README.txt says how. Waiting rows are sealed
    before.
    """
    this = context.open_installation()
    try:
        first, last = moments.read(since), moments.read(until, end_of_day=True)
    except moments.MomentError as error:
        raise CommandError(str(error)) from None
    at_hand = this.installation
    at_hand.sealer.seal()
    issuer = at_hand.settings.server.issuer
    kept = at_hand.anchors.copies.files
    pieces = packing.pack(at_hand.engine, at_hand.keyring, issuer, first, last, kept)
    with this.work() as work:
        filters = {"since": clock.iso(first), "until": clock.iso(last)}
        audit.record(work, Event.AUDIT_EXPORTED, reason="pack", format="pack", filters=filters)
    with whole_files.draft(file) as draft:
        with draft.open("wb") as out:
            for piece in pieces:
                out.write(piece)
        whole_files.sync(draft)
        draft.replace(file)
    click.echo(f"{file}: {file.stat().st_size} bytes. Its README.txt says how it is checked.")
