"""Answers of a person that prove nothing: consent, later, another account, giving up.

Each is one conditional change and its event; what follows from it the policy decides.
"""

from enum import StrEnum
from typing import Any

from idp import audit
from idp.audit import Event, Outcome
from idp.policy.steps import DENIED, NO_MARKS, Mark
from idp.signin.interaction import Interaction
from idp.store import next_sign_in, people
from idp.store.db import Work
from idp.store.oidc import grants
from idp.store.rollout import notices
from idp.store.signin import interactions, marks


def switch(work: Work, interaction: Interaction) -> None:
    """The person wants another account: the interaction belongs to no one again."""
    interactions.identify(work, interaction.id, None, "")


def consent(work: Work, interaction: Interaction, *, allowed: bool) -> None:
    """Record the answer to the consent page; `interaction.demand` is what that showed."""
    person, demand = interaction.person, interaction.demand
    if person is None or demand.client_id is None:
        return
    people.lock_person(work, person.id)
    if not interactions.still_open(work, interaction.id, person.id, person.id):
        return
    if allowed:
        marks.put(work, interaction.id, person.id, Mark.CONSENTED)
        if demand.agreed:
            interactions.set_request(work, interaction.id, demand.to_json())
        if demand.ask.consent_needed:
            grants.grant(work, person.id, demand.client_id, demand.ask.scopes, demand.grantee)
    else:
        interactions.refuse(work, interaction.id, DENIED)
    more: dict[str, Any] = {"details": demand.deeds_digest} if demand.deeds_digest else {}
    audit.record(
        work,
        Event.CONSENT_GIVEN if allowed else Event.CONSENT_DENIED,
        Outcome.DONE if allowed else Outcome.REFUSED,
        person=person.id,
        client=demand.client_id,
        interaction=interaction.id,
        reason=" ".join(sorted(demand.ask.scopes)),
        **more,
    )


def unsay(work: Work, interaction: Interaction) -> None:
    """What the person agreed to is another by now: nobody has answered in this sign-in."""
    if interaction.person is None:
        return
    people.lock_person(work, interaction.person.id)
    marks.put(work, interaction.id, interaction.person.id, NO_MARKS, without=Mark.CONSENTED)


def cancel(work: Work, interaction: Interaction) -> None:
    """The person gives up; the application is told `access_denied`."""
    interactions.refuse(work, interaction.id, "access_denied")
    audit.record(
        work,
        Event.SIGN_IN_CANCELLED,
        Outcome.REFUSED,
        person=interaction.person.id if interaction.person else None,
        client=interaction.demand.client_id,
        interaction=interaction.id,
    )


WEEK = 7 * 86400


def announced(work: Work, interaction: Interaction, *, set_up_now: bool, quiet: int = 0) -> None:
    """Record the answer to a coming requirement: now or later; no wish for `quiet` seconds."""
    if interaction.person is None:
        return
    # The person first, as every change of one: two at once must not wait for each other.
    people.lock_person(work, interaction.person.id)
    now = Mark.ENROLMENT_WANTED
    said = Mark.ANNOUNCED | now if set_up_now else Mark.ANNOUNCED
    marks.put(work, interaction.id, interaction.person.id, said, without=now)
    next_sign_in.mark_announced(work, interaction.person.id, quiet)
    if set_up_now:
        notices.mark_opened(work, interaction.person.id)
    audit.record(
        work,
        Event.STAGE_ANNOUNCED,
        person=interaction.person.id,
        client=interaction.demand.client_id,
        interaction=interaction.id,
        reason="set up now" if set_up_now else "in a week" if quiet else "later",
    )


def offered(work: Work, interaction: Interaction, *, taken: bool) -> None:
    """Record the answer to the offer of a passkey: now or later, be it half-way through adding."""
    if interaction.person is None:
        return
    person_id = interaction.person.id
    people.lock_person(work, person_id)
    said = Mark.OFFER_TAKEN if taken else NO_MARKS
    marks.put(work, interaction.id, person_id, said, without=Mark.OFFER_TAKEN)
    next_sign_in.mark_offered(work, person_id)
    audit.record(
        work,
        Event.PASSKEY_OFFERED,
        person=person_id,
        client=interaction.demand.client_id,
        interaction=interaction.id,
        reason="set up now" if taken else "later",
    )


class AfterSetUp(StrEnum):
    """What a person chooses once a first second step is set up."""

    GO_ON = "later"
    KEEP_CODES = "codes"
    ADD_ANOTHER = "another"


_CHOSEN = {
    AfterSetUp.GO_ON: (Mark.DONE_READ, Mark.ANOTHER_WANTED),
    AfterSetUp.KEEP_CODES: (Mark.DONE_READ | Mark.CODES_WANTED, Mark.ANOTHER_WANTED),
    AfterSetUp.ADD_ANOTHER: (Mark.ANOTHER_WANTED, NO_MARKS),
}
"""The marks that a choice puts, and takes away."""


def set_up_read(work: Work, interaction: Interaction, choice: AfterSetUp) -> None:
    """Record the answer to the page that says that a second step is set up."""
    puts, takes = _CHOSEN[choice]
    _set_up_answered(work, interaction, puts, takes, choice.value)


def another_put_off(work: Work, interaction: Interaction) -> None:
    """The person wants no other way after all, and is back at the choice."""
    _set_up_answered(work, interaction, NO_MARKS, Mark.ANOTHER_WANTED, "no other way")


def codes_put_off(work: Work, interaction: Interaction) -> None:
    """The person wants no recovery codes after all."""
    _set_up_answered(work, interaction, NO_MARKS, Mark.CODES_WANTED, "no codes")


def _set_up_answered(
    work: Work, interaction: Interaction, puts: Mark, takes: Mark, what: str
) -> None:
    if interaction.person is None:
        return
    people.lock_person(work, interaction.person.id)
    marks.put(work, interaction.id, interaction.person.id, puts, without=takes)
    audit.record(
        work,
        Event.SET_UP_READ,
        person=interaction.person.id,
        client=interaction.demand.client_id,
        interaction=interaction.id,
        reason=what,
    )
