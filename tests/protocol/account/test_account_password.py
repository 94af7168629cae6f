"""Changing one's own password on the account page."""

import pytest

from tests.support.site import PASSWORD, Browser, Site

NEW = "four quite unrelated walnut words"


@pytest.fixture(autouse=True)
def tane(site: Site) -> str:
    return site.person("tane")


def signed_in(site: Site) -> Browser:
    browser = site.browser()
    browser.open("/account/password")
    assert browser.sign_in("tane").heading == "Change your password"
    return browser


def test_the_new_password_counts_from_now_on_and_its_owner_is_told(site: Site) -> None:
    browser = signed_in(site)
    assert browser.submit("/password", current=PASSWORD, password=NEW).status == 200
    assert site.installation.post.settle(10)
    assert "password-changed" in [mail["kind"] for mail in site.messages("mail")]
    other = site.browser()
    other.open("/account/")
    assert other.sign_in("tane", PASSWORD).status == 400
    assert other.sign_in("tane", NEW).heading == "Your account"


def test_the_current_password_is_asked_and_guesses_at_it_are_counted(site: Site) -> None:
    browser = signed_in(site)
    for _ in range(5):
        page = browser.submit("/password", current="a guess", password=NEW)
        assert page.status == 400
        assert "not the password you have now" in page.text
    held = browser.submit("/password", current=PASSWORD, password=NEW)
    assert "Too many tries" in held.text


def test_a_weak_one_is_refused_with_the_reason_and_nothing_changes(site: Site) -> None:
    browser = signed_in(site)
    page = browser.submit("/password", current=PASSWORD, password="password1")
    assert page.status == 400
    assert 'role="alert"' in page.text
    other = site.browser()
    other.open("/account/")
    assert other.sign_in("tane", PASSWORD).heading == "Your account"


def test_other_sessions_end_without_being_asked_about(site: Site) -> None:
    elsewhere, browser = signed_in(site), signed_in(site)
    page = browser.submit("/password", current=PASSWORD, password=NEW)
    assert page.heading == "Ways to sign in"
    assert elsewhere.open("/account/password").heading == "Sign in"
    assert browser.open("/account/password").heading == "Change your password"
