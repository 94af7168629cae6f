"""A first step that was passed and a second that was not: the person hears of it by mail, once.

Wrong answers are told of at the third one (`Unfinished.note`), a sign-in that someone walks away
from at once (`given_up`). One that was left waiting for a further factor is told of when it is over
(`tell`), unless it was refused or given up, or the same person finished another in that browser.
"""

import logging

from idp import audit, clock
from idp.audit import Event, Outcome
from idp.authenticators.base import Kind, Rejected
from idp.caller import Caller
from idp.messages import Post, notices
from idp.policy.steps import Authenticate
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.signin import arrival
from idp.signin.demand import Demand
from idp.signin.interaction import Interaction
from idp.signin.sign_in import SignIn
from idp.store import db, events, people, spent, throttles
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.people import PersonRow
from idp.store.signin import interactions
from idp.store.signin import proofs as proof_store
from idp.store.signin import sessions as session_store
from idp.store.signin.interactions import InteractionRow

_log = logging.getLogger(__name__)

BATCH = 50
"""Sign-ins looked at in one transaction."""
FORGIVEN = Window(2, 86400)
"""Wrong answers in one sign-in that anyone may give without being told of it."""


class Unfinished:
    """Second steps that were not passed, for one installation."""

    def __init__(self, signin: SignIn, post: Post, engine: Engine) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._post = post
        self._engine = engine

    def given_up(self, work: Work, interaction: Interaction) -> None:
        """Tell the person of a second step that is walked away from, in a browser never used.

        Anyone who tries a stolen password is the one to press "Cancel".
        """
        person = _past_first(interaction)
        if person is None or not self._waits(work, interaction) or arrival.known(work, person):
            return
        self._second_step_failed(work, interaction, person)

    def note(self, work: Work, interaction: Interaction, rejected: Rejected) -> None:
        """Tell the person at the third wrong answer in a sign-in, or when guesses are held back."""
        person = _past_first(interaction)
        if person is None or rejected.kind is Kind.MALFORMED:
            return
        key = throttle_keys.wrong_second_steps(interaction.id)
        counted = throttles.count(work, key, FORGIVEN)
        if counted is not None or rejected.kind is Kind.HELD:
            self._second_step_failed(work, interaction, person)

    def tell(self) -> int:
        """Look at every sign-in that is over and was not deleted; return how many it told of.

        The worker calls it, before it deletes what is over.
        """
        until, told = clock.now(), 0
        after = (0, "")
        while True:
            with db.work(self._engine) as work:
                rows = interactions.left_open(
                    work, until, self._settings.interaction.lifetime, after, BATCH
                )
                told += sum(self._tell_of(work, row) for row in rows)
            if len(rows) < BATCH:
                return told
            after = (rows[-1].expires_at, rows[-1].id)

    def _tell_of(self, work: Work, row: InteractionRow) -> bool:
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
        if not self._waits(work, found):
            return False
        if not spent.claim(work, "abandoned", row.id, lifetime=notices.ONCE):
            return False
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
        return self._second_step_failed(work, found, person, first.at)

    def _waits(self, work: Work, interaction: Interaction) -> bool:
        """Return True if the sign-in waits for a second step."""
        step = self._signin.next_step(work, interaction)
        return isinstance(step, Authenticate) and not step.begins

    def _second_step_failed(
        self, work: Work, interaction: Interaction, person: PersonRow, at: int | None = None
    ) -> bool:
        application = interaction.demand.application
        return notices.second_step_failed(
            work,
            self._post,
            self._settings,
            person,
            interaction.id,
            client=application.name if application else None,
            at=at,
        )


def _past_first(interaction: Interaction) -> PersonRow | None:
    """Return whose sign-in it is, once a first step was passed."""
    return interaction.person if any(proof.first for proof in interaction.proofs) else None


def _loaded(work: Work, row: InteractionRow) -> Interaction:
    """Return the sign-in as its browser left it."""
    person = people.by_id(work, row.person_id) if row.person_id else None
    proofs = proof_store.of(work, row)
    session = session_store.by_id(work, row.session_id)
    return Interaction(row.id, session, Demand.from_json(row.request), person, row, proofs)
