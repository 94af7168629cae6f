"""`acrux stage adoption`: who has what set up, over time, and who lacks what."""

import click

from idp.audit.export import csv_line
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_table
from idp.cli.stage.forecast import METHODS
from idp.operating.actor import OPERATOR
from idp.operating.rollout.forecasts import described_lacking
from idp.rollout import adoption as files
from idp.rollout.adoption import (
    LACKS,
    NO_CODES,
    ONE_WAY,
    SECOND,
    TEXTS_ONLY,
    Counts,
    Day,
)
from idp.rollout.stages import sentence
from idp.store.rollout.adoption import PEOPLE

DAYS = 90
_TITLES = {
    SECOND: "SECOND STEP",
    TEXTS_ONLY: "SMS ONLY",
    ONE_WAY: "ONE WAY",
    NO_CODES: "NO CODES",
}


@click.command()
@click.option("--days", type=click.IntRange(1, 3650), default=DAYS, show_default=True)
@click.option("--who", type=click.Choice(LACKS), help="List the people who lack something.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a line for each count or person.")
def adoption(days: int, who: str | None, as_json: bool, as_csv: bool) -> None:
    """Say who has what set up, by user type, and how it went day by day.

    --who lists the people with a second step who have text messages only (texts-only), one way only
    (one-way), or no recovery codes (no-codes).
    """
    if as_json and as_csv:
        raise click.UsageError("give --json or --csv")
    at_hand = context.open_installation()
    if who:
        _who(at_hand, who, as_json=as_json, as_csv=as_csv)
        return
    with at_hand.work() as work:
        found, coming = at_hand.cases.forecasts.adoption(work, OPERATOR, days)
    if as_csv:
        click.echo(files.as_csv(found), nl=False)
    elif as_json:
        print_json(files.as_json(found, coming))
    else:
        _print(at_hand, found)
        for one in coming:
            click.echo(f"{one.id}: {sentence(one)}.")


def _print(at_hand: Context, found: list[Day]) -> None:
    """Show how it is now, and how many more, or fewer, than on the first day."""
    columns = (SECOND, *at_hand.installation.adoption.methods, *LACKS)
    first, now = found[0], found[-1].counts
    titles = [_TITLES.get(what) or METHODS.get(what, what).upper() for what in columns]
    rows = [
        (
            user_type or "everyone",
            now.get((user_type, PEOPLE), 0),
            *(_told(now, first.counts, (user_type, what), len(found) > 1) for what in columns),
        )
        for user_type in sorted({kind for kind, _what in now})
    ]
    print_table(("USER TYPE", "PEOPLE", *titles), rows, "There is nobody yet.")
    if len(found) > 1:
        click.echo(f"\nIn brackets: since {first.day}.")


def _told(now: Counts, before: Counts, key: tuple[str, str], compared: bool) -> str:
    count = now.get(key, 0)
    change = count - before.get(key, 0)
    return f"{count} ({change:+})" if compared and change else str(count)


def _who(at_hand: Context, what: str, *, as_json: bool, as_csv: bool) -> None:
    with at_hand.work() as work:
        people = list(at_hand.cases.forecasts.lacking(work, OPERATOR, what))
    if as_json:
        print_json([described_lacking(one) for one in people])
    elif as_csv:
        click.echo(csv_line(("sub", "username", "email", "user_type")), nl=False)
        for one in people:
            click.echo(csv_line(described_lacking(one).values()), nl=False)
    else:
        rows = [(one.username, one.email, one.user_type) for one in people]
        print_table(("USER NAME", "E-MAIL", "USER TYPE"), rows, "Nobody.")
