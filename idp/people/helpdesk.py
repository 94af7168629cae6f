"""The use case: why somebody cannot sign in, in words, and letting go of what holds them back.

It asks the same policy as a sign-in would, with every proof imagined, so that it never says
anything else than what the person meets. It changes nothing but counters, and shows no secret.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from idp import audit, clock, crypto, moments
from idp.audit import Event
from idp.language import english
from idp.messages import Post
from idp.people.contact_proof import ContactProof
from idp.people.enrolment import Enrolment
from idp.policy.case import imagined
from idp.policy.decide import next_step
from idp.policy.reach import keeps_floors
from idp.policy.steps import Authenticate, Enrol, Finish, Identify, Mark, Refuse, Renew, Step
from idp.policy.throttle import Held, Limit, Window
from idp.policy.types import Ask, Know, Person, Proof, Requirement
from idp.signin.sign_in import SignIn
from idp.store import credentials, events, recovery, throttles
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.events import EventRow, Filter
from idp.store.people import PersonRow

FAILURES = 10
HOUR = 3600
_PRETENDED = "pretended"
"""The name of a sign-in that is only imagined."""


@dataclass(frozen=True)
class Problem:
    """One thing that stands in the way: `code` for programs, `text` for people."""

    code: str
    text: str


@dataclass(frozen=True)
class Counter:
    """A count of attempts or of messages. `free_at` is in seconds since 1970 UTC."""

    method: str
    what: str
    count: int
    held: bool
    free_at: int | None
    """When it is free again of itself; None when it is free now, or until it is released."""


@dataclass(frozen=True)
class Enrolled:
    """One thing a person signs in with, and what is wrong with it, if anything."""

    row: CredentialRow
    title: str
    note: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why somebody cannot sign in, or what a sign-in begun now would ask for."""

    problems: tuple[Problem, ...]
    asked: tuple[str, ...]
    """What would be asked for, in order."""
    enrolled: tuple[Enrolled, ...]
    counters: tuple[Counter, ...]
    failures: tuple[EventRow, ...]
    """What was refused lately, newest first."""


class Helpdesk:
    """What an operator who is asked for help sees and lets go of, for one installation."""

    def __init__(
        self, signin: SignIn, enrolment: Enrolment, contact_proof: ContactProof, post: Post
    ) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._keyring = signin.keyring
        self._enrolment = enrolment
        self._contact_proof = contact_proof
        self._post = post

    def explain(self, work: Work, person: PersonRow) -> Explanation:
        """Say why a person cannot sign in, or what would be asked."""
        facts = self._signin.facts.of(work, person)
        asked, end = self._walk(facts)
        enrolled = tuple(self._enrolled(work, person))
        found = tuple(self._counters(work, person))
        problems = (
            *self._of_account(person),
            *self._of_end(end),
            *self._of_rollout(facts),
            *_of_help(work, person),
            *_of_enrolled(enrolled),
            *_of_counters(found),
            *self._of_messages(person),
        )
        refused = events.listing(work, Filter(person=person.id, outcome="refused"), FAILURES)
        return Explanation(problems, tuple(asked), enrolled, found, tuple(refused))

    def release(self, work: Work, person: PersonRow, method: str | None) -> list[str]:
        """Forget what was counted against a person (for one method), and say what that was.

        Nothing is recorded where there was nothing. The counts of a network address stay: they are
        nobody's own.
        """
        let_go = []
        for name, what, key, limit in self._keys(work, person):
            tally = throttles.tally(work, key)
            if (method is None or name == method) and tally.count:
                throttles.forgive(work, key)
                held = isinstance(limit.admit(tally, clock.now()), Held)
                let_go.append(f"{what}{' (held back)' if held else ''}")
        if let_go:
            audit.record(
                work,
                Event.THROTTLE_RELEASED,
                person=person.id,
                reason=f"released: {', '.join(let_go)}",
            )
        return let_go

    # -- what a sign-in would ask

    def _walk(self, facts: Person) -> tuple[list[str], Step]:
        """Imagine a sign-in to a page of ours; return what it asks for and how it ends."""
        rules, known, now = self._signin.rules, self._signin.authenticators, clock.now()
        asked: list[str] = []
        proofs: tuple[Proof, ...] = ()
        for _ in range(len(known) + 2):
            know = Know(person=facts, proofs=proofs, marks=Mark.ANNOUNCED)
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
                case Enrol(methods=methods, confirm_address=confirm):
                    if confirm:
                        asked.append(f"a code sent by {self._channel()}")
                    ways = " or ".join(english(known[method].title).lower() for method in methods)
                    asked.append(f"setting up {ways}")
                    return asked, step
                case _:
                    return asked, step
        return asked, Identify()

    def _channel(self) -> str:
        return "text message" if self._enrolment.codes.channel == "sms" else "mail"

    # -- what stands in the way

    def _of_account(self, person: PersonRow) -> Iterator[Problem]:
        if person.disabled_at is not None:
            since = moments.minute(person.disabled_at)
            yield Problem("switched-off", f"The account is switched off since {since}.")
        if not person.methods:
            yield Problem("nothing-enrolled", "No password was chosen yet, and nothing is set up.")
        if not person.email_verified:
            text = "The e-mail address was never confirmed: no link to a new password is mailed."
            yield Problem("address-unconfirmed", text)
        if not self._signin.facts.can_confirm_address(person):
            where = "mobile number" if self._channel() != "mail" else "e-mail address"
            text = f"A first second step needs a code sent to a confirmed {where}; there is none."
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
        channel = "sms" if self._enrolment.codes.channel == "sms" else "mail"
        if isinstance(end, Enrol) and end.confirm_address and not self._post.available(channel):
            code = f"A code by {self._channel()}"
            text = f"{code} is needed to set up a second step, and that is off."
            yield Problem("no-code", text)
        if not isinstance(end, Refuse | Enrol | Finish):
            yield Problem("refused", "A sign-in cannot be finished.")

    def _of_rollout(self, facts: Person) -> Iterator[Problem]:
        wanted, rules = facts.requirement, self._signin.rules
        if wanted.level is not None and not keeps_floors(facts, rules):
            text = f"The stage {wanted.stage} demands {wanted.level}, for which a step is missing."
            yield Problem("stage-demands", text)
        later = replace(facts, requirement=Requirement(level=wanted.coming))
        if wanted.coming_at is not None and not keeps_floors(later, rules):
            text = f"From {moments.day(wanted.coming_at)} on, {wanted.coming} is demanded."
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

    # -- what was counted

    def _counters(self, work: Work, person: PersonRow) -> Iterator[Counter]:
        now = clock.now()
        for method, what, key, limit in self._keys(work, person):
            tally = throttles.tally(work, key)
            if not tally.count:
                continue
            held = limit.admit(tally, now)
            if isinstance(held, Held):
                free_at = None if held.wait is None else now + held.wait
                yield Counter(method, what, tally.count, True, free_at)
            elif not (isinstance(limit, Window) and now >= tally.since + limit.seconds):
                yield Counter(method, what, tally.count, False, None)

    def _keys(self, work: Work, person: PersonRow) -> Iterator[tuple[str, str, str, Limit]]:
        """Yield every count that is a person's own: method, words, key, limit."""
        for method, counted, what in self._guessed():
            first, *known = self._signin.admission.keys(work, counted, person.id)
            yield method, what, *first
            for one in known:
                yield method, f"{what} in a known browser", *one
        yield from self._sent(person)

    def _guessed(self) -> Iterator[tuple[str, str, str]]:
        """Yield what guesses are made at: method or channel, what they are counted as, words."""
        for method, authenticator in self._signin.authenticators.items():
            title = english(authenticator.title).lower() or method
            yield method, method, f"tries of {title}"
            yield method, f"enrol-{method}", f"tries at setting up {title}"
        proof = self._enrolment.codes
        yield proof.channel, proof.purpose, "tries of the code sent"
        for codes in self._contact_proof.codes.values():
            words = f"tries of the code to a new address or number ({codes.purpose})"
            yield codes.channel, codes.purpose, words

    def _sent(self, person: PersonRow) -> Iterator[tuple[str, str, str, Limit]]:
        mail, sms = (Window(s.per_hour, HOUR) for s in (self._settings.mail, self._settings.sms))
        sent: tuple[tuple[str, str, Limit], ...] = (
            ("sms", "sms-code", sms),
            ("sms", "sms-proof-code", sms),
            ("mail", "address-code", mail),
            ("mail", "new-address-code", mail),
            ("sms", "new-number-code", sms),
            ("mail", "reset", mail),
        )
        for channel, purpose, limit in sent:
            words = f"messages sent by {channel} ({purpose})"
            yield channel, words, f"send:{purpose}:{person.id}", limit
        for channel, address, limit in (("mail", person.email, mail), ("sms", person.phone, sms)):
            if address:
                to = self._keyring.keyed_digest("destination", channel, address)
                where = "this address" if channel == "mail" else "this number"
                yield channel, f"messages sent to {where}", f"send:{channel}:{to}", limit


def _of_help(work: Work, person: PersonRow) -> Iterator[Problem]:
    """Say whether the person asked for help and has not signed in since."""
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
