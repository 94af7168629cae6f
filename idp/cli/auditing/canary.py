"""`acrux canary`: whether the rules hold, tried by somebody who is nobody."""

import os
from dataclasses import asdict
from typing import Any

import click

from idp.app import create_app
from idp.canary import running
from idp.cli import context
from idp.cli.logs import log_to_stderr
from idp.cli.output import json_option, print_json, print_record, when
from idp.errors import CommandError
from idp.installation import Installation
from idp.store import canaries


@click.group()
def canary() -> None:
    """Somebody who is nobody tries to get tokens below what the rules demand."""


@canary.command()
@click.option("--if-due", is_flag=True, help="Only if the last run is `canary.every` ago.")
@json_option
def run(if_due: bool, as_json: bool) -> None:
    """Try now. The exit status is 1 when a rule does not hold, or nothing could be tried."""
    log_to_stderr()
    at_hand = context.open_installation()
    if if_due:
        with at_hand.work() as work:
            if not canaries.claim(work, at_hand.installation.settings.canary.every):
                return
    # What a change of an application means shows at once.
    app = create_app({**os.environ, "ACRUX_OIDC__CACHE": "0"})
    this: Installation = app.extensions["acrux_installation"]
    context.close_at_end(this.engine, this.post)
    report = running.run(app, this)
    if as_json:
        print_json(_as_values(report))
    else:
        for one in report.passed:
            click.echo(f"{one}: nobody can be made up whom it holds to a level; not tried.")
        if report.state == running.HELD:
            click.echo(f"{report.tries} tries, and every rule held.")
    if report.state == running.ALARM:
        raise CommandError(f"a rule does not hold: {report.said}")
    if report.state == running.FAILED:
        raise CommandError(f"the canary could not try: {report.said}")


@canary.command()
@json_option
def status(as_json: bool) -> None:
    """Say how the last run went."""
    with context.open_installation().work() as work:
        row = canaries.last(work)
    if row is None or row.ran_at is None:
        if as_json:
            print_json(None)
        else:
            click.echo("It has not run yet.")
        return
    found = {
        "state": row.state,
        "tries": row.tries,
        "said": row.said or None,
        "ran": when(row.ran_at),
        "next": when(row.due_at),
    }
    if as_json:
        print_json(found)
    else:
        print_record(found)


def _as_values(report: running.Report) -> dict[str, Any]:
    return asdict(report) | {"said": report.said}
