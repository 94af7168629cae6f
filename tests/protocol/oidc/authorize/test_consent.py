"""Consent: asked once for what is new, remembered, and worth nothing before the sign-in."""

import pytest

from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import Application, Browser, Site


@pytest.fixture
def app(site: Site) -> Application:
    site.person("tane")
    site.person("mere")
    return site.application("stranger", first_party=False)


def asks(browser: Browser, app: Application, **changes: str) -> bool:
    return browser.authorize(app, **changes).heading == "Let Stranger in?"


def test_consent_is_asked_once_and_remembered(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    page = browser.sign_in("tane")
    assert page.heading == "Let Stranger in?"
    for sentence in ("Know that it is you", "See your name and profile", "See your e-mail address"):
        assert sentence in page.text
    assert "See your phone number" not in page.text
    answer = browser.submit("/consent", decision="allow")
    assert answer.query.keys() == {"code", "state", "iss", "session_state"}
    assert browser.authorize(app).query["code"]
    assert browser.authorize(app, scope="openid", prompt="none").query["code"]
    (given,) = site.events(kind="person:consent:given")
    assert (given.username, given.client_id) == ("tane", "stranger")
    assert given.reason == "email openid profile"
    again = signed_in(site, app)
    assert again.at.query["code"]


@pytest.mark.slow
def test_what_is_new_is_asked_for_and_then_remembered_together(
    site: Site, app: Application
) -> None:
    browser = site.browser()
    browser.authorize(app, scope="openid email")
    browser.sign_in("tane")
    assert browser.submit("/consent", decision="allow").query["code"]
    answer = browser.authorize(app, scope="openid phone", prompt="none")
    assert_redirect_error(site, answer, "consent_required")
    assert asks(browser, app, scope="openid phone")
    assert browser.submit("/consent", decision="allow").query["code"]
    assert browser.authorize(app, scope="openid email phone").query["code"]


def test_a_denial_is_told_to_the_application_and_not_remembered(
    site: Site, app: Application
) -> None:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    answer = browser.submit("/consent", decision="deny")
    assert_redirect_error(site, answer, "access_denied")
    assert site.events(kind="person:consent:denied")[0].outcome == "refused"
    # Anyone who said no is signed in all the same, and is asked again.
    assert browser.authorize(app).heading == "Let Stranger in?"


def test_consent_is_for_one_person_and_one_client(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    browser.submit("/consent", decision="allow")
    other = site.application("other", first_party=False)
    assert browser.authorize(other).heading == "Let Other in?"
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in("mere").heading == "Let Stranger in?"


@pytest.mark.slow
def test_prompt_consent_asks_even_where_it_was_given_or_is_not_needed(
    site: Site, app: Application
) -> None:
    friend = site.application("friend")
    browser = signed_in(site, friend)
    assert browser.authorize(friend, prompt="consent").heading == "Let Friend in?"
    assert browser.submit("/consent", decision="allow").query["code"]
    assert browser.authorize(friend).query["code"]
    assert asks(browser, app)
    browser.submit("/consent", decision="allow")
    assert asks(browser, app, prompt="consent")
    assert browser.submit("/consent", decision="allow").query["code"]


def test_an_answer_that_is_neither_asks_again(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    for decision in ("", "ALLOW", "yes", "\x00"):
        answer = browser.submit("/consent", decision=decision)
        assert answer.heading == "Let Stranger in?"
    assert not site.events(kind="person:consent:given")


def test_consent_before_sign_in_is_worth_nothing(site: Site, app: Application) -> None:
    browser = site.browser()
    page = browser.authorize(app)
    base = page.url.removesuffix("/login")
    answer = browser.post(base + "/consent", decision="allow")
    assert answer.status == 303
    assert browser.sign_in("tane").heading == "Let Stranger in?"
    assert not site.events(kind="person:consent:given")
