"""How old a proof may be: max_age, prompt, the lifetime of a level, and the auth_time told."""

from dataclasses import replace

import pytest

from idp.policy.decide import next_step
from idp.policy.steps import Authenticate, Finish
from idp.policy.types import Ask, Know
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
    RULES,
    SMS,
    TOTP,
    VERIFIED_KEY,
    WITH_TOTP,
    Obedient,
    finish,
    prove,
    step,
)


@pytest.mark.parametrize("max_age", [600, 601, HOUR])
def test_a_proof_exactly_as_old_as_max_age_still_counts(max_age: int) -> None:
    end = finish(Ask(max_age=max_age), WITH_TOTP, prove(PASSWORD, NOW - 600))
    assert (end.acr, end.auth_time) == (ONE.name, NOW - 600)


@pytest.mark.parametrize("max_age", [0, 1, 599])
def test_a_proof_older_than_max_age_must_be_given_again(max_age: int) -> None:
    old = prove(PASSWORD, NOW - 600)
    assert step(Ask(max_age=max_age), WITH_TOTP, old) == Authenticate(
        ("password",), error="login_required"
    )


@pytest.mark.parametrize("ask", [Ask(max_age=0), Ask(prompt=LOGIN), Ask(max_age=1)])
def test_what_was_proved_in_this_sign_in_is_fresh_enough_for_any_request(ask: Ask) -> None:
    assert finish(ask, WITH_TOTP, prove(PASSWORD, NOW - 90, HERE)).acr == ONE.name


def test_max_age_zero_ignores_even_a_proof_of_this_very_second() -> None:
    assert isinstance(step(Ask(max_age=0), WITH_TOTP, prove(PASSWORD, NOW)), Authenticate)


def test_max_age_holds_for_every_factor_that_the_level_counts() -> None:
    ask = Ask(essential=(MFA.name,), max_age=600)
    password, code = prove(PASSWORD, NOW - 60), prove(TOTP, NOW - 900)
    assert step(ask, WITH_TOTP, password, code) == Authenticate(("totp",))
    assert finish(ask, WITH_TOTP, password, replace(code, at=NOW - 600)).acr == MFA.name


def test_select_account_asks_again_like_login() -> None:
    ask = Ask(prompt=frozenset({"select_account"}))
    assert isinstance(step(ask, WITH_TOTP, prove(PASSWORD)), Authenticate)


def test_a_proof_without_an_interaction_belongs_to_no_sign_in() -> None:
    nowhere = replace(prove(PASSWORD, NOW), interaction="")
    asked = next_step(Ask(prompt=LOGIN), Know(WITH_TOTP, (nowhere,)), RULES, NOW)
    assert isinstance(asked, Authenticate)


def test_without_pages_too_old_is_login_required() -> None:
    ask = Ask(prompt=NONE, max_age=60)
    asked = step(ask, WITH_TOTP, prove(PASSWORD, NOW - 61))
    assert isinstance(asked, Authenticate)
    assert asked.error == "login_required"


def test_auth_time_is_that_of_the_oldest_factor_counted_and_signing_in_again_renews_it() -> None:
    password, code = prove(PASSWORD, NOW - 900), prove(TOTP, NOW - 60)
    assert finish(Ask(), WITH_TOTP, password, code).auth_time == NOW - 900
    again = prove(PASSWORD, NOW, HERE)
    assert finish(Ask(), WITH_TOTP, password, code, again).auth_time == NOW - 60


def test_a_session_whose_level_expired_states_0_and_the_time_it_always_stated() -> None:
    old = NOW - 30 * HOUR
    end = finish(Ask(prompt=NONE), WITH_TOTP, prove(PASSWORD, old), prove(TOTP, old + 60))
    assert (end.acr, end.amr, end.auth_time) == ("0", (), old)


def test_a_level_that_lapsed_asks_for_both_factors_again_when_it_is_demanded() -> None:
    """The shipped levels: one step lasts as long as the session, two steps last twelve hours."""
    one = replace(ONE, lifetime=None)
    rules = replace(RULES, levels=(one, *RULES.levels[1:]), ask_enrolled=MFA.name)
    old = Know(WITH_TOTP, (prove(PASSWORD, NOW - 13 * HOUR), prove(TOTP, NOW - 13 * HOUR)))
    walked = [taken for taken, _, _ in Obedient(WITH_TOTP).walk(Ask("i"), old, rules)]
    assert walked[:-1] == [
        Authenticate(("password",), error="login_required"),
        Authenticate(("totp",)),
    ]
    assert isinstance(walked[-1], Finish)


def test_only_the_factor_that_lapsed_is_asked_for_again() -> None:
    ask = Ask(essential=(MFA.name,))
    fresh, lapsed = prove(PASSWORD, NOW - HOUR), prove(TOTP, NOW - 13 * HOUR)
    assert step(ask, WITH_TOTP, fresh, lapsed) == Authenticate(("totp",))
    fresh, lapsed = prove(TOTP, NOW - HOUR), prove(PASSWORD, NOW - 13 * HOUR)
    assert step(ask, WITH_TOTP, fresh, lapsed) == Authenticate(
        ("password",), error="login_required"
    )


def test_without_pages_the_answer_is_what_the_fresh_proofs_alone_are_worth() -> None:
    ask = Ask(prompt=NONE, max_age=60)
    end = finish(ask, WITH_TOTP, prove(PASSWORD, NOW - 61), prove(TOTP, NOW - 30))
    assert (end.acr, end.amr, end.auth_time) == (ONE.name, ("otp",), NOW - 30)


def test_with_pages_a_sign_in_begins_with_a_first_factor_whatever_else_is_fresh() -> None:
    stale, code = prove(PASSWORD, NOW - 61), prove(TOTP, NOW - 30)
    assert step(Ask(max_age=60), WITH_TOTP, stale, code) == Authenticate(
        ("password",), error="login_required"
    )


def test_a_lapsed_password_is_not_asked_for_when_the_level_holds_without_it() -> None:
    """A verified passkey is two kinds of factor by itself."""
    lapsed, key = prove(PASSWORD, NOW - 13 * HOUR), prove(VERIFIED_KEY, NOW - HOUR)
    end = finish(Ask(floor=MFA.name, essential=("phr",)), WITH_TOTP, lapsed, key)
    assert (end.acr, end.amr, end.auth_time) == ("phr", ("pop", "user", "mfa"), NOW - HOUR)


def test_two_levels_that_need_a_factor_each_ask_for_both_one_after_the_other() -> None:
    texted = replace(MFA, name="texted", requires=SMS.traits)
    rules = replace(RULES, levels=(*RULES.levels, texted))
    both = replace(WITH_TOTP, enrolled=frozenset({"password", "totp", "sms"}))
    ask = Ask(floor=APP.name, essential=("texted",))
    password, code, text = prove(PASSWORD), prove(TOTP), prove(SMS)
    assert step(ask, both, password, rules=rules) == Authenticate(("totp", "sms"))
    assert step(ask, both, password, code, rules=rules) == Authenticate(("sms",))
    assert finish(ask, both, password, code, text, rules=rules).acr == "texted"
