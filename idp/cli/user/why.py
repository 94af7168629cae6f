"""`acrux user why` and `release`: someone cannot sign in, and an operator is asked."""

import click

from idp import moments
from idp.cli import context
from idp.cli.output import json_option, print_json, print_table
from idp.operating.actor import OPERATOR
from idp.operating.people.explained import explained, words
from idp.people.counters import Counter
from idp.people.helpdesk import Explanation
from idp.store.people import PersonRow


@click.command()
@click.argument("name")
@json_option
def why(name: str, as_json: bool) -> None:
    """Say why a person cannot sign in, or what would be asked.

    NAME is a user name, an e-mail address, a sub, or the reference of "I can't use this way".
    Shows what stands in the way, what is set up, what is counted against the person, and what was
    refused lately. It changes nothing.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        person = at_hand.cases.directory.asking(work, OPERATOR, name)
        found = at_hand.cases.directory.why(work, OPERATOR, person.id)
    if as_json:
        print_json(explained(person, found))
    else:
        _print(person, found)


@click.command()
@click.argument("name")
@click.argument("method", required=False)
def release(name: str, method: str | None) -> None:
    """Let a person try again at once.

    Forgets the wrong answers and the messages counted against the person: all, or those of METHOD
    (a method such as totp; sms and mail stand also for messages sent).
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.directory.named(work, OPERATOR, name)
        person, released = at_hand.cases.helping.release(work, OPERATOR, found.id, method)
    if not released:
        click.echo(f"{person.username}: nothing was counted.")
    for what in released:
        click.echo(f"{person.username}: {what}: released.")


def _print(person: PersonRow, found: Explanation) -> None:
    click.echo(f"{person.username} ({person.email})\n")
    for problem in found.problems:
        click.echo(f"- {problem.text}")
    if not found.problems:
        click.echo("Nothing stands in the way.")
    click.echo(f"\nA sign-in now asks for: {', then '.join(found.asked) or 'nothing'}.\n")
    print_table(
        ("SIGNS IN WITH", "SINCE", "LAST USED"),
        [
            (
                one.title or one.row.method,
                _moment(one.row.created_at),
                _moment(one.row.last_used_at),
            )
            for one in found.enrolled
        ],
        "Nothing is set up.",
    )
    if found.counters:
        click.echo("")
        print_table(
            ("COUNTED", "HOW OFTEN", "HELD BACK", "FREE AGAIN"),
            [(one.what, one.count, one.held, _free(one)) for one in found.counters],
            "",
        )
    click.echo("")
    print_table(
        ("REFUSED LATELY", "WHAT", "FROM"),
        [(_moment(event.at), words(event), event.source) for event in found.failures],
        "Nothing was refused lately.",
    )


def _free(counter: Counter) -> str:
    if not counter.held:
        return "now"
    return "when released" if counter.free_at is None else moments.second(counter.free_at)


def _moment(at: int | None) -> str:
    return "never" if at is None else moments.second(at)
