"""Any request, person, proofs and installation that may come: strategies for the properties."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from idp.policy.steps import NO_MARKS, EnrolmentProof, Mark
from idp.policy.types import Ability, Ask, Know, Person, Proof, Requirement, Rules
from tests.unit.policy.policy_people import (
    ABILITIES,
    HERE,
    HOUR,
    LEVELS,
    NOW,
    PASSWORD,
    VERIFIED_KEY,
    Obedient,
    prove,
)

ALIASES = {"https://refeds.org/profile/mfa": "urn:acrux:acr:mfa"}
NAMES = [level.name for level in LEVELS]
ACR = st.sampled_from([*NAMES, *ALIASES, "https://rp.example/acr/gold"])
FLOOR = st.none() | st.sampled_from([*NAMES, *ALIASES, "a level that was removed"])
OFFERED = (*ABILITIES, VERIFIED_KEY)
SECONDS = [ability.method for ability in OFFERED if not ability.first]


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """An installation: lifetimes longer than a sign-in takes, any floors."""
    lifetimes = st.none() | st.integers(HOUR // 4, 48 * HOUR)
    levels = tuple(replace(level, lifetime=draw(lifetimes)) for level in LEVELS)
    return Rules(
        levels,
        OFFERED,
        ALIASES,
        floor=draw(st.none() | FLOOR),
        ask_enrolled=draw(st.none() | st.sampled_from(NAMES)),
    )


@st.composite
def people(draw: st.DrawFn) -> Person:
    """Someone with a password, and with any of the second factors or the means to set them up."""
    enrolled = draw(st.frozensets(st.sampled_from(SECONDS)))
    coming, due = draw(FLOOR), draw(FLOOR)
    return Person(
        "ana",
        enrolled=enrolled | {PASSWORD.method},
        enrollable=draw(st.frozensets(st.sampled_from(SECONDS))) - enrolled,
        confirmable=draw(st.booleans()),
        requirement=Requirement(
            level=draw(st.none() | FLOOR),
            due=due,
            due_since=NOW - HOUR if due else None,
            grace=draw(st.integers(1, 3)) if due else 0,
            coming=coming,
            coming_at=NOW + HOUR if coming else None,
            proof=draw(st.sampled_from(EnrolmentProof)),
        ),
    )


def proofs_by(*abilities: Ability) -> st.SearchStrategy[Proof]:
    """Proofs by these, given here or earlier, some by a factor set up in the same sign-in."""
    ages = st.integers(0, 60 * HOUR)
    return st.builds(
        lambda ability, age, here, new: prove(
            ability,
            NOW - (age // HOUR if here else age),
            HERE if here else "earlier",
            bootstrap=new and not ability.first,
        ),
        st.sampled_from(abilities),
        ages,
        st.booleans(),
        st.booleans(),
    )


ANSWERED = (Mark.ANNOUNCED, Mark.ADDRESS_CONFIRMED, Mark.CONTACT_CONFIRMED)


@st.composite
def knowledge(draw: st.DrawFn) -> Know:
    """What is known: no one, or someone whose proofs are by what is enrolled."""
    person = draw(people())
    granted = draw(st.sampled_from([frozenset[str](), frozenset({"openid"})]))
    if draw(st.integers(0, 4)) == 0:
        return Know(granted=granted)
    own = [ability for ability in OFFERED if ability.method in person.enrolled]
    return Know(
        person,
        tuple(draw(st.lists(proofs_by(*own), max_size=4))),
        granted=granted,
        marks=reduce(or_, draw(st.sets(st.sampled_from(ANSWERED))), NO_MARKS),
        contact_known=draw(st.booleans()),
    )


PROMPT = st.sampled_from(
    [frozenset({word}) for word in ("none", "login", "consent", "select_account")]
)
ASK = st.builds(
    Ask,
    interaction=st.just(HERE),
    acr_values=st.lists(ACR, max_size=3).map(tuple),
    essential=st.none() | st.lists(ACR, min_size=1, max_size=3).map(tuple),
    max_age=st.none() | st.integers(0, 48 * HOUR),
    prompt=st.just(frozenset[str]()) | PROMPT,
    floor=st.none() | FLOOR,
    scopes=st.just(frozenset({"openid"})),
    consent_needed=st.booleans(),
    unassured=st.booleans(),
    subject=st.sampled_from([None, "ana"]),
    accepts_bootstrap=st.booleans(),
)
OBEDIENT = st.builds(
    Obedient,
    who=people(),
    choose=st.sampled_from([lambda methods: methods[0], lambda methods: methods[-1]]),
    accepts_offers=st.booleans(),
    pace=st.integers(0, 40),
)


SIGN_IN = (OBEDIENT, ASK, knowledge(), rules())


def for_all(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Check a property. No deadline: how long an example takes is the machine's affair."""

    def decorate(test: Callable[..., None]) -> Any:
        return settings(deadline=None)(given(*strategies)(test))

    return decorate
