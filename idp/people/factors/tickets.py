"""Enrolment tickets: after an operator took a factor away, its owner sets up another by a link.

Taking the last second factor never takes the demand for one (`Person.enrolment_due`). A ticket goes
to the verified address, works once, and begins a sign-in in which that address counts as confirmed;
it signs no one in, and neither the password nor a factor that is left is skipped.
"""

from dataclasses import dataclass

from idp import audit, language
from idp.audit import Event, Outcome
from idp.messages import Post, links
from idp.messages.links import Purpose
from idp.policy.reach import asks_enrolled, keeps_floors
from idp.policy.steps import Mark
from idp.policy.types import Ask, Person
from idp.signin.demand import Demand
from idp.signin.interaction import Interaction
from idp.signin.sign_in import SignIn
from idp.store import next_sign_in, people
from idp.store.db import Work
from idp.store.messages.links import LinkRow
from idp.store.people import PersonRow
from idp.store.signin import marks
from idp.store.signin.sessions import SessionRow

RETURN_TO = "/account/ways"
"""Where the sign-in that a ticket begins ends: the list of ways to sign in."""
_METHOD = "method"


@dataclass(frozen=True)
class Issued:
    """What became of a ticket: the outbox id of its mail, or why there is none."""

    mail: str | None
    why_not: str = ""


class Tickets:
    """Links to a new second factor, for one installation."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._post = post

    def demand(self, work: Work, before: PersonRow, method: str) -> None:
        """Let a removed factor go on being demanded, if the demand rested on it.

        `before` is the person as it was; `method` is already gone.
        """
        after = people.by_id(work, before.id)
        if after is None or self._signin.authenticators[method].ability.remembered:
            return
        facts, rules = self._signin.facts, self._signin.rules
        asked = asks_enrolled(facts.of(work, before), rules)
        if asked and not asks_enrolled(facts.of(work, after), rules):
            next_sign_in.demand_enrolment(work, before.id)

    def issue(self, work: Work, person: PersonRow, method: str) -> Issued:
        """Mail a ticket in the place of all earlier ones. `person` is already without `method`."""
        links.void(work, person.id, Purpose.ENROL)
        why_not = self._why_not(work, person, method)
        audit.record(
            work,
            Event.TICKET_SENT,
            Outcome.REFUSED if why_not else Outcome.DONE,
            person=person.id,
            reason=f"no ticket: {why_not}" if why_not else f"in the place of {method}",
        )
        return Issued(None, why_not) if why_not else Issued(self._mail(work, person, method))

    def _why_not(self, work: Work, person: PersonRow, method: str) -> str:
        facts = self._signin.facts.of(work, person)
        if person.disabled_at is not None:
            return "the account is switched off"
        if not self.begins(facts):
            return "there is no way left to begin a sign-in"
        if not facts.enrolment_due and method not in facts.enrollable:
            return "this cannot be set up anew in a sign-in"
        if not person.email_verified:
            return "the e-mail address was never confirmed"
        if not self._post.available("mail"):
            return "mail is off"
        return "" if facts.enrollable else "nothing can be set up in a sign-in"

    def begins(self, facts: Person) -> bool:
        """Return True if the person has something that a sign-in can begin with."""
        return any(a.first and a.method in facts.enrolled for a in self._signin.rules.abilities)

    def _mail(self, work: Work, person: PersonRow, method: str) -> str:
        brand, lifetime = self._settings.brand, links.KINDS[Purpose.ENROL].lifetime
        link = links.make(
            work,
            self._settings.server.issuer,
            Purpose.ENROL,
            person.id,
            sent_to=person.email,
            data={_METHOD: method},
        )
        values: dict[str, object] = {
            "brand": brand.name,
            "name": person.name,
            "method_text": self._signin.authenticators[method].title,
            "link": link,
            "link_days": lifetime // links.DAY,
            **brand.support,
        }
        with language.speaking(language.first_known([person.locale], brand.language)):
            return self._post.enqueue(
                work,
                channel="mail",
                kind="enrol-link",
                to=person.email,
                values=values,
                lifetime=lifetime,
            )

    def use(
        self, work: Work, link: LinkRow, person: PersonRow, session: SessionRow | None
    ) -> tuple[Interaction, str | None] | None:
        """Begin the sign-in of a ticket, for exactly one caller; None for the others.

        Whatever the browser's session holds does not count in it. The second value is a cookie,
        when the browser needs a new one.
        """
        people.lock_person(work, person.id)
        if not links.use(work, link):
            return None
        live = session if session is not None and not session.stale else None
        wanted = self._wanted(work, person, str(link.data.get(_METHOD)))
        wish = Demand(
            return_to=RETURN_TO,
            ask=Ask(
                prompt=frozenset({"login"}),
                offers=False,
                enrol=wanted,
                # It may ask for less than another person's account does: no one else adds
                # anything by it.
                subject=person.id if wanted else None,
            ),
        )
        interaction, cookie = self._signin.begin(work, Interaction("", live, wish, person))
        marks.put(work, interaction.id, person.id, Mark.ADDRESS_CONFIRMED)
        audit.record(work, Event.TICKET_USED, person=person.id, interaction=interaction.id)
        return interaction, cookie

    def _wanted(self, work: Work, person: PersonRow, method: str) -> str | None:
        """Return what to add; None where a rule demands a factor anyway: then there is a choice."""
        facts, rules = self._signin.facts.of(work, person), self._signin.rules
        demanded = facts.enrolment_due and rules.ask_enrolled is not None
        if demanded or not keeps_floors(facts, rules) or method not in facts.enrollable:
            return None
        return method


def opened(work: Work, token: str) -> tuple[LinkRow, PersonRow] | None:
    """Return a ticket that works, and whose it is."""
    link = links.read(work, token, Purpose.ENROL)
    person = people.by_id(work, link.person_id) if link else None
    if link is None or person is None or person.disabled_at is not None:
        return None
    return (link, person) if links.reaches(link, person) else None
