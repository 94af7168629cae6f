"""Another address or number: what is proved before it may be, by whom, and who must ask for help.

The table is written by hand from the rules, like those in `policy_table/`: who sits there, what is
known, and the steps that an obedient person walks. The request is that of the account page: the
strongest level that the person can reach, proved within five minutes.
"""

from dataclasses import replace
from typing import Any

import pytest

from idp.policy.reach import may_move_contact, strongest
from idp.policy.steps import (
    Authenticate,
    Change,
    Consent,
    Enrol,
    EnrolmentProof,
    Finish,
    Identify,
    Mark,
    Refuse,
    Renew,
    Step,
)
from idp.policy.types import Ask, Factor, Know, Person, Proof, Requirement, Rules
from tests.unit.policy.policy_people import (
    HERE,
    NOW,
    ONE,
    PASSWORD,
    PASSWORD_ONLY,
    RULES,
    SMS,
    TOTP,
    WITH_SMS,
    WITH_TOTP,
    Obedient,
    prove,
    step,
)
from tests.unit.policy.policy_worlds import SIGN_IN, for_all

FRESH = 300
UNKNOWN = replace(PASSWORD_ONLY, confirmable=False)
BOTH = replace(WITH_TOTP, enrolled=frozenset({"password", "totp", "sms"}), enrollable=frozenset())
TRUSTED = Requirement(proof=EnrolmentProof.NONE)
BEFORE = Change(confirm=EnrolmentProof.EMAIL)
NO_ONE_TO_ASK = Refuse("access_denied", "there is no confirmed address or number to ask first")
OLD, YOUNG = NOW - FRESH - 1, NOW - FRESH


def ask(person: Person, rules: Rules = RULES, **more: Any) -> Ask:
    """Return what the account page asks."""
    level = strongest(person, rules)
    return Ask(HERE, max_age=FRESH, floor=level, subject=person.id, change=True, **more)


TABLE: dict[str, tuple[Person, tuple[Proof, ...], dict[str, Any], tuple[Step, ...]]] = {
    "password": (PASSWORD_ONLY, (prove(PASSWORD, YOUNG),), {}, (BEFORE, Change())),
    "old password": (
        PASSWORD_ONLY,
        (prove(PASSWORD, OLD),),
        {},
        (Authenticate(("password",), error="login_required"), BEFORE, Change()),
    ),
    "password, address confirmed here": (
        PASSWORD_ONLY,
        (prove(PASSWORD, YOUNG),),
        {"marks": Mark.ADDRESS_CONFIRMED},
        (Change(),),
    ),
    "password, of the profile": (
        UNKNOWN,
        (prove(PASSWORD, YOUNG),),
        {"contact_known": True},
        (Change(),),
    ),
    "password, nothing confirmed": (UNKNOWN, (prove(PASSWORD, YOUNG),), {}, (NO_ONE_TO_ASK,)),
    "password and app": (
        WITH_TOTP,
        (prove(PASSWORD, YOUNG), prove(TOTP, YOUNG)),
        {},
        (Change(),),
    ),
    "password, app not proved": (
        WITH_TOTP,
        (prove(PASSWORD, YOUNG),),
        {},
        (Authenticate(("totp",)), Change()),
    ),
    "password, app proved long ago": (
        WITH_TOTP,
        (prove(PASSWORD, YOUNG), prove(TOTP, OLD)),
        {},
        (Authenticate(("totp",)), Change()),
    ),
    "app, nothing confirmed": (
        replace(WITH_TOTP, confirmable=False),
        (prove(PASSWORD, YOUNG), prove(TOTP, YOUNG)),
        {},
        (Change(),),
    ),
    "text where there is an app": (
        BOTH,
        (prove(PASSWORD, YOUNG), prove(SMS, YOUNG)),
        {},
        (Authenticate(("totp",)), Change()),
    ),
    "text where there is nothing else": (
        WITH_SMS,
        (prove(PASSWORD, YOUNG), prove(SMS, YOUNG)),
        {},
        (Change(),),
    ),
    "of the profile, app not proved": (
        WITH_TOTP,
        (prove(PASSWORD, YOUNG),),
        {"contact_known": True},
        (Authenticate(("totp",)), Change()),
    ),
    "it is so already": (
        PASSWORD_ONLY,
        (prove(PASSWORD, YOUNG),),
        {"marks": Mark.CONTACT_CONFIRMED},
        (),
    ),
}


@pytest.mark.parametrize("situation", TABLE)
def test_what_comes_before_another_address_or_number(situation: str) -> None:
    person, proofs, known, expected = TABLE[situation]
    know = Know(person=person, proofs=proofs, **known)
    walked = [taken for taken, _, _ in Obedient(person).walk(ask(person), know)]
    if not isinstance(walked[-1], Refuse):
        assert isinstance(walked.pop(), Finish)
    assert tuple(walked) == expected


def test_where_the_operator_asks_no_code_first_a_password_is_enough() -> None:
    for person in (PASSWORD_ONLY, UNKNOWN):
        trusted = replace(person, requirement=TRUSTED)
        assert step(ask(trusted), trusted, prove(PASSWORD, YOUNG)) == Change()


def test_a_second_step_is_asked_even_where_no_level_demands_it() -> None:
    rules = replace(RULES, levels=(ONE,))
    request = ask(WITH_TOTP, rules)
    assert step(request, WITH_TOTP, prove(PASSWORD, YOUNG), rules=rules) == Authenticate(("totp",))


def test_a_factor_set_up_here_is_enough_whatever_the_application_thinks_of_it() -> None:
    """How strong the account is by now is no application's to say: else it were asked for ever."""
    request = Ask(change=True, accepts_bootstrap=False)
    proofs = (prove(PASSWORD, YOUNG), prove(TOTP, YOUNG, bootstrap=True))
    assert step(request, WITH_TOTP, *proofs) == Change()


def test_a_new_password_that_is_demanded_comes_first() -> None:
    due = replace(PASSWORD_ONLY, password_due=True)
    assert step(ask(due), due, prove(PASSWORD, YOUNG)) == Renew()


def test_nobody_else_and_nobody_who_is_switched_off_gets_that_far() -> None:
    proofs = (prove(PASSWORD, YOUNG), prove(TOTP, YOUNG))
    stranger = replace(WITH_TOTP, id="somebody else")
    assert step(ask(WITH_TOTP), stranger, *proofs) == Identify()
    off = replace(WITH_TOTP, disabled=True)
    assert isinstance(step(ask(WITH_TOTP), off, *proofs), Refuse)


def test_the_page_knows_beforehand_who_must_ask_for_help() -> None:
    people = (PASSWORD_ONLY, UNKNOWN, WITH_TOTP, replace(WITH_TOTP, confirmable=False))
    assert [may_move_contact(person, RULES) for person in people] == [True, False, True, True]
    assert may_move_contact(replace(UNKNOWN, requirement=TRUSTED), RULES)


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_whoever_knows_only_a_password_moves_nothing(
    someone: Obedient, request_: Ask, know: Know, rules: Rules
) -> None:
    """Whatever is asked: before a Change something more than a password was shown."""
    request_ = replace(request_, change=True, prompt=request_.prompt - {"none"})
    for taken, known, _now in someone.walk(request_, know, rules):
        if not isinstance(taken, Change) or taken.confirm:
            continue
        more = any(proof.factors != {Factor.KNOWLEDGE} for proof in known.proofs)
        confirmed = Mark.ADDRESS_CONFIRMED in known.marks
        assert known.person is not None
        trusted = known.person.requirement.proof is EnrolmentProof.NONE
        allowed = confirmed or known.contact_known or trusted
        assert more or allowed, taken


def test_it_is_no_part_of_any_other_sign_in() -> None:
    quiet = replace(ask(WITH_TOTP), change=False)
    end = step(quiet, WITH_TOTP, prove(PASSWORD, YOUNG), prove(TOTP, YOUNG))
    assert isinstance(end, Finish)
    assert not isinstance(end, Consent | Enrol)
