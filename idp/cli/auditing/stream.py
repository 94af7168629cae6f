"""`acrux stream`: events on their way to other systems."""

from dataclasses import asdict
from typing import Any

import click

from idp import audit, clock, moments
from idp.audit import Event
from idp.audit.streaming import receivers
from idp.audit.streaming.sending import senders
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_table, when
from idp.errors import CommandError
from idp.store.service import streams
from idp.store.service.streams import ReceiverRow


@click.group()
def stream() -> None:
    """Every event, as it happens, to a collector of logs or a webhook: `stream.to`."""


@stream.command()
@json_option
def status(as_json: bool) -> None:
    """Say how far each receiver is, and what went wrong last."""
    at_hand = context.open_installation()
    named = [one.name for one in receivers.all_of(at_hand.installation.settings.stream)]
    with at_hand.work() as work:
        rows = {row.name: row for row in streams.receivers(work)}
        found = [_as_values(work, name, rows.get(name)) for name in dict.fromkeys([*named, *rows])]
    for one in found:
        one["configured"] = one["name"] in named
    if as_json:
        print_json(found)
        return
    titles = ("receiver", "waiting", "oldest", "sent", "last", "problem")
    cells = [
        [one["name"], one["waiting"], one["oldest"], one["sent"], one["last"], _problem(one)]
        for one in found
    ]
    print_table(titles, cells, "No receiver is named in stream.to.")


@stream.command()
def send() -> None:
    """Send what waits now, as the worker does all the time."""
    this = context.open_installation().installation
    failed = []
    for sender in senders(this.settings, this.engine):
        report = sender.send()
        click.echo(f"{sender.receiver.name}: {report.sent} sent.")
        if report.error:
            failed.append(f"{sender.receiver.name}: {report.error}")
    if failed:
        raise CommandError("; ".join(failed))


@stream.command()
@click.option("--from", "since", required=True, help="A day or moment: 2027-02-01, or RFC 3339.")
@click.option("--to", "name", help="One receiver, as `status` names it; all where none is named.")
def replay(since: str, name: str | None) -> None:
    """Send everything once more that happened from a time on.

    The receiver tells doubles by the id of an event and its time.
    """
    at_hand = context.open_installation()
    try:
        moment = moments.read(since)
    except moments.MomentError as error:
        raise CommandError(str(error)) from None
    for known in _wanted(at_hand, name):
        with at_hand.work() as work:
            streams.begin(work, known)
            position = streams.replay(work, known, moment)
            audit.record(work, Event.STREAM_REPLAYED, reason=known, since=clock.iso(moment))
        click.echo(f"{known}: everything behind event {position} is sent again.")


@stream.command()
@click.argument("name")
def forget(name: str) -> None:
    """Forget how far a receiver was that is not in stream.to any more."""
    at_hand = context.open_installation()
    if name in [one.name for one in receivers.all_of(at_hand.installation.settings.stream)]:
        raise CommandError(f"{name} is in stream.to: take it out first")
    with at_hand.work() as work:
        if not streams.forget(work, name):
            raise CommandError(f"no receiver is called {name!r}: see `acrux stream status`")


def _wanted(at_hand: Context, name: str | None) -> list[str]:
    named = [one.name for one in receivers.all_of(at_hand.installation.settings.stream)]
    if name is None:
        if not named:
            raise CommandError("no receiver is named in stream.to")
        return named
    if name not in named:
        raise CommandError(f"no receiver is called {name!r}: use {' or '.join(named) or 'none'}")
    return [name]


def _as_values(work: Any, name: str, row: ReceiverRow | None) -> dict[str, Any]:
    if row is None:
        empty = {"position": None, "sent": 0, "failures": 0, "error": None, "last": None}
        return {"name": name, **empty, "waiting": 0, "oldest": None}
    lag = streams.lag(work, row.position)
    values = asdict(row)
    kept = {key: values[key] for key in ("name", "position", "sent", "failures", "error")}
    return kept | {"last": when(row.sent_at), "waiting": lag.count, "oldest": when(lag.oldest)}


def _problem(one: dict[str, Any]) -> str | None:
    if not one["configured"]:
        return "not in stream.to: acrux stream forget"
    return f"{one['failures']} times: {one['error']}" if one["error"] else None
