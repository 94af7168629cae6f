"""Whether somebody may come to a page of a guarded host. Pure: time is an argument."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from idp.forward.readings import readings
from idp.oidc.clients.guarded import GuardedPath, Needs
from idp.policy.reach import implies
from idp.policy.types import Level

LevelOf = Callable[[str], Level | None]


class Verdict(StrEnum):
    """What is said to the proxy."""

    OPEN = "open"
    """Everybody comes there."""
    COME_IN = "come in"
    SIGN_IN = "sign in"
    """Nobody is signed in, or the sign-in is not strong or not fresh enough."""
    NOT_YOURS = "not yours"
    """No sign-in of this person will do."""
    NO_PATH = "no path"
    """It can be read as no path: nobody comes there."""


@dataclass(frozen=True)
class Held:
    """What somebody comes with: a sign-in, and who it is as of now."""

    acr: str
    auth_time: int
    user_type: str
    groups: tuple[str, ...]


def met(paths: Iterable[GuardedPath], path: str) -> tuple[GuardedPath, ...]:
    """Return the lines that a page meets, one for each way its path is read; () if it is no path.

    `paths` have the longest first (`oidc.clients.guarded.read`), and so has what is returned.
    """
    lines = tuple(paths)
    found = _met(lines, path)
    return tuple(one for one in lines if one in found)


def needed(paths: Iterable[GuardedPath], path: str) -> tuple[Needs, ...]:
    """Return all that a page needs, in whatever way its path is read; () where it is no path."""
    return tuple(dict.fromkeys([one.needs for one in _met(tuple(paths), path)]))


def _met(lines: tuple[GuardedPath, ...], path: str) -> list[GuardedPath]:
    return [next(one for one in lines if one.holds(each)) for each in readings(path)]


def verdict(
    needs: tuple[Needs, ...], held: Held | None, now: int, level: LevelOf, floor: str | None
) -> Verdict:
    """Decide; `floor` is the level that the application demands of everybody."""
    if not needs:
        return Verdict.NO_PATH
    asking = [one for one in needs if not one.public]
    if not asking:
        return Verdict.OPEN
    if held is None:
        return Verdict.SIGN_IN
    if not all(_of_them(one, held) for one in asking):
        return Verdict.NOT_YOURS
    strong = all(_reached(name, held, now, level) for name in _names(needs, floor))
    ages = [one.max_age for one in asking if one.max_age is not None]
    fresh = not ages or now - held.auth_time <= min(ages)
    return Verdict.COME_IN if strong and fresh else Verdict.SIGN_IN


def _of_them(needs: Needs, held: Held) -> bool:
    typed = not needs.user_types or held.user_type in needs.user_types
    return typed and (not needs.groups or not set(needs.groups).isdisjoint(held.groups))


def _reached(name: str, held: Held, now: int, level: LevelOf) -> bool:
    """Return True if the sign-in reached a level, and none of its proofs has outlived that."""
    wanted, mine = level(name), level(held.acr)
    if wanted is None or mine is None or not implies(mine, wanted):
        return False
    return wanted.lifetime is None or now - held.auth_time <= wanted.lifetime


def to_ask(
    needs: tuple[Needs, ...], level: LevelOf, floor: str | None
) -> tuple[str | None, int | None]:
    """Return the acr and the max_age that a sign-in is asked for, so that `verdict` lets it in.

    The acr is one that implies all others; None where nothing is asked, or no single one does.
    """
    asking = [one for one in needs if not one.public]
    levels = {name: found for name in _names(needs, floor) if (found := level(name)) is not None}
    strongest = [
        name
        for name, one in levels.items()
        if all(implies(one, other) for other in levels.values())
    ]
    ages = [one.max_age for one in asking if one.max_age is not None]
    return (min(strongest) if strongest else None), (min(ages) if ages else None)


def reachable(needs: tuple[Needs, ...], level: LevelOf, floor: str | None) -> bool:
    """Return True if one sign-in can state every level that is asked; a public page asks none."""
    names = _names(needs, floor)
    if not any(not one.public for one in needs) or not names:
        return True
    known = all(level(name) is not None for name in names)
    return known and to_ask(needs, level, floor)[0] is not None


def _names(needs: tuple[Needs, ...], floor: str | None) -> list[str]:
    """Return the levels that are asked by name."""
    asked = {floor, *(one.acr for one in needs if not one.public)}
    return [name for name in asked if name is not None]
