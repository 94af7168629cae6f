"""`acrux client import`: applications from a file, each told what became of it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from idp.cli import context
from idp.cli.output import json_option, print_json, printable
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.operating.moving.applications import PRODUCTS, Said, read
from idp.operating.moving.brought import Brought
from idp.people.intake.plans import Outcome


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--skip-bad", is_flag=True, help="Leave wrong ones out, and do the others.")
@click.option("--from", "product", type=click.Choice(PRODUCTS), help="Whose export it is.")
@click.option(
    "--redirect-uri",
    "more",
    multiple=True,
    metavar="ID=URI",
    help="Where answers go as well; for one that has wildcards there. May be repeated.",
)
@json_option
def import_(
    file: Path,
    dry_run: bool,
    skip_bad: bool,
    product: str | None,
    more: tuple[str, ...],
    as_json: bool,
) -> None:
    """Register the applications of a file: JSON, JSON Lines, or an export.

    They keep their client_id, and their secret where the file has it; a new secret is printed once.
    What is registered already stays as it is. Nothing is written while anything is wrong, unless
    --skip-bad.
    """
    at_hand = context.open_installation()
    applications = at_hand.cases.applications
    brought = _answered(read(file, product or ""), more)
    with at_hand.work() as work:
        planned = list(applications.check(work, OPERATOR, brought))
    wrong = [one for one in planned if one.outcome is Outcome.WRONG]
    if wrong and not (skip_bad or dry_run):
        said = "; ".join(f"{one.client_id or '?'}: {one.why}" for one in wrong)
        raise CommandError(f"nothing was imported: {said}")
    if dry_run:
        _print(planned, "Would be done", as_json)
        return
    with at_hand.work() as work:
        done = list(_told(applications.carry_out(work, OPERATOR, brought), as_json))
    _print(done, "Done", as_json)


def _answered(brought: list[Brought], more: Iterable[str]) -> list[Brought]:
    """Return the applications with the addresses that were given beside the file."""
    given: dict[str, list[str]] = {}
    for text in more:
        client_id, _, uri = text.partition("=")
        given.setdefault(client_id, []).append(uri)
    unknown = sorted(set(given) - {one.client_id for one in brought})
    if unknown:
        raise click.UsageError(f"--redirect-uri: the file has no {', '.join(unknown)}")
    return [one.answered_at(given.get(one.client_id, ())) for one in brought]


def _told(said: Iterable[Said], as_json: bool) -> Iterator[Said]:
    """Print a new secret as soon as it holds: nobody can ask for it later."""
    for one in said:
        if one.secret and not as_json:
            click.echo(f"{one.client_id}  client_secret  {one.secret}")
        yield one


def _print(said: list[Said], verb: str, as_json: bool) -> None:
    counts = Counter(one.outcome for one in said)
    numbers = {outcome.value: counts[outcome] for outcome in Outcome if counts[outcome]}
    if as_json:
        print_json({"applications": [_as_json(one) for one in said], "counts": numbers})
        return
    for one in said:
        why = f": {one.why}" if one.why else ""
        click.echo(printable(f"{one.client_id} ({one.name}): {one.outcome.value}{why}"))
        for note in one.notes:
            click.echo(printable(f"note: {one.client_id}: {note}"), err=True)
    click.echo(f"{verb}: {', '.join(f'{n} {what}' for what, n in numbers.items())}.")


def _as_json(one: Said) -> dict[str, Any]:
    found = {
        "client_id": one.client_id,
        "name": one.name,
        "outcome": one.outcome.value,
        "why": one.why or None,
        "notes": list(one.notes),
    }
    return found | ({"client_secret": one.secret} if one.secret else {})
