"""What must come back before a first second step: which of the stages says so, for one person."""

from dataclasses import replace

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from idp.policy.rollout import EVERYONE, Member, Stage, Strength, requirement
from idp.policy.steps import Enrol, EnrolmentProof, Mark
from idp.policy.types import Ask, Requirement
from tests.unit.policy.policy_people import (
    APP,
    LEVELS,
    MFA,
    NOW,
    ONE,
    PASSWORD,
    PASSWORD_ONLY,
    RULES,
    WITH_TOTP,
    prove,
    step,
)
from tests.unit.policy.policy_worlds import for_all

DAY = 86_400
EMAIL, SMS, NOTHING = EnrolmentProof
WHO = Member("ana", "clinician")
OFTEN = dict.fromkeys([level.name for level in LEVELS], 99)


def stage(proof: EnrolmentProof | None, level: str = MFA.name, at: int = NOW) -> Stage:
    """Return a stage for everyone, in force unless `at` is later, named for what it says."""
    name = f"{proof}-{level}-{at}"
    return Stage(name, (EVERYONE,), level, enforce_at=at, proof=proof)


def wish(proof: EnrolmentProof) -> Stage:
    return replace(stage(proof), strength=Strength.RECOMMENDED, enforce_at=None)


def proof_of(
    *stages: Stage, member: Member = WHO, setting: EnrolmentProof = EMAIL
) -> EnrolmentProof:
    """Return what must come back from one person, in whatever order the stages were written."""
    rules = replace(RULES, proof=setting)
    found = requirement(stages, member, rules, NOW)
    assert requirement(stages[::-1], member, rules, NOW) == found
    return found.proof


@pytest.mark.parametrize("setting", EnrolmentProof)
def test_where_no_stage_says_anything_the_settings_hold(setting: EnrolmentProof) -> None:
    assert proof_of(setting=setting) is setting
    assert proof_of(stage(None), setting=setting) is setting
    assert proof_of(stage(None, at=NOW + DAY), stage(None, ONE.name), setting=setting) is setting


@pytest.mark.parametrize("proof", EnrolmentProof)
@pytest.mark.parametrize("setting", EnrolmentProof)
def test_the_stage_that_decides_says_it(setting: EnrolmentProof, proof: EnrolmentProof) -> None:
    graced = replace(stage(proof), grace=2)
    for said in (stage(proof), graced, stage(proof, at=NOW + DAY)):
        assert proof_of(said, setting=setting) is proof
        asked = requirement((said,), replace(WHO, postponed=OFTEN), RULES, NOW)
        assert asked.proof is proof, "with all grace used up, too"


def test_the_strictest_in_force_decides_and_before_that_what_is_announced() -> None:
    mild, comes = stage(EMAIL), stage(NOTHING, APP.name, NOW + DAY)
    assert proof_of(mild, stage(SMS, APP.name), comes) is SMS
    assert proof_of(mild, comes) is EMAIL
    assert proof_of(stage(SMS, at=NOW + DAY), stage(EMAIL, APP.name, NOW + 9 * DAY)) is SMS
    assert proof_of(replace(mild, proof=None), replace(comes, proof=SMS)) is EMAIL


def test_grace_changes_nothing_of_it_neither_left_nor_put_off_nor_used_up() -> None:
    graced, mild = replace(stage(SMS, APP.name), grace=2), stage(NOTHING)
    away = replace(WHO, postponed={APP.name: 1}, waived=frozenset({APP.name}))
    for who in (WHO, away, replace(WHO, postponed=OFTEN)):
        assert proof_of(mild, graced, member=who) is SMS


def test_of_two_that_ask_for_the_same_a_code_comes_before_nothing() -> None:
    early, late = stage(NOTHING, at=NOW - DAY), stage(SMS)
    assert proof_of(early, late) is SMS
    assert proof_of(early, replace(late, proof=None)) is EMAIL
    assert proof_of(early, replace(late, proof=None), setting=NOTHING) is NOTHING
    assert proof_of(early, replace(late, proof=NOTHING)) is NOTHING


def test_of_two_codes_that_of_the_stage_that_decides() -> None:
    assert proof_of(stage(EMAIL, at=NOW - DAY), stage(SMS)) is EMAIL
    assert proof_of(stage(SMS, at=NOW - DAY), stage(EMAIL), setting=NOTHING) is SMS


def test_owners_and_administrators_are_never_let_off() -> None:
    boss = replace(WHO, privileged=True)
    for said in (stage(NOTHING), stage(NOTHING, at=NOW + DAY)):
        assert proof_of(said, member=boss) is EMAIL
        assert proof_of(said, member=boss, setting=SMS) is SMS
    assert proof_of(stage(SMS), member=boss) is SMS


@pytest.mark.parametrize("strength", [Strength.OFF, Strength.OPTIONAL, Strength.RECOMMENDED])
def test_nothing_holds_only_for_what_is_required(strength: Strength) -> None:
    assert proof_of(replace(wish(NOTHING), strength=strength)) is EMAIL
    code = SMS if strength is Strength.RECOMMENDED else EMAIL
    assert proof_of(replace(wish(SMS), strength=strength)) is code


@pytest.mark.parametrize(
    "away",
    [
        {"stopped_at": NOW - 1},
        {"audience": ("type:guest",)},
        {"excluded": ("person:ana",)},
        {"announce_at": NOW + 1, "enforce_at": NOW + DAY},
        {"level": "a level that was removed"},
    ],
)
def test_a_stage_that_asks_nothing_of_a_person_says_nothing_of_theirs(away: dict[str, int]) -> None:
    for proof in (NOTHING, SMS):
        assert proof_of(replace(stage(proof), **away)) is EMAIL  # type: ignore[arg-type]
    let_off = replace(WHO, excepted={stage(NOTHING).id: NOW + 1})
    assert proof_of(stage(NOTHING), member=let_off) is EMAIL


STAGES = st.builds(
    Stage,
    id=st.uuids().map(str),
    audience=st.just((EVERYONE,)),
    level=st.sampled_from([level.name for level in LEVELS]),
    strength=st.sampled_from([Strength.REQUIRED, Strength.REQUIRED, *Strength]),
    enforce_at=st.sampled_from([NOW - 2 * DAY, NOW - DAY, NOW + DAY, NOW + 2 * DAY]),
    grace=st.integers(0, 2),
    proof=st.none() | st.sampled_from(EnrolmentProof),
)
MEMBERS = st.builds(
    Member,
    id=st.just("ana"),
    privileged=st.booleans(),
    postponed=st.dictionaries(st.sampled_from(list(OFTEN)), st.integers(0, 3)),
    waived=st.frozensets(st.sampled_from(list(OFTEN)), max_size=1),
)
RANK = [level.name for level in LEVELS]


@for_all(st.lists(STAGES, max_size=4), MEMBERS, st.sampled_from(EnrolmentProof))
def test_what_holds_is_what_a_stage_or_the_settings_say(
    stages: list[Stage], who: Member, setting: EnrolmentProof
) -> None:
    found = proof_of(*stages, member=who, setting=setting)
    assert found in {setting, *(one.proof for one in stages)}
    if who.privileged and setting is not NOTHING:
        assert found is not NOTHING


@for_all(st.lists(STAGES, min_size=1, max_size=4), STAGES, MEMBERS)
def test_a_milder_stage_never_changes_the_proof_of_a_stricter_one(
    stages: list[Stage], more: Stage, who: Member
) -> None:
    """Milder is what asks for less, or later, than what is in force."""
    due = [RANK.index(one.level) for one in stages if one.due(NOW)]
    assume(due)
    assume(not more.due(NOW) or RANK.index(more.level) < max(due))
    assert proof_of(*stages, more, member=who) is proof_of(*stages, member=who)


@for_all(st.lists(STAGES, max_size=4), MEMBERS)
def test_nothing_holds_only_where_all_that_ask_for_the_same_let_off(
    stages: list[Stage], who: Member
) -> None:
    if proof_of(*stages, member=who) is not NOTHING:
        return
    asked = requirement(stages, replace(who, postponed=OFTEN, waived=frozenset()), RULES, NOW)
    level = asked.level or asked.coming
    due = asked.level is not None
    same = [s for s in stages if s.required and s.level == level and s.due(NOW) == due]
    assert same
    assert {one.proof for one in same} == {NOTHING}


def test_it_is_the_same_code_in_every_sign_in_of_the_person() -> None:
    """Whoever could bind a factor on the way to one application could use it at another."""
    for proof in (EMAIL, SMS):
        person = replace(PASSWORD_ONLY, requirement=Requirement(MFA.name, proof=proof))
        for ask in (Ask(), Ask(floor=MFA.name), Ask(essential=(MFA.name,)), Ask(enrol="totp")):
            found = step(ask, person, prove(PASSWORD))
            assert isinstance(found, Enrol)
            assert found.confirm is proof
            open_to = step(ask, person, prove(PASSWORD), marks=Mark.ADDRESS_CONFIRMED)
            assert open_to == replace(found, confirm=None)


def test_nobody_who_has_a_second_step_sets_up_another_without_it() -> None:
    trusted = replace(WITH_TOTP, requirement=Requirement(proof=NOTHING))
    found = step(Ask(enrol="sms"), replace(trusted, enrollable=frozenset({"sms"})), prove(PASSWORD))
    assert not isinstance(found, Enrol)
