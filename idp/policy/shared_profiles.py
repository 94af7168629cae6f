"""How likely it is that several people use one account: signs, points, a score. Pure.

A score says nothing of what anyone may do: it blocks no sign-in, asks for no step and is never part
of an acr. It tells an administrator where to look, and why.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Sign(StrEnum):
    """What may be seen of an account that is shared, as settings and reports name it."""

    NAME = "name"
    """It is called like a place or a job."""
    ALTERNATING = "alternating"
    """Days on which use went back and forth between browsers in different networks."""
    APART = "apart"
    """Days on which browsers were signed in at once and used one after the other only."""
    ELSEWHERE = "elsewhere"
    """Codes that were asked for in one browser and typed in another."""
    SET_UPS = "set_ups"
    """Authenticator apps set up within thirty days, where there were more than two."""
    HOURS = "hours"
    """Days that use runs through for more than sixteen hours."""
    DENIED = "denied"
    """ "This was not me", soon after a sign-in of the person's own."""


BACK_AND_FORTH = 2
"""Switches of browser and network in a day from which on it counts: there, and back."""
SET_UPS_WITHIN = 30
"""Days within which set-ups of an app are counted together."""
MORE_THAN = 2
"""Set-ups that one person needs: a telephone, and the next one."""
ENOUGH: Mapping[Sign, int] = {
    Sign.NAME: 1,
    Sign.ALTERNATING: 8,
    Sign.APART: 8,
    Sign.ELSEWHERE: 2,
    Sign.SET_UPS: 3,
    Sign.HOURS: 8,
    Sign.DENIED: 2,
}
"""How often a sign is seen until it has all its points; less often, it has a part of them."""
MOST = 100


@dataclass(frozen=True)
class Reason:
    """One sign of an account: how often it was seen, and the points that makes."""

    sign: Sign
    count: int
    points: int


@dataclass(frozen=True)
class Score:
    """The points of all signs together, at most 100; the strongest reason first."""

    points: int
    reasons: tuple[Reason, ...]


def scored(seen: Mapping[Sign, int], weights: Mapping[Sign, int]) -> Score:
    """Return the score of what was `seen` of an account; `weights`: the most points of a sign."""
    reasons = [
        Reason(sign, count, _points(sign, count, weights[sign]))
        for sign, count in seen.items()
        if count > 0
    ]
    told = sorted(
        (reason for reason in reasons if reason.points),
        key=lambda reason: (-reason.points, list(Sign).index(reason.sign)),
    )
    return Score(min(MOST, sum(reason.points for reason in told)), tuple(told))


def _points(sign: Sign, count: int, weight: int) -> int:
    return round(weight * min(1.0, count / ENOUGH[sign]))


def most_set_ups(days: Iterable[tuple[int, int]]) -> int:
    """Return the most set-ups within thirty days, 0 where one person may need as many.

    `days` are pairs of a day's number and its set-ups.
    """
    ordered = sorted(days)
    found = max(
        (
            sum(count for day, count in ordered if first <= day < first + SET_UPS_WITHIN)
            for first, _ in ordered
        ),
        default=0,
    )
    return found if found > MORE_THAN else 0


_WORDS = re.compile(r"[^\W\d_]+")


def called_like_a_place(username: str, email: str, name: str, words: Iterable[str]) -> str | None:
    """Return the word by which an account is called like a place or a job; None for none.

    It is the first word of the user name, the address or the name: `reception.north` and `kiosk3`
    are found, `ben.ward` is somebody. `words` are in small letters.
    """
    known = frozenset(words)
    for text in (username.partition("@")[0], email.partition("@")[0], name):
        found = _WORDS.search(text.lower())
        if found is not None and found.group() in known:
            return found.group()
    return None
