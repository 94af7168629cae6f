"""`acrux rows`: the rows that decide, and what becomes of one that was changed from outside."""

from itertools import islice
from typing import Any

import click

from idp import audit
from idp.audit import Event, Outcome
from idp.cli import context
from idp.cli.output import json_option, print_json, print_table
from idp.errors import CommandError
from idp.store.db import Work
from idp.store.tags import walking

MOST = 1000
"""Refused rows that are listed; there are more only where the keyring is another."""


@click.group()
def rows() -> None:
    """Rows that decide, and the tags that vouch for them.

    People's roles, credentials, proofs, authorizations, signing keys, applications, stages and
    exceptions are followed only as this installation wrote them. One that was changed from outside
    is refused, with the event installation:row:refused.
    """


@rows.command()
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Look through all of them, and list those that are refused.

    The exit status is 1 when there is any.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = list(islice(walking.refused(work), MOST))
    if as_json:
        print_json([_record(row) for row in found])
    else:
        print_table(
            ("TABLE", "ROW", "TAG"),
            [(row.table, row.name, "another's" if row.tagged else "none") for row in found],
            "Every row that decides is as this installation wrote it.",
        )
    if found:
        ctx.exit(1)


@rows.command()
@click.argument("table")
@click.argument("row")
def trust(table: str, row: str) -> None:
    """Follow a refused row as it stands now.

    For one that you have looked at, or set right yourself: TABLE and ROW as `acrux rows check`
    lists them.
    """
    _settle(table, row, Event.ROW_TRUSTED)


@rows.command()
@click.argument("table")
@click.argument("row")
def remove(table: str, row: str) -> None:
    """Take a refused row away, and with it what hangs on it.

    TABLE and ROW as `acrux rows check` lists them.
    """
    _settle(table, row, Event.ROW_REMOVED)


def _settle(table: str, name: str, event: Event) -> None:
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = _found(work, table, name)
        settle = walking.trust if event is Event.ROW_TRUSTED else walking.remove
        for row in found:
            settle(work, row)
            audit.record(work, event, Outcome.DONE, reason=f"{table} {name}", table=table)
    click.echo(f"{table} {name}: {'followed' if event is Event.ROW_TRUSTED else 'taken away'}.")


def _found(work: Work, table: str, name: str) -> list[walking.Refused]:
    found = [row for row in walking.refused(work) if (row.table, row.name) == (table, name)]
    if not found:
        said = f"no row {name!r} of the table {table!r} is refused"
        raise CommandError(f"{said}: see `acrux rows check`")
    return found


def _record(row: walking.Refused) -> dict[str, Any]:
    return {"table": row.table, "row": row.name, "tagged": row.tagged}
