"""`acrux user enrol-totp` and `reset-factor`: a factor given or taken by an operator."""

from typing import Any

import click

from idp.authenticators.totp import qr_terminal
from idp.cli import context, mailing
from idp.cli.context import Context
from idp.cli.output import json_option, print_json
from idp.operating.actor import OPERATOR

NOTICE_WAIT = 5.0
"""Seconds for which a command waits for its mail; after that the worker sends it."""


@click.command("enrol-totp")
@click.argument("name")
@click.option("--qr", is_flag=True, help="Show a QR code below the address.")
def enrol_totp(name: str, qr: bool) -> None:
    """Set up an authenticator app.

    Prints its otpauth:// address, for the person's app. Anyone who has the address can make the
    person's codes: hand it over in person.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        uri, notice = at_hand.cases.helping.give_app(work, OPERATOR, found.id)
    _wait(at_hand, notice)
    click.echo(uri)
    if qr:
        click.echo(qr_terminal(uri))


@click.command("reset-factor")
@click.argument("name")
@click.argument("method")
@json_option
def reset_factor(name: str, method: str, as_json: bool) -> None:
    """Remove an enrolled factor.

    METHOD is password, webauthn, totp, sms or recovery. Its lock after too many tries is lifted,
    too. Sessions and tokens that rest on it end, and their applications are told. A link to set up
    a new one is mailed to the person's confirmed address: it works once, for a day, and only with
    what is left, such as the password. Anyone who loses the last second step is asked for a new
    one.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        done = at_hand.cases.helping.reset(work, OPERATOR, found.id, method)
    _wait(at_hand, done.notice)
    why, said = mailing.trouble(at_hand, done.link), list(done.notes)
    if why:
        said[:1] = [f"The link to set up a new one was not mailed to {done.person.email}: {why}."]
    shown = {
        "sub": done.person.id,
        "username": done.person.username,
        "method": method,
        "removed": done.removed,
        "sessions_ended": done.sessions,
        "link_mailed": done.link is not None and why is None,
        "notes": said,
    }
    if as_json:
        print_json(shown)
    else:
        _print(shown)


def _print(found: dict[str, Any]) -> None:
    done = "was removed" if found["removed"] else "was not set up; its locks are lifted"
    sessions = found["sessions_ended"]
    click.echo(f"{found['username']}: {found['method']} {done}. {sessions} sessions ended.")
    for line in found["notes"]:
        click.echo(line)


def _wait(at_hand: Context, notice: str | None) -> None:
    if notice is not None:
        at_hand.installation.post.wait(notice, NOTICE_WAIT)
