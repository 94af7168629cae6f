"""`acrux restore`: a backup becomes the database, and nothing that has ended lives again."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import Flask

from idp import crypto
from idp.backup import checking, places, restoring, trail
from idp.backup.archive import Opened
from idp.backup.checking import look_into
from idp.backup.manifest import Manifest
from idp.backup.places import Ready
from idp.backup.restoring import Outcome
from idp.backup.trail import Trail
from idp.cli import context, schema
from idp.cli.database import old_rows
from idp.cli.database.tidy_end import tidy_end
from idp.cli.output import json_option, print_json, when
from idp.errors import CommandError
from idp.keyring import keyring_check
from idp.settings.values import Settings
from idp.store.db import connections


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--audit",
    "export",
    metavar="EXPORT",
    type=click.Path(path_type=Path),
    help="What `acrux audit export` wrote: what was ended since the backup is ended again.",
)
@click.option("--replace", "replaces", is_flag=True, help="Keep the present database beside.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and change nothing.")
@json_option
def restore(path: Path, export: Path | None, replaces: bool, dry_run: bool, as_json: bool) -> None:
    """Let a backup be the database again.

    Into an empty database, with the service stopped and the keyring in its place. With SQLite,
    --replace keeps the present one beside it. All sessions, tokens, links, invitations, codes and
    known browsers end. What else was ended after the backup is ended again as far as an exported
    trail tells; the rest is listed, with the command for each.
    """
    loaded = context.read_settings()
    keyring = crypto.load_keyring(loaded.keyring_path)
    if path.is_dir():
        raise CommandError(f"{path} is a folder: name a backup in it{_newest_in(path)}")
    with tidy_end(), checking.trusted(path, keyring, schema.newest()) as backup:
        told = trail.read(export, backup.manifest) if export is not None else None
        _check_place(loaded, backup.manifest, replaces)
        if dry_run:
            _look_through(loaded, backup)
            _report(backup.manifest, restoring.foreseen(backup.manifest, told), None, as_json)
            return
        outcome, kept = _restore(loaded, backup, told)
    _report(backup.manifest, outcome, kept, as_json, done=True)


def _newest_in(folder: Path) -> str:
    found = sorted(folder.glob("*.acrux-backup"))
    return f", such as {found[-1]}" if found else ""


def _check_place(loaded: Settings, about: Manifest, replaces: bool) -> None:
    engine = connections.init_app(Flask("restore"), loaded.database_url, 1)
    try:
        places.refuse(loaded, engine, about.database, replaces)
    finally:
        connections.close(engine)


def _look_through(loaded: Settings, backup: Opened) -> None:
    """Read the backup to its end, as a restore does."""
    with checking.unpacked(backup) as database:
        look_into(backup.manifest, database, loaded.database.tools)


def _restore(loaded: Settings, backup: Opened, told: Trail | None) -> tuple[Outcome, Path | None]:
    engine = connections.init_app(Flask("restore"), loaded.database_url, 1)
    try:
        with places.ready(loaded, engine, backup) as ready:
            return _settle(ready, backup.manifest, told), ready.kept
    finally:
        connections.close(engine)


def _settle(ready: Ready, about: Manifest, told: Trail | None) -> Outcome:
    """Bring the database up to this version, and end in it what must not live again."""
    at_hand = context.build(ready.settings)
    installation = at_hand.installation
    try:
        if about.revision < old_rows.SINCE:
            # Its manifest vouches for them.
            old_rows.begin(installation, trusted=True)
        schema.upgrade(installation.engine, restoring=True)
        keyring_check.check(installation.engine, installation.keyring)
        old_rows.finish(installation)
        with at_hand.work() as work:
            return restoring.settle(work, installation, about, told, ready.epoch)
    finally:
        installation.post.settle(context.SETTLE)
        connections.close(installation.engine)


def _report(
    about: Manifest, outcome: Outcome, kept: Path | None, as_json: bool, *, done: bool = False
) -> None:
    if as_json:
        found: dict[str, Any] = {"backup": about.id, "made_at": when(about.made_at)}
        print_json(
            {**found, "restored": done, "kept": str(kept) if kept else None} | asdict(outcome)
        )
        return
    verb = "is restored" if done else "would be restored; nothing was changed"
    click.echo(f"The backup {about.id} of {when(about.made_at)} {verb}: epoch {outcome.epoch}.")
    if kept is not None:
        click.echo(f"The database before it is {kept}.")
    if outcome.ended:
        counts = ", ".join(f"{count} of {table}" for table, count in outcome.ended.items())
        click.echo(f"Ended: {counts}.")
    if outcome.events is not None:
        click.echo(f"Events after the backup: {outcome.events}.")
    _list("Done again:" if done else "Would be done again:", outcome.done)
    title = "For you to look at, what happened since the backup is not known:"
    _list(title if outcome.events is None else "For you to do:", outcome.left)
    if done and about.database == "postgresql":
        click.echo('Give the role that serves its grants again: docs/operate.md "PostgreSQL".')


def _list(title: str, sentences: tuple[str, ...]) -> None:
    if sentences:
        click.echo(title)
    for sentence in sentences:
        click.echo(f"  - {''.join(c if c.isprintable() else '?' for c in sentence)}")
