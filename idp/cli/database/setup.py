"""First install and upgrade: the instance folder, the keyring, the schema, the signing keys."""

import os
from pathlib import Path

import click
from flask import Flask

from idp import clock, crypto
from idp.audit import Event, record
from idp.cli import context, schema
from idp.cli.context import Context
from idp.cli.database import old_rows
from idp.errors import CommandError
from idp.keyring import keyring_check
from idp.oidc.tokens.signing_keys import FIRST_ALGS, generate
from idp.settings.values import Settings
from idp.store.db import connections
from idp.store.oidc import signing_keys


@click.command()
def init() -> None:
    """Prepare a first install.

    Makes the instance folder, encryption keys, the schema and signing keys. What is there already
    is left as it is, so it may be run again.
    """
    for line in prepare(context.read_settings()):
        click.echo(line)


@click.command()
@click.option(
    "--trust-rows",
    is_flag=True,
    help="Give a tag to every row that has none, whoever wrote it: what stands there counts.",
)
def upgrade(trust_rows: bool) -> None:
    """Bring the database to the newest schema.

    Rows of before there were tags get theirs, once. Stopped half-way, it may be run again.
    """
    for line in _bring_up(context.build(context.read_settings()), trust_rows=trust_rows):
        click.echo(line)


def prepare(loaded: Settings) -> list[str]:
    """Do what `acrux init` does; return what was done, a line each."""
    said = [_folder(loaded.instance_path), _keyring(loaded)]
    at_hand = context.build(loaded)
    said += _bring_up(at_hand)
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


def _keyring(loaded: Settings) -> str:
    """Make the keyring of a first install; never one over values that another has sealed."""
    path = loaded.keyring_path
    if not path.exists() and _sealed_already(loaded):
        raise CommandError(
            f"{path} is not there, and the database holds what was sealed with it: bring the"
            " keyring back, see docs/operate.md"
        )
    try:
        made = crypto.create_keyring(path)
    except OSError as error:
        raise CommandError(f"the encryption keys {path} cannot be made: {error.strerror}") from None
    if made:
        return f"Encryption keys: {path} made. Keep a copy apart from the database's."
    return f"Encryption keys: {path} is there."


def _sealed_already(loaded: Settings) -> bool:
    if loaded.database_file is not None and not loaded.database_file.exists():
        return False
    engine = connections.init_app(Flask("init"), loaded.database_url, 1)
    try:
        return keyring_check.holds_any(engine)
    finally:
        connections.close(engine)


def _bring_up(at_hand: Context, *, trust_rows: bool = False) -> list[str]:
    installation = at_hand.installation
    _guard_files(installation.settings)
    keyring_check.check(installation.engine, installation.keyring)
    old_rows.begin(installation, trusted=trust_rows)
    before, after = schema.upgrade(installation.engine)
    keyring_check.check(installation.engine, installation.keyring)
    tags = old_rows.finish(installation)
    if before == after:
        said = f"Schema: {after} is the newest."
    else:
        said = f"Schema: {before or 'nothing'} brought to {after}."
    return [said, tags] if tags else [said]


def _guard_files(loaded: Settings) -> None:
    """Keep SQLite's files from other accounts of this machine, from their first byte on."""
    file = loaded.database_file
    if file is None:
        return
    try:
        # SQLite gives the files beside it (-wal, -shm) the mode that this one has.
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        for each in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            if each.exists():
                os.chmod(each, 0o600)
    except OSError as error:
        raise CommandError(f"the database {file} cannot be kept: {error.strerror}") from None


def _signing_keys(at_hand: Context) -> list[str]:
    said = []
    for alg in FIRST_ALGS:
        with at_hand.work() as work:
            now = clock.now()
            active = [
                k for k in signing_keys.everything(work) if k.alg == alg and k.retired_at is None
            ]
            if any(key.active_at <= now for key in active):
                said.append(f"Signing key: one for {alg} is there.")
                continue
            kid = generate(work, at_hand.installation.keyring, alg, active_at=now)
            record(work, Event.KEY_ADDED, reason=f"{alg} {kid}", alg=alg, kid=kid, active_at=now)
            said.append(f"Signing key: {kid} made for {alg}.")
    return said
