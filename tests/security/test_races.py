"""Once means once, however many ask at the same moment: in threads, and in two real processes."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from idp.store import credentials
from tests.security.serving.crowd import (
    ARENAS,
    at_once,
    base,
    build_arena,
    new_name,
    number,
    same_cookie,
)
from tests.support.applications.prover import Prover, digest
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site

MANY = 8
FREE = 5
"""Guesses without a wait: as many callers may be looked at at once."""


@pytest.fixture(scope="module", params=ARENAS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(
        request, tmp_path_factory, oidc__refresh_grace=0, throttle__source_limit=100_000
    )


def _proofs(site: Site, person: str, method: str) -> int:
    query = "SELECT count(*) FROM proof WHERE person_id = :person AND method = :method"
    return number(site, query, person=person, method=method)


def _no_faults(answers: list[Answer]) -> None:
    assert all(answer.status < 500 for answer in answers), [a.status for a in answers]


def _signed_in(site: Site, app: Application, name: str) -> Browser:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in(name)
    return browser


def test_a_code_is_redeemed_by_one_of_many(arena: Site) -> None:
    name = new_name("aroha")
    arena.person(name)
    app = arena.application(new_name("app"))
    browser = arena.browser()
    browser.authorize(app)
    code = browser.sign_in(name).query["code"]
    answers = at_once([lambda: arena.redeem(app, code)] * MANY)
    assert Counter(a.status for a in answers) == {200: 1, 400: MANY - 1}
    assert {a.json["error"] for a in answers if a.status == 400} == {"invalid_grant"}
    [won] = [a.json for a in answers if a.status == 200]
    userinfo = arena.client().send(
        "GET", "/userinfo", headers={"Authorization": f"Bearer {won['access_token']}"}
    )
    assert userinfo.status == 401, "a code used twice ends what it gave (RFC 6749 section 4.1.2)"


def test_a_pushed_request_gives_one_code_to_many(arena: Site) -> None:
    name = new_name("aroha")
    arena.person(name)
    app = arena.application(new_name("app"))
    browsers = [_signed_in(arena, app, name) for _ in range(MANY)]
    headers, form = app.authentication(), app.request(client_id=None)
    uri = arena.client().send("POST", "/par", form, headers).json["request_uri"]
    asked = {"client_id": app.client_id, "request_uri": uri}
    answers = at_once([partial(b.get, "/authorize", **asked) for b in browsers])
    assert Counter(a.status for a in answers) == {303: 1, 400: MANY - 1}
    assert sum("code" in a.query for a in answers) == 1


def test_a_proof_of_possession_is_accepted_once(arena: Site) -> None:
    """RFC 9449 section 11.1: over processes, and over machines that share a database."""
    name = new_name("aroha")
    arena.person(name)
    app, prover = arena.application(new_name("app")), Prover(arena)
    code = _signed_in(arena, app, name).get("/authorize", **app.request()).query["code"]
    token = prover.redeem(app, code).json["access_token"]
    assert prover.open(token).status == 200
    proof = prover.proof("GET", "/userinfo", ath=digest(token))
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    client = arena.client()
    answers = at_once([partial(client.send, "GET", "/userinfo", None, headers)] * MANY)
    assert Counter(a.status for a in answers) == {200: 1, 401: MANY - 1}


def test_a_code_of_an_app_opens_one_of_many_sign_ins(arena: Site) -> None:
    name, secret = new_name("tane"), arena.secret()
    person = arena.person(name, totp=secret)
    app = arena.application(new_name("app"))
    browsers = [_signed_in(arena, app, name) for _ in range(FREE)]
    pages, code = [b.at.url for b in browsers], arena.code(secret)
    tries = [partial(b.post, p, code=code) for b, p in zip(browsers, pages, strict=True)]
    answers = at_once(tries)
    assert Counter(a.status for a in answers) == {303: 1, 400: FREE - 1}
    assert _proofs(arena, person, "totp") == 1


def test_a_texted_code_is_accepted_once_in_its_sign_in(arena: Site) -> None:
    name = new_name("mere")
    person = arena.person(name, sms=True, phone="+64211234567")
    browser = _signed_in(arena, arena.application(new_name("app")), name)
    browser.submit("/sms/send")
    windows = [same_cookie(arena, browser) for _ in range(FREE)]
    page, code = browser.at.url, arena.texted_code()
    answers = at_once([partial(w.post, page, code=code) for w in windows])
    _no_faults(answers)
    assert _proofs(arena, person, "sms") == 1
    # A copy of the very same answer may be told so again; no one else gets on.
    assert len(arena.events(kind="person:factor:proved", person=person)) == 2


def test_the_code_that_is_mailed_on_arrival_is_mailed_for_one_of_many_windows(arena: Site) -> None:
    name = new_name("aroha")
    arena.person(name)
    app = arena.application(new_name("app"))
    browser = arena.browser()
    page = browser.authorize(app, claims=app.essential(MFA))
    browser.post(page.url.replace("/login", "/password"), username=name, password=PASSWORD)
    windows = [same_cookie(arena, browser) for _ in range(MANY)]
    answers = at_once([partial(w.get, base(browser) + "/enrol/proof") for w in windows])
    assert {a.status for a in answers} <= {200, 303}
    arena.work_off()
    assert [m["to"] for m in arena.messages("mail")].count(f"{name}@example.org") == 1


def test_a_refresh_token_works_for_one_of_many(arena: Site) -> None:
    name = new_name("aroha")
    arena.person(name)
    app = arena.application(new_name("app"))
    browser = arena.browser()
    browser.authorize(app, scope="openid offline_access", prompt="consent")
    browser.sign_in(name)
    code = browser.submit("/consent", decision="allow").query["code"]
    first = arena.redeem(app, code).json["refresh_token"]
    answers = at_once([lambda: arena.refresh(app, first)] * MANY)
    assert Counter(a.status for a in answers) == {200: 1, 400: MANY - 1}
    [won] = [a.json for a in answers if a.status == 200]
    assert arena.refresh(app, won["refresh_token"]).status == 400, "reuse ends the family"


def test_a_sign_in_that_finishes_many_times_gives_one_code(arena: Site) -> None:
    name = new_name("aroha")
    arena.person(name)
    app = arena.application(new_name("app"))
    browser = arena.browser()
    page = browser.authorize(app)
    address = base(browser).replace("/interaction", "/authorize/resume")
    browser.post(page.url.replace("/login", "/password"), username=name, password=PASSWORD)
    windows = [same_cookie(arena, browser) for _ in range(MANY)]
    answers = at_once([partial(w.get, address) for w in windows])
    _no_faults(answers)
    codes = [a.query["code"] for a in answers if "code" in a.query]
    assert len(codes) == 1
    assert all(a.query["error"] == "invalid_request" for a in answers if "error" in a.query)
    assert arena.redeem(app, codes[0]).status == 200


def test_an_app_that_is_set_up_by_many_windows_is_set_up_once(arena: Site) -> None:
    name = new_name("aroha")
    person = arena.person(name)
    app = arena.application(new_name("app"))
    browser = arena.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in(name)
    browser.submit("/enrol/proof", code=arena.mailed_code())
    page = browser.open(browser.at.url + "/totp")
    secret = page.text.partition("secret=")[2].partition("&")[0]
    code = arena.code(secret)
    windows = [same_cookie(arena, browser) for _ in range(FREE)]
    answers = at_once([partial(w.post, page.url, code=code) for w in windows])
    _no_faults(answers)
    with arena.work() as work:
        assert len(credentials.of(work, person, "totp")) == 1
    assert len(arena.events(kind="person:factor:added", person=person)) == 1
    assert _proofs(arena, person, "totp") == 1


def test_guesses_at_once_do_not_outrun_the_throttle(arena: Site) -> None:
    name = new_name("aroha")
    person = arena.person(name)
    app = arena.application(new_name("app"))
    browsers = [arena.browser() for _ in range(2 * MANY)]
    for browser in browsers:
        browser.authorize(app)
    answers = at_once([partial(b.sign_in, name, "a wrong guess") for b in browsers])
    assert Counter(a.status for a in answers) == {400: 2 * MANY}
    rejected = arena.events(kind="person:factor:rejected", person=person)
    assert len(rejected) == FREE
    assert arena.times(kind="person:factor:held-back", person=person) == 2 * MANY - FREE
    assert "Too many tries" in browsers[0].sign_in(name).text


def test_right_answers_at_once_do_not_get_into_each_others_way(arena: Site) -> None:
    name = new_name("aroha")
    person = arena.person(name)
    app = arena.application(new_name("app"))
    for _ in range(3):
        browsers = [arena.browser() for _ in range(FREE)]
        for browser in browsers:
            browser.authorize(app)
        answers = at_once([partial(b.sign_in, name) for b in browsers])
        _no_faults(answers)
        assert all("code" in a.query for a in answers)
    assert not arena.events(kind="person:factor:held-back", person=person)


def test_sending_at_once_does_not_outrun_its_cap(arena: Site) -> None:
    name = new_name("mere")
    person = arena.person(name, sms=True, phone="+64211230001")
    app = arena.application(new_name("app"))
    browsers = [_signed_in(arena, app, name) for _ in range(MANY)]
    answers = at_once([partial(b.post, b.at.url + "/send") for b in browsers])
    _no_faults(answers)
    cap = arena.installation.settings.sms.per_hour
    assert Counter(a.status for a in answers) == {303: cap, 400: MANY - cap}
    assert len(arena.events(kind="person:code:sent", person=person)) == cap


def test_sending_at_once_in_one_sign_in_sends_one_code(arena: Site) -> None:
    name = new_name("mere")
    person = arena.person(name, sms=True, phone="+64211230003")
    browser = _signed_in(arena, arena.application(new_name("app")), name)
    windows = [same_cookie(arena, browser) for _ in range(MANY)]
    address = browser.at.url + "/send"
    answers = at_once([partial(w.post, address) for w in windows])
    _no_faults(answers)
    assert Counter(a.status for a in answers) == {303: 1, 400: MANY - 1}
    assert len(arena.events(kind="person:code:sent", person=person)) == 1


@pytest.mark.parametrize("workers", [0, 2])
def test_within_the_grace_many_callers_get_one_and_the_same_successor(
    site: Site, workers: int
) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, scope="openid offline_access", prompt="consent")
    browser.sign_in("aroha")
    code = browser.submit("/consent", decision="allow").query["code"]
    first = site.redeem(app, code).json["refresh_token"]
    if workers:
        with site.serve(workers=workers):
            answers = at_once([lambda: site.refresh(app, first)] * MANY)
    else:
        answers = at_once([lambda: site.refresh(app, first)] * MANY)
    assert {a.status for a in answers} == {200}
    assert len({a.json["refresh_token"] for a in answers}) == 1
    assert len({a.json["access_token"] for a in answers}) == MANY
    site.advance(site.installation.settings.oidc.refresh_grace + 1)
    assert site.refresh(app, first).status == 400
