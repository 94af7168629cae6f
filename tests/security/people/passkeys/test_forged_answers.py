"""Forged, replayed, copied and foreign answers of authenticators: refused, recorded, no proof."""

import json
import secrets
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp.signin import sessions
from idp.store import credentials, people
from tests.security.people.passkeys.owners import (
    MANY,
    Owner,
    begin,
    owner,
    proofs,
    refused,
)
from tests.security.serving.crowd import at_once, base, new_name, same_cookie
from tests.support.site import Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import Key, encode

FORGERIES: dict[str, dict[str, Any]] = {
    "of a foreign origin": {"origin": "https://acrux.example"},
    "of another port": {"origin": "http://localhost:1"},
    "in a frame of another site": {"cross_origin": True},
    "below a page of another site": {"top_origin": "https://acrux.example"},
    "below a page without a name": {"top_origin": ""},
    "for another rp": {"rp_id": "acrux.example"},
    "without anybody present": {"present": False},
    "from a registration": {"kind": "webauthn.create"},
    "of another kind of passkey": {"eligible": True},
    "backed up, yet not to be": {"backed_up": True},
    "with a made-up challenge": {"challenge": encode(b"c" * 67)},
    "with a short challenge": {"challenge": encode(b"c")},
    "with somebody else's handle": {"user_handle": encode(b"somebody-else")},
}


@pytest.mark.parametrize("manner", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_answer_opens_nothing(victim: Owner, manner: dict[str, Any]) -> None:
    browser = begin(victim.site)
    refused(browser, victim.soft.get(authenticator.options(browser.at), **manner))
    again = begin(victim.site)
    again.sign_in(victim.name)
    refused(again, victim.soft.get(authenticator.options(again.at), **manner))
    assert "code" in authenticator.use(again, victim.soft).query, "the true one is not hurt"


def test_a_touch_alone_is_never_the_whole_sign_in(victim: Owner) -> None:
    browser = begin(victim.site)
    answer = victim.soft.get(authenticator.options(browser.at), verified=False)
    assert "InvalidAuthenticationResponse" in refused(browser, answer)


def test_nobody_signs_in_by_a_key_that_only_bears_the_name(victim: Owner) -> None:
    browser = begin(victim.site)
    forged = Key(victim.key.id, ec.generate_private_key(ec.SECP256R1()), victim.key.user_handle)
    refused(browser, victim.soft.get(authenticator.options(browser.at), key=forged, counter=99))
    assert "code" in authenticator.use(browser, victim.soft).query


def test_a_passkey_opens_its_owners_account_only(arena: Site, victim: Owner) -> None:
    mallory = owner(arena)
    browser = begin(arena)
    asked = authenticator.options(browser.at)
    mine, theirs = mallory.key.user_handle, victim.key.user_handle
    assert refused(browser, mallory.soft.get(asked, user_handle=theirs)).endswith("this person")
    assert refused(browser, victim.soft.get(asked, user_handle=mine)).endswith("this person")
    after_password = begin(arena)
    after_password.sign_in(victim.name)
    asked = authenticator.options(after_password.at)
    for handle in (mine, theirs, ""):
        answer = mallory.soft.get(asked, key=mallory.key, user_handle=handle)
        assert refused(after_password, answer).endswith("this person")


HANDLES = [b"nobody", b"x" * 5000, b"\x00", b"\xff\xfe", b"%", b"' OR 1=1"]


@pytest.mark.parametrize("handle", HANDLES, ids=range(len(HANDLES)))
def test_a_handle_that_nobody_has_opens_nothing(victim: Owner, handle: bytes) -> None:
    browser = begin(victim.site)
    answer = victim.soft.get(authenticator.options(browser.at), user_handle=encode(handle))
    assert authenticator.send(browser, answer).status == 400
    assert proofs(browser) == 0
    assert "code" in authenticator.use(browser, victim.soft).query


# -- replayed


def test_an_answer_is_worth_nothing_in_another_sign_in_or_browser(victim: Owner) -> None:
    first = begin(victim.site)
    answer = victim.soft.get(authenticator.options(first.at))
    for other in (begin(victim.site), begin(victim.site)):
        assert "another sign-in" in refused(other, answer)
    thief = begin(victim.site)
    text = json.dumps(answer)
    assert thief.post(base(first) + "/webauthn", credential=text).status in (400, 403, 404)
    assert proofs(first) == 0
    assert "code" in authenticator.send(first, answer).query
    assert "another sign-in" in refused(begin(victim.site), answer)


def test_an_answer_sent_twice_is_one_proof(victim: Owner) -> None:
    browser = begin(victim.site, first_party=False)
    page = browser.at
    answer = victim.soft.get(authenticator.options(page))
    assert "Let" in authenticator.send(browser, answer).heading
    asking = browser.at
    again = browser.post(base(browser) + "/webauthn", credential=json.dumps(answer))
    assert again.status == 303
    assert "code" not in again.query
    browser.at = asking
    assert proofs(browser) == 1


def test_one_of_many_copies_at_the_same_moment_is_the_proof(site: Site) -> None:
    found = owner(site)
    browser = begin(site, first_party=False)
    text = json.dumps(found.soft.get(authenticator.options(browser.at)))
    windows = [same_cookie(site, browser) for _ in range(MANY)]
    address = base(browser) + "/webauthn"
    answers = at_once([partial(window.post, address, credential=text) for window in windows])
    assert all(answer.status < 500 for answer in answers), [a.status for a in answers]
    assert proofs(browser) == 1


def test_a_challenge_lives_for_ten_minutes(victim: Owner) -> None:
    browser = begin(victim.site)
    asked = authenticator.options(browser.at)
    victim.site.advance(601)
    assert "expired" in refused(browser, victim.soft.get(asked))
    assert "code" in authenticator.use(browser, victim.soft).query, "the page asks anew"


def test_a_challenge_serves_the_purpose_that_it_was_made_for(arena: Site) -> None:
    name = new_name("hemi")
    arena.person(name)
    browser = begin(arena, min_acr="phr")
    to_sign_in = authenticator.options(browser.at)["challenge"]
    browser.sign_in(name)
    authenticator.confirm_address(browser)
    soft = authenticator.device(browser)
    asked = authenticator.options(browser.at)
    assert "another sign-in" in refused(browser, soft.create(asked, challenge=to_sign_in))
    assert "code" in authenticator.add(browser, soft).query


# -- copied


@pytest.mark.parametrize("counter", [0, 4, 5])
def test_a_counter_that_does_not_grow_tells_of_a_copy(victim: Owner, counter: int) -> None:
    first = begin(victim.site)
    assert "code" in authenticator.use(first, victim.soft, counter=5).query
    copy = begin(victim.site)
    answer = victim.soft.get(authenticator.options(copy.at), counter=counter)
    assert "counter" in refused(copy, answer)
    true = begin(victim.site)
    assert "code" in authenticator.use(true, victim.soft, counter=6).query


def test_a_passkey_of_one_device_does_not_become_a_synced_one_nor_back(arena: Site) -> None:
    synced = owner(arena, eligible=True, backed_up=True, counts=False)
    browser = begin(arena)
    asked = authenticator.options(browser.at)
    answer = synced.soft.get(asked, eligible=False, backed_up=False)
    assert "backup flag" in refused(browser, answer)


# -- midway


def test_an_account_switched_off_midway_is_not_opened(victim: Owner) -> None:
    browser = begin(victim.site)
    answer = victim.soft.get(authenticator.options(browser.at))
    with victim.site.work() as work:
        people.set_disabled(work, victim.person, True)
        sessions.end_person(work, victim.person, "disabled")
    done = authenticator.send(browser, answer)
    assert done.heading == "Your account is switched off"
    done = browser.submit("/leave")
    assert done.query.get("error") == "access_denied", (done.status, done.query)
    [event] = victim.site.events(kind="person:sign-in:refused", person=victim.person)
    assert event.reason == "access_denied: the account is disabled"


def test_a_passkey_removed_midway_proves_nothing_any_more(arena: Site, victim: Owner) -> None:
    waiting = begin(arena, first_party=False)
    assert "Let" in authenticator.use(waiting, victim.soft).heading
    fresh = begin(arena)
    answer = victim.soft.get(authenticator.options(fresh.at))
    elsewhere = arena.browser()
    elsewhere.open("/account/ways")
    authenticator.use(elsewhere, victim.soft)
    with arena.work() as work:
        [row] = credentials.of(work, victim.person, "webauthn")
    elsewhere.open(f"/account/ways/{row.id}")
    elsewhere.submit("/remove")
    assert arena.events(kind="person:factor:removed", person=victim.person)
    assert waiting.submit("/consent", decision="allow").query.get("code") is None
    assert waiting.at.heading == "Sign in"
    assert "this person" in refused(fresh, answer)
    assert elsewhere.open("/account/ways").heading == "Sign in"


def test_nobody_shuts_the_passkey_of_another_with_bogus_answers(small_site: Site) -> None:
    """A signature cannot be guessed, so failures count for their source alone."""
    victim = owner(small_site)
    stranger = authenticator.device(begin(small_site))
    stranger.keys.append(
        Key(
            secrets.token_bytes(32), ec.generate_private_key(ec.SECP256R1()), victim.key.user_handle
        )
    )
    for _ in range(12):
        assert authenticator.use(begin(small_site), stranger).status == 400
    browser = begin(small_site)
    assert "code" in authenticator.use(browser, victim.soft).query
