"""What is said of a sign-in in which everything holds: acr, amr, auth_time, and why."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from idp.policy import assurance
from idp.policy.case import Case
from idp.policy.steps import Counted, Finish
from idp.policy.types import Proof


def finish(case: Case) -> Finish:
    """Everything holds: say what is true of it."""
    said = next(((v, lv) for v, lv in case.candidates if case.hold((lv,))), None)
    level = said[1] if said else case.reached
    if level is None:
        oldest = assurance.auth_time(case.proofs)
        return Finish(assurance.EXPIRED, (), oldest, "the level has expired")
    reached = case.reached or level
    proofs = assurance.counted(level, case.proofs, case.now)
    return Finish(
        acr=said[0] if said else level.name,
        amr=assurance.methods_references(proofs),
        auth_time=assurance.auth_time(proofs),
        reason=_explain(case, proofs, bool(said)),
        methods=tuple(proof.method for proof in proofs),
        counted=tuple(map(_plainly, proofs)),
        floors=case.demanded,
        reached="" if reached == level else reached.name,
    )


def _plainly(proof: Proof) -> Counted:
    return Counted(
        method=proof.method,
        at=proof.at,
        amr=proof.amr,
        factors=tuple(sorted(map(str, proof.factors))),
        traits=tuple(sorted(map(str, proof.traits))),
        credential=proof.credential,
        bootstrap=proof.bootstrap,
    )


def _explain(case: Case, proofs: Iterable[Proof], asked: bool) -> str:
    ask = case.ask
    if ask.essential is not None:
        why = "essential value met"
    elif asked:
        why = "first reachable value asked for"
    else:
        none = "no value asked for could be reached, or was as strong as the floor"
        why = none if ask.acr_values else "level reached"
    floors = ", ".join(dict.fromkeys(level.name for level in case.floors))
    parts = [
        f"{p.method} at {_iso(p.at)}" + (" (at enrolment)" if p.bootstrap else "") for p in proofs
    ]
    return f"{why}; floor {floors or 'none'}; proved: {', '.join(parts)}"


@lru_cache(maxsize=4096)
def _iso(at: int) -> str:
    # The proofs of a session are named in each of its answers.
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
