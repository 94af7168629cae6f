"""Factors set up in a sign-in: what comes before, what they count for, and what stages announce."""

from dataclasses import replace

import pytest

from idp.policy.steps import (
    Announce,
    Authenticate,
    Done,
    Enrol,
    EnrolmentProof,
    Finish,
    Identify,
    Mark,
    Obstacle,
    Refuse,
)
from idp.policy.types import Ask, Person, Requirement
from tests.unit.policy.policy_people import (
    APP,
    HERE,
    HOUR,
    LOGIN,
    MFA,
    NONE,
    NOW,
    ONE,
    PASSWORD,
    PASSWORD_ONLY,
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


def test_a_first_second_factor_needs_the_address_confirmed_unless_the_operator_says_no() -> None:
    ask = Ask(floor=MFA.name)
    assert step(ask, PASSWORD_ONLY, prove(PASSWORD)) == Enrol(
        ("totp", "sms"), confirm=EnrolmentProof.EMAIL
    )
    ready = Enrol(("totp", "sms"))
    assert step(ask, PASSWORD_ONLY, prove(PASSWORD), marks=Mark.ADDRESS_CONFIRMED) == ready
    trusted = replace(PASSWORD_ONLY, requirement=Requirement(proof=EnrolmentProof.NONE))
    assert step(ask, trusted, prove(PASSWORD)) == ready


def test_a_further_factor_is_bound_only_after_one_that_is_there_was_proved() -> None:
    ask = Ask(floor=APP.name)
    assert step(ask, WITH_SMS, prove(PASSWORD)) == Authenticate(("sms",))
    assert step(ask, WITH_SMS, prove(PASSWORD), prove(SMS)) == Enrol(("totp",))


def test_a_second_factor_too_old_for_the_request_does_not_let_another_be_bound() -> None:
    ask = Ask(floor=APP.name, prompt=LOGIN)
    fresh = prove(PASSWORD, NOW, HERE)
    assert step(ask, WITH_SMS, fresh, prove(SMS)) == Authenticate(("sms",))


def test_the_choice_made_at_enrolment_decides_the_level_said() -> None:
    steps, known = walk(
        Ask(floor=MFA.name), Obedient(PASSWORD_ONLY, choose=lambda methods: methods[-1])
    )
    assert isinstance(steps[-1], Finish)
    assert steps[-1].acr == MFA.name
    assert steps[-1].amr == ("pwd", "sms", "mfa")
    assert known.person is not None
    assert known.person.enrolled == {"password", "sms"}


def test_a_factor_set_up_now_is_told_to_the_auditor() -> None:
    steps, _ = walk(Ask(floor=MFA.name), Obedient(PASSWORD_ONLY))
    assert isinstance(steps[-1], Finish)
    assert "totp" in steps[-1].reason
    assert "at enrolment" in steps[-1].reason


def test_a_client_that_refuses_bootstrap_proofs_makes_nobody_enrol_in_vain() -> None:
    ask = Ask(floor=MFA.name, accepts_bootstrap=False)
    for asked in (ask, replace(ask, floor=None, essential=(MFA.name,))):
        refused = step(asked, PASSWORD_ONLY, prove(PASSWORD))
        assert isinstance(refused, Refuse)
        assert (refused.error, refused.obstacles) == (UNMET, (Obstacle.NOT_YET,))


def test_a_client_that_refuses_bootstrap_proofs_accepts_the_factor_from_the_next_sign_in() -> None:
    ask = Ask(floor=MFA.name, accepts_bootstrap=False)
    enrolled = (prove(PASSWORD), prove(TOTP, bootstrap=True))
    assert step(ask, WITH_TOTP, *enrolled) == Authenticate(("totp",))
    end = finish(ask, WITH_TOTP, *enrolled, prove(TOTP, NOW, HERE))
    assert end.acr == APP.name


def test_such_a_client_gets_the_level_without_the_factor_when_it_demands_none() -> None:
    ask = Ask(accepts_bootstrap=False)
    rules = replace(RULES, ask_enrolled=MFA.name)
    here = prove(PASSWORD, NOW, HERE), prove(TOTP, NOW, HERE, bootstrap=True)
    end = finish(ask, WITH_TOTP, *here, rules=rules, marks=Mark.DONE_READ)
    assert (end.acr, end.amr) == (ONE.name, ("pwd",))


COMING = Requirement(coming=MFA.name, coming_at=NOW + 7 * 24 * HOUR, coming_stage="pilot")
NOTIFIED = replace(PASSWORD_ONLY, requirement=COMING)
HELPLESS = replace(PASSWORD_ONLY, enrollable=frozenset())
DUE = Requirement(due=MFA.name, due_since=NOW - HOUR, due_stage="pilot", grace=2)


def test_a_coming_requirement_is_announced_once_and_enforced_by_nobody() -> None:
    steps, _ = walk(Ask(), Obedient(NOTIFIED))
    assert steps[:-1] == [Identify(), Announce(MFA.name, COMING.coming_at)]
    assert isinstance(steps[-1], Finish)
    assert steps[-1].acr == ONE.name


def test_someone_who_sets_it_up_now_is_led_through_it_and_the_level_is_said() -> None:
    steps, _ = walk(Ask(), Obedient(NOTIFIED, accepts_offers=True))
    assert steps[2:-1] == [
        Enrol(("totp", "sms"), confirm=EnrolmentProof.EMAIL, optional=True),
        Enrol(("totp", "sms"), optional=True),
        Done(("totp",), ("sms",)),
        Enrol(("sms",), optional=True),
        Done(("totp", "sms")),
    ]
    assert isinstance(steps[-1], Finish)
    assert steps[-1].acr == APP.name


@pytest.mark.parametrize(
    ("person", "prompt"),
    [
        (replace(WITH_TOTP, requirement=COMING), frozenset()),
        (replace(HELPLESS, requirement=replace(COMING, coming_at=None)), frozenset()),
        (NOTIFIED, NONE),
    ],
    ids=[
        "who can do it already",
        "who could not set up what is a mere wish",
        "where no page may be shown",
    ],
)
def test_nothing_is_announced_to_someone(person: Person, prompt: frozenset[str]) -> None:
    assert isinstance(step(Ask(prompt=prompt), person, prove(PASSWORD)), Finish)


def test_a_notice_does_not_depend_on_what_the_client_thinks_of_new_factors() -> None:
    ask = Ask(accepts_bootstrap=False)
    assert isinstance(step(ask, NOTIFIED, prove(PASSWORD)), Announce)
    steps, _ = walk(ask, Obedient(NOTIFIED, accepts_offers=True))
    assert isinstance(steps[-1], Finish)
    assert steps[-1].acr == ONE.name


def test_who_cannot_set_anything_up_is_told_of_a_date_too() -> None:
    helpless = replace(HELPLESS, requirement=COMING)
    told = Announce(MFA.name, COMING.coming_at, obstacles=(Obstacle.NO_WAY,))
    assert step(Ask(), helpless, prove(PASSWORD)) == told
    wants = Mark.ENROLMENT_WANTED | Mark.ANNOUNCED
    assert isinstance(step(Ask(), helpless, prove(PASSWORD), marks=wants), Finish)


def test_a_stage_with_grace_is_told_on_every_sign_in_until_it_is_put_off_or_set_up() -> None:
    graced = replace(PASSWORD_ONLY, requirement=DUE)
    told = Announce(MFA.name, DUE.due_since, left=2)
    for marks in (Mark(0), Mark.ANNOUNCED):
        assert step(Ask(), graced, prove(PASSWORD), marks=marks) == told
    steps, _ = walk(Ask(), Obedient(graced))
    assert steps[:-1] == [Identify(), told]
    assert isinstance(steps[-1], Finish)
    assert steps[-1].acr == ONE.name
    steps, _ = walk(Ask(), Obedient(graced, accepts_offers=True))
    made = [taken.left for taken in steps if isinstance(taken, Enrol)]
    assert made == [2, 2, None], "another way beside the first is nobody's demand"
    assert isinstance(steps[-1], Finish)
    assert steps[-1].acr == APP.name


def test_grace_is_for_who_has_nothing_and_nobody_who_is_equipped_skips_the_second_step() -> None:
    rules = replace(RULES, ask_enrolled=None)
    equipped = replace(WITH_TOTP, requirement=DUE)
    assert step(Ask(), equipped, prove(PASSWORD), rules=rules) == Authenticate(("totp",))


def test_within_a_grace_a_silent_request_is_told_that_a_page_is_needed() -> None:
    graced = replace(PASSWORD_ONLY, requirement=DUE)
    asked = step(Ask(prompt=NONE), graced, prove(PASSWORD))
    assert isinstance(asked, Announce)
    assert asked.error == "interaction_required"


def test_within_a_grace_who_cannot_set_anything_up_is_told_so_and_goes_on() -> None:
    graced = replace(HELPLESS, requirement=DUE)
    told = Announce(MFA.name, DUE.due_since, obstacles=(Obstacle.NO_WAY,), left=2)
    steps, _ = walk(Ask(), Obedient(graced, accepts_offers=True))
    assert steps[:-1] == [Identify(), told]
    assert isinstance(steps[-1], Finish)


def test_a_grace_never_lowers_what_an_application_asks() -> None:
    graced = replace(PASSWORD_ONLY, requirement=DUE)
    ready = Enrol(("totp", "sms"), confirm=EnrolmentProof.EMAIL)
    assert step(Ask(floor=MFA.name), graced, prove(PASSWORD)) == ready
    assert step(Ask(essential=(MFA.name,)), graced, prove(PASSWORD)) == ready
