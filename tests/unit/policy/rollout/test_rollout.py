"""Stages of a rollout, applied to one person at one time."""

from dataclasses import replace
from typing import Any

import pytest

from idp.policy.rollout import EVERYONE, Member, Stage, Strength, reaches, requirement, with_milder
from idp.policy.types import Requirement
from tests.unit.policy.policy_people import APP, MFA, NOW, ONE, PHR, RULES

DAY = 86_400
NOTHING = Requirement()


def coming(level: str, at: int | None, stage_id: str) -> Requirement:
    """Return what is asked of someone who is only told of what comes."""
    return Requirement(coming=level, coming_at=at, coming_stage=stage_id)


def stage(
    name: str,
    level: str = MFA.name,
    *,
    audience: str = EVERYONE,
    required: bool = True,
    at: int | None = NOW,
) -> Stage:
    """Return a stage; by default everyone must have mfa from now."""
    strength = Strength.REQUIRED if required else Strength.RECOMMENDED
    return Stage(name, (audience,), level, strength, at)


def asked(
    *stages: Stage, user_type: str = "clinician", now: int = NOW, member: Member | None = None
) -> Requirement:
    """Return what the stages ask of one person, in whatever order they were written."""
    who = member or Member(user_type=user_type)
    there = requirement(stages, who, RULES, now)
    assert requirement(stages[::-1], who, RULES, now) == there
    return there


def test_without_stages_nothing_is_asked() -> None:
    assert asked() == NOTHING


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW - DAY, coming(MFA.name, NOW, "all")),
        (NOW - 1, coming(MFA.name, NOW, "all")),
        (NOW, Requirement(MFA.name, NOW, "all")),
        (NOW + 1, Requirement(MFA.name, NOW, "all")),
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
        ("type:clinician", "clinician", True),
        ("type:clinician", "Clinician", False),
        ("type:clinician", "administrator", False),
        ("type:clinician", "", False),
        ("clinician", "clinician", False),
        ("type:", "clinician", False),
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
    assert said == coming(MFA.name, None, "advice")


def test_the_strictest_of_the_stages_in_force_holds_not_the_latest() -> None:
    strict, later = stage("strict", APP.name, at=NOW - 9 * DAY), stage("later", at=NOW - DAY)
    assert asked(strict, later) == Requirement(APP.name, stage="strict", since=NOW - 9 * DAY)


def test_a_stage_for_one_audience_adds_to_the_one_for_everyone_and_never_loosens_it() -> None:
    everyone = stage("all", MFA.name)
    loose = stage("loose", ONE.name, audience="type:clinician")
    strict = stage("strict", PHR.name, audience="type:clinician")
    assert asked(everyone, loose).level == MFA.name
    assert asked(everyone, strict).level == PHR.name
    assert asked(everyone, strict, user_type="guest").level == MFA.name


def test_what_comes_soonest_is_announced_first() -> None:
    soon, late = stage("soon", MFA.name, at=NOW + DAY), stage("late", PHR.name, at=NOW + 9 * DAY)
    assert asked(late, soon) == coming(MFA.name, NOW + DAY, "soon")


def test_of_two_stages_on_the_same_date_the_stricter_is_announced() -> None:
    all_, some = stage("all", MFA.name, at=NOW + DAY), stage("some", PHR.name, at=NOW + DAY)
    assert asked(all_, some) == coming(PHR.name, NOW + DAY, "some")


def test_a_date_is_announced_before_a_recommendation_however_strict() -> None:
    dated, advice = stage("dated", at=NOW + DAY), stage("advice", PHR.name, required=False)
    assert asked(dated, advice) == coming(MFA.name, NOW + DAY, "dated")


def test_of_two_recommendations_the_stricter_is_announced() -> None:
    weak, strong = (stage(name, name, required=False) for name in (MFA.name, PHR.name))
    assert asked(weak, strong).coming == PHR.name


def test_what_is_in_force_is_told_together_with_the_stricter_that_comes() -> None:
    enforced, later = stage("now", at=NOW - DAY), stage("next", PHR.name, at=NOW + DAY)
    there = Requirement(MFA.name, NOW - DAY, "now")
    assert asked(enforced, later) == replace(
        there, coming=PHR.name, coming_at=NOW + DAY, coming_stage="next"
    )


@pytest.mark.parametrize("level", [ONE.name, MFA.name])
@pytest.mark.parametrize("required", [True, False])
def test_what_is_no_stricter_than_what_is_in_force_is_not_announced(
    level: str, required: bool
) -> None:
    enforced = stage("now", MFA.name, at=NOW - DAY)
    weaker = stage("weaker", level, required=required, at=NOW + DAY)
    assert asked(enforced, weaker) == Requirement(MFA.name, stage="now", since=NOW - DAY)


# -- audiences

CLINICIAN = Member("ana", "clinician", frozenset({"north", "night shift"}))


@pytest.mark.parametrize(
    ("audience", "excluded", "reached"),
    [
        (("group:north",), (), True),
        (("group:night shift",), (), True),
        (("group:south", "person:ana"), (), True),
        (("person:ben",), (), False),
        (("group:clinician",), (), False),
        ((EVERYONE,), ("person:ana",), False),
        ((EVERYONE,), ("group:south", "type:clinician"), False),
        ((EVERYONE,), ("type:guest",), True),
        ((), (), False),
    ],
)
def test_a_stage_reaches_by_any_of_type_group_and_name_and_an_exclusion_wins(
    audience: tuple[str, ...], excluded: tuple[str, ...], reached: bool
) -> None:
    there = replace(stage("some"), audience=audience, excluded=excluded)
    assert reaches(there, CLINICIAN) is reached
    assert (asked(there, member=CLINICIAN) == NOTHING) is not reached


def test_an_exclusion_wins_over_its_own_stage_only() -> None:
    but = replace(stage("but", PHR.name), excluded=("person:ana",))
    assert asked(but, stage("all"), member=CLINICIAN).level == MFA.name


def test_an_exception_ends_by_itself_at_its_very_second() -> None:
    member = replace(CLINICIAN, excepted={"all": NOW + 60})
    assert asked(stage("all"), member=member, now=NOW + 59) == NOTHING
    assert asked(stage("all"), member=member, now=NOW + 60).level == MFA.name
    assert asked(stage("other"), member=member).level == MFA.name


def test_a_stopped_stage_asks_nothing_and_a_resumed_one_asks_as_before() -> None:
    stopped = replace(stage("all"), stopped_at=NOW - 5)
    assert asked(stopped) == NOTHING
    assert asked(replace(stopped, stopped_at=None)).level == MFA.name


def test_nothing_is_said_of_a_stage_before_its_announcement() -> None:
    later = replace(stage("all", at=NOW + 9 * DAY), announce_at=NOW + DAY)
    assert asked(later) == NOTHING
    assert asked(later, now=NOW + DAY).coming == MFA.name
    assert asked(replace(later, enforce_at=NOW), now=NOW).level == MFA.name


@pytest.mark.parametrize("strength", [Strength.OFF, Strength.OPTIONAL])
def test_what_is_off_or_optional_asks_nothing_of_anyone(strength: Strength) -> None:
    said = asked(replace(stage("some"), strength=strength))
    assert said == Requirement(quiet=strength is Strength.OFF)
    assert asked(replace(stage("some"), strength=strength), stage("all")).level == MFA.name


# -- grace


def graced(times: int = 2, **more: Any) -> Stage:
    return replace(stage("all", at=NOW - DAY), grace=times, **more)


def test_what_is_due_with_grace_is_no_floor_until_the_grace_is_used() -> None:
    fresh = Requirement(due=MFA.name, due_since=NOW - DAY, due_stage="all", grace=2)
    assert asked(graced(), member=CLINICIAN) == fresh
    once = replace(CLINICIAN, postponed={MFA.name: 1})
    assert asked(graced(), member=once) == replace(fresh, grace=1)
    used = replace(CLINICIAN, postponed={MFA.name: 2})
    assert asked(graced(), member=used) == Requirement(MFA.name, NOW - DAY, "all")


def test_in_the_sign_in_that_put_it_off_last_it_is_not_demanded() -> None:
    here = replace(CLINICIAN, postponed={MFA.name: 2}, waived=frozenset({MFA.name}))
    assert asked(graced(), member=here) == NOTHING
    assert asked(graced(1), member=here).level == MFA.name, "the grace was shortened meanwhile"


@pytest.mark.parametrize(
    "again",
    [
        graced(id="another stage of the level"),
        graced(enforce_at=NOW - 5),
        graced(version=9, reminders=()),
    ],
    ids=["another stage", "a moved date", "a changed stage"],
)
def test_no_change_of_the_plan_gives_a_new_grace(again: Stage) -> None:
    used = replace(CLINICIAN, postponed={MFA.name: 2})
    assert asked(again, member=used).level == MFA.name


def test_owners_and_administrators_have_a_grace_of_their_own() -> None:
    boss = replace(CLINICIAN, privileged=True)
    assert asked(graced(), member=boss).level == MFA.name
    assert asked(graced(grace_privileged=1), member=boss).grace == 1


def test_a_grace_for_the_stricter_leaves_the_milder_demanded() -> None:
    strict = graced(level=PHR.name, id="strict")
    said = asked(strict, stage("mild"), member=CLINICIAN)
    assert (said.level, said.stage) == (MFA.name, "mild")
    assert (said.due, said.due_stage, said.grace) == (PHR.name, "strict", 2)


def test_the_shortest_of_several_graces_is_told() -> None:
    """Once it is used up, the stage whose it was is in force without."""
    short = graced(1, id="short", enforce_at=NOW - 5)
    for other in (graced(5), graced(5, level=PHR.name)):
        assert asked(short, other, member=CLINICIAN).grace == 1
    floor = stage("floor", APP.name)
    assert asked(short, floor, graced(5, level=PHR.name), member=CLINICIAN).grace == 5


def test_who_puts_off_the_stricter_puts_off_the_milder() -> None:
    put_off = {APP.name: 2, MFA.name: 1, "a level that was removed": 5}
    assert with_milder(put_off, RULES) == {ONE.name: 3, MFA.name: 3, APP.name: 2}
    assert with_milder({}, RULES) == {}


def test_what_asks_for_no_more_than_what_was_just_put_off_is_not_announced() -> None:
    away = replace(CLINICIAN, postponed={APP.name: 1}, waived=frozenset({APP.name}))
    strict = graced(level=APP.name)
    for level in (MFA.name, APP.name):
        assert asked(strict, stage("next", level, at=NOW + DAY), member=away).coming is None
    later = stage("next", PHR.name, at=NOW + DAY)
    assert asked(strict, later, member=away).coming == PHR.name
