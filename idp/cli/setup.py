"""First install and upgrade: the instance folder, the keyring, the schema, the signing keys."""

import os
from pathlib import Path

import click

from idp import clock, crypto
from idp.audit import Event, record
from idp.cli import context, schema
from idp.cli.context import Context
from idp.errors import CommandError
from idp.oidc.keys import FIRST_ALGS, generate
from idp.settings import Settings
from idp.store import clients


@click.command()
def init() -> None:
    """Prepare a first install.

    Makes the instance folder, encryption keys, the schema and signing keys. What is there already
    is left as it is, so it may be run again.
    """
    for line in prepare(context.read_settings()):
        click.echo(line)


@click.command()
def upgrade() -> None:
    """Bring the database to the newest schema."""
    click.echo(_bring_up(context.build(context.read_settings())))


def prepare(loaded: Settings) -> list[str]:
    """Do what `acrux init` does; return what was done, a line each."""
    said = [_folder(loaded.instance_path), _keyring(loaded.keyring_path)]
    at_hand = context.build(loaded)
    said.append(_bring_up(at_hand))
    said += _signing_keys(at_hand)
    return said


def _folder(path: Path) -> str:
    if path.is_dir():
        return f"Instance folder: {path} is there."
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"the instance folder {path} cannot be made: {error.strerror}") from None
    return f"Instance folder: {path} made, for its owner alone."


def _keyring(path: Path) -> str:
    try:
        made = crypto.create_keyring(path)
    except OSError as error:
        raise CommandError(f"the encryption keys {path} cannot be made: {error.strerror}") from None
    if made:
        return f"Encryption keys: {path} made. Keep a copy apart from the database's."
    return f"Encryption keys: {path} is there."


def _bring_up(at_hand: Context) -> str:
    before, after = schema.upgrade(at_hand.app, at_hand.this.engine)
    _guard_files(at_hand.this.settings)
    if before == after:
        return f"Schema: {after} is the newest."
    return f"Schema: {before or 'nothing'} brought to {after}."


def _guard_files(loaded: Settings) -> None:
    """Keep the database file of SQLite from other accounts of this machine."""
    database = loaded.instance_path / "acrux.db"
    if not loaded.database.url and database.exists():
        os.chmod(database, 0o600)


def _signing_keys(at_hand: Context) -> list[str]:
    said = []
    for alg in FIRST_ALGS:
        with at_hand.work() as work:
            now = clock.now()
            active = [k for k in clients.keys(work) if k.alg == alg and k.retired_at is None]
            if any(key.active_at <= now for key in active):
                said.append(f"Signing key: one for {alg} is there.")
                continue
            kid = generate(work, at_hand.this.keyring, alg, active_at=now)
            record(work, Event.KEY_ADDED, reason=f"{alg} {kid}", alg=alg, kid=kid, active_at=now)
            said.append(f"Signing key: {kid} made for {alg}.")
    return said
