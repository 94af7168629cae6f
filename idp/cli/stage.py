"""`acrux stage`: the rollout of a level, one audience and one date at a time."""

import re
from typing import Any

import click

from idp import audit, clock, moments
from idp.audit import Event
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_table, when
from idp.errors import CommandError
from idp.policy.reach import can_ever_hold
from idp.policy.rollout import EVERYONE, Stage
from idp.store import stages

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TYPE = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DATE_HELP = "2027-02-01 (midnight in UTC), or RFC 3339 with a zone: 2027-02-01T00:00:00+13:00."


@click.group()
def stage() -> None:
    """A rollout: who must have which level from when."""


@stage.command()
@click.option("--audience", required=True, metavar="TYPE|*", help="A user type, or everyone.")
@click.option("--level", required=True, metavar="ACR", help="The level, as in acr_values.")
@click.option("--from", "start", help=f"When it is enforced: {DATE_HELP}")
@click.option("--recommended", is_flag=True, help="Announce it, never enforce it.")
@click.option("--id", "stage_id", help="A name for the stage; made from the others if not given.")
@json_option
def add(
    audience: str,
    level: str,
    start: str | None,
    recommended: bool,
    stage_id: str | None,
    as_json: bool,
) -> None:
    """Add a stage.

    When they sign in, people are told of it until its date, and held to it from then on.
    """
    if start is None and not recommended:
        raise click.UsageError("--from is needed, unless it is --recommended")
    if not _TYPE.fullmatch(audience):
        raise CommandError(f"{audience!r} is no user type: letters, digits and . _ - only, or *")
    at_hand = context.open_installation()
    name = _level(at_hand, level, enforced=not recommended)
    at = None if start is None else moments.read(start)
    with at_hand.work() as work:
        taken = {found.id for found in stages.everything(work)}
        new = Stage(
            stage_id or _free_id(audience, name, taken), audience, name, not recommended, at
        )
        if not _ID.fullmatch(new.id):
            raise CommandError(f"{new.id!r} is no stage's name: letters, digits and . _ - only")
        if not stages.add(work, new):
            raise CommandError(f"there is a stage {new.id} already")
        audit.record(work, Event.STAGE_ADDED, reason=_sentence(new), stage=new.id)
    if as_json:
        print_json(_record(new))
    else:
        click.echo(f"Added {new.id}: {_sentence(new)}.")


@stage.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the stages, earliest first."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = stages.everything(work)
    if as_json:
        print_json([_record(each) for each in found])
        return
    print_table(
        ("ID", "AUDIENCE", "LEVEL", "FROM", "STATE"),
        [(s.id, s.audience, s.level, when(s.enforce_at), _state(s)) for s in found],
        "There is no stage: `acrux stage add` begins a rollout.",
    )


@stage.command()
@click.argument("stage_id", metavar="ID")
@click.option("--to", "start", required=True, help=f"The new date: {DATE_HELP}")
@json_option
def move(stage_id: str, start: str, as_json: bool) -> None:
    """Give a stage another date."""
    at_hand = context.open_installation()
    at = moments.read(start)
    with at_hand.work() as work:
        before = _find(stages.everything(work), stage_id)
        stages.move(work, stage_id, at)
        after = _find(stages.everything(work), stage_id)
        audit.record(
            work,
            Event.STAGE_MOVED,
            reason=f"{_sentence(after)}; it was {when(before.enforce_at) or 'without a date'}",
            stage=stage_id,
        )
    if as_json:
        print_json(_record(after))
    else:
        click.echo(f"Moved {stage_id}: {_sentence(after)}.")


@stage.command()
@click.argument("stage_id", metavar="ID")
def remove(stage_id: str) -> None:
    """Remove a stage.

    From now on no one is held to it.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        gone = _find(stages.everything(work), stage_id)
        stages.remove(work, stage_id)
        audit.record(work, Event.STAGE_REMOVED, reason=_sentence(gone), stage=stage_id)
    click.echo(f"Removed {stage_id}.")


def _find(found: tuple[Stage, ...], stage_id: str) -> Stage:
    for each in found:
        if each.id == stage_id:
            return each
    raise CommandError(f"there is no stage {stage_id!r}")


def _level(at_hand: Context, name: str, *, enforced: bool) -> str:
    """Return the level's own name.

    Raises:
        CommandError: no such level, or enforcing it would lock everyone out.
    """
    rules = at_hand.installation.signin.rules
    level = rules.level(name)
    if level is None:
        known = ", ".join(level.name for level in rules.levels)
        raise CommandError(f"{name!r} is no level: {known}")
    if enforced and not can_ever_hold(level, rules.abilities):
        raise CommandError(f"no method of this installation reaches {name}: nobody could sign in")
    return level.name


def _free_id(audience: str, level: str, taken: set[str]) -> str:
    """Return a name such as `staff-mfa`."""
    tail = re.sub(r"[^A-Za-z0-9._-]+", "-", re.split(r"[:/]", level)[-1]).strip("-.") or "level"
    stem = f"{'everyone' if audience == EVERYONE else audience}-{tail}"[:56]
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _state(found: Stage) -> str:
    if not found.required:
        return "recommended"
    return "enforced" if (found.enforce_at or 0) <= clock.now() else "announced"


def _sentence(found: Stage) -> str:
    who = "everyone" if found.audience == EVERYONE else found.audience
    verb = "must have" if found.required else "is recommended"
    since = f" from {when(found.enforce_at)}" if found.enforce_at is not None else ""
    return f"{who} {verb} {found.level}{since}"


def _record(found: Stage) -> dict[str, Any]:
    return {
        "id": found.id,
        "audience": found.audience,
        "level": found.level,
        "required": found.required,
        "from": when(found.enforce_at),
        "state": _state(found),
    }
