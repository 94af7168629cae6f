"""Signing out ends the browser's session whoever it belongs to, a sign-in that waits included."""

import pytest

from tests.security.serving.crowd import same_cookie
from tests.support.site import Application, Browser, Site

CLEARED = '"cache", "storage"'


def waiting(site: Site) -> tuple[Browser, Application]:
    """Return a browser in which tane has proved all, and stands at the consent page."""
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application("board", first_party=False)
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    assert browser.totp(secret).heading.startswith("Let Board in")
    return browser, app


def test_a_sign_in_that_waits_for_consent_does_not_outlive_the_sign_out(site: Site) -> None:
    browser, app = waiting(site)
    site.person("ana")
    tab = same_cookie(site, browser)
    assert tab.open("/end_session").heading == "Sign out?"
    assert tab.submit("/end_session").heading.startswith("Signed out")
    answer = browser.submit("/consent", decision="allow")
    assert answer.status == 400
    assert not site.events(kind="client:code:issued")
    tab.authorize(site.application("other"))
    assert "code" in tab.sign_in("ana").query
    assert tab.authorize(app, prompt="none").query["error"] != "login_required"
    assert not site.events(kind="person:sign-in:finished", person=None, client="board")


def test_another_site_cannot_end_a_sign_in_without_a_click(site: Site) -> None:
    browser, _app = waiting(site)
    same_cookie(site, browser).open("/end_session")
    assert "code" in browser.submit("/consent", decision="allow").query


def test_a_sign_in_in_which_nothing_was_proved_goes_on(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.authorize(small_site.application())
    page = same_cookie(small_site, browser).open("/end_session")
    assert page.heading.startswith("Signed out")
    assert "code" in browser.sign_in("tane").query


@pytest.mark.parametrize("leads_back", [False, True])
def test_the_browser_is_told_to_forget_our_pages_but_keeps_its_cookies(
    small_site: Site, leads_back: bool
) -> None:
    small_site.person("tane")
    uri = "https://app.example.org/out"
    app = small_site.application(post_logout_redirect_uris=[uri])
    browser = small_site.browser()
    browser.authorize(app)
    token = small_site.redeem(app, browser.sign_in("tane").query["code"]).json["id_token"]
    back = {"post_logout_redirect_uri": uri, "id_token_hint": token} if leads_back else {}
    answer = browser.get("/end_session", **back)
    if not leads_back:
        browser.open("/end_session")
        answer = browser.submit("/end_session")
    assert answer.headers["Clear-Site-Data"] == CLEARED
    assert answer.location == (uri if leads_back else "")
    assert browser.http.device()
    assert "Clear-Site-Data" not in browser.get("/end_session").headers
