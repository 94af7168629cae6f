"""What a denied change takes back of the ways to sign in. Pure: journal and holdings in, ids out.

One rule: a denial never leaves an account open to somebody who merely reads its mailbox, where it
was not so before. So what was added lately goes if something older still stands beside it, or if
nothing stood before it; where it took the place of what is gone, it stays and is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Altered:
    """A way to sign in was added, or one was lost: replaced, removed. Seconds since 1970 UTC."""

    at: int
    method: str
    added: str | None = None
    """The id of what was added."""
    lost: bool = False


@dataclass(frozen=True)
class Held:
    """A second step that the person has now."""

    id: str
    method: str


@dataclass(frozen=True)
class Undoing:
    """What goes, what stays although it was added lately, and the methods that are lost."""

    go: tuple[Held, ...] = ()
    stay: tuple[Held, ...] = ()
    lost: tuple[str, ...] = ()


def undoing(altered: Sequence[Altered], held: Sequence[Held], since: int) -> Undoing:
    """Say what becomes of the second steps `held` when all from `since` on is denied."""
    late = [one for one in altered if one.at >= since]
    ids = {one.added for one in late}
    added = tuple(one for one in held if one.id in ids)
    lost = tuple(dict.fromkeys(one.method for one in late if one.lost))
    if len(added) < len(held) or not lost:
        return Undoing(go=added, lost=lost)
    return Undoing(stay=added, lost=lost)
