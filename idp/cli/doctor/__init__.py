"""`acrux doctor`: what an installation rests on, and how to mend what is wrong with it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import click
from flask import Flask

from idp import crypto
from idp.cli import context, schema
from idp.cli.doctor.directory import directory_findings
from idp.cli.doctor.evidence import ledger_findings
from idp.cli.doctor.finding import BAD, GOOD, Finding
from idp.cli.doctor.machine import (
    backup_findings,
    clock_findings,
    database_file_findings,
    folder_findings,
    key_findings,
    leftover_findings,
    process_findings,
    row_findings,
    seal_findings,
    stage_findings,
)
from idp.cli.doctor.message_length import message_findings
from idp.cli.doctor.observed import (
    canary_findings,
    log_findings,
    metrics_findings,
    outbox_findings,
    signal_findings,
    stream_findings,
    traces_findings,
)
from idp.cli.doctor.outside import issuer_findings, mail_findings, mailed_finding, sms_findings
from idp.cli.doctor.reached import reach_findings
from idp.cli.doctor.scim import scim_findings
from idp.cli.output import json_option, print_json
from idp.errors import AcruxError, ConfigurationError
from idp.settings.values import Settings
from idp.store import db, tags
from idp.store.db import connections
from idp.store.db.schema import DATABASE_ERRORS, journal_mode, one_line, pooled, product


@click.command()
@click.option("--mail", "mail_to", metavar="ADDRESS", help="Also send a test mail there.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, mail_to: str | None, as_json: bool) -> None:
    """Check the installation, and say how to mend it.

    Looks at settings, keys, database, clock, issuer, TLS, mail, SMS, stages, log, metrics and
    traces. Lines begin with OK, with !! where something must be mended, or with -- where nothing
    could be checked. The exit status is 1 when there is any !!.
    """
    found = list(examine(mail_to))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        width = max(len(f.name) for f in found)
        for finding in found:
            click.echo(f"{finding.mark}  {finding.name.ljust(width)}  {finding.line}")
    if any(finding.mark == BAD for finding in found):
        ctx.exit(1)


def examine(mail_to: str | None = None) -> Iterator[Finding]:
    """Yield what is found, in the order in which one would mend it; mail `mail_to`, if given."""
    try:
        loaded = context.read_settings()
    except ConfigurationError as error:
        yield Finding(BAD, "settings", f"{error}.")
        return
    yield Finding(GOOD, "settings", f"complete, for {loaded.environment}")
    yield from folder_findings(loaded)
    yield from _database(loaded)
    yield from issuer_findings(loaded)
    yield from mail_findings(loaded)
    if mail_to is not None:
        yield mailed_finding(loaded, mail_to)
    yield from directory_findings(loaded)
    yield from sms_findings(loaded)
    yield from message_findings(loaded)
    yield from log_findings(loaded)
    yield from metrics_findings(loaded)
    yield from traces_findings(loaded)


def _database(loaded: Settings) -> Iterator[Finding]:
    """The database, and then what is in it."""
    try:
        keyring: crypto.Keyring | None = crypto.load_keyring(loaded.keyring_path)
    except ConfigurationError:
        keyring = None
    if loaded.database_file is not None and not loaded.database_file.exists():
        yield Finding(BAD, "database", "there is none yet", "run `acrux init`")
        return
    engine = connections.init_app(Flask("doctor"), loaded.database_url, 1)
    context.close_at_end(engine)
    if keyring is None:
        tags.believe(engine)
    else:
        # It looks, and leaves nothing behind: the alarm is for whoever meets the row at work.
        tags.use(engine, keyring, lambda *_: None)
    try:
        through = ", through a pooler: no statement is prepared" if pooled(engine) else ""
        yield Finding(GOOD, "database", f"{product(engine)} answers{through}")
        mode = journal_mode(engine)
        if mode not in (None, "wal"):
            mend = "keep the database on a local disk"
            yield Finding(BAD, "journal", f"is {mode}, not wal", mend)
        trouble = schema.problem(engine)
        if trouble:
            text, _, mend = trouble.partition(": ")
            yield Finding(BAD, "schema", text, mend)
            return
        yield Finding(GOOD, "schema", f"{schema.newest()} is the newest")
        yield from database_file_findings(loaded)
        yield from _contents(loaded, engine, keyring)
    except DATABASE_ERRORS as error:
        mend = "Check database.url, and that the server runs."
        yield Finding(BAD, "database", one_line(error), mend)


def _contents(loaded: Settings, engine: Any, keyring: crypto.Keyring | None) -> Iterator[Finding]:
    checks: list[Callable[[db.Work], Iterator[Finding]]] = [
        lambda work: seal_findings(work, engine, keyring),
        lambda work: row_findings(work, keyring),
        lambda work: process_findings(work, keyring),
        lambda work: key_findings(work, keyring),
        lambda work: clock_findings(work, engine),
        lambda work: stage_findings(work, loaded),
        backup_findings,
        lambda work: leftover_findings(work, loaded),
        lambda work: reach_findings(work, loaded),
        lambda work: scim_findings(work, loaded),
        outbox_findings,
        lambda work: stream_findings(work, loaded),
        signal_findings,
        lambda work: canary_findings(work, loaded),
        lambda work: ledger_findings(work, loaded),
    ]
    for check in checks:
        with db.work(engine) as work:
            try:
                yield from check(work)
            except AcruxError as error:
                yield Finding(BAD, "contents", str(error))
