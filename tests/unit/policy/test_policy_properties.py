"""What must be true of the policy whatever is asked, of whomever, with whatever proofs."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event
from hypothesis import strategies as st

from idp.policy import assurance
from idp.policy.decide import next_step
from idp.policy.steps import Enrol, Finish, Identify, Refuse
from idp.policy.types import Ask, Know, Proof, Requirement, Rules
from tests.unit.policy.policy_people import (
    HARDWARE_KEY,
    HERE,
    NOW,
    TOUCHED_KEY,
    Obedient,
    strongest,
)
from tests.unit.policy.policy_worlds import (
    ASK,
    OFFERED,
    SIGN_IN,
    for_all,
    knowledge,
    proofs_by,
    rules,
)


def finish(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> tuple[Finish, Know, int] | None:
    """Walk to the end and return it with what was known then; None when it is no Finish."""
    if "none" in ask.prompt:
        end, known, now = next_step(ask, know, rules, NOW), know, NOW
    else:
        *_, (end, known, now) = someone.walk(ask, know, rules)
    event(type(end).__name__)
    return (end, known, now) if isinstance(end, Finish) else None


def usable(ask: Ask, know: Know, now: int) -> list[Proof]:
    """Return the proofs that may count: new enough for the request, accepted by the client."""
    anew = ask.prompt & {"login", "select_account"} or ask.max_age == 0

    def may_count(proof: Proof) -> bool:
        young = ask.max_age is None or now - proof.at <= ask.max_age
        fresh = proof.interaction == HERE or (young and not anew)
        return fresh and (ask.accepts_bootstrap or not proof.bootstrap)

    return [proof for proof in know.proofs if may_count(proof)]


def counted(end: Finish, ask: Ask, know: Know, rules: Rules, now: int) -> tuple[Proof, ...]:
    """Return the proofs that the level said rests on."""
    level = rules.level(end.acr)
    assert level is not None
    return assurance.counted(level, usable(ask, know, now), now)


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_whoever_obeys_each_step_comes_to_an_end(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    *_, (end, _, _) = someone.walk(replace(ask, prompt=ask.prompt - {"none"}), know, rules)
    assert isinstance(end, Finish | Refuse)


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_the_acr_said_holds_over_the_proofs_that_may_count(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    if ended := finish(someone, ask, know, rules):
        end, known, now = ended
        proofs = usable(ask, known, now)
        level = rules.level(end.acr)
        if level is None:
            assert end.acr == assurance.EXPIRED
            assert "none" in ask.prompt
            assert strongest(rules.levels, proofs, now) is None
        else:
            assert assurance.holds(level, proofs, now)


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_no_request_undercuts_a_floor(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    if ended := finish(someone, ask, know, rules):
        _, known, now = ended
        assert known.person is not None
        for name in (ask.floor, rules.floor, known.person.requirement.level):
            level = name and rules.level(name)
            assert name is None or (level and assurance.holds(level, known.proofs, now))


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_an_essential_request_is_answered_with_one_of_its_values(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    ended = finish(someone, ask, know, rules)
    if ended and ask.essential is not None:
        assert ended[0].acr in ask.essential


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_a_voluntary_request_is_answered_with_one_of_its_values_or_the_level_reached(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    ask = replace(ask, essential=None)
    if ended := finish(someone, ask, know, rules):
        end, known, now = ended
        reached = strongest(rules.levels, usable(ask, known, now), now)
        assert end.acr in {*ask.acr_values, reached.name if reached else assurance.EXPIRED}


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_a_voluntary_request_alone_neither_fails_nor_makes_anyone_enrol(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    ask = replace(ask, essential=None, floor=None, prompt=ask.prompt - {"none"})
    rules = replace(rules, floor=None)
    someone = replace(someone, who=replace(someone.who, requirement=Requirement()))
    known = know.person and replace(know.person, requirement=Requirement())
    *walked, (end, _, _) = someone.walk(ask, replace(know, person=known), rules)
    assert isinstance(end, Finish)
    made = [step for step, _, _ in walked if isinstance(step, Enrol) and not step.optional]
    assert not made, "who set up a first one here may add another, and need not"


@pytest.mark.slow
@for_all(ASK, knowledge(), rules())
def test_without_pages_every_step_is_an_answer_or_carries_an_oauth_error(
    ask: Ask, know: Know, rules: Rules
) -> None:
    step = next_step(replace(ask, prompt=frozenset({"none"})), know, rules, NOW)
    event(type(step).__name__)
    if not isinstance(step, Finish):
        assert getattr(step, "error", None) in {
            "login_required",
            "interaction_required",
            "consent_required",
            "unmet_authentication_requirements",
        }


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_amr_names_what_was_proved_and_mfa_exactly_when_two_kinds_were(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    ended = finish(someone, ask, know, rules)
    if ended and ended[0].acr != assurance.EXPIRED:
        end, known, now = ended
        proofs = counted(end, ask, known, rules, now)
        names = {name for proof in proofs for name in proof.amr}
        assert set(end.amr) - {"mfa"} == names
        assert ("mfa" in end.amr) is (len(assurance.kinds(proofs)) > 1)
        assert len(end.amr) == len(set(end.amr))


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_auth_time_is_the_time_of_a_proof_and_never_later_than_any_counted_one(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    if ended := finish(someone, ask, know, rules):
        end, known, now = ended
        proofs = usable(ask, known, now)
        assert end.auth_time in {proof.at for proof in proofs}
        if end.acr != assurance.EXPIRED:
            proofs = list(counted(end, ask, known, rules, now))
        assert all(end.auth_time <= proof.at for proof in proofs)


@for_all(st.lists(proofs_by(*OFFERED, TOUCHED_KEY, HARDWARE_KEY)), st.data(), rules())
def test_one_more_proof_never_lowers_the_level_reached(
    proofs: list[Proof], data: st.DataObject, rules: Rules
) -> None:
    more = data.draw(proofs_by(*OFFERED, TOUCHED_KEY, HARDWARE_KEY))
    place = data.draw(st.integers(0, len(proofs)))
    before = strongest(rules.levels, proofs, NOW)
    after = strongest(rules.levels, [*proofs[:place], more, *proofs[place:]], NOW)
    assert before is None or (
        after is not None and rules.levels.index(after) >= rules.levels.index(before)
    )


@pytest.mark.slow
@for_all(ASK, knowledge(), rules(), st.randoms())
def test_the_order_in_which_proofs_are_read_changes_nothing(
    ask: Ask, know: Know, rules: Rules, order: Any
) -> None:
    proofs = list({proof.at: proof for proof in know.proofs}.values())
    shuffled = sorted(proofs, key=lambda _: order.random())
    one, other = (replace(know, proofs=tuple(some)) for some in (proofs, shuffled))
    assert next_step(ask, one, rules, NOW) == next_step(ask, other, rules, NOW)


@pytest.mark.slow
@for_all(ASK, knowledge(), rules())
def test_nobody_answers_in_the_place_of_the_person_an_id_token_names(
    ask: Ask, know: Know, rules: Rules
) -> None:
    asked = replace(ask, subject="somebody else")
    assert next_step(asked, know, rules, NOW) == Identify()
