"""The offer of a passkey after a code: where one can be made, rarely, and never in the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.sign_ins import assert_redirect_error
from tests.security.serving.crowd import base
from tests.support.letters import kinds
from tests.support.site import MFA_APP, Answer, Browser, Site
from tests.support.stand_ins import authenticator

EVERY = 90 * 86400
OFFER = "Sign in faster next time"


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """As shipped: the tests' own settings offer nothing."""
    found = Site(tmp_path, database_url, passkeys__offer_every=EVERY)
    yield found
    found.close()


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", passkeys__offer_every=EVERY)
    yield found
    found.close()


class Tane:
    """Someone with an app, at an application."""

    def __init__(self, site: Site, **data: Any) -> None:
        self.site = site
        self.secret = site.secret()
        self.id = site.person("tane", totp=self.secret, sms=True)
        self.app = site.application(**data)

    def by_app(self, browser: Browser | None = None, *, able: str = "1", **changes: Any) -> Answer:
        """Sign in with the app, in a browser that says that it can make passkeys."""
        self.browser = browser or self.site.browser()
        self.browser.authorize(self.app, prompt="login", **changes)
        self.browser.sign_in("tane")
        self.browser.open(base(self.browser) + "/totp")
        return self.browser.submit("/totp", code=self.site.code(self.secret), able=able)


def offers(site: Site) -> list[str | None]:
    """Return the answers that were recorded, oldest first."""
    return [event.reason for event in site.events(kind="person:passkey:offered")][::-1]


@pytest.mark.slow
def test_not_now_goes_on_and_is_remembered(site: Site) -> None:
    tane = Tane(site)
    page = tane.by_app()
    assert (page.heading, page.url.endswith("/offer")) == (OFFER, True)
    claims = site.claims(tane.app, tane.browser.submit("/offer", decision="later"))
    assert (claims["acr"], claims["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    assert offers(site) == ["later"]
    assert "code" in tane.by_app().query, "not again at once"
    site.advance(EVERY - 120)
    assert "code" in tane.by_app().query
    site.advance(180)
    assert tane.by_app().heading == OFFER


@pytest.mark.parametrize(
    ("wait", "words"),
    [(24, "in another way after a wait of 24 hours"), (0, "have to help you")],
)
def test_the_offer_says_what_a_passkey_will_mean(tmp_path: Path, wait: int, words: str) -> None:
    settings = {"passkeys__offer_every": EVERY, "account__recovery_wait": wait}
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'db'}", **settings)
    page = Tane(site).by_app()
    assert page.heading == OFFER
    assert "From then on you need it whenever you change how you sign in." in page.text
    assert words in page.text
    site.close()


@pytest.mark.slow
def test_a_text_message_is_an_occasion_too(small_site: Site) -> None:
    tane = Tane(small_site)
    browser = small_site.browser()
    browser.authorize(tane.app)
    browser.sign_in("tane")
    browser.open(base(browser) + "/sms")
    browser.submit("/sms/send")
    assert browser.submit("/sms", code=small_site.texted_code(), able="1").heading == OFFER


@pytest.mark.slow
def test_add_a_passkey_leads_to_one_in_the_same_sign_in(site: Site) -> None:
    tane = Tane(site)
    tane.by_app()
    page = tane.browser.submit("/offer", decision="now")
    assert page.heading == "Add a passkey"
    assert "Not now" in page.text
    soft = authenticator.device(tane.browser)
    claims = site.claims(tane.app, authenticator.add(tane.browser, soft))
    assert claims["acr"] == "phr"
    assert claims["amr"] == ["pwd", "otp", "pop", "user", "mfa"]
    assert offers(site) == ["set up now"]
    assert "factor-added" in kinds(site)
    site.advance(2 * EVERY)
    assert "code" in tane.by_app().query, "there is nothing left to offer"


@pytest.mark.slow
def test_later_is_possible_half_way_through(site: Site) -> None:
    tane = Tane(site)
    tane.by_app()
    tane.browser.submit("/offer", decision="now")
    claims = site.claims(tane.app, tane.browser.submit("/enrol/later"))
    assert (claims["acr"], claims["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    assert offers(site) == ["set up now", "later"]
    assert "code" in tane.by_app().query


def test_an_answer_that_fails_leaves_the_way_on(small_site: Site) -> None:
    tane = Tane(small_site)
    tane.by_app()
    tane.browser.submit("/offer", decision="now")
    failed = tane.browser.submit("/enrol/webauthn", credential="{}")
    assert (failed.status, failed.heading) == (400, "Add a passkey")
    claims = small_site.claims(tane.app, tane.browser.submit("/enrol/later"))
    assert claims["acr"] == MFA_APP


def test_whoever_leaves_the_offer_open_loses_nothing_but_the_sign_in(small_site: Site) -> None:
    tane = Tane(small_site)
    tane.by_app()
    left = tane.browser
    small_site.advance(31 * 60)
    assert left.submit("/offer", decision="now").heading == "This sign-in is no longer open"
    assert offers(small_site) == []
    assert tane.by_app().heading == OFFER


@pytest.mark.parametrize("able", ["", None])
def test_a_browser_that_says_nothing_is_offered_nothing(small_site: Site, able: str | None) -> None:
    tane = Tane(small_site)
    if able is None:
        browser = small_site.browser()
        browser.authorize(tane.app)
        browser.sign_in("tane")
        answer = browser.post(base(browser) + "/totp", code=small_site.code(tane.secret))
        assert "code" in browser._follow(answer).query
    else:
        assert "code" in tane.by_app(able=able).query


def test_a_wrong_code_says_nothing_of_the_browser(small_site: Site) -> None:
    tane = Tane(small_site)
    browser = small_site.browser()
    browser.authorize(tane.app)
    browser.sign_in("tane")
    browser.submit("/totp", code="000000", able="1")
    assert "code" in browser.submit("/totp", code=small_site.code(tane.secret)).query


def test_it_is_shown_before_the_consent_and_never_without_pages(small_site: Site) -> None:
    tane = Tane(small_site, first_party=False)
    assert tane.by_app().heading == OFFER
    silent = tane.browser.get("/authorize", **tane.app.request(prompt="none"))
    assert_redirect_error(small_site, silent, "login_required")
    page = tane.browser.submit("/offer", decision="later")
    assert "decision" in page.text
    assert "code" in tane.browser.submit("/consent", decision="allow").query
    assert "code" in tane.browser.get("/authorize", **tane.app.request(prompt="none")).query


def test_a_page_that_adds_a_factor_offers_no_other(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("rua", totp=secret)
    browser = small_site.browser()
    browser.open("/account/ways/add/sms")
    browser.sign_in("rua")
    page = browser.submit("/totp", code=small_site.code(secret), able="1")
    assert "/enrol/sms" in page.url


def test_the_page_cannot_be_opened_when_it_is_not_its_turn(small_site: Site) -> None:
    tane = Tane(small_site)
    browser = small_site.browser()
    browser.authorize(tane.app)
    browser.sign_in("tane")
    assert browser.open(base(browser) + "/offer").url.endswith("/totp")
    for decision in ("now", "later"):
        answer = browser._follow(browser.post(base(browser) + "/offer", decision=decision))
        assert answer.url.endswith("/totp")
    assert offers(small_site) == []
    page = browser.submit("/totp", code=small_site.code(tane.secret), able="1")
    assert page.heading == OFFER
    odd = browser.submit("/offer", decision="perhaps")
    assert odd.heading == OFFER


def test_a_passkey_is_not_bound_before_the_second_step(small_site: Site) -> None:
    """Anyone who has only the password cannot take the offer by its address."""
    tane = Tane(small_site)
    browser = small_site.browser()
    browser.authorize(tane.app)
    browser.sign_in("tane")
    for path in ("/offer", "/enrol/webauthn"):
        browser.post(base(browser) + path, decision="now", able="1")
        assert browser.open(base(browser) + path).url.endswith("/totp")


@pytest.mark.parametrize("setting", [{"passkeys__offer_every": 0}, {"passkeys__enabled": "false"}])
def test_an_operator_can_have_nothing_offered(tmp_path: Path, setting: dict[str, Any]) -> None:
    given = {"passkeys__offer_every": EVERY, **setting}
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **given)
    try:
        assert "code" in Tane(site).by_app().query
    finally:
        site.close()
