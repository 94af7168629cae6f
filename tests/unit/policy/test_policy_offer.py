"""After a factor that can be phished, one that cannot is offered: rarely, and to no one in vain."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event
from hypothesis import strategies as st

from idp.policy.decide import next_step
from idp.policy.steps import (
    NO_MARKS,
    Announce,
    Authenticate,
    Consent,
    Enrol,
    Finish,
    Identify,
    Mark,
    Offer,
    Renew,
)
from idp.policy.types import Ask, Know, Person, Requirement, Rules
from tests.unit.policy.policy_people import (
    ABILITIES,
    BEFORE,
    HERE,
    HOUR,
    LOGIN,
    MFA,
    NONE,
    NOW,
    OPENID,
    PASSWORD,
    PHR,
    RULES,
    SMS,
    TOTP,
    TOUCHED_KEY,
    VERIFIED_KEY,
    Obedient,
    finish,
    marked,
    prove,
    step,
)
from tests.unit.policy.policy_worlds import SIGN_IN, for_all

WITH_KEYS = replace(RULES, abilities=(*ABILITIES, VERIFIED_KEY), ask_enrolled=MFA.name)
KEY = "webauthn"
BEN = Person(
    "ben", enrolled=frozenset({"password", "totp", "sms"}), enrollable=frozenset({KEY, "recovery"})
)
HERE_TOO: dict[str, Any] = {"rules": WITH_KEYS, "marks": Mark.ABLE}
TAKEN = HERE_TOO | {"offered": True, "marks": Mark.ABLE | Mark.OFFER_TAKEN}
BY_APP = prove(PASSWORD, NOW, HERE), prove(TOTP, NOW, HERE)
BY_TEXT = prove(PASSWORD, NOW, HERE), prove(SMS, NOW, HERE)
OFFERED = Offer((KEY,))


@pytest.mark.parametrize("proofs", [BY_APP, BY_TEXT])
@pytest.mark.parametrize(
    "ask", [Ask(), Ask(prompt=LOGIN), Ask(acr_values=(MFA.name,)), Ask(accepts_bootstrap=False)]
)
def test_whoever_used_a_code_is_offered_a_way_without(ask: Ask, proofs: Any) -> None:
    assert step(ask, BEN, *proofs, **HERE_TOO) == OFFERED


@pytest.mark.parametrize(
    ("ask", "person", "proofs", "known"),
    [
        (Ask(prompt=NONE), BEN, BY_APP, {}),
        (Ask(offers=False, prompt=LOGIN), BEN, BY_APP, {}),
        (Ask(), BEN, BY_APP, {"marks": NO_MARKS}),
        (Ask(), BEN, BY_APP, {"offered": True}),
        (Ask(), replace(BEN, enrolled=BEN.enrolled | {KEY}), BY_APP, {}),
        (Ask(), replace(BEN, withdrawn=frozenset({KEY})), BY_APP, {}),
        (Ask(), replace(BEN, enrollable=frozenset({"recovery"})), BY_APP, {}),
        (Ask(), BEN, (prove(PASSWORD, NOW, HERE), prove(TOTP, NOW, BEFORE)), {}),
        (Ask(), BEN, (BY_APP[0], prove(TOTP, NOW, HERE, bootstrap=True)), {}),
        (Ask(), BEN, BY_APP, {"rules": replace(RULES, ask_enrolled=MFA.name)}),
    ],
    ids=[
        "where no page may be shown",
        "on a page that adds something",
        "whose browser cannot make one",
        "who was asked lately",
        "who has one",
        "who has one that is switched off",
        "who cannot add one",
        "who used no second step here",
        "who has just set the second step up",
        "where there are none",
    ],
)
def test_nothing_is_offered_to_somebody(
    ask: Ask, person: Person, proofs: Any, known: dict[str, Any]
) -> None:
    finish(ask, person, *proofs, **(HERE_TOO | known))


def test_a_factor_that_resists_phishing_leaves_nothing_to_offer() -> None:
    owner = replace(BEN, enrolled=frozenset({"password", KEY}), enrollable=frozenset({"totp"}))
    finish(Ask(), owner, prove(PASSWORD, NOW, HERE), prove(TOUCHED_KEY, NOW, HERE), **HERE_TOO)


def test_a_password_alone_is_no_occasion() -> None:
    ana = replace(BEN, enrolled=frozenset({"password"}))
    finish(Ask(), ana, prove(PASSWORD, NOW, HERE), **HERE_TOO)


def test_what_is_demanded_comes_first_and_consent_last() -> None:
    assert step(Ask(), BEN, BY_APP[0], **HERE_TOO) == Authenticate(("totp", "sms"))
    due = replace(BEN, password_due=True)
    assert step(Ask(), due, *BY_APP, **HERE_TOO) == Renew()
    third = Ask(scopes=OPENID, consent_needed=True)
    assert step(third, BEN, *BY_APP, **HERE_TOO) == OFFERED
    assert step(third, BEN, *BY_APP, offered=True, **HERE_TOO) == Consent(OPENID)


def test_a_stage_that_wants_the_same_speaks_for_itself() -> None:
    coming = Requirement(coming=PHR.name, coming_at=NOW + HOUR, stage="pilot")
    told = replace(BEN, requirement=coming)
    assert step(Ask(), told, *BY_APP, **HERE_TOO) == Announce(PHR.name, NOW + HOUR)
    finish(Ask(), told, *BY_APP, **HERE_TOO | {"marks": Mark.ABLE | Mark.ANNOUNCED})


def test_whoever_takes_it_sets_it_up_in_the_same_sign_in_or_later_after_all() -> None:
    taken = step(Ask(), BEN, *BY_APP, **TAKEN)
    assert taken == Enrol((KEY,), optional=True)
    owner = replace(BEN, enrolled=BEN.enrolled | {KEY}, enrollable=frozenset())
    new = prove(VERIFIED_KEY, NOW, HERE, bootstrap=True)
    done = finish(Ask(), owner, *BY_APP, new, **TAKEN)
    assert done.acr == PHR.name
    refusing = Ask(accepts_bootstrap=False)
    strict = finish(refusing, owner, *BY_APP, new, **TAKEN)
    assert strict.amr == ("pwd", "otp", "mfa")


@pytest.mark.slow
@for_all(*SIGN_IN, st.booleans())
def test_an_offer_that_is_declined_changes_nothing_of_what_is_said(
    someone: Obedient, ask: Ask, know: Know, rules: Rules, offered: bool
) -> None:
    someone = replace(someone, accepts_offers=False, pace=0)
    if "none" in ask.prompt:
        able = next_step(ask, marked(know, Mark.ABLE), rules, NOW)
        assert able == next_step(ask, know, rules, NOW)
        return
    plain = [taken for taken, _, _ in someone.walk(ask, know, rules)]
    able_too = replace(marked(know, Mark.ABLE), offered=offered)
    walked = [taken for taken, _, _ in someone.walk(ask, able_too, rules)]
    offers = [taken for taken in walked if isinstance(taken, Offer)]
    event(f"{len(offers)} offers")
    assert len(offers) <= (0 if offered else 1)
    assert [taken for taken in walked if not isinstance(taken, Offer)] == plain


@pytest.mark.slow
@for_all(*SIGN_IN)
def test_an_offer_that_is_taken_comes_to_an_end_and_lowers_nothing(
    someone: Obedient, ask: Ask, know: Know, rules: Rules
) -> None:
    ask = replace(ask, prompt=ask.prompt - {"none"}, acr_values=(), essential=None)
    someone = replace(someone, accepts_offers=True, pace=0)
    *_, (plain, _, _) = someone.walk(ask, know, rules)
    *walked, (end, _, _) = someone.walk(ask, marked(know, Mark.ABLE), rules)
    event(f"offered: {any(isinstance(taken, Offer) for taken, _, _ in walked)}")
    assert type(end) is type(plain)
    if isinstance(end, Finish) and isinstance(plain, Finish):
        order = [level.name for level in rules.levels]
        assert order.index(end.acr) >= order.index(plain.acr)


def test_nobody_unknown_is_offered_anything() -> None:
    assert step(Ask(), None, **HERE_TOO) == Identify()
