"""Every acr follows from its leaf, for whatever was proved and asked; a leaf that lies is found."""

import json
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import pytest

from idp.evidence import in_force
from idp.evidence.basis import basis
from idp.evidence.explain import explain
from idp.evidence.leaf import TokenLeaf
from idp.policy.decide import next_step
from idp.policy.steps import Finish
from idp.policy.types import Ability, Ask, Know, Level, Person, Proof, Rules, Trait
from idp.policy.types import Factor as F

NOW = 1_800_000_000
PASSWORD = Ability("password", ("pwd",), frozenset({F.KNOWLEDGE}), first=True)
TOTP = Ability("totp", ("otp",), frozenset({F.POSSESSION}))
SMS = Ability("sms", ("sms",), frozenset({F.POSSESSION}), frozenset({Trait.TELEPHONE}))
PASSKEY = Ability(
    "webauthn",
    ("hwk", "user"),
    frozenset({F.POSSESSION, F.INHERENCE}),
    frozenset({Trait.PHISHING_RESISTANT}),
    first=True,
)
METHODS = (PASSWORD, PASSKEY, TOTP, SMS)
RULES = Rules(
    levels=(
        Level("1fa", lifetime=36_000),
        Level("mfa", kinds=2, lifetime=3_600),
        Level("app", kinds=2, refuses=frozenset({Trait.TELEPHONE})),
        Level("phr", kinds=2, requires=frozenset({Trait.PHISHING_RESISTANT})),
    ),
    abilities=METHODS,
    aliases={"gold": "mfa"},
)
WISHES = (
    Ask(),
    Ask(acr_values=("mfa", "1fa")),
    Ask(acr_values=("gold",)),
    Ask(essential=("phr", "app")),
    Ask(essential=("gold",), max_age=600),
    Ask(floor="mfa"),
)
GIVEN = [pair for size in (1, 2, 3, 4) for pair in combinations(METHODS, size)]
CASES = list(product(GIVEN, WISHES, (0, 300, 4_000)))


def sign_in(given: tuple[Ability, ...], ask: Ask, age: int) -> Finish | None:
    """Return what the policy says of someone who proved this, `age` seconds ago; None: no end."""
    proofs = tuple(_proof(one, NOW - age - i) for i, one in enumerate(given))
    names = frozenset(a.method for a in given)
    step = next_step(ask, Know(Person("p", enrolled=names), proofs, offered=True), RULES, NOW)
    return step if isinstance(step, Finish) else None


def _proof(one: Ability, at: int) -> Proof:
    return Proof(
        one.method,
        one.amr,
        one.factors,
        at,
        traits=one.traits,
        credential=one.method,
        first=one.first,
    )


def leaf_of(finish: Finish, ask: Ask) -> dict[str, Any]:
    text = TokenLeaf(
        jti="j",
        at=NOW + 5,
        iss="https://id.example.org",
        client="payroll",
        grant="authorization_code",
        tokens=("access_token", "id_token"),
        scope=("openid",),
        acr=finish.acr,
        amr=finish.amr,
        auth_time=finish.auth_time,
        sid="s",
        basis=basis(ask, finish, at=NOW, sub="x", name=lambda one: one + "!", policy="d"),
    ).text()
    found: dict[str, Any] = json.loads(text)
    return found


FINISHED = [
    (finish, ask) for given, ask, age in CASES if (finish := sign_in(given, ask, age)) is not None
]
CONTENT = json.loads(json.dumps(in_force.content(RULES, ())))


def test_there_are_enough_cases_to_mean_something() -> None:
    assert len(FINISHED) >= 60
    assert {finish.acr for finish, _ in FINISHED} == {"1fa", "mfa", "app", "phr", "gold"}


@pytest.mark.parametrize(("finish", "ask"), FINISHED)
def test_what_the_tokens_say_follows_from_the_evidence(finish: Finish, ask: Ask) -> None:
    found = explain(leaf_of(finish, ask), CONTENT)
    assert found.follows, found.unmet
    assert [proof.method for proof in found.proofs] == list(finish.methods)
    assert all(proof.age == NOW - proof.at for proof in found.proofs)


@pytest.mark.parametrize(("finish", "ask"), FINISHED)
def test_a_leaf_that_lost_a_proof_or_claims_more_is_found(finish: Finish, ask: Ask) -> None:
    truth = leaf_of(finish, ask)
    for proof in truth["basis"]["proofs"]:
        kept = [one for one in truth["basis"]["proofs"] if one is not proof]
        lie = truth | {"basis": truth["basis"] | {"proofs": kept}}
        assert not explain(lie, CONTENT).follows
    for name, value in (("acr", "none"), ("amr", ["fpt"]), ("auth_time", NOW + 1)):
        assert name in explain(truth | {name: value}, CONTENT).unmet


def test_an_essential_value_that_was_not_met_is_found() -> None:
    finish, ask = next((f, a) for f, a in FINISHED if a.essential is None and f.acr == "1fa")
    lie = leaf_of(finish, replace(ask, essential=("phr",)))
    assert explain(lie, CONTENT).unmet == ("requested",)


def test_it_says_what_a_higher_level_would_have_needed() -> None:
    finish = sign_in((PASSWORD,), Ask(), 0)
    assert finish
    mfa, app, phr = explain(leaf_of(finish, Ask()), CONTENT).higher
    assert (mfa.level, mfa.factors) == ("mfa", 1)
    assert mfa.ways == (("webauthn",), ("totp",), ("sms",))
    assert app.ways == (("webauthn",), ("totp",))
    assert phr.ways == (("webauthn",),)


def test_without_its_rules_a_leaf_is_not_explained() -> None:
    finish, ask = FINISHED[0]
    with pytest.raises(ValueError, match="not in the ledger"):
        explain(leaf_of(finish, ask), None)
    with pytest.raises(ValueError, match="not of this form"):
        explain(leaf_of(finish, ask), {"levels": [{}], "methods": [], "aliases": {}})
