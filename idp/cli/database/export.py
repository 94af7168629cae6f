"""`acrux export` and `acrux import`: all that is the operator's, out and in as one file of JSON."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from idp.backup import whole_files
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, printable
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.operating.moving.coming_in import Said, checked
from idp.people.intake.plans import Outcome

_STREAM = "-"
"""In the place of a file: standard output."""
SAID = 20
"""Lines that are wrong and told one by one."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--with-secrets",
    is_flag=True,
    help="Hashes of passwords, secrets of apps and of applications, too.",
)
def export(file: Path, with_secrets: bool) -> None:
    """Write APIs, applications, stages, people and exceptions into a new FILE, as JSON Lines.

    `-` writes them to standard output. docs/export.md has the form. `acrux import` reads it. It is
    no backup: passkeys, recovery codes, signing keys, sessions and events stay here (`acrux
    backup`).
    """
    at_hand = context.open_installation()
    counts = Counter[str]()
    if str(file) == _STREAM:
        _write(at_hand, lambda line: click.echo(line.encode(), nl=False), counts, with_secrets)
    elif file.exists():
        raise CommandError(f"{file} is there already")
    else:
        with whole_files.draft(file) as draft:
            with draft.open("w", encoding="utf-8") as stream:
                _write(at_hand, stream.write, counts, with_secrets)
            whole_files.put(draft, file)
    numbers = ", ".join(f"{counts[kind]} {words}" for kind, words in _KINDS.items())
    aside = str(file) == _STREAM
    click.echo(f"{'Written' if aside else file}: {numbers}.", err=aside)
    if with_secrets:
        warning = "It holds what passwords are guessed from: keep it as you keep the keyring."
        click.echo(warning, err=aside)


def _write(
    at_hand: Context, write: Callable[[str], object], counts: Counter[str], secrets: bool
) -> None:
    with at_hand.work() as work:
        for one in at_hand.cases.export.everything(work, OPERATOR, secrets=secrets):
            write(json.dumps(one, ensure_ascii=False) + "\n")
            counts[one["kind"]] += 1


_KINDS = {
    "api": "APIs",
    "client": "applications",
    "stage": "stages",
    "person": "people",
    "exception": "exceptions",
}


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@json_option
def import_(file: Path, dry_run: bool, as_json: bool) -> None:
    """Bring in what `acrux export` wrote: what is here already stays as it is.

    Each line is done whole or not at all, and the same import again does the rest.
    """
    at_hand = context.open_installation()
    moving = at_hand.cases.import_
    checked(file)
    with at_hand.work() as work:
        case = moving.check if dry_run else moving.carry_out
        counts, wrong = _told(case(work, OPERATOR, file), as_json)
    _print(counts, "Would be done" if dry_run else "Done", as_json)
    if wrong:
        more = f"; and {len(wrong) - SAID} more" if len(wrong) > SAID else ""
        said = "; ".join(f"{one.kind} {one.name}: {one.why}" for one in wrong[:SAID])
        raise CommandError(printable(f"{len(wrong)} lines are wrong: {said}{more}"))


Counts = dict[str, Counter[str]]


def _told(said: Iterator[Said], as_json: bool) -> tuple[Counts, list[Said]]:
    """Print each new secret as soon as it holds; return how many of each kind became what."""
    counts: Counts = {}
    wrong = []
    for one in said:
        counts.setdefault(one.kind, Counter())[one.outcome.value] += 1
        if one.secret:
            click.echo(f"{one.name}  client_secret  {one.secret}", err=as_json)
        if one.outcome is Outcome.WRONG:
            wrong.append(one)
    return counts, wrong


def _print(counts: Counts, verb: str, as_json: bool) -> None:
    if as_json:
        print_json({kind: dict(numbers) for kind, numbers in counts.items()})
        return
    for kind, numbers in counts.items():
        told = ", ".join(f"{number} {what}" for what, number in numbers.items())
        click.echo(f"{verb}: {_KINDS[kind]}: {told}.")
