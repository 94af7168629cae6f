"""Putting off the set-up that a stage demands: as often as its grace lasts, counted for good."""

from idp import audit
from idp.audit import Event
from idp.policy.steps import NO_MARKS, Mark
from idp.signin.facts import Facts
from idp.signin.interaction import Interaction
from idp.store import people
from idp.store.db import Work
from idp.store.rollout import postponements
from idp.store.signin import marks


def put_off(work: Work, facts: Facts, interaction: Interaction) -> bool:
    """Let this sign-in, and what follows in its session, go on without; False when it may not.

    Of two sign-ins with one time left between them, one goes on: the person is locked first, and
    what is left is read after that.
    """
    if interaction.person is None:
        return False
    people.lock_person(work, interaction.person.id)
    person = people.by_id(work, interaction.person.id)
    asked = facts.of(work, person, {interaction.id}).requirement if person else None
    if person is None or asked is None or asked.due is None or asked.due_stage is None:
        return False
    if not postponements.claim(
        work, person.id, interaction.id, level=asked.due, stage_id=asked.due_stage
    ):
        return False
    marks.put(work, interaction.id, person.id, NO_MARKS, without=Mark.ENROLMENT_WANTED)
    audit.record(
        work,
        Event.STAGE_POSTPONED,
        person=person.id,
        client=interaction.demand.client_id,
        interaction=interaction.id,
        reason=f"{asked.due} of {asked.due_stage}; {asked.grace - 1} left",
        stage=asked.due_stage,
    )
    return True
