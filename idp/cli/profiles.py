"""`acrux profiles`: accounts that several people may use, and what is made of them."""

import re
from collections.abc import Iterable

import click

from idp import moments
from idp.audit.export import csv_line
from idp.authenticators.base import Rejected
from idp.cli import context, mailing
from idp.cli.output import json_option, print_json, print_table, when
from idp.cli.user.shared import find
from idp.errors import CommandError
from idp.language import english
from idp.operating.actor import OPERATOR
from idp.operating.shared_profiles import SharedProfiles, described
from idp.rollout.shared.split import Personal
from idp.rollout.shared.suspects import Suspect

DATE_HELP = "2027-02-01 (midnight in brand.time_zone), or RFC 3339: 2027-02-01T09:00:00+13:00."
_PERSON = re.compile(r"(?P<username>[^:=]+):(?P<email>[^=]+)(=(?P<name>.*))?")


@click.group()
def profiles() -> None:
    """Accounts that several people may use. NAME is a user name, an e-mail address or a sub."""


@profiles.command()
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for spreadsheets.")
@json_option
def shared(as_csv: bool, as_json: bool) -> None:
    """List accounts that several people may use, and why.

    Days that the worker has not counted yet are counted first. A score blocks no one.
    """
    at_hand = context.open_installation()
    at_hand.installation.shared_signs.catch_up()
    with at_hand.work() as work:
        found = SharedProfiles(at_hand.installation).report(work, OPERATOR)
    if as_json:
        print_json([described(each) for each in found])
    elif as_csv:
        _print_csv(found)
    else:
        rows = [(e.username, e.user_type, e.score, _state(e), " ".join(_said(e))) for e in found]
        empty = "No account looks as if several people used it."
        print_table(("USER", "TYPE", "SCORE", "STATE", "WHY"), rows, empty)


@profiles.command()
@click.argument("name")
@click.option("--reason", default="", help="Why it is one person's after all, for the auditor.")
def keep(name: str, reason: str) -> None:
    """Say that an account is one person's.

    It is left out of the report until there are new signs; a day on which it was to close is taken
    back.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        case = SharedProfiles(at_hand.installation)
        person = case.keep(work, OPERATOR, find(work, name).id, reason)
    click.echo(f"{person.username} is one person's: left out until there are new signs.")


@profiles.command()
@click.argument("name")
def ask(name: str) -> None:
    """Mail the owner of an account that it looks shared, and what to do then."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        case = SharedProfiles(at_hand.installation)
        person, mail = case.ask(work, OPERATOR, find(work, name).id)
        if isinstance(mail, Rejected):
            raise CommandError(f"{person.username} was not written to: {english(mail.message)}")
    if why := mailing.trouble(at_hand, mail):
        raise CommandError(f"the mail to {person.username} did not leave: {why}")
    click.echo(f"{person.username} was written to: {person.email}.")


@profiles.command()
@click.argument("name")
@click.option(
    "--person",
    "texts",
    multiple=True,
    metavar="USER:EMAIL[=NAME]",
    help="One of its users, who gets a profile of their own. May be repeated.",
)
@click.option("--closes", required=True, help=f"When the shared one is closed: {DATE_HELP}")
@json_option
def split(name: str, texts: tuple[str, ...], closes: str, as_json: bool) -> None:
    """Make personal profiles from a shared one, and let it close on a day.

    They have its type and groups, and are invited by mail; its own address is told at once and a
    day before. Without --person it gives the shared one another day.
    """
    at_hand = context.open_installation()
    wanted = [_personal(text) for text in texts]
    at = moments.read(closes, zone=at_hand.installation.settings.brand.time_zone)
    with at_hand.work() as work:
        case = SharedProfiles(at_hand.installation)
        person, done = case.split(work, OPERATOR, find(work, name).id, wanted, at)
        if isinstance(done, Rejected):
            raise CommandError(f"{person.username} was not split: {english(done.message)}")
    record = {
        "username": person.username,
        "closes_at": when(done.closes_at),
        "people": [{"username": username, "sub": sub} for username, sub in done.people],
    }
    if as_json:
        print_json(record)
        return
    for username, _ in done.people:
        click.echo(f"{username} is added and invited.")
    click.echo(f"{person.username} closes at {when(done.closes_at)}; its address was told.")


def _personal(text: str) -> Personal:
    found = _PERSON.fullmatch(text.strip())
    if found is None:
        raise click.UsageError(f"{text!r}: write --person USER:EMAIL or USER:EMAIL=NAME")
    return Personal(found["username"], found["email"], found["name"] or "")


def _said(suspect: Suspect) -> list[str]:
    return [english(reason.text) for reason in suspect.reasons]


def _state(suspect: Suspect) -> str:
    if suspect.closes_at is None:
        return suspect.state.value
    return f"{suspect.state.value} {when(suspect.closes_at)}"


COLUMNS = ("sub", "username", "name", "email", "type", "score", "state", "closes_at", "reasons")


def _print_csv(found: Iterable[Suspect]) -> None:
    click.echo(csv_line(COLUMNS), nl=False)
    for suspect in found:
        record = described(suspect) | {"reasons": " ".join(_said(suspect))}
        click.echo(csv_line(record[column] for column in COLUMNS), nl=False)
