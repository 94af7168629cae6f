"""What follows when a first second step was set up in the sign-in: it is told, and codes are kept.

Two checks of `policy.decide`, which asks them once nothing is demanded any more. They say nothing
of what a proof is worth.
"""

from idp.policy.case import Case
from idp.policy.steps import Done, Enrol, Keep, Mark
from idp.policy.types import Codes, Trait


def first_step_done(case: Case) -> Done | Enrol | None:
    """Anyone whose first second step was set up here reads what it means, and may keep more.

    A page of ours that adds something says so itself.
    """
    if case.silent or case.recovering or case.ask.enrol is not None or case.ask.change:
        return None
    new = tuple(a.method for a in case.seconds if a.method in case.added)
    if Mark.DONE_READ in case.know.marks or not new or len(new) < len(case.seconds):
        return None
    others = _beside(case) if len(new) == 1 else ()
    if others and Mark.ANOTHER_WANTED in case.know.marks:
        # The one that was just proved lets it be bound (SP 800-63B-4 4.1.2.1).
        return Enrol(others, optional=True)
    return Done(new, others, codes=case.rules.codes is not Codes.OFF and not _has_codes(case))


def first_codes(case: Case) -> Keep | None:
    """Recovery codes are kept by whoever wants to, or by all, once a second step was proved here.

    They stand in for it later, so they are shown at that strength alone (SP 800-63B-4 4.1.2.1).
    """
    required = case.rules.codes is Codes.REQUIRED
    wanted = Mark.CODES_WANTED in case.know.marks and case.rules.codes is Codes.OFFERED
    kept = _has_codes(case) or Mark.CODES_KEPT in case.know.marks
    if case.silent or kept or not (wanted or required):
        return None
    seconds = {a.method for a in case.seconds}
    proved = any(p.method in seconds and case.of_now(p) for p in case.know.proofs)
    return Keep(first=True, optional=not required) if proved else None


def _beside(case: Case) -> tuple[str, ...]:
    """Return what could be set up beside the ways that are there, as a second step."""
    open_to = case.abilities(case.person.enrollable - case.person.enrolled)
    found = (a for a in open_to if not a.remembered and Trait.RECOVERY not in a.traits)
    return tuple(a.method for a in found)


def _has_codes(case: Case) -> bool:
    enrolled = case.abilities(case.person.enrolled)
    return any(Trait.RECOVERY in a.traits for a in enrolled)
