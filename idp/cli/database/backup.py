"""`acrux backup`: the whole database in one file, with a manifest; and whether one is whole."""

from dataclasses import asdict
from pathlib import Path

import click

from idp import audit, crypto
from idp.audit import Event
from idp.backup import checking, making
from idp.backup.checking import Checked
from idp.backup.manifest import Manifest
from idp.cli import context, schema
from idp.cli.context import Context
from idp.cli.database.tidy_end import tidy_end
from idp.cli.output import json_option, print_json, when
from idp.errors import CommandError, ConfigurationError
from idp.keyring import keyring_check
from idp.store.copies import postgresql
from idp.store.db.schema import revision
from idp.store.service import backups

KEYRING = (
    "The keyring is not in it, and without the keyring it opens nothing: keep a copy of {path}"
    " elsewhere, apart from the backups."
)


@click.command()
@click.argument("path", metavar="DIR|FILE", type=click.Path(path_type=Path))
@click.option("--check", "checks", is_flag=True, help="Read the backup FILE, and restore nothing.")
@json_option
def backup(path: Path, checks: bool, as_json: bool) -> None:
    """Back up the database.

    Into FILE, or into a new file in the folder DIR. The service may run meanwhile. The keyring is
    not in it: keep that apart. Nothing is ever overwritten, and nothing is left of a backup that
    could not be finished.
    """
    if checks:
        _check(path, as_json)
        return
    at_hand = context.build(context.read_settings())
    installation = at_hand.installation
    found = revision(installation.engine)
    if postgresql.is_marked(installation.engine) or found is None or found > schema.newest():
        raise CommandError(str(schema.problem(installation.engine)))
    keyring_check.check(installation.engine, installation.keyring)
    with tidy_end():
        made, about = making.make(
            installation.settings, installation.engine, installation.keyring, path
        )
    if found == schema.newest():
        _note(at_hand, about)
    if as_json:
        print_json({"file": str(made), **asdict(about)})
        return
    click.echo(f"{made}: {about.size} bytes of {about.server}, as of {when(about.made_at)}.")
    click.echo(KEYRING.format(path=installation.settings.keyring_path))


def _note(at_hand: Context, about: Manifest) -> None:
    """Let the database know of it. An older schema has no place for that."""
    with at_hand.work() as work:
        backups.note_made(work, about.id, about.made_at, about.epoch)
        audit.record(
            work,
            Event.BACKUP_MADE,
            reason=about.id,
            backup=about.id,
            made_at=about.made_at,
            sha256=about.sha256,
            size=about.size,
        )


def _check(path: Path, as_json: bool) -> None:
    """Say whether a backup is whole, and could be restored here."""
    loaded = context.read_settings()
    try:
        keyring: crypto.Keyring | None = crypto.load_keyring(loaded.keyring_path)
    except ConfigurationError:
        keyring = None
    found = checking.check(path, keyring, schema.newest(), loaded.database.tools)
    if as_json:
        print_json({**asdict(found.manifest), "whole": True, "problems": list(found.problems)})
    else:
        _print(path, found)
        if keyring is None:
            click.echo("There is no keyring here, so whose it is was not looked at.")
    if found.problems:
        raise CommandError(f"{path} is whole, but cannot be restored here: {found.problems[0]}")


def _print(path: Path, found: Checked) -> None:
    about = found.manifest
    click.echo(
        f"{path} is whole: {about.server} as of {when(about.made_at)}, of {about.issuer},"
        f" version {about.version}, schema {about.revision}, epoch {about.epoch}."
    )
    shown = ("person", "credential", "client", "signing_key", "event")
    counts = ", ".join(f"{about.tables.get(name, 0)} of {name}" for name in shown)
    click.echo(f"Rows: {counts}; {sum(about.tables.values())} in {len(about.tables)} tables.")
    click.echo(f"It needs the encryption keys {', '.join(about.keys)}.")
