"""The use case: why a person cannot sign in, in words.

It asks the same policy as a sign-in would, with every proof imagined, so that it never says
anything else than what the person meets. It changes nothing and shows no secret; what was counted,
and letting go of it, is `counters`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from idp import clock, crypto, moments
from idp.audit import Event
from idp.language import english
from idp.messages import Post
from idp.people.contacts.contact_proof import ContactProof
from idp.people.counters import Counter, Counters
from idp.people.factors.first_proof import FirstProof
from idp.policy.case import imagined
from idp.policy.decide import next_step
from idp.policy.reach import keeps_floors, ready_for
from idp.policy.steps import (
    Authenticate,
    Enrol,
    EnrolmentProof,
    Finish,
    Identify,
    Keep,
    Mark,
    Refuse,
    Renew,
    Step,
)
from idp.policy.types import Ask, Know, Person, Proof
from idp.signin.sign_in import SignIn
from idp.store import credentials, events, recovery
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.events import EventRow, Filter
from idp.store.people import PersonRow

FAILURES = 10
_CARRIERS = {EnrolmentProof.EMAIL: "mail", EnrolmentProof.SMS: "text message"}
_CONTACTS = {
    EnrolmentProof.EMAIL: "e-mail address; there is none."
    " To confirm it: acrux user set-email {name} ADDRESS --verified.",
    EnrolmentProof.SMS: "mobile number; there is none."
    " To confirm it: acrux user set-phone {name} NUMBER --verified.",
}
_PRETENDED = "pretended"
"""The name of a sign-in that is only imagined."""


@dataclass(frozen=True)
class Problem:
    """One thing that stands in the way: `code` for programs, `text` for people."""

    code: str
    text: str


@dataclass(frozen=True)
class Enrolled:
    """One thing a person signs in with, and what is wrong with it, if anything."""

    row: CredentialRow
    title: str
    note: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why someone cannot sign in, or what a sign-in begun now would ask for."""

    problems: tuple[Problem, ...]
    asked: tuple[str, ...]
    """What would be asked for, in order."""
    enrolled: tuple[Enrolled, ...]
    counters: tuple[Counter, ...]
    failures: tuple[EventRow, ...]
    """What was refused lately, newest first."""


class Helpdesk:
    """What an operator who is asked for help sees, for one installation."""

    def __init__(
        self, signin: SignIn, first_proof: FirstProof, contact_proof: ContactProof, post: Post
    ) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._keyring = signin.keyring
        self._first_proof = first_proof
        self.counters = Counters(signin, first_proof, contact_proof)
        self._post = post

    def explain(self, work: Work, person: PersonRow) -> Explanation:
        """Say why a person cannot sign in, or what would be asked."""
        facts = self._signin.facts.of(work, person)
        asked, end = self._walk(facts)
        enrolled = tuple(self._enrolled(work, person))
        found = tuple(self.counters.standing(work, person))
        problems = (
            *self._of_account(person, facts),
            *self._of_end(end),
            *self._of_rollout(facts),
            *_of_help(work, person),
            *_of_enrolled(enrolled),
            *_of_counters(found),
            *self._of_messages(person),
        )
        refused = events.listing(work, Filter(person=person.id, outcome="refused"), FAILURES)
        return Explanation(problems, tuple(asked), enrolled, found, tuple(refused))

    # -- what a sign-in would ask

    def _walk(self, facts: Person) -> tuple[list[str], Step]:
        """Imagine a sign-in to a page of ours; return what it asks for and how it ends."""
        rules, known, now = self._signin.rules, self._signin.authenticators, clock.now()
        asked: list[str] = []
        proofs: tuple[Proof, ...] = ()
        marks = Mark.ANNOUNCED
        for _ in range(len(known) + 2):
            know = Know(person=facts, proofs=proofs, marks=marks)
            step = next_step(Ask(_PRETENDED), know, rules, now)
            match step:
                case Authenticate(methods=methods):
                    asked.append(
                        " or ".join(english(known[method].title).lower() for method in methods)
                    )
                    ability = known[methods[0]].ability
                    given = imagined(ability, now)
                    proofs += (replace(given, interaction=_PRETENDED, first=ability.first),)
                case Renew():
                    asked.append("a new password")
                    facts = replace(facts, password_due=False)
                case Keep():
                    asked.append("keeping recovery codes")
                    marks |= Mark.CODES_KEPT
                case Enrol(methods=methods, confirm=confirm):
                    if confirm:
                        asked.append(f"a code sent by {_CARRIERS[confirm]}")
                    ways = " or ".join(english(known[method].title).lower() for method in methods)
                    asked.append(f"setting up {ways}")
                    return asked, step
                case _:
                    return asked, step
        return asked, Identify()

    # -- what stands in the way

    def _of_account(self, person: PersonRow, facts: Person) -> Iterator[Problem]:
        if person.disabled_at is not None:
            since = moments.minute(person.disabled_at)
            yield Problem("switched-off", f"The account is switched off since {since}.")
        if not person.methods:
            yield Problem("nothing-enrolled", "No password was chosen yet, and nothing is set up.")
        if not person.email_verified:
            text = "The e-mail address was never confirmed: no link to a new password is mailed."
            yield Problem("address-unconfirmed", text)
        if not facts.confirmable:
            where = _CONTACTS[facts.requirement.proof].format(name=person.username)
            text = f"A first second step needs a code sent to a confirmed {where}"
            yield Problem("no-second-step", text)
        if person.password_due_at is not None:
            since = moments.minute(person.password_due_at)
            yield Problem("password-due", f"A new password is demanded since {since}.")
        if person.enrolment_due_at is not None and self._signin.rules.ask_enrolled is not None:
            since = moments.minute(person.enrolment_due_at)
            text = f"A second step is to be set up since {since}: the last one was taken away."
            yield Problem("second-step-due", text)

    def _of_end(self, end: Step) -> Iterator[Problem]:
        if isinstance(end, Refuse):
            yield Problem("refused", f"A sign-in ends here: {end.reason}.")
        confirm = end.confirm if isinstance(end, Enrol) else None
        if confirm and not self._first_proof.codes[confirm].available:
            code = f"A code by {_CARRIERS[confirm]}"
            text = f"{code} is needed to set up a second step, and that is off."
            yield Problem("no-code", text)
        if not isinstance(end, Refuse | Enrol | Finish):
            yield Problem("refused", "A sign-in cannot be finished.")

    def _of_rollout(self, facts: Person) -> Iterator[Problem]:
        wanted, rules = facts.requirement, self._signin.rules
        if wanted.level is not None and not keeps_floors(facts, rules):
            text = f"The stage {wanted.stage} demands {wanted.level}, for which a step is missing."
            yield Problem("stage-demands", text)
        coming, at = wanted.coming, wanted.coming_at
        if coming is not None and at is not None and not ready_for(coming, facts, rules):
            text = f"From {moments.day(at)} on, {coming} is demanded."
            yield Problem("stage-coming", f"{text} A step for it is missing.")

    def _of_messages(self, person: PersonRow) -> Iterator[Problem]:
        if not self._post.available("mail"):
            yield Problem("mail-off", "Mail is switched off: no codes, links or notices are sent.")
        if "sms" in person.methods and not self._post.available("sms"):
            yield Problem("sms-off", "Text messages are switched off.")

    # -- what is enrolled

    def _enrolled(self, work: Work, person: PersonRow) -> Iterator[Enrolled]:
        known = self._signin.authenticators
        for row in credentials.of(work, person.id):
            authenticator = known.get(row.method)
            title = (
                row.label or (english(authenticator.title) if authenticator else "") or row.method
            )
            note = ""
            if authenticator is None or not authenticator.in_service:
                note = "this installation has it switched off"
            elif row.method == "sms" and self._number_moved(person, row):
                note = "the number on the profile is another one now, and was not proved yet"
            elif row.method == "recovery" and not recovery.left(work, person.id):
                note = "every code was used"
            yield Enrolled(row, title, note)

    def _number_moved(self, person: PersonRow, row: CredentialRow) -> bool:
        bound = self._keyring.open(row.secret, row.place).decode()
        return not crypto.same(bound, person.phone or "")


def _of_help(work: Work, person: PersonRow) -> Iterator[Problem]:
    """Return True if the person asked for help and has not signed in since."""
    kinds = (Event.HELP_ASKED.value, Event.SIGN_IN_FINISHED.value)
    last = events.listing(work, Filter(person_id=person.id, kinds=kinds), 1)
    if last and last[0].kind == Event.HELP_ASKED:
        when, reason = moments.minute(last[0].at), last[0].reason
        yield Problem("asked-for-help", f"Asked for help on {when}: {reason}.")


def _of_enrolled(enrolled: tuple[Enrolled, ...]) -> Iterator[Problem]:
    for one in enrolled:
        if one.note:
            yield Problem("factor-useless", f"{one.title}: {one.note}.")


def _of_counters(found: tuple[Counter, ...]) -> Iterator[Problem]:
    for one in found:
        if one.held:
            until = (
                f"free again at {moments.second(one.free_at)}"
                if one.free_at is not None
                else "until it is released"
            )
            yield Problem("held-back", f"Held back: {one.what}, {until}.")
