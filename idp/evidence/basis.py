"""What an acr rests on, written down when it was decided: the part of a leaf about the sign-in.

It is kept with the authorization, and stands in the leaf of each token that comes of it, unchanged.
Members that say nothing are left out (docs/evidence.md "Basis").
"""

from collections.abc import Callable
from typing import Any

from idp.evidence.canonical import plain
from idp.policy.steps import Counted, Finish, Floors
from idp.policy.types import Ask

Name = Callable[[str], str]
"""Returns what the ledger calls one credential of the person."""


def basis(
    ask: Ask, finish: Finish, *, at: int, sub: str, name: Name, policy: str, agreed: str = ""
) -> str:
    """Return the basis of a sign-in that finished `at`, as canonical JSON.

    `sub` is what the ledger calls the person, `policy` the digest of the rules that decided
    (`evidence.in_force`), `agreed` that of the single acts that the person agreed to in it.
    """
    found: dict[str, Any] = {
        "at": at,
        "floor": _floor(finish.floors),
        "policy": policy,
        "proofs": [_proof(one, name) for one in finish.counted],
        "reason": finish.reason,
        "requested": _requested(ask),
        "sub": sub,
    }
    if agreed:
        found["agreed"] = agreed
    return plain(found)


def _requested(ask: Ask) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if ask.acr_values:
        found["acr_values"] = ask.acr_values
    if ask.essential is not None:
        found["essential"] = ask.essential
    if ask.max_age is not None:
        found["max_age"] = ask.max_age
    if ask.prompt:
        found["prompt"] = sorted(ask.prompt)
    return found


def _floor(floors: Floors) -> dict[str, str]:
    return {name: value for name, value in vars(floors).items() if value is not None}


def _proof(one: Counted, name: Name) -> dict[str, Any]:
    found: dict[str, Any] = {
        "amr": one.amr,
        "at": one.at,
        "factors": one.factors,
        "method": one.method,
    }
    if one.traits:
        found["traits"] = one.traits
    if one.credential is not None:
        found["credential"] = name(one.credential)
    if one.bootstrap:
        found["enrolled_here"] = True
    return found
