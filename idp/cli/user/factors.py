"""`acrux user enrol-totp` and `reset-factor`: a factor given or taken by an operator."""

import base64
import secrets
from typing import Any

import click

from idp import audit
from idp.audit import Event
from idp.authenticators.totp import Totp, provisioning_uri, qr_terminal
from idp.cli import context, mailing
from idp.cli.context import Context
from idp.cli.output import json_option, print_json
from idp.cli.user.shared import find, find_locked
from idp.errors import CommandError
from idp.language import Words
from idp.messages import notices
from idp.messages.notices import Notice
from idp.people import removal
from idp.people.tickets import Issued
from idp.store.db import Work
from idp.store.people import PersonRow

SECRET_BYTES = 20
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
    totp = at_hand.installation.signin.authenticators["totp"]
    assert isinstance(totp, Totp)
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
    with at_hand.work() as work:
        person = find_locked(work, name)
        if totp.method in person.methods:
            raise CommandError(
                f"{person.username} has an authenticator app: `acrux user reset-factor"
                f" {person.username} totp` removes it first"
            )
        totp.add(work, person.id, secret)
        at_hand.installation.enrolment.settle(work, person.id)
        audit.record(
            work, Event.FACTOR_ADDED, person=person.id, reason="totp, set up by an operator"
        )
        notice = _notice(at_hand, work, person, Notice.FACTOR_ADDED, totp.title)
    _wait(at_hand, notice)
    uri = provisioning_uri(secret, person.username, at_hand.installation.settings.brand.name)
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
    known = at_hand.installation.signin.authenticators
    if method not in known:
        raise CommandError(f"{method!r} is no method: {', '.join(known)}")
    with at_hand.work() as work:
        person = find_locked(work, name)
        removed, ended = _remove(at_hand, work, person, method)
        left = find(work, person.id)
        issued = None
        if removed or left.enrolment_due_at is not None:
            issued = at_hand.installation.tickets.issue(work, left, method)
        notice = None
        if removed:
            notice = _notice(at_hand, work, person, Notice.FACTOR_REMOVED, known[method].title)
        said = _said(at_hand, work, left, method, issued)
    _wait(at_hand, notice)
    mail = issued.mail if issued else None
    why = mailing.trouble(at_hand, mail)
    if why:
        said[:1] = [f"The link to set up a new one was not mailed to {left.email}: {why}."]
    found = {
        "sub": person.id,
        "username": person.username,
        "method": method,
        "removed": removed,
        "sessions_ended": ended,
        "link_mailed": mail is not None and why is None,
        "notes": said,
    }
    if as_json:
        print_json(found)
    else:
        _print(found)


def _remove(at_hand: Context, work: Work, person: PersonRow, method: str) -> tuple[int, int]:
    """Remove every factor of a method; return how many there were, and how many sessions ended."""
    installation = at_hand.installation
    codes = [codes.purpose for codes in installation.first_proof.codes.values()]
    gone = removal.remove_all(work, installation.signin, person.id, method, "by an operator", codes)
    if gone.credentials:
        installation.tickets.demand(work, person, method)
    return gone.credentials, gone.sessions


def _print(found: dict[str, Any]) -> None:
    done = "was removed" if found["removed"] else "was not set up; its locks are lifted"
    sessions = found["sessions_ended"]
    click.echo(f"{found['username']}: {found['method']} {done}. {sessions} sessions ended.")
    for line in found["notes"]:
        click.echo(line)


def _said(
    at_hand: Context, work: Work, person: PersonRow, method: str, issued: Issued | None
) -> list[str]:
    """Say what follows for the person, and what is left for the operator to do."""
    installation, name = at_hand.installation, person.username
    facts = installation.signin.facts.of(work, person)
    if not installation.tickets.begins(facts):
        return [
            f"{name} has no way left to begin a sign-in: `acrux user invite {name}` mails a link"
            " to choose a password with."
        ]
    if issued is None or installation.signin.authenticators[method].ability.remembered:
        return []
    if issued.mail is not None:
        said = [
            f"A link to set up a new one was mailed to {person.email}: it works once, for a day."
        ]
    else:
        said = [f"No link to set up a new one could be mailed: {issued.why_not}."]
        if person.disabled_at is None and "totp" not in person.methods:
            said.append(f"Hand over an authenticator app: `acrux user enrol-totp {name} --qr`.")
    if facts.enrolment_due and installation.signin.rules.ask_enrolled is not None:
        end = (
            "the next sign-in sets one up"
            if issued.mail is not None or installation.first_proof.possible(facts)
            else "no sign-in is finished before there is one"
        )
        said.append(f"{name} is asked for a second step all the same: {end}.")
    return said


def _notice(
    at_hand: Context, work: Work, person: PersonRow, kind: Notice, title: Words
) -> str | None:
    """Tell the person by mail, where mail can be sent; return the message's id."""
    installation = at_hand.installation
    sent = notices.tell(
        work, installation.post, installation.settings, person, kind, method_text=title
    )
    return sent[0] if sent else None


def _wait(at_hand: Context, notice: str | None) -> None:
    if notice is not None:
        at_hand.installation.post.wait(notice, NOTICE_WAIT)
