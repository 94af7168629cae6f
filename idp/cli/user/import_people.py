"""`acrux user import`: people from a file, each row told what became of it."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from idp.cli import context
from idp.cli.output import json_option, printable
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.operating.people.importing import PRODUCTS, Importing, counted, opened
from idp.people.intake.carrying_out import Options
from idp.people.intake.files import DELIMITERS, Source
from idp.people.intake.plans import Outcome, Said

SAID = 20
"""Problems told one by one; a file of the wrong kind has one on every line."""
SENT_BY = "`acrux serve` or `acrux worker` sends them"
BROKEN_OFF = "broken off: each row is done whole or not at all, and the same import does the rest"
EVERY = 5000
"""Rows between two words about how far it is."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--update", is_flag=True, help="Change whoever is there already.")
@click.option("--skip-bad", is_flag=True, help="Leave wrong rows out, and do the others.")
@click.option("--invite", is_flag=True, help="Mail everyone new a link to a first password.")
@click.option("--from", "product", type=click.Choice(PRODUCTS), help="Whose export it is.")
@json_option
def import_(
    file: Path,
    dry_run: bool,
    update: bool,
    skip_bad: bool,
    invite: bool,
    product: str | None,
    as_json: bool,
) -> None:
    """Add, and with --update change, the people of a file: CSV, JSON Lines, or an export.

    The header names the columns: username, email, name, given_name, family_name, phone, type,
    verified (true or false), groups and roles (apart by ;), or as Active Directory, Entra ID,
    Google Workspace, Okta, Workday and BambooHR name them. Rows are matched by user name or
    address; an empty cell changes nothing. Newcomers bring along password_hash and totp_secret
    (docs/move-in.md). Nothing is written while any row is wrong, unless
    --skip-bad. The same import may be run again at any time: what is done is done once, invitations
    too.
    """
    at_hand = context.open_installation()
    case, options = Importing(at_hand.installation), Options(update, invite)
    source = opened(file, product or "")
    report = Report(source, dry_run=dry_run, as_json=as_json)
    _name_unread(source)
    _name_letters(source)
    with at_hand.work() as work:
        wrong = report.first_look(case.check(work, OPERATOR, source, options))
    if not dry_run and (not wrong or skip_bad):
        try:
            with at_hand.work() as work:
                rows = case.carry_out(work, OPERATOR, source, options)
                late = report.carried_out(counted(work, file.name, rows))
        except KeyboardInterrupt:
            raise CommandError(BROKEN_OFF) from None
        if late > wrong:
            raise CommandError(f"{late - wrong} rows became wrong meanwhile: run it again")
    elif wrong and not skip_bad:
        raise CommandError(report.told())


class Report:
    """What is printed of an import: rows and their number on standard output, else how far it is.

    As JSON it is one object, whose rows are printed as they come: a file may be long.
    """

    def __init__(self, source: Source, *, dry_run: bool, as_json: bool) -> None:
        self._source = source
        self._dry_run = dry_run
        self._as_json = as_json
        self._counts: Counter[str] = Counter()
        self._wrong: list[Said] = []

    def first_look(self, said: Iterable[Said]) -> int:
        """Print the notes, and of a dry run everything; return how many rows are wrong."""
        wrong = 0
        for seen, one in enumerate(self._printed(said) if self._dry_run else said, 1):
            _progress("checked", seen)
            if one.outcome is Outcome.WRONG:
                wrong += 1
                self._wrong = [*self._wrong, one] if wrong <= SAID else self._wrong
            for note in one.notes:
                click.echo(f"note: line {one.line}: {one.name}: {note}", err=True)
        self._rest = max(0, wrong - SAID)
        return wrong

    def carried_out(self, said: Iterable[Said]) -> int:
        """Print what was done; return how many rows were wrong."""
        invited = 0
        for number, one in enumerate(self._printed(said), 1):
            invited += one.invited and one.outcome is Outcome.ADDED
            _progress("done", number, f", {invited} invited" if invited else "")
        if invited:
            click.echo(f"{invited} invitations wait: {SENT_BY}", err=True)
        return self._counts[Outcome.WRONG]

    def told(self) -> str:
        """Say every problem with its line, in one line of output."""
        said = "; ".join(f"line {one.line}: {one.name}: {one.why}" for one in self._wrong)
        more = f"; and {self._rest} more" if self._rest else ""
        return f"nothing was imported: {said}{more}"

    def _printed(self, said: Iterable[Said]) -> Iterable[Said]:
        if self._as_json:
            head = json.dumps(self._head(), ensure_ascii=False, indent=2)
            click.echo(head.removesuffix("\n}") + ',\n  "rows": [', nl=False)
        separator = "\n"
        for one in said:
            self._counts[one.outcome] += 1
            if self._as_json:
                text = json.dumps(_as_json(one), ensure_ascii=False)
                click.echo(f"{separator}    {text}", nl=False)
                separator = ",\n"
            elif one.outcome is not Outcome.UNCHANGED:
                click.echo(_line(one))
            yield one
        counts = {outcome.value: self._counts[outcome] for outcome in Outcome}
        if self._as_json:
            click.echo(f'\n  ],\n  "counts": {json.dumps(counts)}\n}}')
        else:
            verb = "Would be done" if self._dry_run else "Done"
            click.echo(f"{verb}: {', '.join(f'{n} {what}' for what, n in counts.items())}.")

    def _head(self) -> dict[str, Any]:
        return {
            "file": self._source.path.name,
            "encoding": self._source.encoding,
            "delimiter": DELIMITERS.get(self._source.delimiter, "none"),
            "columns": self._source.columns.meaning,
            "not_read": list(self._source.columns.not_read),
            "dry_run": self._dry_run,
        }


def _name_unread(source: Source) -> None:
    if source.columns.not_read:
        names = ", ".join(map(printable, source.columns.not_read))
        click.echo(f"note: columns that are not read: {names}", err=True)


def _name_letters(source: Source) -> None:
    """Let whoever knows the people see whether the code page was another one."""
    if source.letters:
        read = f"read as {source.encoding}, with the letters {source.letters}"
        click.echo(f"note: {read}: if one looks wrong, save the file as UTF-8", err=True)


def _progress(verb: str, number: int, more: str = "") -> None:
    if number % EVERY == 0:
        click.echo(f"{verb}: {number} rows{more}", err=True)


def _line(one: Said) -> str:
    parts = [f"line {one.line}: {one.name}: {one.outcome.value}"]
    if one.fields:
        parts.append(" ".join(one.fields))
    if one.why:
        parts.append(one.why)
    return printable(": ".join(parts) + (", invited" if one.invited else ""))


def _as_json(one: Said) -> dict[str, Any]:
    return {
        "line": one.line,
        "username": one.name,
        "outcome": one.outcome.value,
        "fields": list(one.fields),
        "why": one.why or None,
        "notes": list(one.notes),
        "sub": one.sub,
        "invited": one.invited,
    }
