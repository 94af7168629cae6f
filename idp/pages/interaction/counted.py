"""Which step of a set-up a page is: "Step 1 of 3".

What is counted is what the person does: a code that shows who it is, the choice of a way, setting
it up, and keeping new recovery codes where one was used. A set-up of one page alone is not counted.
Owns the numbers on pages, and never what comes next.
"""

from dataclasses import replace
from enum import Enum

from idp import web
from idp.installation import Installation
from idp.language import Text, _
from idp.policy.steps import Change, Enrol, Mark
from idp.policy.types import Trait
from idp.signin.interaction import Interaction


class Part(Enum):
    """One page of a set-up, as its person counts."""

    CHECK = "check"
    CHOOSE = "choose"
    SET_UP = "set-up"
    KEEP = "keep"


def enrolling(interaction: Interaction, step: Enrol, at: Part) -> Text | None:
    """Return what the page `at` of setting up a second step is; None when it is the only one."""
    return _words(_parts(interaction, step), at)


def changing(interaction: Interaction, step: Change) -> Text | None:
    """Return the same of another address or number: who it is, then the code sent there."""
    checks = step.confirm or _checked(interaction)
    parts = [*([Part.CHECK] if checks else []), Part.SET_UP]
    return _words(parts, Part.CHECK if step.confirm else Part.SET_UP)


def keeping(installation: Installation, interaction: Interaction) -> Text | None:
    """Return the same of the new recovery codes, which come after a set-up in the same sign-in."""
    earlier = tuple(proof for proof in interaction.proofs if not proof.bootstrap)
    if earlier == interaction.proofs:
        return None
    step = installation.signin.next_step(web.work(), replace(interaction, proofs=earlier))
    return enrolling(interaction, step, Part.KEEP) if isinstance(step, Enrol) else None


def _parts(interaction: Interaction, step: Enrol) -> list[Part]:
    recovers = any(Trait.RECOVERY in proof.traits for proof in interaction.proofs)
    there = {
        Part.CHECK: not _beside(interaction) and bool(step.confirm or _checked(interaction)),
        Part.CHOOSE: len(step.methods) > 1,
        Part.SET_UP: True,
        Part.KEEP: recovers,
    }
    return [part for part, is_there in there.items() if is_there]


def _beside(interaction: Interaction) -> bool:
    """Return True of another way beside a first that was set up before: that is counted anew."""
    return Mark.ANOTHER_WANTED in interaction.marks


def _checked(interaction: Interaction) -> bool:
    return Mark.ADDRESS_CONFIRMED in interaction.marks


def _words(parts: list[Part], at: Part) -> Text | None:
    if len(parts) == 1 or at not in parts:
        return None
    return _("Step %(num)s of %(all)s", num=parts.index(at) + 1, all=len(parts))
