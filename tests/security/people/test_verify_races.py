"""Twilio Verify and many callers at once: a code is right once, and one sign-in's only."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.security.serving.crowd import ARENAS, at_once, build_arena, new_name, number, same_cookie
from tests.support.site import Application, Browser, Site, by_keyword
from tests.support.stand_ins.twilio import FakeTwilio, fake_twilio

FREE = 5
"""Guesses without a wait: as many callers may be looked at at once."""


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeTwilio]:
    with fake_twilio() as fake:
        yield fake


@pytest.fixture(scope="module", params=ARENAS)
def arena(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    twilio: FakeTwilio,
) -> Iterator[Site]:
    settings = by_keyword(twilio.verify_settings())
    settings |= {"sms__per_hour": "1000", "sms__per_prefix": "1000", "sms__per_source": "1000"}
    yield from build_arena(request, tmp_path_factory, **settings)


def signed_in(site: Site, app: Application, name: str) -> Browser:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in(name)
    return browser


def proofs(site: Site, person: str) -> int:
    query = "SELECT count(*) FROM proof WHERE person_id = :person AND method = 'sms'"
    return number(site, query, person=person)


@pytest.mark.parametrize("approves_again", [False, True])
def test_of_many_right_answers_one_counts(
    arena: Site, twilio: FakeTwilio, approves_again: bool
) -> None:
    twilio.verify.approves_again = approves_again
    name = new_name("mere")
    person = arena.person(name, sms=True, phone=f"+6421123400{int(approves_again)}")
    browser = signed_in(arena, arena.application(new_name("app")), name)
    browser.submit("/sms/send")
    windows = [same_cookie(arena, browser) for _ in range(FREE)]
    page, code = browser.at.url, twilio.verify.newest_code()
    answers = at_once([partial(w.post, page, code=code) for w in windows])
    twilio.verify.approves_again = False
    assert all(answer.status < 500 for answer in answers), [a.status for a in answers]
    assert proofs(arena, person) == 1
    assert len(arena.events(kind="person:factor:proved", person=person)) == 2


def test_two_who_share_a_telephone_never_share_a_code(arena: Site, twilio: FakeTwilio) -> None:
    app = arena.application(new_name("app"))
    names = [new_name("twin") for _ in range(4)]
    people = [arena.person(name, sms=True, phone="+64211234777") for name in names]
    browsers = [signed_in(arena, app, name) for name in names]
    at_once([partial(b.submit, "/sms/send") for b in browsers])
    held = "SELECT count(*) FROM outbox WHERE channel = 'sms' AND reference IS NOT NULL"
    distinct = "SELECT count(DISTINCT reference) FROM outbox WHERE channel = 'sms'"
    assert number(arena, held) == number(arena, distinct) >= 1
    # Anyone who reads all the messages gets in as one of them with each code, and no more.
    for code in {sent["code"] for sent in twilio.verify.sent if sent["to"] == "+64211234777"}:
        before = sum(proofs(arena, person) for person in people)
        for browser in browsers[:2]:
            browser.post(browser.at.url, code=code)
        assert sum(proofs(arena, person) for person in people) <= before + 1
