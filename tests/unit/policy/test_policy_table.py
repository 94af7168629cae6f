"""The table test of acr: every request in every situation, against what is written down for it.

The tables are the text files in `policy_table/`, one for each floor. They are written from the
rules in docs/acr.md and reviewed by hand; nothing in them is computed by the code under test. Who
changes a rule changes its rows first.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from idp.policy.decide import next_step
from idp.policy.steps import Authenticate, Done, Enrol, EnrolmentProof, Finish, Identify, Mark, Step
from idp.policy.types import Ability, Ask, Know, Person, Requirement, Rules
from tests.unit.policy.policy_people import (
    APP,
    HERE,
    HOUR,
    MFA,
    NOW,
    ONE,
    PASSWORD,
    PASSWORD_ONLY,
    PHR,
    RULES,
    SMS,
    TOTP,
    WITH_SMS,
    WITH_TOTP,
    Obedient,
    prove,
)

TABLES = Path(__file__).with_name("policy_table")
PROMPTS = {"absent": frozenset[str](), "login": frozenset({"login"}), "none": frozenset({"none"})}
FLOORS = {"no-floor": None, "floor-mfa": MFA.name, "floor-phr": PHR.name}
VALUES = {"1fa": ONE.name, "mfa": MFA.name, "mfa-app": APP.name, "phr": PHR.name}
VALUES["gold"] = "https://rp.example/acr/gold"
REQUESTS = (
    "nothing",
    "acr=1fa",
    "acr=mfa",
    "acr=mfa-app",
    "acr=phr",
    "acr=gold",
    "acr=phr+gold+mfa+1fa",
    "acr=1fa+mfa",
    "value=1fa",
    "value=mfa",
    "value=mfa-app",
    "value=phr",
    "value=gold",
    "values=phr+mfa",
    "values=mfa-app+mfa",
    "values=gold+phr",
    "values=mfa&acr=phr+1fa",
    "values=phr&acr=mfa",
    "default=mfa",
    "default=phr",
    "default=mfa-app&acr=1fa",
    "default=phr&value=mfa",
)


@dataclass(frozen=True)
class Situation:
    """Who sits there, and what is known when the request comes."""

    who: Person
    know: Know


def _session(who: Person, *abilities: Ability, hours: int = 1) -> Situation:
    proofs = tuple(prove(ability, NOW - hours * HOUR) for ability in abilities)
    return Situation(who, Know(person=who, proofs=proofs))


def _enrolled_now() -> Situation:
    proofs = (prove(PASSWORD, NOW, HERE), prove(TOTP, NOW, HERE, bootstrap=True))
    done = Mark.ADDRESS_CONFIRMED | Mark.DONE_READ
    return Situation(WITH_TOTP, Know(person=WITH_TOTP, proofs=proofs, marks=done))


# Lapsed: too old for every level but 1fa. Expired: too old for that as well.
SITUATIONS = {
    "no session, password only": Situation(PASSWORD_ONLY, Know()),
    "no session, password and app": Situation(WITH_TOTP, Know()),
    "no session, password and texts": Situation(WITH_SMS, Know()),
    "1fa session, password only": _session(PASSWORD_ONLY, PASSWORD),
    "1fa session, password and app": _session(WITH_TOTP, PASSWORD),
    "1fa session, password and texts": _session(WITH_SMS, PASSWORD),
    "mfa session, password and texts": _session(WITH_SMS, PASSWORD, SMS),
    "mfa-app session, password and app": _session(WITH_TOTP, PASSWORD, TOTP),
    "lapsed session, password only": _session(PASSWORD_ONLY, PASSWORD, hours=13),
    "lapsed session, password and app": _session(WITH_TOTP, PASSWORD, TOTP, hours=13),
    "lapsed session, password and texts": _session(WITH_SMS, PASSWORD, SMS, hours=13),
    "expired session, password only": _session(PASSWORD_ONLY, PASSWORD, hours=30),
    "expired session, password and app": _session(WITH_TOTP, PASSWORD, TOTP, hours=30),
    "expired session, password and texts": _session(WITH_SMS, PASSWORD, SMS, hours=30),
    "app set up in this sign-in": _enrolled_now(),
}


def _ask(request: str, prompt: str) -> Ask:
    """Return what a request label asks; the client's default acts when it asks for nothing."""
    parts = dict(part.split("=") for part in request.split("&") if part != "nothing")
    asked = {key: tuple(VALUES[name] for name in names.split("+")) for key, names in parts.items()}
    essential = asked.get("value") or asked.get("values")
    voluntary = asked.get("acr") or (() if essential else asked.get("default", ()))
    return Ask(HERE, acr_values=voluntary, essential=essential, prompt=PROMPTS[prompt])


def _short(name: str) -> str:
    words = {full: short for short, full in VALUES.items()}
    words["unmet_authentication_requirements"] = "unmet"
    return words.get(name, name)


def _word(step: Step) -> str:
    match step:
        case Identify():
            return "sign in"
        case Authenticate(methods):
            return "/".join(methods)
        case Enrol(confirm=EnrolmentProof()):
            return "confirm"
        case Enrol(methods):
            return "enrol " + "/".join(methods)
    raise AssertionError(f"the table has no word for {step}")


def answer(ask: Ask, situation: Situation, rules: Rules) -> str:
    """Return what happens, as a table says it: the steps that an obedient person walks, the end.

    Not the page that says that something is set up: it asks for nothing. Without pages there is no
    walk: an error, or an acr at once.
    """
    if "none" in ask.prompt:
        walked, end = [], next_step(ask, situation.know, rules, NOW)
    else:
        *walked, end = (
            step for step, _, _ in Obedient(situation.who).walk(ask, situation.know, rules)
        )
    said = end.acr if isinstance(end, Finish) else getattr(end, "error", "a page without an error")
    asked = [_word(step) for step in walked if not isinstance(step, Done)]
    return ": ".join(filter(None, [", ".join(asked), _short(said)]))


Cells = dict[tuple[str, str, str], str]


@cache
def table(floor: str) -> Cells:
    """Read a table: (situation, request, prompt) to what is written down for it."""
    cells: Cells = {}
    situation, written = "", [""]
    for line in (TABLES / f"{floor}.txt").read_text().splitlines():
        if line.startswith("["):
            situation = line.strip("[]")
        elif line.startswith(" "):
            for request in filter(None, map(str.strip, line.split(";"))):
                for prompt, cell in zip(PROMPTS, written, strict=True):
                    assert (situation, request, prompt) not in cells, f"twice: {line}"
                    cells[situation, request, prompt] = cell
        elif line and not line.startswith("#"):
            written = [column.strip() for column in line.split("|")]
    return cells


def assert_as_written(
    expected: Cells, situation: str, build: Callable[[Ask, Situation], str]
) -> None:
    """Compare every cell of one situation; what differs is named, one line each."""
    found = []
    for request in REQUESTS:
        for prompt in PROMPTS:
            written = expected[situation, request, prompt]
            said = build(_ask(request, prompt), SITUATIONS[situation])
            if said != written:
                found.append(f"{request}, prompt {prompt}: written {written!r}, said {said!r}")
    assert not found, "\n".join([situation, *found])


@pytest.mark.parametrize("floor", FLOORS)
def test_the_table_has_every_cell_and_no_other(floor: str) -> None:
    assert set(table(floor)) == set(product(SITUATIONS, REQUESTS, PROMPTS))


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("floor", FLOORS)
def test_the_policy_says_what_is_written_down(floor: str, situation: str) -> None:
    def with_the_floor_of_the_client(ask: Ask, given: Situation) -> str:
        return answer(replace(ask, floor=FLOORS[floor]), given, RULES)

    assert_as_written(table(floor), situation, with_the_floor_of_the_client)


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("floor", FLOORS)
def test_the_operators_floor_acts_like_the_clients(floor: str, situation: str) -> None:
    rules = replace(RULES, floor=FLOORS[floor])

    def with_the_floor_of_the_operator(ask: Ask, given: Situation) -> str:
        return answer(ask, given, rules)

    assert_as_written(table(floor), situation, with_the_floor_of_the_operator)


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("floor", FLOORS)
def test_a_rollout_stage_acts_like_the_clients_floor(floor: str, situation: str) -> None:
    def with_the_floor_of_a_stage(ask: Ask, given: Situation) -> str:
        who = replace(given.who, requirement=Requirement(level=FLOORS[floor]))
        know = replace(given.know, person=given.know.person and who)
        return answer(ask, Situation(who, know), RULES)

    assert_as_written(table(floor), situation, with_the_floor_of_a_stage)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_asking_the_enrolled_is_a_floor_for_them_and_for_nobody_else(situation: str) -> None:
    rules = replace(RULES, ask_enrolled=MFA.name)
    enrolled = SITUATIONS[situation].who is not PASSWORD_ONLY

    def with_mfa_for_the_enrolled(ask: Ask, given: Situation) -> str:
        return answer(ask, given, rules)

    expected = table("floor-mfa" if enrolled else "no-floor")
    assert_as_written(expected, situation, with_mfa_for_the_enrolled)
