"""From proofs to acr, amr and auth_time: the one place where a level is computed.

Everything said of a sign-in is derived from recorded proofs; never from what the person has
enrolled, from the URL, or from a client's wish (docs/acr.md "The promise").
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from idp.policy.types import Factor, Level, Proof

EXPIRED = "0"
"""The acr of a session whose level has expired (OIDC Core 2)."""

_AT = attrgetter("at")


def outlived(level: Level, proof: Proof, now: int) -> bool:
    """Return True if `proof` is too old to count towards `level`."""
    return level.lifetime is not None and now - proof.at > level.lifetime


def counted(level: Level, proofs: Iterable[Proof], now: int) -> tuple[Proof, ...]:
    """Return the proofs that count towards `level`, oldest first.

    A newer proof of the same method takes the place of an older one, unless it proves less: a
    passkey touched without verification takes nothing away from one that was verified before.
    """
    kept: list[Proof] = []
    # Loops, not generators: it is asked ten times in each authorization request.
    for proof in sorted(proofs, key=_AT)[::-1]:
        if outlived(level, proof, now) or level.refuses & proof.traits:
            continue
        for newer in kept:
            if _covers(newer, proof):
                break
        else:
            kept.append(proof)
    return tuple(kept[::-1])


def _covers(newer: Proof, older: Proof) -> bool:
    same = newer.method == older.method
    return same and newer.factors >= older.factors and newer.traits >= older.traits


def kinds(proofs: Iterable[Proof]) -> frozenset[Factor]:
    """Return the different kinds of factor that `proofs` prove."""
    return frozenset().union(*[proof.factors for proof in proofs])


def holds(level: Level, proofs: Iterable[Proof], now: int) -> bool:
    """Return True if `proofs` satisfy `level` at `now`."""
    counting = counted(level, proofs, now)
    if len(kinds(counting)) < level.kinds:
        return False
    return not level.requires or any(level.requires <= proof.traits for proof in counting)


def reached(levels: Sequence[Level], held: Callable[[Level], bool]) -> Level | None:
    """Return the strongest of `levels` (ordered weakest first) that is `held`."""
    return next(filter(held, reversed(levels)), None)


def methods_references(proofs: Sequence[Proof]) -> tuple[str, ...]:
    """Return amr (RFC 8176) of the counted proofs; `mfa` when two kinds of factor were proved."""
    names = dict.fromkeys(name for proof in proofs for name in proof.amr)
    if len(kinds(proofs)) > 1:
        names["mfa"] = None
    return tuple(names)


def auth_time(proofs: Sequence[Proof]) -> int:
    """Return the time of the oldest proof counted, in seconds since 1970.

    See docs/acr.md "auth_time".
    """
    return min(proof.at for proof in proofs)
