"""`acrux stage`: the rollout of a level, one audience and one date at a time."""

from dataclasses import dataclass
from typing import Any

import click

from idp import moments
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_record, print_table
from idp.cli.stage.adoption import adoption
from idp.cli.stage.forecast import forecast
from idp.cli.stage.mails import mail, notices
from idp.cli.stage.words import DATE_HELP, stage_options, wanted_of
from idp.errors import CommandError
from idp.operating.actor import OPERATOR
from idp.operating.rollout.stages import described
from idp.policy.rollout import Stage
from idp.policy.steps import Obstacle
from idp.rollout import stages as use
from idp.rollout.drafts import Wanted
from idp.rollout.errors import StageTold
from idp.rollout.forecast import Summary
from idp.store.db import Work


@dataclass(frozen=True)
class Seen:
    """What is told of a change before it is made."""

    reached: use.Preview
    fare: Summary | None = None
    """How those whom it reaches will fare; None where nothing is demanded of them."""


@click.group()
def stage() -> None:
    """A rollout: who must have which level from when."""


stage.add_command(mail)
stage.add_command(notices)

stage.add_command(forecast)
stage.add_command(adoption)


@stage.command()
@click.option("--id", "stage_id", help="A name for the stage; made from the others if not given.")
@stage_options
@click.option("--dry-run", is_flag=True, help="Say what it would do, and add nothing.")
@click.option("--nobody-yet", is_flag=True, help="Take an audience to which nobody belongs yet.")
@json_option
def add(stage_id: str | None, dry_run: bool, nobody_yet: bool, as_json: bool, **said: Any) -> None:
    """Add a stage.

    When they sign in, people are told of it until its date, and held to it from then on.
    """
    wanted = wanted_of(said, stage_id, new=True)
    at_hand = context.open_installation()
    with at_hand.work() as work:
        new = at_hand.installation.stages.draft(work, wanted, may_be_empty=nobody_yet)
        seen = _foreseen(at_hand, work, new)
        if not dry_run:
            at_hand.installation.stages.add(work, new)
        _tell(work, new, "Would add" if dry_run else "Added", seen, as_json=as_json)


@stage.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the stages, earliest first."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.rollout.everything(work, OPERATOR)
        records = [described(work, one) for one in found]
    if as_json:
        print_json(records)
        return
    print_table(
        ("ID", "AUDIENCE", "BUT", "LEVEL", "FROM", "STATE"),
        [
            (r["id"], r["audience"], r["excluded"], r["level"], r["from"], r["state"])
            for r in records
        ],
        "There is no stage: `acrux stage add` begins a rollout.",
    )


@stage.command()
@click.argument("stage_id", metavar="ID")
@json_option
def show(stage_id: str, as_json: bool) -> None:
    """Show all that a stage says, and whom it reaches."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.rollout.one(work, OPERATOR, stage_id)
        record = described(work, found)
        record |= {"people": at_hand.installation.stages.preview(work, found).people}
    if as_json:
        print_json(record)
    else:
        print_record(record)


@stage.command("set")
@click.argument("stage_id", metavar="ID")
@stage_options
@click.option("--dry-run", is_flag=True, help="Say what it would do, and change nothing.")
@click.option("--nobody-yet", is_flag=True, help="Take an audience to which nobody belongs yet.")
@json_option
def set_(stage_id: str, dry_run: bool, nobody_yet: bool, as_json: bool, **said: Any) -> None:
    """Change what a stage says. What is not given stays."""
    _change(stage_id, wanted_of(said), as_json, dry_run=dry_run, may_be_empty=nobody_yet)


@stage.command()
@click.argument("stage_id", metavar="ID")
@click.option("--to", "start", required=True, help=f"The new date: {DATE_HELP}")
@click.option("--notified", is_flag=True, help="Mail an earlier date to who was mailed the later.")
@json_option
def move(stage_id: str, start: str, notified: bool, as_json: bool) -> None:
    """Give a stage another date. Whoever was mailed the old one is mailed the new one."""
    try:
        _change(stage_id, Wanted(enforce_at=start), as_json, verb="Moved", told_again=notified)
    except StageTold as error:
        raise CommandError(f"{error} (--notified)") from None


@stage.command()
@click.argument("stage_id", metavar="ID")
@json_option
def stop(stage_id: str, as_json: bool) -> None:
    """Let a stage ask nothing of anyone, until it is resumed.

    What people have set up stays, and is asked of them still.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        after = at_hand.cases.rollout.stop(work, OPERATOR, stage_id)
        _tell(work, after, "Stopped", as_json=as_json)


@stage.command()
@click.argument("stage_id", metavar="ID")
@json_option
def resume(stage_id: str, as_json: bool) -> None:
    """Let a stopped stage hold again, with the dates that it has."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        after = at_hand.cases.rollout.resume(work, OPERATOR, stage_id)
        _tell(work, after, "Resumed", as_json=as_json)


@stage.command()
@click.argument("stage_id", metavar="ID")
def remove(stage_id: str) -> None:
    """Remove a stage.

    From now on no one is held to it.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        at_hand.cases.rollout.remove(work, OPERATOR, stage_id)
    click.echo(f"Removed {stage_id}.")


@stage.command("except")
@click.argument("name")
@click.argument("stage_id", metavar="STAGE")
@click.option("--until", help="When the exception ends: 2027-02-01, or RFC 3339 with a zone.")
@click.option("--reason", help="Why, for the trail.")
@click.option("--end", is_flag=True, help="End it now instead.")
def except_(name: str, stage_id: str, until: str | None, reason: str | None, end: bool) -> None:
    """Let a stage not reach one person until a time."""
    if end == (until is not None) or end == (reason is not None):
        raise click.UsageError("give --until and --reason, or --end")
    at_hand = context.open_installation()
    rollout = at_hand.cases.rollout
    with at_hand.work() as work:
        person = at_hand.cases.directory.named(work, OPERATOR, name)
        if end:
            rollout.hold_again(work, OPERATOR, stage_id, person.id)
            click.echo(f"{person.username} is held to {stage_id} again.")
            return
        _stage, _person, at = rollout.let_off(
            work, OPERATOR, stage_id, person.id, until=until or "", reason=reason or ""
        )
    click.echo(f"{person.username} is not held to {stage_id} until {moments.minute(at)}.")


def _change(
    stage_id: str,
    wanted: Wanted,
    as_json: bool,
    *,
    verb: str = "Changed",
    dry_run: bool = False,
    may_be_empty: bool = False,
    told_again: bool = False,
) -> None:
    at_hand = context.open_installation()
    use_cases = at_hand.installation.stages
    with at_hand.work() as work:
        before = use.Stages.find(work, stage_id)
        after = use_cases.draft(work, wanted, before, may_be_empty=may_be_empty)
        seen = _foreseen(at_hand, work, after)
        if not dry_run:
            after = use_cases.change(work, after, _event(verb), told_again=told_again)
        _tell(work, after, f"Would have {verb.lower()}" if dry_run else verb, seen, as_json=as_json)


def _foreseen(at_hand: Context, work: Work, said: Stage) -> Seen:
    """Return whom a stage reaches, and how they would fare: before anything of it is stored."""
    use_cases, forecast = at_hand.installation.stages, at_hand.installation.forecast
    reached = use_cases.preview(work, said)
    if not said.required:
        return Seen(reached)
    return Seen(reached, forecast.summary(work, forecast.question(work, said)))


def _event(verb: str) -> Any:
    return use.Event.STAGE_MOVED if verb == "Moved" else use.Event.STAGE_CHANGED


def _tell(work: Work, said: Stage, verb: str, seen: Seen | None = None, *, as_json: bool) -> None:
    """Echo what was understood: the stage, its date in words, and whom it reaches."""
    record = described(work, said)
    if seen is not None:
        record |= {"people": seen.reached.people, "deciding": dict(seen.reached.deciding)}
        if seen.fare is not None:
            record["forecast"] = seen.fare.as_numbers()
    if as_json:
        print_json(record)
        return
    click.echo(f"{verb} {said.id}: {use.sentence(said)}.")
    if said.enforce_at is not None:
        click.echo(f"That is {moments.weekday(said.enforce_at)}, {moments.hour(said.enforce_at)}.")
    if said.trusting:
        click.echo(f"Beware: {use.TRUSTING}")
    if seen is not None:
        count = seen.reached.people
        click.echo(f"It reaches {count} {'person' if count == 1 else 'people'}.")
        if seen.fare is not None:
            click.echo(_fare(said, seen.fare))
        for other, count in sorted(seen.reached.deciding.items()):
            if other not in (said.id, ""):
                click.echo(f"For {count} of them, {other} decides: it is stricter, or sooner.")


def _fare(said: Stage, fare: Summary) -> str:
    """Return how people would fare, in a line, and where to read more of it."""
    who = "1 is" if fare.unready == 1 else f"{fare.unready} are"
    stuck = "1 is" if fare.stuck == 1 else f"{fare.stuck} are"
    line = f"At its date {who} not ready, of whom {stuck} stuck"
    if not fare.unready:
        return "At its date everyone is ready."
    if not fare.stuck:
        return f"At its date {who} not ready; nobody is stuck."
    off = fare.reasons[Obstacle.DISABLED.value]
    line += f" ({off} switched off)" if off else ""
    return f"{line}: see `acrux stage forecast {said.id}`."
