"""A person who cannot give a second step reads what else there is, or whom to ask."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp import clock, moments
from tests.protocol.command import Acrux
from tests.support.recovery import give_codes
from tests.support.site import MFA, Application, Browser, Site

SUPPORT = "help@example.org"
ZONE = "Pacific/Auckland"


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Iterator[Site]:
    found = Site(tmp_path, database_url, brand__support_email=SUPPORT, brand__time_zone=ZONE)
    yield found
    found.close()


NO_WAY, NO_CODE = "If you can't use this way", "If no code reaches you"


def stuck(browser: Browser, heading: str = NO_WAY) -> str:
    """Press "I can't use this way" on the page at hand; return the reference that is told."""
    page = browser.submit("/stuck")
    assert page.heading == heading
    found = re.search(r'id="help-reference">([^<]+)<', page.text)
    assert found, page.text
    assert SUPPORT in page.text
    return found[1]


def at_second_step(place: Site, name: str = "tane", **person: Any) -> tuple[Browser, Application]:
    place.person(name, **{"totp": place.secret(), **person})
    app = place.application(f"app-{name}")
    browser = place.browser()
    browser.authorize(app)
    browser.sign_in(name)
    return browser, app


@pytest.mark.slow
def test_whoever_lost_the_phone_is_told_whom_to_ask_and_support_finds_it(place: Site) -> None:
    browser, _ = at_second_step(place)
    assert browser.at.heading == "Enter the code from your app"
    base = browser.at.url.rpartition("/")[0]
    reference = stuck(browser)
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}", reference)
    assert "no other way set up for your account" in browser.at.text
    assert "Does someone else have the phone or key" in browser.at.text
    browser.open(base)
    assert stuck(browser) == reference
    [event] = place.events(kind="person:help:asked")
    assert (event.username, event.client_id) == ("tane", "app-tane")
    acrux = Acrux(place.environ)
    for name in (reference, reference.lower().replace("-", " "), "tane"):
        told = acrux("user", "why", name)
        assert f"cannot use totp; reference {reference}" in told, name
    assert "person:help:asked" in acrux("audit", "tail", "--person", "tane")


def test_other_ways_stand_first_where_there_are_some(place: Site) -> None:
    browser, _ = at_second_step(place, sms=True)
    stuck(browser)
    for words in ("Use a text message instead", "Use your authenticator app instead"):
        assert words in browser.at.text
    assert "no other way" not in browser.at.text
    assert browser.open(browser.at.url.replace("stuck", "sms")).heading.startswith("Get a code")


def test_what_is_settled_is_no_cry_for_help_any_more(place: Site) -> None:
    secret = place.secret()
    browser, _ = at_second_step(place, totp=secret)
    base = browser.at.url.rpartition("/")[0]
    stuck(browser)
    browser.open(base)
    assert "code" in browser.totp(secret).query
    assert "Asked for help" not in Acrux(place.environ)("user", "why", "tane")


@pytest.mark.slow
def test_every_second_step_page_has_it(place: Site) -> None:
    place.person("kiri")
    place.person("mere", sms=True)
    app = place.application("strict")
    browser = place.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("kiri")
    for heading, told in (
        ("First we check that it is you", NO_CODE),
        ("Set up a second step", NO_WAY),
    ):
        assert browser.at.heading == heading
        base = "/".join(browser.at.url.split("/")[:3])
        stuck(browser, told)
        browser.open(base)
        if told == NO_CODE:
            browser.submit("/enrol/proof", code=place.mailed_code())
    for method in ("totp", "sms", "webauthn"):
        browser.open(f"{base}/enrol/{method}")
        stuck(browser)
    other = place.browser()
    other.authorize(app, claims=app.essential(MFA))
    other.sign_in("mere")
    assert other.at.heading == "Get a code by text message"
    stuck(other)
    base = "/".join(other.at.url.split("/")[:3])
    assert give_codes(place, "mere")
    assert other.open(f"{base}/recovery").heading == "Type a recovery code"
    stuck(other)


def test_it_is_nobodys_before_the_password(place: Site) -> None:
    app = place.application()
    browser = place.browser()
    page = browser.authorize(app)
    base = page.url.rpartition("/")[0]
    assert browser.post(f"{base}/stuck").location == base
    assert browser.get(f"{base}/stuck").location == base
    assert not place.events(kind="person:help:asked")


@pytest.mark.slow
@pytest.mark.parametrize("other", [True, False])
def test_a_limit_says_until_when_and_speaks_of_another_way_only_where_there_is_one(
    place: Site, other: bool
) -> None:
    browser, _ = at_second_step(place, totp=place.secret() if other else None, sms=True)
    if other:
        browser.open(browser.at.url.replace("totp", "sms"))
    for _ in range(7):
        page = browser.submit("/sms/send")
        place.advance(61)
    until = re.search(
        r"You can ask for a new one at (\d\d:\d\d NZ[DS]T)\. Until then, use", page.text
    )
    assert until, page.text
    first = clock.now() - 7 * 61 + 3600
    assert until[1] in {moments.hour(first + more) for more in range(0, 121, 60)}
    assert ("Choose another way below." in page.text) is other
    assert (f"For help, write to {SUPPORT}." in page.text) is (not other)


def test_a_long_wait_for_a_password_is_told_by_the_clock(place: Site) -> None:
    app = place.application()
    browser = place.browser()
    browser.authorize(app)
    for _ in range(12):
        page = browser.sign_in("nobody-at-all", "wrong")
        if "Try again at" in page.text:
            break
        place.advance(130)
    assert re.search(r"Too many tries\. Try again at \d\d:\d\d NZ[DS]T\.", page.text)


@pytest.mark.slow
def test_pages_have_an_id_of_their_own_and_so_do_the_ways_out(place: Site) -> None:
    browser, _ = at_second_step(place, sms=True)
    for method in ("totp", "sms"):
        page = browser.open(browser.at.url.rpartition("/")[0] + f"/{method}")
        assert f'<main id="{method}-page"' in page.text
        assert 'id="stuck"' in page.text
        assert 'id="cancel"' in page.text
    strict = place.application("strict")
    place.person("kiri")
    other = place.browser()
    other.authorize(strict, claims=strict.essential(MFA))
    other.sign_in("kiri")
    assert '<main id="enrol-proof-page"' in other.at.text
    partner = place.application("partner", first_party=False)
    place.person("ana")
    third = place.browser()
    third.authorize(partner)
    third.sign_in("ana")
    assert '<main id="consent-page"' in third.at.text
    third.submit("/consent", decision="allow")
    assert 'id="use-another-account"' in third.authorize(partner, prompt="login").text
