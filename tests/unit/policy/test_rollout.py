"""Stages of a rollout, applied to one person at one time."""

import pytest

from idp.policy.rollout import EVERYONE, Stage, requirement
from idp.policy.types import Requirement
from tests.unit.policy.policy_people import APP, LEVELS, MFA, NOW, ONE, PHR

DAY = 86_400
NOTHING = Requirement()


def stage(
    name: str,
    level: str = MFA.name,
    *,
    audience: str = EVERYONE,
    required: bool = True,
    at: int | None = NOW,
) -> Stage:
    """Return a stage; by default everyone must have mfa from now."""
    return Stage(name, audience, level, required, at)


def asked(*stages: Stage, user_type: str = "clinician", now: int = NOW) -> Requirement:
    """Return what the stages ask of one person, in whatever order they were written."""
    there = requirement(stages, user_type, LEVELS, now)
    assert requirement(stages[::-1], user_type, LEVELS, now) == there
    return there


def test_without_stages_nothing_is_asked() -> None:
    assert asked() == NOTHING


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW - DAY, Requirement(None, MFA.name, NOW, "all")),
        (NOW - 1, Requirement(None, MFA.name, NOW, "all")),
        (NOW, Requirement(MFA.name, None, None, "all", NOW)),
        (NOW + 1, Requirement(MFA.name, None, None, "all", NOW)),
    ],
)
def test_a_required_stage_is_announced_until_its_very_second_and_then_enforced(
    now: int, expected: Requirement
) -> None:
    assert asked(stage("all"), now=now) == expected


@pytest.mark.parametrize(
    ("audience", "user_type", "concerned"),
    [
        (EVERYONE, "clinician", True),
        (EVERYONE, "", True),
        ("clinician", "clinician", True),
        ("clinician", "Clinician", False),
        ("clinician", "administrator", False),
        ("clinician", "", False),
        ("", "clinician", False),
    ],
)
def test_a_stage_concerns_its_audience_and_nobody_else(
    audience: str, user_type: str, concerned: bool
) -> None:
    said = asked(stage("some", audience=audience), user_type=user_type)
    assert said == (Requirement(MFA.name, stage="some", since=NOW) if concerned else NOTHING)


@pytest.mark.parametrize("at", [None, NOW - DAY, NOW, NOW + DAY])
def test_a_recommendation_is_announced_without_a_date_and_never_enforced(at: int | None) -> None:
    said = asked(stage("advice", required=False, at=at))
    assert said == Requirement(None, MFA.name, None, "advice")


def test_the_strictest_of_the_stages_in_force_holds_not_the_latest() -> None:
    strict, later = stage("strict", APP.name, at=NOW - 9 * DAY), stage("later", at=NOW - DAY)
    assert asked(strict, later) == Requirement(APP.name, stage="strict", since=NOW - 9 * DAY)


def test_a_stage_for_one_audience_adds_to_the_one_for_everyone_and_never_loosens_it() -> None:
    everyone = stage("all", MFA.name)
    loose = stage("loose", ONE.name, audience="clinician")
    strict = stage("strict", PHR.name, audience="clinician")
    assert asked(everyone, loose).level == MFA.name
    assert asked(everyone, strict).level == PHR.name
    assert asked(everyone, strict, user_type="guest").level == MFA.name


def test_what_comes_soonest_is_announced_first() -> None:
    soon, late = stage("soon", MFA.name, at=NOW + DAY), stage("late", PHR.name, at=NOW + 9 * DAY)
    assert asked(late, soon) == Requirement(None, MFA.name, NOW + DAY, "soon")


def test_of_two_stages_on_the_same_date_the_stricter_is_announced() -> None:
    all_, some = stage("all", MFA.name, at=NOW + DAY), stage("some", PHR.name, at=NOW + DAY)
    assert asked(all_, some) == Requirement(None, PHR.name, NOW + DAY, "some")


def test_a_date_is_announced_before_a_recommendation_however_strict() -> None:
    dated, advice = stage("dated", at=NOW + DAY), stage("advice", PHR.name, required=False)
    assert asked(dated, advice) == Requirement(None, MFA.name, NOW + DAY, "dated")


def test_of_two_recommendations_the_stricter_is_announced() -> None:
    weak, strong = (stage(name, name, required=False) for name in (MFA.name, PHR.name))
    assert asked(weak, strong).coming == PHR.name


def test_what_is_in_force_is_told_together_with_the_stricter_that_comes() -> None:
    enforced, coming = stage("now", at=NOW - DAY), stage("next", PHR.name, at=NOW + DAY)
    assert asked(enforced, coming) == Requirement(MFA.name, PHR.name, NOW + DAY, "now", NOW - DAY)


@pytest.mark.parametrize("level", [ONE.name, MFA.name])
@pytest.mark.parametrize("required", [True, False])
def test_what_is_no_stricter_than_what_is_in_force_is_not_announced(
    level: str, required: bool
) -> None:
    enforced = stage("now", MFA.name, at=NOW - DAY)
    weaker = stage("weaker", level, required=required, at=NOW + DAY)
    assert asked(enforced, weaker) == Requirement(MFA.name, stage="now", since=NOW - DAY)
