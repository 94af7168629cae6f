"""The next step of a sign-in: what was asked, what is known, the rules, the time; nothing else.

`next_step` walks a table of checks in order; the first that has something to say names the step.
Each step carries the OAuth error it becomes when no page may be shown, so `prompt=none` is the
same walk. It owns the order of steps and the reason for each; what follows from the four values is
`case`, what is said at the end `ending`, what someone could reach who is in no sign-in `reach`.
"""

from collections.abc import Iterable
from dataclasses import replace

from idp.policy import ending, obstacles
from idp.policy.case import Case
from idp.policy.set_up import first_codes, first_step_done
from idp.policy.steps import (
    DENIED,
    Announce,
    Authenticate,
    Change,
    Consent,
    Enrol,
    Identify,
    Keep,
    Mark,
    Obstacle,
    Offer,
    Refuse,
    Renew,
    Step,
)
from idp.policy.types import Ask, Factor, Know, Level, Rules, Trait

UNMET = "unmet_authentication_requirements"


def refused(case: Case) -> Step | None:
    """The person said no."""
    if case.know.refused is None:
        return None
    if case.know.refused == DENIED:
        return Refuse("access_denied", "the person did not let the application in")
    return Refuse(case.know.refused, "the person cancelled or denied")


def identify(case: Case) -> Step | None:
    """No one is known."""
    return Identify() if case.know.person is None else None


def another_person(case: Case) -> Step | None:
    """The id_token_hint names someone else (OIDC Core 3.1.2.1: never answer for another)."""
    subject = case.ask.subject
    return Identify() if subject is not None and subject != case.person.id else None


def disabled(case: Case) -> Step | None:
    """The account was switched off, perhaps half-way."""
    if case.person.disabled:
        return Refuse("access_denied", "the account is disabled", (Obstacle.DISABLED,))
    return None


def unmet(case: Case) -> Step | None:
    """An essential level that the person, who is surely there, can never reach."""
    if case.target is not None:
        return None
    # What no one could ever reach is the application's mistake: it is told at once.
    found = obstacles.of_demand(case)
    return Refuse(UNMET, "no value of the essential acr request can be reached", found)


def first_factor(case: Case) -> Step | None:
    """Nothing young and fresh enough begins this sign-in."""
    if any(proof.first for proof in case.standing):
        return None
    # What holds as it is, is not asked again; a silent request is answered from what there is.
    begun = any(proof.first for proof in case.proofs) or (case.silent and case.proofs)
    if begun and case.target is not None and case.hold(case.target):
        return None
    methods = tuple(a.method for a in case.abilities(case.person.enrolled) if a.first)
    if not methods:
        reason = "the account has no way to begin a sign-in"
        return Refuse("access_denied", reason, (Obstacle.NOTHING_TO_BEGIN,))
    return Authenticate(methods, error="login_required")


def further_factor(case: Case) -> Step | None:
    """The target does not hold yet, and something enrolled brings it nearer."""
    target = case.target or ()
    if case.hold(target):
        return None
    if case.recovering:
        return None
    proved = {proof.method for proof in case.standing}
    left = [a for a in case.strong if a.method not in proved]
    enough = [a for a in left if case.hold(target, a)]
    if not enough and case.reachable(target, case.person.enrolled):
        enough = left
    return Authenticate(case.named(enough)) if enough else None


def enrolment(case: Case) -> Step | None:
    """The target needs a factor that the person does not have yet."""
    target = case.target or ()
    if case.hold(target):
        return None
    step = _enrol(case, target, optional=False)
    if step is not None:
        return step
    # An application that asks for what no one could ever reach is told at once.
    mistaken = case.ask.floor is not None and not obstacles.for_anyone(case, target)
    found = () if mistaken else obstacles.in_the_way(case, target)
    reason = "the person needs a stronger way to sign in, and cannot set one up"
    return Refuse(UNMET, reason, found)


def wanted_factor(case: Case) -> Step | None:
    """The person wants to add a way to sign in, and has not done so here yet."""
    wanted = case.ask.enrol
    if wanted is None or wanted in case.added:
        return None
    if case.ask.waited and not case.know.wait_over:
        return Refuse("access_denied", f"{wanted}: what waited was stopped, is done, or is over")
    refusal = Refuse("access_denied", f"{wanted} cannot be added now")
    return _enrol(case, (), optional=False, only=frozenset({wanted})) or refusal


def due_factor(case: Case) -> Step | None:
    """A factor was taken away by an operator: another is set up before anything goes on."""
    if case.own is None or not case.person.enrolment_due:
        return None
    level, case = (case.own,), case.of_person
    if case.hold(level):
        return None
    step = _enrol(case, level, optional=False)
    if step is not None:
        return step
    reason = "a second step is due, and none can be set up by this person"
    return Refuse(UNMET, reason, obstacles.in_the_way(case, level))


def _enrol(
    case: Case, target: Iterable[Level], *, optional: bool, only: frozenset[str] | None = None
) -> Step | None:
    """Bind a factor only at the strength the account already has (SP 800-63B-4 4.1.2.1)."""
    open_to = case.person.enrollable
    if case.recovering or only is not None:
        open_to |= case.person.renewable
    ways = case.abilities(open_to if only is None else open_to & only)
    methods = tuple(a.method for a in ways if case.hold(target, a))
    if not methods:
        return None
    return _too_weak(case) or Enrol(methods, case.confirms_first, optional)


def _too_weak(case: Case) -> Step | None:
    """Anyone who has more than a password proves more than a password first."""
    seconds = case.seconds
    weak = all(proof.factors == {Factor.KNOWLEDGE} for proof in case.of_person.standing)
    if seconds and weak and not case.recovering:
        return Authenticate(case.named(seconds))
    return None


def new_password(case: Case) -> Step | None:
    """The old one may be known to someone else."""
    return Renew() if case.person.password_due else None


def new_codes(case: Case) -> Step | None:
    """A recovery code works once; anyone who used one gets new ones (SP 800-63B-4 4.2.1.1)."""
    return Keep() if case.recovering and Mark.CODES_KEPT not in case.know.marks else None


def wanted_contact(case: Case) -> Step | None:
    """The person wants another address or number, and has not proved it here yet.

    Where codes are sent decides who may set up a first second step: so a mere password never moves
    it, as it never binds a factor (SP 800-63B-4 4.1.2.1 and 4.6).
    """
    if not case.ask.change or Mark.CONTACT_CONFIRMED in case.know.marks:
        return None
    weak = _too_weak(case)
    if weak is not None:
        return weak
    if case.know.contact_known or not case.confirms_first:
        return Change()
    if not case.person.confirmable:
        return Refuse("access_denied", "there is no confirmed address or number to ask first")
    return Change(case.confirms_first)


def postponable_requirement(case: Case) -> Step | None:
    """A stage demands by now what this person has not set up, and lets it be put off."""
    asked = case.person.requirement
    if asked.due is None or case.of_person.hold(case.due):
        return None
    told = _told(case.of_person, asked.due, asked.due_since, left=asked.grace)
    wants = Mark.ENROLMENT_WANTED in case.know.marks
    setting_up = _enrol(case.of_person, case.due, optional=True) if wants else None
    if isinstance(setting_up, Enrol):
        return replace(setting_up, left=asked.grace)
    return setting_up or told


def coming_requirement(case: Case) -> Step | None:
    """A stage will demand, or recommends, what this person has not set up."""
    asked = case.person.requirement
    if case.silent or asked.coming is None:
        return None
    level = tuple(case.levels([asked.coming]))
    case = case.of_person
    if case.reachable(level, case.person.enrolled):
        return None
    if Mark.ENROLMENT_WANTED in case.know.marks:
        return _enrol(case, level, optional=True)
    if Mark.ANNOUNCED in case.know.marks:
        return None
    return _told(case, asked.coming, asked.coming_at)


def _told(case: Case, name: str, at: int | None, *, left: int | None = None) -> Announce | None:
    """Tell of a level: also anyone who cannot set it up yet, unless it is a mere wish."""
    level = tuple(case.levels([name]))
    able = any(case.hold(level, way) for way in case.abilities(case.person.enrollable))
    if not able and at is None:
        return None
    return Announce(name, at, () if able else obstacles.in_the_way(case, level), left)


def safer_way(case: Case) -> Step | None:
    """Who has just used a factor that can be phished is now and then offered one that cannot.

    Never where a page of ours adds something anyway, or a stage announces what it wants.
    """
    if case.silent or Mark.ABLE not in case.know.marks or not case.ask.offers:
        return None
    if case.person.requirement.quiet:
        return None
    safer = [a for a in case.rules.abilities if Trait.PHISHING_RESISTANT in a.traits]
    names = frozenset(a.method for a in safer)
    person = case.person
    if names & (person.enrolled | person.withdrawn) or not names & person.enrollable:
        return None
    coming = case.levels([person.requirement.coming])
    if not case.phishable or not case.reachable(coming, person.enrolled):
        return None
    if Mark.OFFER_TAKEN in case.know.marks:
        return _enrol(case, (), optional=True, only=names)
    if case.know.offered:
        return None
    return Offer(tuple(a.method for a in safer if a.method in person.enrollable))


def consent(case: Case) -> Step | None:
    """The client asks for more than the person has granted it, or may be another program.

    What was granted, and that a client is ours, says nothing of anyone who uses its name where
    nothing proves the name: so there a person agrees to each request (RFC 8252 section 8.6). A
    single act is agreed to each time, also where the client is ours: to have paid once is no yes to
    paying again (RFC 9396 section 2).
    """
    if Mark.CONSENTED in case.know.marks:
        return None
    missing = case.ask.consent_needed and not case.ask.scopes <= case.know.granted
    always = case.ask.unassured or case.ask.deeds or "consent" in case.ask.prompt
    if missing or always:
        return Consent(case.ask.scopes)
    return None


CHECKS = (
    refused,
    identify,
    another_person,
    disabled,
    first_factor,
    unmet,
    further_factor,
    enrolment,
    wanted_factor,
    due_factor,
    new_password,
    new_codes,
    wanted_contact,
    postponable_requirement,
    coming_requirement,
    first_step_done,
    first_codes,
    safer_way,
    consent,
)


def next_step(ask: Ask, know: Know, rules: Rules, now: int) -> Step:
    """Return what must happen next. Pure: the same four values always give the same step."""
    case = Case(ask, know, rules, now)
    for check in CHECKS:
        step = check(case)
        if step is not None:
            return step
    return ending.finish(case)
