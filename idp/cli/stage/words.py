"""The options that say what a stage is, shared by `acrux stage add` and `set`."""

from collections.abc import Callable
from typing import Any

import click

from idp.language import ENGLISH
from idp.policy.rollout import Strength
from idp.policy.steps import EnrolmentProof
from idp.rollout.drafts import SETTING, Wanted

DATE_HELP = (
    "2027-02-01 (midnight in the stage's zone), RFC 3339: 2027-02-01T09:00:00+13:00, or now."
)
_OPTIONS = (
    click.option(
        "--audience",
        multiple=True,
        metavar="WHO",
        help="type:NAME, group:NAME, person:NAME or * for everyone; as often as needed.",
    ),
    click.option("--except", "excluded", multiple=True, metavar="WHO", help="Whom it leaves out."),
    click.option("--level", metavar="ACR", help="The level, as in acr_values."),
    click.option("--from", "enforce_at", metavar="DATE", help=f"When it is enforced: {DATE_HELP}"),
    click.option("--recommended", "strength", flag_value="recommended", help="Announced only."),
    click.option("--optional", "strength", flag_value="optional", help="People may set it up."),
    click.option("--off", "strength", flag_value="off", help="Nothing is asked or offered."),
    click.option("--required", "strength", flag_value="required", help="Enforced (the default)."),
    click.option("--announce", "announce_at", metavar="DATE", help="From when people are told."),
    click.option("--zone", help="The IANA zone of its dates; that of brand.time_zone."),
    click.option("--reminders", metavar="DAYS", help="Mails so many days before, as in 21,7,1,0."),
    click.option("--grace", type=int, help="Sign-ins that go on without, after the date."),
    click.option("--grace-administrators", "grace_privileged", type=int, help="The same for them."),
    click.option(
        "--why",
        multiple=True,
        metavar="TEXT",
        help="One sentence of reason for people; another language's as de=TEXT.",
    ),
    click.option("--guidance", metavar="URL", help="An https address with more to read."),
    click.option(
        "--proof",
        type=click.Choice([*map(str, EnrolmentProof), SETTING]),
        help="What comes back before a first second step is set up; enrolment.proof.",
    ),
)


def stage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a stage; they arrive by the names of `Wanted`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wanted_of(said: dict[str, Any], stage_id: str | None = None, *, new: bool = False) -> Wanted:
    """Return what the options say.

    Raises:
        click.UsageError: a new stage lacks what it needs.
    """
    strength = said["strength"]
    if new and not said["audience"]:
        raise click.UsageError("--audience is needed: a user type, a group, or *")
    if new and not said["level"]:
        raise click.UsageError("--level is needed")
    if new and said["enforce_at"] is None and strength in (None, Strength.REQUIRED):
        raise click.UsageError("--from is needed, unless it is --recommended")
    lists = {name: said[name] or None for name in ("audience", "excluded")}
    why = dict(_why(text) for text in said["why"]) or None
    return Wanted(**said | lists | {"id": stage_id, "why": why})


def _why(text: str) -> tuple[str, str]:
    language, mark, rest = text.partition("=")
    return (language, rest) if mark and len(language) == 2 else (ENGLISH, text)
