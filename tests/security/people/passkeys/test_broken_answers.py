"""Broken answers of authenticators: refused cleanly, recorded, no proof and no fault."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from idp import clock
from tests.security.people.passkeys.owners import (
    MUTATIONS,
    ROUNDS,
    Owner,
    at_enrolment,
    begin,
    owner,
    proofs,
    refused,
)
from tests.security.serving.crowd import new_name
from tests.support.site import Browser, Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import decode, encode

SHAPES = [
    "",
    "null",
    "[]",
    "{}",
    "0",
    '"text"',
    "{",
    "[" * 9000,
    '{"a":' * 3000,
    '{"id": "x"}',
    '{"id": "x", "response": []}',
    '{"id": "x", "response": {}}',
    '{"id": 7, "response": {"userHandle": "eA"}}',
    '{"id": "x", "response": {"userHandle": 7}}',
    '{"id": "x", "response": {"userHandle": {}}}',
    '{"id": "x", "response": {"userHandle": "\\u0000"}}',
    '{"id": "x", "response": {"userHandle": "é", "clientDataJSON": []}}',
    '{"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "eyJ9"}}',
    json.dumps({"id": "x", "response": {"clientDataJSON": encode(b"[" * 9000)}}),
    json.dumps({"id": "x" * 20_000, "response": {}}),
    '{"id": "x", "response": {"userHandle": NaN}}',
]


@pytest.fixture(scope="module")
def pages(shared: Site) -> list[Browser]:
    """The three pages that take an answer: at the beginning, as second step, setting up."""
    clock.use_offset_file(str(shared.clock_file))
    found = owner(shared)
    second = begin(shared)
    second.sign_in(found.name)
    name = new_name("mana")
    shared.person(name)
    return [begin(shared), second, at_enrolment(shared, name)]


@pytest.mark.parametrize("text", SHAPES, ids=range(len(SHAPES)))
def test_what_is_no_answer_at_all_is_refused_cleanly(pages: list[Browser], text: str) -> None:
    for browser in pages:
        page = browser.submit("/webauthn", credential=text)
        assert page.status == 400
        assert "data-options" in page.text, "the page says what to do next"
        assert proofs(browser) == 0


WRONG_CLIENT_DATA: list[Any] = [[], 7, None, "x", {}, {"challenge": 7}, {"challenge": None}]


@pytest.mark.parametrize("data", WRONG_CLIENT_DATA, ids=map(str, WRONG_CLIENT_DATA))
def test_client_data_of_the_wrong_shape_is_refused_cleanly(victim: Owner, data: Any) -> None:
    browser = begin(victim.site)
    answer = victim.soft.get(authenticator.options(browser.at))
    answer["response"]["clientDataJSON"] = encode(json.dumps(data).encode())
    refused(browser, answer)


Mutation = Callable[[random.Random, bytes], bytes]


def _flip(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def _insert(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + chance.randbytes(chance.randrange(1, 9)) + data[place:]


def _shuffle(chance: random.Random, data: bytes) -> bytes:
    return bytes(chance.sample(list(data), len(data)))


BREAK: list[Mutation] = [_flip, _cut, _insert, _shuffle]


def _mutated(chance: random.Random, answer: dict[str, Any], parts: list[str]) -> dict[str, Any]:
    response = dict(answer["response"])
    part = chance.choice(parts)
    response[part] = encode(chance.choice(BREAK)(chance, decode(response[part])))
    return {**answer, "response": response}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_mutation_of_a_true_answer_is_accepted_or_breaks_anything(
    victim: Owner, seed: int
) -> None:
    chance = random.Random(seed)
    browser = begin(victim.site)
    answer = victim.soft.get(authenticator.options(browser.at))
    parts = ["clientDataJSON", "authenticatorData", "signature", "userHandle"]
    for _ in range(MUTATIONS):
        changed = _mutated(chance, answer, parts)
        page = browser.submit("/webauthn", credential=json.dumps(changed))
        assert page.status == 400, changed
    assert proofs(browser) == 0
    assert "code" in authenticator.send(browser, answer).query, "the true one still counts"


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_mutation_of_a_true_registration_breaks_anything(arena: Site, seed: int) -> None:
    """Without attestation nothing is signed: some of them set up a passkey that no one holds."""
    chance = random.Random(seed)
    name = new_name("mutant")
    arena.person(name)
    browser = at_enrolment(arena, name)
    for number_ in range(MUTATIONS):
        form = ("none", "self")[number_ % 2]
        soft = authenticator.device(browser, attestation=form)
        answer = soft.create(authenticator.options(browser.at))
        changed = _mutated(chance, answer, ["clientDataJSON", "attestationObject"])
        page = browser.set_up("/webauthn", credential=json.dumps(changed))
        assert page.status in (303, 400), changed
        if page.status == 303:
            arena.person(name := new_name("mutant"))
            browser = at_enrolment(arena, name)
