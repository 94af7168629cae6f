"""Registrations that are forged, foreign or of somebody else: no factor comes of them."""

import json
import secrets
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp.store import credentials
from idp.store.db.statements import Statement
from tests.security.people.passkeys.owners import (
    at_enrolment,
    begin,
    owner,
    reasons,
    refused,
)
from tests.security.people.passkeys.test_forged_answers import FORGERIES
from tests.security.serving.crowd import at_once, base, new_name
from tests.support.site import Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import Key, encode

REGISTRATIONS = {
    name: manner
    for name, manner in FORGERIES.items()
    if not manner.keys() & {"kind", "eligible", "user_handle"}
}


def test_a_forged_registration_adds_nothing(arena: Site) -> None:
    name = new_name("hemi")
    person = arena.person(name)
    browser = at_enrolment(arena, name)
    soft = authenticator.device(browser)
    for manner in (*REGISTRATIONS.values(), {"kind": "webauthn.get"}):
        refused(browser, soft.create(authenticator.options(browser.at), **manner))
    with arena.work() as work:
        assert not credentials.of(work, person, "webauthn")


def test_an_impossible_key_is_refused_at_registration_and_is_no_factor(arena: Site) -> None:
    name = new_name("hemi")
    person = arena.person(name)
    browser = at_enrolment(arena, name)
    soft = authenticator.device(browser)
    for key in (
        {1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32},
        {1: 2, 3: -7, -1: 2, -2: b"x" * 48, -3: b"y" * 48},
        {1: 3, 3: -257, -1: b"\xff" * 16, -2: b"\x01\x00\x01"},
        {1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\x01"},
        {1: 1, 3: -8, -1: 6, -2: b"x" * 8},
        {1: 1, 3: -8, -1: 6, -2: bytes(32)},
    ):
        page = authenticator.send(
            browser, soft.create(authenticator.options(browser.at), public_key=key)
        )
        assert page.status == 400
        assert "its key is faulty" in page.text
        assert reasons(browser)[0].startswith("webauthn: not a key: ")
    with arena.work() as work:
        assert not credentials.of(work, person, "webauthn")
    assert "code" in authenticator.add(browser, soft).query


def test_a_credential_id_of_another_person_is_refused(site: Site) -> None:
    """Web Authentication Level 3 section 7.1, step 27."""
    found = owner(site)
    thief = at_enrolment(site, _added(site))
    soft = authenticator.device(thief)
    copy = replace(found.soft.keys[0], private=ec.generate_private_key(ec.SECP256R1()))
    page = soft.create(authenticator.options(thief.at), copy)
    assert refused(thief, page) == "webauthn: another person has this credential id"
    assert "code" in authenticator.add(thief, soft).query, "a key of one's own is welcome"


def test_a_passkey_that_was_added_before_ids_were_noted_keeps_its_id(site: Site) -> None:
    found = owner(site)
    with site.work() as work:
        work.run(Statement("UPDATE credential SET outside = NULL"))
    thief = at_enrolment(site, _added(site))
    copy = replace(found.soft.keys[0], private=ec.generate_private_key(ec.SECP256R1()))
    answer = authenticator.device(thief).create(authenticator.options(thief.at), copy)
    assert "another person" in refused(thief, answer)


def test_one_of_two_people_at_the_same_moment_gets_a_credential_id(site: Site) -> None:
    browsers = [at_enrolment(site, _added(site)) for _ in range(2)]
    soft = authenticator.device(browsers[0])
    key = Key(b"k" * 32, ec.generate_private_key(ec.SECP256R1()), "")
    texts = [
        json.dumps(soft.create(authenticator.options(browser.at), key)) for browser in browsers
    ]
    answers = at_once(
        [
            partial(browser.post, browser.at.url, credential=text)
            for browser, text in zip(browsers, texts, strict=True)
        ]
    )
    assert sorted(answer.status for answer in answers) == [303, 400]


def _added(site: Site) -> str:
    name = new_name("hemi")
    site.person(name)
    return name


def test_a_registration_adds_one_passkey_to_one_account(arena: Site) -> None:
    mallory, name = new_name("mallory"), new_name("hemi")
    arena.person(mallory)
    arena.person(name)
    mine = at_enrolment(arena, mallory)
    answer = authenticator.device(mine).create(authenticator.options(mine.at))
    theirs = at_enrolment(arena, name)
    assert "another sign-in" in refused(theirs, answer)
    assert "code" in mine.past_done(authenticator.send(mine, answer)).query
    assert "another sign-in" in refused(theirs, answer)


@pytest.mark.parametrize(
    "client", [{"min_acr": "phr"}, {}], ids=["by an application", "by account"]
)
def test_who_has_only_the_password_adds_no_passkey(arena: Site, client: dict[str, Any]) -> None:
    name, secret = new_name("mere"), arena.secret()
    person = arena.person(name, totp=secret)
    if client:
        browser = begin(arena, **client)
    else:
        browser = arena.browser()
        browser.open("/account/ways/add/webauthn")
    page = browser.sign_in(name)
    assert page.heading == "Enter the code from your app"
    asking = browser.at
    assert browser.get(base(browser) + "/enrol/webauthn").status == 303
    made_up = encode(secrets.token_bytes(67))
    asked = {"rp": {"id": "localhost"}, "user": {"id": "x"}, "challenge": made_up}
    answer = authenticator.device(browser).create(asked)
    text = json.dumps(answer)
    for path in ("/enrol/webauthn", "/webauthn"):
        browser.at = asking
        assert browser.post(base(browser) + path, credential=text).status in (303, 400)
    with arena.work() as work:
        assert not credentials.of(work, person, "webauthn")
    browser.at = asking
    browser.totp(secret)
    if not client:
        browser.open("/account/ways/add/webauthn")
    assert browser.at.heading == "Add a passkey"
