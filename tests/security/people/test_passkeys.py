"""Forged, replayed, foreign and broken answers of authenticators: refused, recorded, no proof."""

import json
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp import clock
from idp.signin import sessions
from idp.store import credentials, people
from idp.store.db.statements import Statement
from tests.security.serving.crowd import at_once, base, new_name, number, same_cookie
from tests.support.site import Browser, Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import Key, SoftAuthenticator, decode, encode

ROUNDS = 4
MUTATIONS = 80
"""Broken answers of one person: fewer than those after which the factor is shut."""
MANY = 4
SETTINGS = {
    "throttle__source_limit": 1_000_000,
    "throttle__free": 10_000,
    "interaction__lifetime": 7200,
}


@dataclass
class Owner:
    """Someone with a passkey."""

    site: Site
    name: str
    person: str
    soft: SoftAuthenticator

    @property
    def key(self) -> Key:
        return self.soft.keys[0]


def begin(site: Site, **data: Any) -> Browser:
    """Return a browser at the page where a sign-in begins."""
    browser = site.browser()
    browser.authorize(site.application(new_name("app"), **data))
    return browser


def at_enrolment(site: Site, name: str) -> Browser:
    """Return a browser at the page that adds a first passkey."""
    browser = begin(site, min_acr="phr")
    browser.sign_in(name)
    authenticator.confirm_address(browser)
    assert browser.at.heading == "Add a passkey"
    return browser


def owner(site: Site, **manner: Any) -> Owner:
    """Return someone new, whose first passkey is of this manner."""
    name = new_name("kiri")
    person = site.person(name)
    browser = at_enrolment(site, name)
    soft = authenticator.device(browser, **manner)
    assert "code" in authenticator.add(browser, soft).query
    return Owner(site, name, person, soft)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for many attacks; each test brings its own people."""
    folder = tmp_path_factory.mktemp("passkeys")
    found = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **SETTINGS)
    yield found
    found.close()


@pytest.fixture
def arena(shared: Site) -> Site:
    """The same, its clock set again: a process has one, and other installations end it."""
    clock.use_offset_file(str(shared.clock_file))
    return shared


@pytest.fixture
def victim(arena: Site) -> Owner:
    return owner(arena)


def sign_in_id(browser: Browser) -> str:
    return base(browser).rpartition("/")[2]


def proofs(browser: Browser) -> int:
    """Return how many passkeys were proved in the sign-in that a browser is in."""
    query = "SELECT count(*) FROM proof WHERE interaction_id = :id AND method = 'webauthn'"
    return number(browser.site, query, id=sign_in_id(browser))


def reasons(browser: Browser) -> list[str]:
    """Return why answers were refused in the sign-in that a browser is in, newest first."""
    events = browser.site.events(kind="person:factor:rejected")
    return [event.reason or "" for event in events if event.interaction_id == sign_in_id(browser)]


def refused(browser: Browser, answer: Any) -> str:
    """Send an answer that must be refused; return the reason recorded."""
    page = authenticator.send(browser, answer)
    assert page.status == 400, (page.status, page.location)
    assert "passkey was not accepted" in page.text
    assert proofs(browser) == 0
    found = reasons(browser)
    assert found, "nothing is recorded of it"
    return found[0]


# -- forged

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


# -- broken

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


# -- setting up

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
