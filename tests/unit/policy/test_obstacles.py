"""What keeps a person from a level, by name: the same reasons in a sign-in and before a date."""

from dataclasses import replace

import pytest

from idp.policy import obstacles
from idp.policy.steps import Enrol, EnrolmentProof, Obstacle, Refuse
from idp.policy.types import Ask, Level, Number, Person, Requirement, Rules
from tests.unit.policy.policy_people import (
    ABILITIES,
    APP,
    MFA,
    PASSWORD,
    PASSWORD_ONLY,
    PHR,
    RULES,
    SMS,
    TOTP,
    UNMET,
    VERIFIED_KEY,
    WITH_SMS,
    WITH_TOTP,
    prove,
    step,
)

LEVELS = RULES.levels
UNCONFIRMED = replace(PASSWORD_ONLY, enrollable=frozenset(), confirmable=False)
BY_NUMBER = replace(UNCONFIRMED, requirement=Requirement(proof=EnrolmentProof.SMS))
TEXTS_ONLY = Rules(LEVELS, (PASSWORD, SMS))
TEXTS_OFF = replace(RULES, off=frozenset({"sms"}))
HAD_TEXTS = replace(UNCONFIRMED, withdrawn=frozenset({"sms"}))

TABLE = [
    ("nothing, who can set it up", PASSWORD_ONLY, RULES, MFA, ()),
    ("nothing, who has it", WITH_TOTP, RULES, APP, ()),
    ("switched off", replace(WITH_TOTP, disabled=True), RULES, MFA, (Obstacle.DISABLED,)),
    (
        "no password",
        replace(PASSWORD_ONLY, enrolled=frozenset()),
        RULES,
        MFA,
        (Obstacle.NOTHING_TO_BEGIN,),
    ),
    ("address unconfirmed", UNCONFIRMED, RULES, MFA, (Obstacle.UNCONFIRMED_ADDRESS,)),
    ("number unconfirmed", BY_NUMBER, RULES, MFA, (Obstacle.UNCONFIRMED_NUMBER,)),
    ("no number", replace(BY_NUMBER, number=Number.NONE), RULES, MFA, (Obstacle.NO_NUMBER,)),
    (
        "a landline",
        replace(BY_NUMBER, number=Number.UNREACHED),
        RULES,
        MFA,
        (Obstacle.NUMBER_GETS_NO_MESSAGES,),
    ),
    (
        "no number where texts are all there is",
        replace(PASSWORD_ONLY, enrollable=frozenset(), number=Number.NONE),
        TEXTS_ONLY,
        MFA,
        (Obstacle.NO_NUMBER,),
    ),
    (
        "a landline where texts are all there is",
        replace(PASSWORD_ONLY, enrollable=frozenset(), number=Number.UNREACHED),
        TEXTS_ONLY,
        MFA,
        (Obstacle.NUMBER_GETS_NO_MESSAGES,),
    ),
    (
        "texts were taken out of service, and nothing else can be set up",
        HAD_TEXTS,
        TEXTS_OFF,
        MFA,
        (Obstacle.WAYS_OFF, Obstacle.UNCONFIRMED_ADDRESS),
    ),
    ("a level that nothing here reaches", PASSWORD_ONLY, RULES, PHR, (Obstacle.NO_WAY,)),
    ("texts where an app is wanted", WITH_SMS, TEXTS_ONLY, APP, (Obstacle.NO_WAY,)),
    (
        "a factor that is shut",
        replace(WITH_TOTP, shut=frozenset({"totp"}), enrollable=frozenset()),
        RULES,
        MFA,
        (Obstacle.FACTOR_SHUT,),
    ),
    (
        "one of two that is shut",
        replace(WITH_TOTP, enrolled=WITH_TOTP.enrolled | {"sms"}, shut=frozenset({"totp"})),
        RULES,
        MFA,
        (),
    ),
]


@pytest.mark.parametrize(
    ("person", "rules", "level", "expected"),
    [row[1:] for row in TABLE],
    ids=[str(row[0]) for row in TABLE],
)
def test_what_keeps_a_person_from_a_level(
    person: Person, rules: Rules, level: Level, expected: tuple[Obstacle, ...]
) -> None:
    assert obstacles.of_person(person, rules, level.name) == expected


def test_the_sign_in_says_the_same_whoever_asks_for_the_level() -> None:
    asked = (
        Ask(floor=MFA.name),
        Ask(essential=(MFA.name,)),
    )
    for ask in asked:
        found = step(ask, UNCONFIRMED, prove(PASSWORD))
        assert isinstance(found, Refuse)
        assert (found.error, found.obstacles) == (UNMET, (Obstacle.UNCONFIRMED_ADDRESS,))
    found = step(Ask(), UNCONFIRMED, prove(PASSWORD), rules=replace(RULES, floor=MFA.name))
    assert isinstance(found, Refuse)
    assert found.obstacles == (Obstacle.UNCONFIRMED_ADDRESS,)


def test_what_no_one_could_ever_reach_is_for_the_application_alone() -> None:
    for ask in (
        Ask(essential=(PHR.name,)),
        Ask(essential=("https://rp.example/acr/gold",)),
        Ask(floor=PHR.name),
        Ask(floor="a level that was removed"),
    ):
        found = step(ask, PASSWORD_ONLY, prove(PASSWORD))
        assert isinstance(found, Refuse), ask
        assert (found.error, found.obstacles) == (UNMET, ())


def test_an_essential_level_that_others_reach_is_explained_to_who_cannot() -> None:
    with_keys = replace(RULES, abilities=(*ABILITIES, VERIFIED_KEY))
    found = step(
        Ask(essential=(PHR.name,)), WITH_TOTP, prove(PASSWORD), prove(TOTP), rules=with_keys
    )
    assert isinstance(found, Refuse)
    assert found.obstacles == (Obstacle.NO_WAY,)


def test_who_can_set_it_up_meets_no_obstacle() -> None:
    assert isinstance(step(Ask(essential=(MFA.name,)), PASSWORD_ONLY, prove(PASSWORD)), Enrol)
