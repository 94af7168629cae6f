"""A decision: what restoring across an event means, and the words in which it is said."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from idp import clock
from idp.backup.deeds import Place
from idp.backup.trail import Happened

Said = Callable[[Happened], str]


@dataclass(frozen=True)
class Deed:
    """Something that is done again: `does` does it, `says` what that is."""

    does: Callable[[Place, Happened], bool]
    says: Said
    when: Callable[[Happened], bool] = lambda _: True
    after: Said | None = None
    """What the operator has to do then."""


@dataclass(frozen=True)
class Decision:
    """What restoring across an event means, and why."""

    why: str
    deed: Deed | None = None
    tells: Said | None = None
    """What only the operator can do, with the command. "" for nothing."""
    by_hand: str = ""


def nothing(why: str) -> Decision:
    """Return the decision for an event that needs none."""
    return Decision(why)


def name(happened: Happened) -> str:
    """Return the person, as a word of a command."""
    return shlex.quote(happened.who)


def client(happened: Happened) -> str:
    """Return the application, as a word of a command."""
    return shlex.quote(str(happened.client))


def stage(happened: Happened) -> str:
    """Return the stage, as a word of a command."""
    return shlex.quote(str(happened.data.get("stage")))


def at(happened: Happened) -> str:
    """Return when it was, as RFC 3339."""
    return clock.iso(happened.at)


OVER = "sessions, tokens, codes and sign-ins under way end with a restore"
RECORD = "it is a record of what happened, and changes nothing"
COUNTED = "guesses are counted anew from where the backup stands"
