"""`acrux client stream`: how applications are told what changed for their people (SSF 1.0)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from idp.cli import context
from idp.cli.output import json_option, print_json, print_record, print_table, when
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.operating.applications.streams import STATUSES, Stream
from idp.signals import vocabulary as words
from idp.signals.configuration import NotTaken, described, endpoint, state


@click.group()
def stream() -> None:
    """Signals to applications: sessions that ended, accounts that were switched off."""


@stream.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the streams, and what went wrong last."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = [_as_values(one) for one in at_hand.cases.streams.everyone(work, OPERATOR)]
    if as_json:
        print_json(found)
        return
    titles = ("CLIENT_ID", "STATUS", "DELIVERY", "WAITING", "SENT", "LAST", "PROBLEM")
    names = ("client_id", "status", "delivery", "waiting", "sent", "last", "problem")
    print_table(
        titles,
        [tuple(one[name] for name in names) for one in found],
        "No application has a stream: `acrux client stream add ID` makes one.",
    )


@stream.command()
@click.argument("client_id", metavar="ID")
@json_option
def show(client_id: str, as_json: bool) -> None:
    """Show the stream of an application."""
    at_hand = context.open_installation()
    streams = at_hand.cases.streams
    with at_hand.work() as work:
        row = streams.one(work, OPERATOR, client_id, None)
    found = described(streams.issuer, row) | state(row)
    if as_json:
        print_json(found)
    else:
        print_record(found)


@stream.command()
@click.argument("client_id", metavar="ID")
@click.option("--push", metavar="URL", help="Where it is told.  [default: it polls]")
@click.option("--header", metavar="TEXT", help="What is shown there, as Authorization.")
@click.option("--event", "events", multiple=True, help="Of what.  [default: of all there is]")
@json_option
def add(
    client_id: str, push: str | None, header: str | None, events: tuple[str, ...], as_json: bool
) -> None:
    """Make the stream of an application, for whoever does not make it by itself."""
    at_hand = context.open_installation()
    streams = at_hand.cases.streams
    sent: dict[str, Any] = {"events_requested": list(events) or None}
    if push:
        delivery = {"method": words.PUSH, "endpoint_url": push, "authorization_header": header}
        sent["delivery"] = delivery
    elif header:
        raise CommandError("--header is for --push")
    with at_hand.work() as work, _plainly():
        row = streams.add(work, OPERATOR, client_id, sent)
    if as_json:
        print_json(described(streams.issuer, row))
        return
    where = push or described(streams.issuer, row)["delivery"]["endpoint_url"]
    click.echo(f"{client_id} is told at {where}." if push else f"{client_id} polls {where}.")


@stream.command("status")
@click.argument("client_id", metavar="ID")
@click.argument("status", type=click.Choice(STATUSES))
@click.option("--reason", help="What the application is told.")
def set_status(client_id: str, status: str, reason: str | None) -> None:
    """Enable a stream, pause it, or let it be off.

    What happens while it is paused is told later; what happens while it is off is not.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work, _plainly():
        at_hand.cases.streams.set_status(work, OPERATOR, client_id, None, status, reason)
    click.echo(f"The stream of {client_id} is {status}.")


@stream.command()
@click.argument("client_id", metavar="ID")
def verify(client_id: str) -> None:
    """Send a token that says no more than that the stream works."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        at_hand.cases.streams.verify(work, OPERATOR, client_id, None)
    click.echo("It is sent: `acrux client stream list` shows whether it was taken.")


@stream.command()
@click.argument("client_id", metavar="ID")
@click.argument("name")
def include(client_id: str, name: str) -> None:
    """Let a stream be about somebody who never signed in to its application."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        at_hand.cases.streams.include(work, OPERATOR, client_id, name)
    click.echo(f"{client_id} is told of {name}.")


@stream.command()
@click.argument("client_id", metavar="ID")
def delete(client_id: str) -> None:
    """Delete a stream, with all that waits in it."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        at_hand.cases.streams.delete(work, OPERATOR, client_id, None)
    click.echo(f"{client_id} is told nothing any more.")


@contextmanager
def _plainly() -> Iterator[None]:
    """Say what cannot be as every command does."""
    try:
        yield
    except NotTaken as error:
        raise CommandError(str(error)) from None


def _as_values(one: Stream) -> dict[str, Any]:
    row = one.row
    wrong = [text for text in (row.reason, row.error) if text]
    return {
        "client_id": row.client_id,
        "stream_id": row.id,
        "status": row.status,
        "delivery": endpoint(row) or "polled",
        "waiting": one.waiting.count,
        "oldest": when(one.waiting.oldest),
        "sent": row.sent,
        "last": when(row.sent_at),
        "problem": "; ".join(wrong) or None,
    }
