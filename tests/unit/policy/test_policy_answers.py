"""Who may answer, who is refused, when consent is asked, and in which words an acr is told."""

from dataclasses import replace

import pytest

from idp.policy.reach import can_ever_hold
from idp.policy.steps import DENIED, Authenticate, Consent, Finish, Identify, Mark, Obstacle, Refuse
from idp.policy.types import Ability, Ask, Level, Person
from tests.unit.policy.policy_people import (
    APP,
    HERE,
    LOGIN,
    MFA,
    NONE,
    NOW,
    ONE,
    OPENID,
    PASSWORD,
    PHR,
    RULES,
    SMS,
    TOTP,
    TOUCHED_KEY,
    UNMET,
    WITH_TOTP,
    finish,
    prove,
    step,
)


def test_a_hint_at_somebody_else_asks_who_is_there_and_without_pages_is_login_required() -> None:
    ask = Ask(subject="somebody else", prompt=NONE)
    assert step(ask, WITH_TOTP, prove(PASSWORD)) == Identify(error="login_required")


@pytest.mark.parametrize("prompt", [frozenset[str](), NONE, LOGIN])
def test_a_disabled_person_is_refused_even_half_way(prompt: frozenset[str]) -> None:
    disabled = replace(WITH_TOTP, disabled=True)
    refused = step(Ask(prompt=prompt), disabled, prove(PASSWORD, NOW, HERE))
    assert refused == Refuse("access_denied", "the account is disabled", (Obstacle.DISABLED,))


def test_an_account_without_a_way_to_begin_is_refused() -> None:
    refused = step(Ask(), Person("dee"))
    assert isinstance(refused, Refuse)
    assert refused.error == "access_denied"


def test_saying_no_ends_the_sign_in_whatever_was_proved() -> None:
    refused = step(Ask(), WITH_TOTP, prove(PASSWORD), prove(TOTP), refused="access_denied")
    assert isinstance(refused, Refuse)
    assert refused.error == "access_denied"


@pytest.mark.parametrize("prompt", [LOGIN, frozenset({"select_account"})])
def test_asked_to_sign_in_anew_it_may_be_somebody_else_who_can_reach_the_level(
    prompt: frozenset[str],
) -> None:
    ask = Ask(essential=("phr",), prompt=prompt)
    assert isinstance(step(ask, WITH_TOTP, prove(PASSWORD)), Authenticate)
    refused = step(ask, WITH_TOTP, prove(PASSWORD, NOW, HERE))
    assert isinstance(refused, Refuse)
    assert refused.error == UNMET


@pytest.mark.parametrize("ask", [Ask(floor="gone"), Ask(floor="gone", essential=(ONE.name,))])
def test_a_floor_whose_level_is_not_declared_lets_nobody_through(ask: Ask) -> None:
    refused = step(ask, WITH_TOTP, prove(PASSWORD), prove(TOTP))
    assert isinstance(refused, Refuse)
    assert refused.error == UNMET


@pytest.mark.parametrize(
    ("ask", "granted", "asked"),
    [
        (Ask(scopes=OPENID), frozenset(), False),
        (Ask(scopes=OPENID, consent_needed=True), frozenset(), True),
        (Ask(scopes=OPENID, consent_needed=True), OPENID, False),
        (Ask(scopes=OPENID | {"email"}, consent_needed=True), OPENID, True),
        (Ask(scopes=OPENID, prompt=frozenset({"consent"})), OPENID, True),
        (Ask(scopes=OPENID, unassured=True), OPENID, True),
        (Ask(scopes=OPENID, unassured=True, consent_needed=True), OPENID, True),
    ],
    ids=[
        *("first party", "never granted", "granted", "more than granted", "prompt=consent"),
        *("ours, where any program can answer", "granted, where any program can answer"),
    ],
)
def test_consent_is_asked_when_it_is_missing_or_wished_for(
    ask: Ask, granted: frozenset[str], asked: bool
) -> None:
    end = step(ask, WITH_TOTP, prove(PASSWORD), granted=granted)
    assert end == Consent(ask.scopes) if asked else isinstance(end, Finish)
    given = step(ask, WITH_TOTP, prove(PASSWORD), granted=granted, marks=Mark.CONSENTED)
    assert isinstance(given, Finish)


def test_without_pages_missing_consent_says_so_but_a_missing_factor_comes_first() -> None:
    ask = Ask(scopes=OPENID, consent_needed=True, prompt=NONE)
    alone = step(ask, WITH_TOTP, prove(PASSWORD))
    both = step(replace(ask, floor=MFA.name), WITH_TOTP, prove(PASSWORD))
    assert alone == Consent(OPENID, error="consent_required")
    assert both == Authenticate(("totp",), error="interaction_required")


def test_an_alias_is_answered_in_the_name_it_was_asked_by() -> None:
    refeds = "https://refeds.org/profile/mfa"
    rules = replace(RULES, aliases={refeds: MFA.name})
    proofs = prove(PASSWORD), prove(TOTP)
    for ask in (Ask(acr_values=(refeds,)), Ask(essential=(refeds,))):
        assert finish(ask, WITH_TOTP, *proofs, rules=rules).acr == refeds
        unknown = step(ask, WITH_TOTP, *proofs)
        assert unknown != step(ask, WITH_TOTP, *proofs, rules=rules)


def test_a_floor_may_be_named_by_an_alias() -> None:
    rules = replace(RULES, aliases={"strong": MFA.name})
    assert step(Ask(floor="strong"), WITH_TOTP, prove(PASSWORD), rules=rules) == Authenticate(
        ("totp",)
    )


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (Ask(), "level reached; floor none; proved: password at 2"),
        (Ask(acr_values=(ONE.name,)), "first reachable value asked for; floor none"),
        (Ask(acr_values=("phr",)), "no value asked for could be reached"),
        (Ask(acr_values=(ONE.name,), floor=MFA.name), "or was as strong as the floor"),
        (Ask(essential=(ONE.name,), floor=MFA.name), f"essential value met; floor {MFA.name}"),
    ],
)
def test_the_auditor_reads_why_this_acr_was_said(ask: Ask, words: str) -> None:
    assert words in finish(ask, WITH_TOTP, prove(PASSWORD), prove(TOTP)).reason


@pytest.mark.parametrize(
    ("level", "abilities", "advertised"),
    [
        (MFA, (PASSWORD, SMS), True),
        (APP, (PASSWORD, SMS), False),
        (APP, (PASSWORD, SMS, TOTP), True),
        (PHR, (PASSWORD, SMS, TOTP), False),
        (PHR, (PASSWORD, TOUCHED_KEY), True),
        (ONE, (), False),
    ],
)
def test_a_level_can_hold_only_with_methods_that_reach_it_together(
    level: Level, abilities: tuple[Ability, ...], advertised: bool
) -> None:
    assert can_ever_hold(level, abilities) is advertised


def test_a_denied_consent_is_told_as_every_refusal_by_the_person() -> None:
    told = Refuse("access_denied", "the person did not let the application in")
    assert step(Ask(), WITH_TOTP, prove(PASSWORD), refused=DENIED) == told
