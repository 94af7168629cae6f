"""What a denied change takes back of the ways to sign in. Pure: journal and holdings in, ids out.

One rule: a denial never leaves an account open to someone who merely reads its mailbox, where it
was not so before. So what was added lately goes if something older still stands beside it, or if
nothing stood before it; where it took the place of what is gone, it stays and is named. What an
operator removed, or the owner long before what is denied, leaves the same gap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Altered:
    """A way to sign in was added, or one was lost: replaced, removed. Seconds since 1970 UTC."""

    at: int
    method: str
    added: str | None = None
    """The id of what was added."""
    lost: bool = False
    own: bool = True
    """By the person, or by someone who got in as that person; else by an operator."""


@dataclass(frozen=True)
class Held:
    """A second step that the person has now."""

    id: str
    method: str
    serves: bool = True
    """It can be used now: the installation has not switched the method off."""


@dataclass(frozen=True)
class Undoing:
    """What goes, what stays although it was added lately, and the methods that are lost."""

    go: tuple[Held, ...] = ()
    stay: tuple[Held, ...] = ()
    lost: tuple[str, ...] = ()


def undoing(altered: Sequence[Altered], held: Sequence[Held], since: int) -> Undoing:
    """Say what becomes of the second steps `held` when all from `since` on is denied.

    `altered` is all that is remembered, whoever did it; only the person's own additions go.
    """
    late = [one for one in altered if one.at >= since]
    ids = {one.added for one in late if one.own}
    added = tuple(one for one in held if one.id in ids)
    older = any(one.serves for one in held if one not in added)
    gone = _lost(altered)
    if added and gone and not older:
        return Undoing(stay=added, lost=gone)
    return Undoing(go=added, lost=_lost(late))


def _lost(altered: Iterable[Altered]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.method for one in altered if one.lost))
