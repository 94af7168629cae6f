"""`acrux stage forecast`: who is ready for a stage, who is asked to set up, who is stuck."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from idp import clock, moments
from idp.audit.export import csv_line
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_table
from idp.language import english
from idp.policy.readiness import State
from idp.policy.rollout import Stage, Strength
from idp.policy.steps import Obstacle
from idp.rollout import remedies
from idp.rollout.forecast import Doubt, Outlook, Summary
from idp.rollout.remedies import Remedy
from idp.rollout.stages import Stages
from idp.store.db import Work
from idp.store.rollout import stages

METHODS = {"totp": "app", "webauthn": "passkey", "sms": "SMS", "password": "password alone"}
"""What the summary calls a method; any other is called by its own name."""
COLUMNS = (
    *("stage", "username", "email", "user_type", "grace"),
    *("code", "reason", "remedy", "command"),
)


@dataclass
class Found:
    """The forecast of one stage."""

    stage: Stage
    at: int
    summary: Summary = field(default_factory=Summary)
    stuck: list[Outlook] = field(default_factory=list)


@click.command()
@click.argument("stage_id", metavar="ID", required=False)
@click.option("--at", "at", metavar="DATE", help="Another date than the stage's own.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print the stuck people as CSV.")
def forecast(stage_id: str | None, at: str | None, as_json: bool, as_csv: bool) -> None:
    """Say who will be ready when a stage is enforced, who is asked, and who is stuck.

    Without ID: of every stage that is required or recommended. The stage is taken as enforced, with
    all grace used up, also where it is stopped or only recommended. Changes nothing.
    """
    if as_json and as_csv:
        raise click.UsageError("give --json or --csv")
    at_hand = context.open_installation()
    with at_hand.work() as work:
        asked = [Stages.find(work, stage_id)] if stage_id else _all(work)
        found = [_of(at_hand, work, stage, at) for stage in asked]
    if as_json:
        print_json([_as_json(one) for one in found])
    elif as_csv:
        click.echo(_as_csv(found), nl=False)
    else:
        _print(found)


def told(summary: Summary) -> str:
    """Return a summary in a line: `412 ready (310 app, 90 SMS), 37 will be asked …, 9 stuck`."""
    used = ", ".join(f"{count} {METHODS.get(m, m)}" for m, count in summary.methods.most_common())
    ready = f"{summary.ready} ready ({used})" if used else f"{summary.ready} ready"
    return f"{ready}, {summary.asked} will be asked to set up, {summary.stuck} stuck"


def _all(work: Work) -> list[Stage]:
    asking = (Strength.REQUIRED, Strength.RECOMMENDED)
    return [one for one in stages.everything(work) if one.strength in asking]


def _of(at_hand: Context, work: Work, stage: Stage, at: str | None) -> Found:
    use_case = at_hand.installation.forecast
    when = None if at is None else moments.read(at, zone=stage.zone)
    question = use_case.question(work, stage, when)
    found = Found(stage, question.at)
    for one in use_case.everyone(work, question, _progress(stage)):
        found.summary.add(one)
        if one.readiness.state is State.STUCK:
            found.stuck.append(one)
    return found


def _progress(stage: Stage) -> Any:
    """Return what tells, on a terminal, how many people were looked at."""
    if not sys.stderr.isatty():
        return None
    return lambda seen: click.echo(f"\r{stage.id}: {seen} people", nl=False, err=True)


def _reasons(one: Outlook) -> Iterator[Remedy]:
    reasons: tuple[Obstacle | Doubt, ...] = (*one.readiness.obstacles, *one.doubts)
    for reason in reasons:
        yield remedies.of(reason, one.person)


def _as_json(found: Found) -> dict[str, Any]:
    return {
        "stage": found.stage.id,
        "at": clock.iso(found.at),
        **found.summary.as_numbers(),
        "stuck_people": [
            {
                "sub": one.person.id,
                "username": one.person.username,
                "email": one.person.email,
                "user_type": one.person.user_type,
                "grace": one.grace,
                "reasons": [
                    {
                        "code": each.code,
                        "reason": english(each.reason),
                        "remedy": english(each.remedy),
                        "command": each.command or None,
                    }
                    for each in _reasons(one)
                ],
            }
            for one in found.stuck
        ],
    }


def _as_csv(found: Iterable[Found]) -> str:
    """Return a line for each reason of each stuck person."""
    lines = [csv_line(COLUMNS)]
    for each in found:
        for one in each.stuck:
            who = one.person
            cells = (each.stage.id, who.username, who.email, who.user_type, one.grace)
            for reason in _reasons(one):
                said = (english(reason.reason), english(reason.remedy), reason.command)
                lines.append(csv_line((*cells, reason.code, *said)))
    return "".join(lines)


def _print(found: Iterable[Found]) -> None:
    none = True
    for one in found:
        if not none:
            click.echo("")
        none = False
        click.echo(f"{one.stage.id}, as from {moments.minute(one.at)}: {told(one.summary)}.")
        for doubt, count in one.summary.doubts.most_common():
            text = english(next(t for r, t in remedies.REASONS.items() if r.value == doubt))
            click.echo(f"In doubt: {count}. {text}")
        if one.stuck:
            click.echo("")
            print_table(("STUCK", "WHY", "WHAT TO DO", "COMMAND"), _rows(one.stuck), "")
    if none:
        click.echo("There is no stage: `acrux stage add` begins a rollout.")


def _rows(stuck: Iterable[Outlook]) -> Iterator[tuple[str, ...]]:
    for one in stuck:
        name = one.person.username
        for reason in _reasons(one):
            yield name, english(reason.reason), english(reason.remedy), reason.command
            name = ""
