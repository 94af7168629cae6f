"""The use case: begin a sign-in, say what comes next, complete; what is proved, `proving` takes.

It brings together what was asked (`Demand`), what is known (rows), the rules and the time, and lets
`policy` decide. It never renders, never redirects, never speaks OAuth; it never names a method.
"""

from dataclasses import replace
from typing import Any

from idp import audit, clock, crypto
from idp.audit import Event, Outcome
from idp.authenticators.base import Authenticator
from idp.messages import Post
from idp.policy.decide import next_step
from idp.policy.steps import DENIED, Finish, Mark, Refuse, Step
from idp.policy.types import Know, Person, Rules
from idp.settings.values import Settings
from idp.signin import sessions
from idp.signin.admission import Admission
from idp.signin.arrival import Arrivals
from idp.signin.demand import Demand
from idp.signin.facts import Facts, addition_open, on_profile
from idp.signin.interaction import Authorized, Interaction
from idp.signin.proving import Proving
from idp.store import people
from idp.store.db import Work
from idp.store.oidc import grants
from idp.store.people import PersonRow
from idp.store.signin import interactions
from idp.store.signin import proofs as proof_store
from idp.store.signin import sessions as session_store
from idp.store.signin.interactions import InteractionRow
from idp.store.signin.sessions import SessionRow

ANNOUNCE_EVERY = 86400
"""Seconds between two showings of the same coming requirement."""


class SignIn:
    """All that a sign-in needs of this installation."""

    def __init__(
        self,
        settings: Settings,
        keyring: crypto.Keyring,
        authenticators: tuple[Authenticator, ...],
        rules: Rules,
        post: Post,
    ) -> None:
        self.settings = settings
        self.keyring = keyring
        self.rules = rules
        self._arrivals = Arrivals(post, settings, keyring)
        self.authenticators = {a.method: a for a in authenticators}
        self.admission = Admission(settings.throttle, keyring)
        self.facts = Facts(settings, rules, self.authenticators)
        self.proving = Proving(self.authenticators, self.admission, self.next_step)

    # -- beginning and reading

    def glance(self, work: Work, session: SessionRow | None, demand: Demand) -> Interaction:
        """Return the sign-in as it would begin, without storing anything."""
        person = None
        # A cookie that was replaced is no one's any more: it may tell no one's name either.
        if session and session.person_id and not session.stale:
            person = session.owner or people.by_id(work, session.person_id)
        return Interaction("", session, demand, person)

    @staticmethod
    def keep_still(work: Work, glance: Interaction) -> None:
        """Let no one change what a glance rests on until the commit; it is to be read again."""
        if glance.person is not None:
            people.wait_for_changes(work, glance.person.id)
        if glance.session is not None:
            session_store.hold(work, glance.session.id)

    def begin(self, work: Work, glance: Interaction) -> tuple[Interaction, str | None]:
        """Store the sign-in; return it, and a cookie value when the browser needs a new one."""
        session, cookie = glance.session, None
        if session is None:
            opened = sessions.begin(work, self.settings.session)
            session, cookie = opened.session, opened.cookie
        interaction_id = crypto.random_token(16)
        demand = glance.demand
        person = glance.person
        username = person.username if person else demand.login_hint
        interactions.add(
            work,
            interaction_id=interaction_id,
            session_id=session.id,
            client_id=demand.client_id,
            request=demand.to_json(),
            person_id=person.id if person else None,
            username=username[:254],
            lifetime=self.settings.interaction.lifetime,
        )
        return replace(glance, id=interaction_id, session=session), cookie

    def load(
        self, work: Work, interaction_id: str, session: SessionRow | None
    ) -> Interaction | None:
        """Return the interaction if this browser began it and it is still open."""
        if session is None or not (interaction_id.isascii() and interaction_id.isprintable()):
            return None
        row = interactions.find(work, interaction_id)
        if row is None or row.session_id != session.id:
            return None
        if row.claimed_at is not None:
            return None
        person = people.by_id(work, row.person_id) if row.person_id else None
        demand, proofs = Demand.from_json(row.request), proof_store.of(work, row)
        return Interaction(row.id, session, demand, person, row, proofs)

    def as_it_is(self, work: Work, interaction: Interaction) -> Interaction | None:
        """Return the sign-in as it is now; None when it is finished, or its session has gone."""
        session = interaction.session
        now = session_store.by_id(work, session.id) if session else None
        return self.load(work, interaction.id, now)

    def locked(self, work: Work, interaction: Interaction) -> Interaction | None:
        """Lock person and session, and return the sign-in as it is then.

        None when it is finished, or the session has ended or become another person's. The sign-in
        itself may already be no one's.
        """
        session = interaction.session
        if interaction.person is not None:
            people.lock_person(work, interaction.person.id)
        if session is None or session_store.hold(work, session.id) is None:
            return None
        now = session_store.by_id(work, session.id)
        own = interaction.person.id if interaction.person else None
        if now is None or now.person_id not in (session.person_id, own):
            return None
        return self.load(work, interaction.id, replace(now, cookie=session.cookie))

    def lock_signed_in(self, work: Work, who: Authorized) -> PersonRow | None:
        """Lock a person who is signed in, to be changed, and return them as they are then.

        None when the session has ended, or is another's: what ended it holds against this too.
        """
        people.lock_person(work, who.person.id)
        held = session_store.hold(work, who.session_id)
        return people.by_id(work, who.person.id) if held == (who.person.id, who.sid) else None

    def next_step(self, work: Work, interaction: Interaction) -> Step:
        """Return what must happen next."""
        ask = interaction.demand.asked_in(interaction.id)
        return next_step(ask, self._know(work, interaction), self.rules, clock.now())

    def _know(self, work: Work, interaction: Interaction) -> Know:
        row, person, demand = interaction.row, interaction.person, interaction.demand
        if person is None:
            return Know(refused=row.refused if row else None)
        proofs = interaction.proofs
        if interaction.session and interaction.session.person_id == person.id:
            proofs = interaction.session.proofs + proofs
        granted: frozenset[str] = frozenset()
        if demand.ask.consent_needed and demand.client_id:
            granted = grants.granted(work, person.id, demand.client_id, demand.grantee)
        known, proved = on_profile(person, demand.wish)
        # A password given here begins a sign-in of its own, whatever the session holds.
        begun = any(proof.first for proof in interaction.proofs)
        since = interaction.proofs if begun else proofs
        sign_ins = {interaction.id, *(proof.interaction for proof in since)}
        facts = self.facts.of(work, person, sign_ins)
        return Know(
            person=facts,
            proofs=proofs,
            refused=row.refused if row else None,
            granted=granted,
            marks=_marks(interaction, person, facts, proved=proved),
            wait_over=demand.ask.waited and addition_open(work, person.id, demand.ask.enrol),
            offered=self._offered(person, row),
            contact_known=known,
        )

    def _offered(self, person: PersonRow, row: InteractionRow | None) -> bool:
        every, last = self.settings.passkeys.offer_every, person.offered_at
        if not every or last is None:
            return not every
        return clock.now() - last < every or (row is not None and last >= row.created_at)

    # -- completing

    def complete(
        self,
        work: Work,
        interaction: Interaction,
        step: Step | None = None,
        *,
        held: Interaction | None = None,
    ) -> Authorized | Step:
        """Finish: an Authorized for exactly one caller, or the step that is still missing.

        `step` saves asking the policy again when it has just been asked, of a sign-in that needs no
        page: nothing is stored of that one, and what it becomes is stored on a condition
        (`authorizations.add`). `held` is what `locked` has returned of one that was begun, to a
        caller who looks at that, or takes what it is for: an answer may have changed it since.
        """
        if interaction.row is not None:
            return self._complete(work, interaction, held or self.locked(work, interaction))
        step = step or self.next_step(work, interaction)
        if not isinstance(step, Finish):
            return step
        person, session = interaction.person, interaction.session
        assert person is not None
        assert session is not None
        return Authorized(person, session.id, session.sid, step)

    def _complete(
        self, work: Work, before: Interaction, interaction: Interaction | None
    ) -> Authorized | Step:
        """Finish a sign-in that was begun, as it is once no one else can change it."""
        if interaction is None:
            return Refuse("invalid_request", "this sign-in was finished already, or ended")
        person, session = interaction.person, interaction.session
        if before.person is None or person is None or person.id != before.person.id:
            # Another person's meanwhile, who is not locked: that is for the next request.
            person = None
        step = self.next_step(work, replace(interaction, person=person))
        if isinstance(step, Refuse):
            if interactions.claim(work, interaction.id):
                self.note_refusal(work, interaction, step)
                self._keep_passed(work, replace(interaction, person=person))
            return step
        if not isinstance(step, Finish):
            return step
        assert person is not None
        assert session is not None
        if not interactions.claim_for(work, interaction.id, person.id):
            return Refuse("invalid_request", "this sign-in was finished already")
        return self._signed_in(work, replace(interaction, person=person), step)

    def _keep_passed(self, work: Work, interaction: Interaction) -> None:
        """Sign in a person who passed every step, and only did not let the application in."""
        row = interaction.row
        if row is None or row.refused != DENIED:
            return
        marks = row.marks | Mark.CONSENTED
        allowed = replace(interaction, row=replace(row, refused=None, marks=marks))
        step = self.next_step(work, allowed)
        if isinstance(step, Finish):
            self._signed_in(work, interaction, step)

    def _signed_in(self, work: Work, interaction: Interaction, step: Finish) -> Authorized:
        """Let the browser's session be the person's; the caller has claimed the sign-in."""
        person, session = interaction.person, interaction.session
        assert person is not None
        assert session is not None
        proofs, limits = interaction.proofs, self.settings.session
        sid = sessions.sign_in(work, session, person.id, interaction.id, proofs, limits)
        self._note_finish(work, interaction, person, sid, step)
        done = Authorized(person, session.id, sid, step)
        self._arrivals.arrived(work, interaction, done)
        return done

    def _note_finish(
        self, work: Work, interaction: Interaction, person: PersonRow, sid: str, step: Finish
    ) -> None:
        more: dict[str, Any] = {"reached": step.reached} if step.reached else {}
        audit.record(
            work,
            Event.SIGN_IN_FINISHED,
            person=person.id,
            client=interaction.demand.client_id,
            interaction=interaction.id,
            sid=sid,
            requested=interaction.demand.requested,
            acr=step.acr,
            amr=step.amr,
            auth_time=step.auth_time,
            reason=step.reason,
            **more,
        )

    def note_refusal(self, work: Work, interaction: Interaction, step: Refuse) -> None:
        """Record that a sign-in ended in a refusal."""
        audit.record(
            work,
            Event.SIGN_IN_REFUSED,
            Outcome.REFUSED,
            person=interaction.person.id if interaction.person else None,
            client=interaction.demand.client_id,
            interaction=interaction.id or None,
            requested=interaction.demand.requested,
            reason=f"{step.error}: {step.reason}",
        )


def _marks(interaction: Interaction, person: PersonRow, facts: Person, *, proved: bool) -> Mark:
    """Return the sign-in's marks, with those that hold for the person whatever was done in it."""
    marks, last, now = interaction.marks, person.announced_at, clock.now()
    # A date is told daily; a recommendation may be put off for longer.
    wish = facts.requirement.coming_at is None
    quiet = wish and person.quiet_until is not None and now < person.quiet_until
    if quiet or (last is not None and now - last < ANNOUNCE_EVERY):
        marks |= Mark.ANNOUNCED
    return marks | Mark.CONTACT_CONFIRMED if proved else marks
