"""The use case: why somebody cannot sign in, in words, and letting go of what holds them back.

It asks the same policy as a sign-in would, with every proof imagined, so that it never says
anything else than what the person meets. It changes nothing but counters, and shows no secret.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from idp import audit, clock, crypto, moments
from idp.audit import Event
from idp.installation import Installation
from idp.language import english
from idp.policy.case import imagined
from idp.policy.decide import keeps_floors, next_step
from idp.policy.throttle import Held, Limit, Window
from idp.policy.types import (
    Ask,
    Authenticate,
    Enrol,
    Finish,
    Identify,
    Know,
    Person,
    Proof,
    Refuse,
    Renew,
    Requirement,
    Step,
)
from idp.store import events, people, recovery, throttles
from idp.store.db import Work
from idp.store.events import EventRow, Filter
from idp.store.people import CredentialRow, PersonRow

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


def explain(this: Installation, work: Work, person: PersonRow) -> Explanation:
    """Say why a person cannot sign in, or what would be asked."""
    facts = this.signin.facts.of(work, person)
    asked, end = _walk(this, facts)
    enrolled = tuple(_enrolled(this, work, person))
    found = tuple(_counters(this, work, person))
    problems = (
        *_of_account(this, person),
        *_of_end(this, end),
        *_of_rollout(this, facts),
        *_of_help(work, person),
        *(Problem("factor-useless", f"{one.title}: {one.note}.") for one in enrolled if one.note),
        *_of_counters(found),
        *_of_messages(this, person),
    )
    refused = events.listing(work, Filter(person=person.id, outcome="refused"), FAILURES)
    return Explanation(problems, tuple(asked), enrolled, found, tuple(refused))


def release(this: Installation, work: Work, person: PersonRow, method: str | None) -> list[str]:
    """Forget what was counted against a person (for one method), and say what that was.

    Nothing is recorded where there was nothing. The counts of a network address stay: they are
    nobody's own.
    """
    let_go = []
    for name, what, key, limit in _keys(this, work, person):
        tally = throttles.tally(work, key)
        if (method is None or name == method) and tally.count:
            throttles.forgive(work, key)
            held = isinstance(limit.admit(tally, clock.now()), Held)
            let_go.append(f"{what}{' (held back)' if held else ''}")
    if let_go:
        audit.record(
            work, Event.THROTTLE_RELEASED, person=person.id, reason=f"released: {', '.join(let_go)}"
        )
    return let_go


# -- what a sign-in would ask


def _walk(this: Installation, facts: Person) -> tuple[list[str], Step]:
    """Imagine a sign-in to a page of ours; return what it asks for and how it ends."""
    rules, known, now = this.signin.rules, this.signin.authenticators, clock.now()
    asked: list[str] = []
    proofs: tuple[Proof, ...] = ()
    for _ in range(len(known) + 2):
        know = Know(person=facts, proofs=proofs, announced=True)
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
                    asked.append(f"a code sent by {_channel(this)}")
                ways = " or ".join(english(known[method].title).lower() for method in methods)
                asked.append(f"setting up {ways}")
                return asked, step
            case _:
                return asked, step
    return asked, Identify()


def _channel(this: Installation) -> str:
    return "text message" if this.enrolment.codes.channel == "sms" else "mail"


# -- what stands in the way


def _of_account(this: Installation, person: PersonRow) -> Iterator[Problem]:
    if person.disabled_at is not None:
        since = moments.minute(person.disabled_at)
        yield Problem("switched-off", f"The account is switched off since {since}.")
    if not person.methods:
        yield Problem("nothing-enrolled", "No password was chosen yet, and nothing is set up.")
    if not person.email_verified:
        text = "The e-mail address was never confirmed: no link to a new password is mailed."
        yield Problem("address-unconfirmed", text)
    if not this.signin.facts.can_confirm_address(person):
        where = "mobile number" if _channel(this) != "mail" else "e-mail address"
        text = f"A first second step needs a code sent to a confirmed {where}; there is none."
        yield Problem("no-second-step", text)
    if person.password_due_at is not None:
        since = moments.minute(person.password_due_at)
        yield Problem("password-due", f"A new password is demanded since {since}.")
    if person.enrolment_due_at is not None and this.signin.rules.ask_enrolled is not None:
        since = moments.minute(person.enrolment_due_at)
        text = f"A second step is to be set up since {since}: the last one was taken away."
        yield Problem("second-step-due", text)


def _of_end(this: Installation, end: Step) -> Iterator[Problem]:
    if isinstance(end, Refuse):
        yield Problem("refused", f"A sign-in ends here: {end.reason}.")
    channel = "sms" if this.enrolment.codes.channel == "sms" else "mail"
    if isinstance(end, Enrol) and end.confirm_address and not this.post.available(channel):
        text = f"A code by {_channel(this)} is needed to set up a second step, and that is off."
        yield Problem("no-code", text)
    if not isinstance(end, Refuse | Enrol | Finish):
        yield Problem("refused", "A sign-in cannot be finished.")


def _of_rollout(this: Installation, facts: Person) -> Iterator[Problem]:
    wanted, rules = facts.requirement, this.signin.rules
    if wanted.level is not None and not keeps_floors(facts, rules):
        text = f"The stage {wanted.stage} demands {wanted.level}, for which a step is missing."
        yield Problem("stage-demands", text)
    later = replace(facts, requirement=Requirement(level=wanted.coming))
    if wanted.coming_at is not None and not keeps_floors(later, rules):
        text = f"From {moments.day(wanted.coming_at)} on, {wanted.coming} is demanded."
        yield Problem("stage-coming", f"{text} A step for it is missing.")


def _of_help(work: Work, person: PersonRow) -> Iterator[Problem]:
    """Say whether the person asked for help and has not signed in since."""
    kinds = (Event.HELP_ASKED.value, Event.SIGN_IN_FINISHED.value)
    last = events.listing(work, Filter(person_id=person.id, kinds=kinds), 1)
    if last and last[0].kind == Event.HELP_ASKED:
        when, reason = moments.minute(last[0].at), last[0].reason
        yield Problem("asked-for-help", f"Asked for help on {when}: {reason}.")


def _of_counters(found: tuple[Counter, ...]) -> Iterator[Problem]:
    for one in found:
        if one.held:
            until = (
                f"free again at {moments.second(one.free_at)}"
                if one.free_at is not None
                else "until it is released"
            )
            yield Problem("held-back", f"Held back: {one.what}, {until}.")


def _of_messages(this: Installation, person: PersonRow) -> Iterator[Problem]:
    if not this.post.available("mail"):
        yield Problem("mail-off", "Mail is switched off: no codes, links or notices are sent.")
    if "sms" in person.methods and not this.post.available("sms"):
        yield Problem("sms-off", "Text messages are switched off.")


# -- what is enrolled


def _enrolled(this: Installation, work: Work, person: PersonRow) -> Iterator[Enrolled]:
    known = this.signin.authenticators
    for row in people.credentials(work, person.id):
        authenticator = known.get(row.method)
        title = row.label or (english(authenticator.title) if authenticator else "") or row.method
        note = ""
        if authenticator is None or not authenticator.in_service:
            note = "this installation has it switched off"
        elif row.method == "sms" and _number_moved(this, person, row):
            note = "the number on the profile is another one now, and was not proved yet"
        elif row.method == "recovery" and not recovery.left(work, person.id):
            note = "every code was used"
        yield Enrolled(row, title, note)


def _number_moved(this: Installation, person: PersonRow, row: CredentialRow) -> bool:
    bound = this.keyring.open(row.secret, row.place).decode()
    return not crypto.same(bound, person.phone or "")


# -- what was counted


def _counters(this: Installation, work: Work, person: PersonRow) -> Iterator[Counter]:
    now = clock.now()
    for method, what, key, limit in _keys(this, work, person):
        tally = throttles.tally(work, key)
        if not tally.count:
            continue
        held = limit.admit(tally, now)
        if isinstance(held, Held):
            free_at = None if held.wait is None else now + held.wait
            yield Counter(method, what, tally.count, True, free_at)
        elif not (isinstance(limit, Window) and now >= tally.since + limit.seconds):
            yield Counter(method, what, tally.count, False, None)


def _keys(
    this: Installation, work: Work, person: PersonRow
) -> Iterator[tuple[str, str, str, Limit]]:
    """Yield every count that is a person's own: method, words, key, limit."""
    for method, counted, what in _guessed(this):
        first, *known = this.signin.admission.keys(work, counted, person.id)
        yield method, what, *first
        for one in known:
            yield method, f"{what} in a known browser", *one
    yield from _sent(this, person)


def _guessed(this: Installation) -> Iterator[tuple[str, str, str]]:
    """Yield all that guesses are made at: method or channel, what they are counted as, words."""
    for method, authenticator in this.signin.authenticators.items():
        title = english(authenticator.title).lower() or method
        yield method, method, f"tries of {title}"
        yield method, f"enrol-{method}", f"tries at setting up {title}"
    proof = this.enrolment.codes
    yield proof.channel, proof.purpose, "tries of the code sent"
    for codes in this.contact_proof.codes.values():
        words = f"tries of the code to a new address or number ({codes.purpose})"
        yield codes.channel, codes.purpose, words


def _sent(this: Installation, person: PersonRow) -> Iterator[tuple[str, str, str, Limit]]:
    mail, sms = (Window(s.per_hour, HOUR) for s in (this.settings.mail, this.settings.sms))
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
            to = this.keyring.keyed_digest("destination", channel, address)
            where = "this address" if channel == "mail" else "this number"
            yield channel, f"messages sent to {where}", f"send:{channel}:{to}", limit
