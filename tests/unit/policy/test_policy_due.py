"""A second factor that an operator took away: the demand for one outlives it."""

from dataclasses import replace

import pytest
from hypothesis import event

from idp.policy import assurance
from idp.policy.decide import next_step
from idp.policy.reach import asks_enrolled
from idp.policy.steps import (
    Authenticate,
    Done,
    Enrol,
    EnrolmentProof,
    Finish,
    Identify,
    Mark,
    Refuse,
    Step,
)
from idp.policy.types import Ask, Know, Level, Rules
from tests.unit.policy.policy_people import (
    APP,
    HERE,
    MFA,
    NONE,
    NOW,
    ONE,
    PASSWORD,
    PASSWORD_ONLY,
    PHR,
    RULES,
    SMS,
    TOTP,
    UNMET,
    WITH_SMS,
    WITH_TOTP,
    Obedient,
    finish,
    prove,
    step,
    walk,
)
from tests.unit.policy.policy_worlds import SIGN_IN, for_all

DUE = replace(PASSWORD_ONLY, enrolment_due=True)
ASKS_MFA = replace(RULES, ask_enrolled=MFA.name)
ASKS_APP = replace(RULES, ask_enrolled=APP.name)
SETS_UP = Enrol(("totp", "sms"), confirm=EnrolmentProof.EMAIL)


@pytest.mark.parametrize(
    ("ask", "rules", "expected"),
    [
        (Ask(), ASKS_MFA, SETS_UP),
        (Ask(acr_values=(ONE.name,)), ASKS_MFA, SETS_UP),
        (Ask(essential=(ONE.name,)), ASKS_MFA, SETS_UP),
        (Ask(prompt=NONE), ASKS_MFA, SETS_UP),
        (Ask(accepts_bootstrap=False), ASKS_MFA, SETS_UP),
        (Ask(floor=APP.name), ASKS_MFA, Enrol(("totp",), confirm=EnrolmentProof.EMAIL)),
        (Ask(), ASKS_APP, Enrol(("totp",), confirm=EnrolmentProof.EMAIL)),
        (Ask(enrol="sms"), ASKS_MFA, Enrol(("sms",), confirm=EnrolmentProof.EMAIL)),
    ],
    ids=["nothing", "less", "less at once", "silent", "no bootstrap", "floor", "app", "own page"],
)
def test_whatever_is_asked_a_factor_is_set_up_first(ask: Ask, rules: Rules, expected: Step) -> None:
    assert step(ask, DUE, prove(PASSWORD, NOW, HERE), rules=rules) == expected


def test_a_silent_request_is_told_that_something_is_missing() -> None:
    found = step(Ask(prompt=NONE), DUE, prove(PASSWORD), rules=ASKS_MFA)
    assert isinstance(found, Enrol)
    assert found.error == "interaction_required"


@pytest.mark.parametrize("level", [None, "a level that was removed"])
def test_where_no_level_is_asked_of_the_enrolled_nothing_is_demanded(level: str | None) -> None:
    rules = replace(RULES, ask_enrolled=level)
    assert finish(Ask(), DUE, prove(PASSWORD, NOW, HERE), rules=rules).acr == ONE.name
    floor = Ask(floor=MFA.name)
    assert step(floor, DUE, prove(PASSWORD, NOW, HERE), rules=rules) == SETS_UP


def test_nobody_else_is_asked_for_anything() -> None:
    assert finish(Ask(), PASSWORD_ONLY, prove(PASSWORD, NOW, HERE), rules=ASKS_MFA).acr == ONE.name


def test_the_address_that_a_ticket_proved_is_not_asked_again() -> None:
    confirmed = {"rules": ASKS_MFA, "marks": Mark.ADDRESS_CONFIRMED}
    ready = step(Ask(), DUE, prove(PASSWORD, NOW, HERE), **confirmed)
    assert ready == Enrol(("totp", "sms"))


def test_a_factor_that_is_left_is_proved_before_another_is_bound() -> None:
    left = replace(WITH_SMS, enrolment_due=True)
    assert step(Ask(), left, prove(PASSWORD, NOW, HERE), rules=ASKS_APP) == Authenticate(("sms",))
    proved = prove(PASSWORD, NOW, HERE), prove(SMS, NOW, HERE)
    assert step(Ask(), left, *proved, rules=ASKS_APP) == Enrol(("totp",))


def test_what_was_set_up_since_is_enough() -> None:
    again = replace(WITH_TOTP, enrolment_due=True)
    proved = prove(PASSWORD, NOW, HERE), prove(TOTP, NOW, HERE, bootstrap=True)
    assert step(Ask(), again, *proved, rules=ASKS_MFA) == Done(("totp",), ("sms",))
    read = Mark.DONE_READ
    assert finish(Ask(), again, *proved, rules=ASKS_MFA, marks=read).acr == APP.name


def test_a_lesser_factor_that_was_set_up_since_is_not_enough() -> None:
    ask, lesser = Ask(floor=MFA.name), replace(WITH_SMS, enrolment_due=True)
    proved = prove(PASSWORD, NOW, HERE), prove(SMS, NOW, HERE, bootstrap=True)
    assert step(ask, lesser, *proved, rules=ASKS_APP) == Enrol(("totp",))


def test_who_can_set_nothing_up_is_refused() -> None:
    stuck = replace(DUE, enrollable=frozenset())
    refused = step(Ask(), stuck, prove(PASSWORD, NOW, HERE), rules=ASKS_MFA)
    assert isinstance(refused, Refuse)
    assert refused.error == UNMET


def test_an_application_that_takes_no_new_factor_gets_what_holds_once_it_is_set_up() -> None:
    someone = Obedient(DUE)
    ask = Ask(accepts_bootstrap=False, interaction=HERE)
    steps = [taken for taken, _, _ in someone.walk(ask, Know(), ASKS_MFA)]
    assert [type(taken) for taken in steps] == [Identify, Enrol, Enrol, Done, Finish]
    assert isinstance(steps[-1], Finish)
    assert steps[-1].acr == ONE.name


def test_the_whole_way_without_the_demand_is_as_before() -> None:
    steps, _ = walk(Ask(), Obedient(DUE))
    assert [type(taken) for taken in steps] == [Identify, Finish]


@pytest.mark.parametrize(
    ("level", "asked"), [(None, False), (ONE, True), (MFA, True), (APP, True), (PHR, False)]
)
def test_what_is_asked_of_the_enrolled_depends_on_what_they_have(
    level: Level | None, asked: bool
) -> None:
    rules = replace(RULES, ask_enrolled=level.name if level else None)
    assert asks_enrolled(WITH_TOTP, rules) is asked
    off = replace(WITH_TOTP, enrolled=frozenset({"password"}), withdrawn=frozenset({"totp"}))
    assert asks_enrolled(off, rules) is asked, "switched off by the installation"


def test_a_factor_that_is_gone_is_asked_of_nobody_unless_it_is_due() -> None:
    assert not asks_enrolled(PASSWORD_ONLY, ASKS_MFA)
    assert not asks_enrolled(WITH_SMS, ASKS_APP)


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_no_sign_in_of_somebody_of_whom_it_is_due_finishes_below_the_level(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    someone = replace(someone, who=replace(someone.who, enrolment_due=True))
    if know.person is not None:
        know = replace(know, person=replace(know.person, enrolment_due=True))
    if "none" in ask.prompt:
        end, known, now = next_step(ask, know, rules, NOW), know, NOW
    else:
        *_, (end, known, now) = someone.walk(ask, know, rules)
    event(type(end).__name__)
    wanted = rules.level(rules.ask_enrolled or "")
    if isinstance(end, Finish) and wanted is not None:
        assert assurance.holds(wanted, known.proofs, now)
