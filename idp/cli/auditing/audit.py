"""`acrux audit`: what happened, on the terminal and into a file."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import click

from idp import audit as events_of
from idp.audit import Event, Outcome
from idp.audit import export as audit_export
from idp.audit.export import FILTERS
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option
from idp.store import events
from idp.store.events import EventRow, Filter

POLL_SECONDS = 1.0
OVERLAP = 200
"""Ids looked at again while following: transactions do not end in the order of their ids."""

_HELP = {
    "since": "From this day or moment on: 2027-02-01 (UTC), or RFC 3339 with a zone.",
    "until": "Up to this moment, or to the end of this day.",
    "client": "A client_id.",
    "person": "A user name, an e-mail address or a sub.",
    "acr": "The level that was given.",
    "amr": "One of the methods that were given, such as otp.",
    "outcome": ", ".join(Outcome) + ".",
    "request": "The X-Request-ID of an answer, or the reference of an error page.",
    "kind": "The name of the event, such as person:sign-in:finished.",
}


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for name in reversed(FILTERS):
        command = click.option(f"--{name}", help=_HELP[name])(command)
    return command


@click.group()
def audit() -> None:
    """What happened, and what every token said."""


@audit.command()
@click.option("-n", "count", type=click.IntRange(0, 100_000), default=20, show_default=True)
@click.option("-f", "--follow", is_flag=True, help="Go on as things happen, until Ctrl-C.")
@_filters
@json_option
def tail(count: int, follow: bool, as_json: bool, **texts: str | None) -> None:
    """Print the newest events, oldest of them first.

    With --json one object a line, under the same keys as an export.
    """
    at_hand = context.open_installation()
    wanted = audit_export.read_filter(texts)
    with at_hand.work() as work:
        newest = events.listing(work, Filter(), 1)
        last = newest[0].id if newest else 0
        found = events.listing(work, replace(wanted, before_id=last + 1), count)[::-1]
    _print(found, as_json)
    if follow:
        _follow(at_hand, wanted, last, as_json)


def _follow(at_hand: Context, wanted: Filter, last: int, as_json: bool) -> None:
    """Print what happens from now on."""
    start = last
    seen: set[int] = set()
    while True:
        with at_hand.work() as work:
            page = replace(wanted, after_id=max(start, last - OVERLAP))
            found = events.listing(work, page, audit_export.PAGE, oldest_first=True)
        new = [row for row in found if row.id not in seen]
        _print(new, as_json)
        if new:
            seen |= {row.id for row in new}
            last = max(last, new[-1].id)
            seen = {each for each in seen if each > last - OVERLAP}
        else:
            time.sleep(POLL_SECONDS)


@audit.command()
@click.option(
    "--format",
    "ending",
    type=click.Choice(list(audit_export.FORMATS)),
    default="jsonl",
    show_default=True,
)
@_filters
def export(ending: str, **texts: str | None) -> None:
    """Write all matching events to standard output, oldest first.

    The export is an event itself. In CSV, a cell that a spreadsheet would take for a formula begins
    with an apostrophe.
    """
    at_hand = context.open_installation()
    wanted = audit_export.read_filter(texts)
    found = audit_export.rows(at_hand.installation.engine, wanted)
    with at_hand.work() as work:
        events_of.record(
            work,
            Event.AUDIT_EXPORTED,
            reason=ending,
            format=ending,
            filters=audit_export.described(wanted),
        )
    for line in audit_export.FORMATS[ending](found):
        sys.stdout.buffer.write(line.encode())
    sys.stdout.flush()


def _print(rows: Iterable[EventRow], as_json: bool) -> None:
    for row in rows:
        if as_json:
            click.echo(json.dumps(audit_export.record(row), ensure_ascii=False))
        else:
            click.echo(_line(audit_export.record(row)))


def _line(event: dict[str, Any]) -> str:
    """Return an event in one line, without what is not known of it."""
    who = event["username"] or event["person"]
    parts = [event["at"], event["event"], event["outcome"]]
    parts += [
        f"{key}={value}" for key, value in (("person", who), ("client", event["client"])) if value
    ]
    if event["requested"]:
        parts.append(f"asked=({event['requested']})")
    if event["acr"]:
        parts.append(f"acr={event['acr']} amr={','.join(event['amr']) or '-'}")
    if event["source"]:
        parts.append(f"from={event['source']}")
    if event["reason"]:
        parts.append(f"({event['reason']})")
    if event["times"] > 1:
        parts.append(f"{event['times']} times")
    return "".join(c if c.isprintable() else "\ufffd" for c in "  ".join(parts))
