"""A first second step that is set up is told of, once, with what helps when it is lost."""

from dataclasses import replace
from typing import Any

import pytest

from idp.policy.decide import next_step
from idp.policy.steps import NO_MARKS, Done, Enrol, Finish, Keep, Mark
from idp.policy.types import Ability, Ask, Codes, Factor, Know, Person, Trait
from tests.unit.policy.policy_people import (
    ABILITIES,
    HERE,
    MFA,
    NONE,
    NOW,
    PASSWORD,
    PASSWORD_ONLY,
    RULES,
    SMS,
    TOTP,
    Obedient,
    finish,
    prove,
    step,
    walk,
)

SPARE = Ability("recovery", ("otp",), frozenset({Factor.KNOWLEDGE}), frozenset({Trait.RECOVERY}))
WITH_SPARE = replace(RULES, abilities=(*ABILITIES, SPARE))
OFFERED = replace(WITH_SPARE, codes=Codes.OFFERED)
REQUIRED = replace(WITH_SPARE, codes=Codes.REQUIRED)
NEW = Person("ana", enrolled=frozenset({"password", "totp"}), enrollable=frozenset({"sms"}))
BOTH = replace(NEW, enrolled=NEW.enrolled | {"sms"}, enrollable=frozenset())
KEPT = replace(NEW, enrolled=NEW.enrolled | {"recovery"})
BY_PASSWORD = prove(PASSWORD, NOW, HERE)
SET_UP = BY_PASSWORD, prove(TOTP, NOW, HERE, bootstrap=True)
PROVED = BY_PASSWORD, prove(TOTP, NOW, HERE)
READ = Mark.DONE_READ


@pytest.mark.parametrize(
    ("rules", "person", "codes"),
    [(RULES, NEW, False), (OFFERED, NEW, True), (REQUIRED, NEW, True), (OFFERED, KEPT, False)],
)
def test_whoever_set_up_a_first_one_reads_it_and_may_keep_codes_where_there_are_none(
    rules: Any, person: Person, codes: bool
) -> None:
    assert step(Ask(), person, *SET_UP, rules=rules) == Done(("totp",), ("sms",), codes)


@pytest.mark.parametrize(
    ("ask", "person", "proofs", "marks"),
    [
        (Ask(), NEW, SET_UP, READ),
        (Ask(), NEW, PROVED, NO_MARKS),
        (Ask(prompt=NONE), NEW, SET_UP, NO_MARKS),
        (Ask(enrol="totp"), NEW, SET_UP, NO_MARKS),
        (Ask(change=True), NEW, SET_UP, Mark.CONTACT_CONFIRMED),
        (Ask(), BOTH, SET_UP, NO_MARKS),
    ],
    ids=[
        "who has read it",
        "who had it before",
        "where no page may be shown",
        "where a page of ours adds it",
        "where a number was changed",
        "who has another since before",
    ],
)
def test_it_is_told_to_no_one_else(ask: Ask, person: Person, proofs: Any, marks: Mark) -> None:
    finish(ask, person, *proofs, marks=marks, rules=OFFERED)


def test_another_way_is_set_up_beside_it_and_then_it_is_told_of_both() -> None:
    wanted = Mark.ANOTHER_WANTED
    assert step(Ask(), NEW, *SET_UP, marks=wanted, rules=OFFERED) == Enrol(("sms",), optional=True)
    both = *SET_UP, prove(SMS, NOW, HERE, bootstrap=True)
    assert step(Ask(), BOTH, *both, marks=wanted, rules=OFFERED) == Done(
        ("totp", "sms"), codes=True
    )


def test_codes_are_shown_to_whoever_wants_them_and_to_all_where_they_are_required() -> None:
    wanted = READ | Mark.CODES_WANTED
    assert step(Ask(), NEW, *SET_UP, marks=wanted, rules=OFFERED) == Keep(True, optional=True)
    assert step(Ask(), NEW, *SET_UP, marks=READ, rules=REQUIRED) == Keep(True)
    assert step(Ask(), NEW, *PROVED, rules=REQUIRED) == Keep(True), "who left that page before"
    for person, marks in ((KEPT, wanted), (NEW, wanted | Mark.CODES_KEPT)):
        finish(Ask(), person, *SET_UP, marks=marks, rules=REQUIRED)
    finish(Ask(prompt=NONE), NEW, *PROVED, rules=REQUIRED)


def test_codes_are_never_shown_to_whoever_proved_no_second_step_here() -> None:
    earlier = BY_PASSWORD, prove(TOTP)
    finish(Ask(), NEW, *earlier, rules=REQUIRED)
    finish(Ask(), NEW, BY_PASSWORD, marks=Mark.CODES_WANTED, rules=OFFERED)
    finish(Ask(), PASSWORD_ONLY, BY_PASSWORD, rules=REQUIRED)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("accepts_bootstrap", [True, False])
def test_the_level_said_is_the_same_whatever_is_answered(
    eager: bool, accepts_bootstrap: bool
) -> None:
    ask = Ask(floor=MFA.name if accepts_bootstrap else None, accepts_bootstrap=accepts_bootstrap)
    steps, known = walk(ask, Obedient(PASSWORD_ONLY, accepts_offers=eager))
    assert isinstance(steps[-1], Finish)
    if accepts_bootstrap:
        assert any(isinstance(taken, Done) for taken in steps)
    told = replace(known, marks=READ)
    assert next_step(replace(ask, interaction=HERE), told, RULES, NOW) == steps[-1]
    assert isinstance(known, Know)
