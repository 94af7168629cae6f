"""Sign-ins that were left at the second step: whoever typed the password, the person hears of it.

A sign-in that is over, had passed its first step and waited for a further factor is told of by
mail, once, unless it was refused or given up, or the same person finished another in that browser.
Wrong answers are told of at once, elsewhere (`interaction.failing`). The worker runs this before
it deletes what is over.
"""

import logging

from idp import audit, clock, notices
from idp.audit import Event, Outcome
from idp.caller import Caller
from idp.demand import Demand
from idp.installation import Installation
from idp.policy.types import Authenticate
from idp.progress import Interaction
from idp.store import db, events, interactions, people, spent
from idp.store import sessions as session_store
from idp.store.db import Work
from idp.store.interactions import InteractionRow

_log = logging.getLogger(__name__)

BATCH = 50
"""Sign-ins looked at in one transaction."""


def tell(this: Installation) -> int:
    """Look at every sign-in that is over and was not deleted yet; return how many were told of."""
    until, told = clock.now(), 0
    after = (0, "")
    while True:
        with db.work(this.engine) as work:
            rows = interactions.left_open(
                work, until, this.settings.interaction.lifetime, after, BATCH
            )
            told += sum(_tell_of(this, work, row) for row in rows)
        if len(rows) < BATCH:
            return told
        after = (rows[-1].expires_at, rows[-1].id)


def _tell_of(this: Installation, work: Work, row: InteractionRow) -> bool:
    try:
        found = _loaded(work, row)
    except (TypeError, ValueError, KeyError):
        # Another version of Acrux wrote it; one such row must not hold the clean-up for ever.
        _log.warning("the sign-in %s cannot be read", row.id)
        return False
    person = found.person
    first = next((proof for proof in found.proofs if proof.first), None)
    if person is None or first is None:
        return False
    step = this.signin.next_step(work, found)
    if not isinstance(step, Authenticate) or step.begins:
        return False
    if not spent.claim(work, "abandoned", row.id, lifetime=notices.ONCE):
        return False
    application = found.demand.application
    work.caller = Caller(
        address=events.source_of(work, person.id, row.id, Event.FACTOR_PROVED.value),
        browser=session_store.label_of(work, row.session_id),
    )
    audit.record(
        work,
        Event.SIGN_IN_ABANDONED,
        Outcome.REFUSED,
        person=person.id,
        client=row.client_id,
        interaction=row.id,
        reason=f"after {first.method}, before a second step",
    )
    return notices.second_step_failed(
        work,
        this.post,
        this.settings,
        person,
        row.id,
        client=application.name if application else None,
        at=first.at,
    )


def _loaded(work: Work, row: InteractionRow) -> Interaction:
    """Return the sign-in as its browser left it."""
    person = people.by_id(work, row.person_id) if row.person_id else None
    proofs = session_store.proofs_of(work, row.id, row.person_id) if row.person_id else ()
    session = session_store.by_id(work, row.session_id)
    return Interaction(row.id, session, Demand.from_json(row.request), person, row, proofs)
