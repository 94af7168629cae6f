"""Which mail ahead of a date is due: a pure function of a stage and a time.

A day begins at midnight in the stage's zone, and a mail is due from then until the next one is.
There is one at most: who comes late, or whose worker was away, gets the latest, and none that is
over.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from idp import moments
from idp.policy.rollout import Stage, Strength

ANNOUNCED = "announced"
REMINDER = "reminder"
TOMORROW = "tomorrow"
TODAY = "today"
LETTERS = (ANNOUNCED, REMINDER, TOMORROW, TODAY)
"""Mails that a stage may send, each a text `stage-<name>` in `templates/messages`."""
WORTH = 3 * 86400
"""Seconds for which a mail is worth delivering, unless what it says is over before."""
NO_DATE = 0
"""The date of a stage that has none."""


@dataclass(frozen=True)
class Due:
    """A mail that is to go out now to everyone whom it concerns."""

    enforce_at: int
    """The date that it tells of, `NO_DATE` for a recommendation: another date is another mail."""
    kind: str
    """What it is kept as: a letter's name, of a reminder with its days: `reminder-7`."""
    until: int
    """When what it says is over."""

    @property
    def letter(self) -> str:
        """Return which of `LETTERS` it is."""
        return self.kind.partition("-")[0]


def due(stage: Stage, now: int) -> Due | None:
    """Return the mail of `stage` that is due at `now`."""
    if stage.stopped_at is not None or not stage.announced(now) or not stage.reminders:
        return None
    if stage.strength is Strength.RECOMMENDED:
        return Due(NO_DATE, ANNOUNCED, now + WORTH)
    if not stage.required or stage.enforce_at is None:
        return None
    day, today = (moments.date_in(at, stage.zone) for at in (stage.enforce_at, now))
    left = (day - today).days
    if left < 0:
        return None
    ahead = _told_before(stage, day)
    begun = [days for days in stage.reminders if left <= days < ahead]
    if left == 0:
        if 0 not in stage.reminders and ahead > 0:
            return None
        kind = TODAY
    else:
        kind = _kind(min(begun)) if begun else ANNOUNCED
    return Due(stage.enforce_at, kind, min(now + WORTH, _over(kind, day, stage.zone)))


def _told_before(stage: Stage, day: date) -> int:
    """Return how many days before its date a stage is announced: a mail of before is none."""
    if stage.announce_at is None:
        return timedelta.max.days
    return (day - moments.date_in(stage.announce_at, stage.zone)).days


def _kind(days: int) -> str:
    return {0: TODAY, 1: TOMORROW}.get(days, f"{REMINDER}-{days}")


def _over(kind: str, day: date, zone: str) -> int:
    return moments.midnight(day + timedelta(days=1 if kind == TODAY else 0), zone)
